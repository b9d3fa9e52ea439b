//! A form goes a step, with the files that it becomes, all or nothing.

use db::{Db, Tx};
use jiff::Timestamp;

use super::{Done, State, happened, one};
use crate::Error;
use crate::form::Head;

/// A step that somebody takes with a form.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) id: String,
    /// The version that they had before them.
    pub(crate) seen: i64,
    /// From which states it can be taken.
    pub(crate) from: &'static [State],
    pub(crate) to: State,
    /// What it is called in the history.
    pub(crate) what: &'static str,
    pub(crate) note: String,
    pub(crate) who: String,
    pub(crate) at: Timestamp,
    /// Whether it needs another person than those who wrote.
    pub(crate) four_eyes: bool,
    /// What is published or withdrawn by it.
    pub(crate) files: Vec<NewFile>,
    /// What is published under this form from then on; as before where none.
    pub(crate) heads: Option<Vec<Head>>,
}

/// A file that a form became.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    pub(crate) payload: Vec<u8>,
    /// Whether it withdraws.
    pub(crate) withdraws: bool,
}

/// Take a step, if the form is what it was when it was decided on.
pub(crate) async fn step(db: &Db, step: Step) -> Result<Done, Error> {
    db.write(move |tx| Box::pin(async move { step_in(tx, step).await }))
        .await
}

async fn step_in(tx: &mut Tx<'_>, step: Step) -> Result<Done, Error> {
    let id = step.id.as_str();
    let Some(form) = one(tx, id).await? else {
        return Ok(Done::Changed);
    };
    if form.version != step.seen || !step.from.contains(&form.state) {
        return Ok(Done::Changed);
    }
    if step.four_eyes && wrote(tx, id, &step.who).await? {
        return Ok(Done::FourEyes);
    }
    let at = step.at.as_microsecond();
    let mut file = form.file;
    for new in step.files {
        let name = file_name(tx, id, new.withdraws).await?;
        tx.exec(
            "INSERT INTO form_file (name, form, payload, approver, at)
             VALUES ($1, $2, $3, $4, $5)",
            &[
                name.as_str().into(),
                id.into(),
                new.payload.into(),
                step.who.as_str().into(),
                at.into(),
            ],
        )
        .await?;
        file = Some(name);
    }
    if let Some(heads) = step.heads {
        let heads = serde_json::to_string(&heads).unwrap_or_default();
        let sql = "UPDATE form SET heads = $1 WHERE id = $2";
        tx.exec(sql, &[heads.into(), id.into()]).await?;
    }
    tx.exec(
        "UPDATE form SET state = $1, version = version + 1, changed = $2,
             changed_by = $3, file = $4 WHERE id = $5",
        &[
            step.to.as_str().into(),
            at.into(),
            step.who.as_str().into(),
            file.into(),
            id.into(),
        ],
    )
    .await?;
    happened(tx, id, &step.who, step.what, &step.note, at).await?;
    Ok(Done::Yes)
}

/// Whether somebody wrote on a form since it was let go last.
async fn wrote(tx: &mut Tx<'_>, id: &str, who: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM form_event
               WHERE form = $1 AND who = $2 AND what IN ('saved', 'handed-in')
                 AND number > (SELECT coalesce(max(number), 0) FROM form_event
                               WHERE form = $1 AND what = 'approved') LIMIT 1";
    Ok(tx.one(sql, &[id.into(), who.into()]).await?.is_some())
}

async fn file_name(
    tx: &mut Tx<'_>,
    id: &str,
    withdraws: bool,
) -> Result<String, Error> {
    let sql = "SELECT count(*) FROM form_file WHERE form = $1";
    let row = tx.one(sql, &[id.into()]).await?;
    let number = row.map_or(Ok(0), |row| row.int(0))? + 1;
    let what = if withdraws { "trekk" } else { "skjema" };
    Ok(format!("{what}-{id}-{number}.jsonld"))
}

/// Take a draft away that was never let go. Its history goes with it.
pub(crate) async fn discard(db: &Db, id: &str, seen: i64) -> Result<Done, Error> {
    let id = id.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "DELETE FROM form WHERE id = $1 AND version = $2
                       AND state = 'draft' AND file IS NULL";
            let gone = tx.exec(sql, &[id.into(), seen.into()]).await? == 1;
            Ok(if gone { Done::Yes } else { Done::Changed })
        })
    })
    .await
}
