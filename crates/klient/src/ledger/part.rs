//! Parts: one message each, and what became of it.

use db::{Db, Row, Tx};
use jiff::Timestamp;

use super::file;
use crate::Error;
use crate::files::Folder;

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// To be sent.
    Klar,
    /// The access point has it.
    Sendt,
    /// eInnsyn's access point has it.
    Mottatt,
    /// eInnsyn has it.
    Levert,
    /// eInnsyn has published it.
    Publisert,
    /// It was refused, by the access point or by eInnsyn, or never came there.
    Avvist,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Klar,
        Self::Sendt,
        Self::Mottatt,
        Self::Levert,
        Self::Publisert,
        Self::Avvist,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Klar => "klar",
            Self::Sendt => "sendt",
            Self::Mottatt => "mottatt",
            Self::Levert => "levert",
            Self::Publisert => "publisert",
            Self::Avvist => "avvist",
        }
    }

    fn of(text: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.as_str() == text)
            .ok_or_else(|| Error::Ledger(format!("a part in state {text:?}")))
    }
}

/// A part that is to be entered.
#[derive(Debug, Clone)]
pub(crate) struct NewPart {
    pub(crate) iri: String,
    pub(crate) withdraws: bool,
    pub(crate) meeting: bool,
    pub(crate) payload: Vec<u8>,
    pub(crate) message_id: String,
    pub(crate) conversation_id: String,
}

/// A part of a file.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) file: String,
    pub(crate) number: i64,
    pub(crate) iri: String,
    pub(crate) withdraws: bool,
    pub(crate) meeting: bool,
    pub(crate) message_id: String,
    pub(crate) conversation_id: String,
    pub(crate) state: State,
    /// What others said of it: a JSON array.
    pub(crate) words: String,
    pub(crate) changed: Timestamp,
}

const COLUMNS: &str = "p.file, p.number, p.iri, p.withdraws, p.meeting, p.message_id, \
                       p.conversation_id, p.state, p.words, p.changed";

fn read(row: &Row) -> Result<Part, Error> {
    Ok(Part {
        file: row.text(0)?.to_owned(),
        number: row.int(1)?,
        iri: row.text(2)?.to_owned(),
        withdraws: row.truth(3)?,
        meeting: row.truth(4)?,
        message_id: row.text(5)?.to_owned(),
        conversation_id: row.text(6)?.to_owned(),
        state: State::of(row.text(7)?)?,
        words: row.text(8)?.to_owned(),
        changed: time(row.int(9)?),
    })
}

/// A time as the ledger has it.
pub(crate) fn time(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Enter the parts of a file.
pub(crate) async fn enter(
    tx: &mut Tx<'_>,
    file: &str,
    parts: Vec<NewPart>,
    now: Timestamp,
) -> Result<(), Error> {
    for (number, part) in (1_i64..).zip(parts) {
        tx.exec(
            "INSERT INTO part (file, number, iri, withdraws, meeting, payload,
                               message_id, conversation_id, state, changed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'klar', $9)",
            &[
                file.into(),
                number.into(),
                part.iri.into(),
                part.withdraws.into(),
                part.meeting.into(),
                part.payload.into(),
                part.message_id.into(),
                part.conversation_id.into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    }
    Ok(())
}

async fn all(
    db: &Db,
    condition: &'static str,
    values: Vec<db::Value>,
) -> Result<Vec<Part>, Error> {
    db.read(move |tx| Box::pin(async move { select(tx, condition, &values).await }))
        .await
}

async fn select(
    tx: &mut Tx<'_>,
    condition: &str,
    values: &[db::Value],
) -> Result<Vec<Part>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM part p {condition}");
    let rows = tx.query(&sql, values).await?;
    rows.iter().map(read).collect()
}

/// The parts of a file, in order.
pub(crate) async fn of_file(db: &Db, file: &str) -> Result<Vec<Part>, Error> {
    all(db, "WHERE p.file = $1 ORDER BY p.number", vec![file.into()]).await
}

/// Parts that may be sent now, in the order in which their files came.
pub(crate) async fn ready(db: &Db, now: Timestamp) -> Result<Vec<Part>, Error> {
    let condition = "JOIN file f ON f.name = p.file
         WHERE p.state = 'klar' AND f.state = 'sending' AND f.release <= $1
           AND (f.held IS NULL OR f.approved IS NOT NULL)
         ORDER BY f.came, p.file, p.number LIMIT 100";
    all(db, condition, vec![now.as_microsecond().into()]).await
}

/// Parts on their way that it is time to ask after.
pub(crate) async fn travelling(db: &Db, now: Timestamp) -> Result<Vec<Part>, Error> {
    let condition = "WHERE p.state IN ('sendt', 'mottatt') AND p.look <= $1
                     ORDER BY p.look LIMIT 100";
    all(db, condition, vec![now.as_microsecond().into()]).await
}

/// The part that a kvittering is about: the last of that IRI, or of the conversation.
pub(crate) async fn answered(
    db: &Db,
    iri: &str,
    conversation: Option<&str>,
) -> Result<Option<Part>, Error> {
    let condition = "WHERE p.iri = $1 OR p.conversation_id = $2
                     ORDER BY p.changed DESC, p.file DESC LIMIT 1";
    let values = vec![iri.into(), conversation.unwrap_or_default().into()];
    Ok(all(db, condition, values).await?.pop())
}

/// Parts that eInnsyn has had since before then, without a word on what became of them.
pub(crate) async fn unanswered(db: &Db, before: Timestamp) -> Result<Vec<Part>, Error> {
    let condition = "JOIN file f ON f.name = p.file
         WHERE p.state = 'levert' AND f.state = 'sending' AND p.changed < $1
         ORDER BY p.changed LIMIT 100";
    all(db, condition, vec![before.as_microsecond().into()]).await
}

/// What a part says.
pub(crate) async fn payload(
    db: &Db,
    file: &str,
    number: i64,
) -> Result<Vec<u8>, Error> {
    let file = file.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT payload FROM part WHERE file = $1 AND number = $2";
            let row = tx.one(sql, &[file.into(), number.into()]).await?;
            let row = row.ok_or_else(|| Error::Ledger("a part is gone".into()))?;
            Ok(row.blob(0)?.to_vec())
        })
    })
    .await
}

/// Ask after it later.
pub(crate) async fn postpone(db: &Db, part: &Part, to: Timestamp) -> Result<(), Error> {
    let (file, number) = (part.file.clone(), part.number);
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE part SET look = $1 WHERE file = $2 AND number = $3";
            let look = to.as_microsecond();
            tx.exec(sql, &[look.into(), file.into(), number.into()])
                .await?;
            Ok(())
        })
    })
    .await
}

/// The access point has it; a state that came home sooner stays.
pub(crate) async fn sent(
    tx: &mut Tx<'_>,
    part: &Part,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE part SET state = 'sendt', changed = $1
               WHERE file = $2 AND number = $3 AND state = 'klar'";
    let (file, number) = (part.file.as_str(), part.number);
    tx.exec(
        sql,
        &[now.as_microsecond().into(), file.into(), number.into()],
    )
    .await?;
    Ok(())
}

/// Something that was heard of a part.
pub(crate) struct Heard {
    /// What became of it. It never goes back to what it was before.
    pub(crate) state: State,
    /// What was said, if anything.
    pub(crate) word: Option<serde_json::Value>,
    pub(crate) at: Timestamp,
}

/// Note what was heard of a part, and where its file belongs from now on: `ended` says
/// so of all its parts, if they have come to an end.
pub(crate) async fn hear(
    tx: &mut Tx<'_>,
    part: &Part,
    heard: Heard,
    ended: impl FnOnce(&[Part]) -> Option<Folder>,
) -> Result<(), Error> {
    let of_file = "WHERE p.file = $1 ORDER BY p.number";
    let mut parts = select(tx, of_file, &[part.file.as_str().into()]).await?;
    let this = parts.iter_mut().find(|p| p.number == part.number);
    let this = this.ok_or_else(|| Error::Ledger("a part is gone".into()))?;
    if heard.state > this.state {
        this.state = heard.state;
        this.changed = heard.at;
    }
    let word = heard.word.map(|word| word.to_string());
    tx.exec(
        "UPDATE part SET state = $1, changed = $2, look = 0,
             words = CASE WHEN $3 IS NULL THEN words
                          ELSE json_insert(words, '$[#]', json($3)) END
         WHERE file = $4 AND number = $5",
        &[
            this.state.as_str().into(),
            this.changed.as_microsecond().into(),
            word.into(),
            part.file.as_str().into(),
            part.number.into(),
        ],
    )
    .await?;
    match ended(&parts) {
        Some(folder) => file::moved(tx, &part.file, folder).await,
        None => Ok(()),
    }
}
