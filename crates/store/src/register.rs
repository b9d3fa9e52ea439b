//! What the address register last said, for when it is down.

use db::Tx;
use sbd::Orgnr;

use crate::Error;

/// Keep an answer, encrypted by the caller, in place of the one to the same question.
pub async fn keep(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    question: &str,
    sealed: &[u8],
) -> Result<(), Error> {
    let sql =
        "INSERT INTO register_answer (owner, question, answer) VALUES ($1, $2, $3)
               ON CONFLICT (owner, question) DO UPDATE SET answer = excluded.answer";
    let values = [owner.as_str().into(), question.into(), sealed.into()];
    tx.exec(sql, &values).await?;
    Ok(())
}

/// Forget the answer to a question.
pub async fn forget(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    question: &str,
) -> Result<(), Error> {
    let sql = "DELETE FROM register_answer WHERE owner = $1 AND question = $2";
    tx.exec(sql, &[owner.as_str().into(), question.into()])
        .await?;
    Ok(())
}

/// Every question with its answer, encrypted.
pub async fn all(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let sql = "SELECT question, answer FROM register_answer WHERE owner = $1";
    let rows = tx.query(sql, &[owner.as_str().into()]).await?;
    let pair = |row: &db::Row| Ok((row.text(0)?.to_owned(), row.blob(1)?.to_vec()));
    rows.iter().map(pair).collect()
}
