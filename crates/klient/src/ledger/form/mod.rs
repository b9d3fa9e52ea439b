//! Forms: what is filled in, by whom, how far it has come, and the files that it became.

mod save;
mod step;

use db::{Db, Row, Tx};
use jiff::Timestamp;

use super::part::time;
use crate::Error;
use crate::files::Folder;
use crate::form::{Head, Kind, Typed};

pub(crate) use save::{Save, save};
pub(crate) use step::{NewFile, Step, discard, step};

/// How far a form has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Somebody writes on it.
    Draft,
    /// Handed in; another person must let it go.
    Waiting,
    /// Let go: its file says what became of it.
    Approved,
    /// Withdrawn, or on its way to be.
    Withdrawn,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn of(text: &str) -> Result<Self, Error> {
        let all = [Self::Draft, Self::Waiting, Self::Approved, Self::Withdrawn];
        let mut all = all.into_iter();
        all.find(|state| state.as_str() == text)
            .ok_or_else(|| Error::Ledger(format!("a form in state {text:?}")))
    }
}

/// A form.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    /// Counts the changes: who saves must have seen the last.
    pub(crate) version: i64,
    pub(crate) title: String,
    pub(crate) typed: Typed,
    pub(crate) changed: Timestamp,
    pub(crate) changed_by: String,
    /// The file of the last that was let go.
    pub(crate) file: Option<String>,
    /// Where that file is, once it was judged.
    pub(crate) folder: Option<Folder>,
}

const COLUMNS: &str = "f.id, f.kind, f.state, f.version, f.title, f.typed, f.changed,
    f.changed_by, f.file, (SELECT state FROM file WHERE name = f.file)";

fn read(row: &Row) -> Result<Form, Error> {
    let wrong = |what: &str| Error::Ledger(format!("a form whose {what} is not one"));
    let folder = row.maybe_text(9)?.map(Folder::of).transpose()?;
    Ok(Form {
        id: row.text(0)?.to_owned(),
        kind: Kind::of(row.text(1)?).ok_or_else(|| wrong("kind"))?,
        state: State::of(row.text(2)?)?,
        version: row.int(3)?,
        title: row.text(4)?.to_owned(),
        typed: serde_json::from_str(row.text(5)?).map_err(|_| wrong("content"))?,
        changed: time(row.int(6)?),
        changed_by: row.text(7)?.to_owned(),
        file: row.maybe_text(8)?.map(str::to_owned),
        folder,
    })
}

/// What somebody did with a form.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) note: String,
}

/// A form by its id.
pub(crate) async fn find(db: &Db, id: &str) -> Result<Option<Form>, Error> {
    let id = id.to_owned();
    db.read(move |tx| Box::pin(async move { one(tx, &id).await }))
        .await
}

async fn one(tx: &mut Tx<'_>, id: &str) -> Result<Option<Form>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM form f WHERE f.id = $1");
    let row = tx.one(&sql, &[id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// The forms that changed last.
pub(crate) async fn latest(db: &Db, most: i64) -> Result<Vec<Form>, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "SELECT {COLUMNS} FROM form f ORDER BY f.changed DESC, f.id LIMIT $1"
            );
            let rows = tx.query(&sql, &[most.into()]).await?;
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// What was done with a form, the first first.
pub(crate) async fn events(db: &Db, id: &str) -> Result<Vec<Event>, Error> {
    let id = id.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT at, who, what, note FROM form_event
                       WHERE form = $1 ORDER BY number";
            let rows = tx.query(sql, &[id.into()]).await?;
            let read = |row: &Row| {
                Ok(Event {
                    at: time(row.int(0)?),
                    who: row.text(1)?.to_owned(),
                    what: row.text(2)?.to_owned(),
                    note: row.text(3)?.to_owned(),
                })
            };
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// Whether something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was.
    Yes,
    /// Somebody was before: the form is not what it was.
    Changed,
    /// Whoever lets it go must be another than those who wrote it.
    FourEyes,
}

/// What is published under a form.
pub(crate) async fn heads(db: &Db, id: &str) -> Result<Vec<Head>, Error> {
    let id = id.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT heads FROM form WHERE id = $1";
            let row = tx.one(sql, &[id.into()]).await?;
            let text = row.map(|row| row.text(0).map(str::to_owned)).transpose()?;
            let heads = serde_json::from_str(&text.unwrap_or_else(|| "[]".into()));
            heads.map_err(|e| Error::Ledger(e.to_string()))
        })
    })
    .await
}

/// Files that were let go and are not judged yet: name and content.
pub(crate) async fn unjudged(db: &Db) -> Result<Vec<(String, Vec<u8>)>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql = "SELECT n.name, n.payload FROM form_file n
                       WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.name = n.name)
                       ORDER BY n.at, n.name LIMIT 100";
            let rows = tx.query(sql, &[]).await?;
            let read = |row: &Row| Ok((row.text(0)?.to_owned(), row.blob(1)?.to_vec()));
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// Who let a file go, if it came from a form.
pub(crate) async fn approver(db: &Db, name: &str) -> Result<Option<String>, Error> {
    let name = name.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT approver FROM form_file WHERE name = $1";
            let row = tx.one(sql, &[name.into()]).await?;
            Ok(row.map(|row| row.text(0).map(str::to_owned)).transpose()?)
        })
    })
    .await
}

/// Write down what somebody did.
async fn happened(
    tx: &mut Tx<'_>,
    id: &str,
    who: &str,
    what: &str,
    note: &str,
    at: i64,
) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO form_event (form, number, at, who, what, note)
         SELECT $1, count(*) + 1, $2, $3, $4, $5 FROM form_event WHERE form = $1",
        &[id.into(), at.into(), who.into(), what.into(), note.into()],
    )
    .await?;
    Ok(())
}
