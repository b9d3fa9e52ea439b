//! Forms: what is filled in, by whom, how far it has come, and the files that it became.

use db::{Db, Row, Tx};
use jiff::Timestamp;

use super::part::time;
use crate::Error;
use crate::files::Folder;
use crate::form::{Head, Kind, Typed};

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

/// What somebody has typed.
#[derive(Debug, Clone)]
pub(crate) struct Save {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// The version that they had before them; 0 where it is new.
    pub(crate) seen: i64,
    pub(crate) title: String,
    pub(crate) typed: Typed,
    pub(crate) who: String,
    pub(crate) at: Timestamp,
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

/// Keep what was typed, unless it was changed since it was seen. What is there already,
/// word for word, is kept: a browser may send it twice.
pub(crate) async fn save(db: &Db, save: Save) -> Result<Done, Error> {
    db.write(move |tx| Box::pin(async move { save_in(tx, save).await }))
        .await
}

async fn save_in(tx: &mut Tx<'_>, save: Save) -> Result<Done, Error> {
    let typed = serde_json::to_string(&save.typed);
    let typed = typed.map_err(|e| Error::Ledger(e.to_string()))?;
    let known = one(tx, &save.id).await?;
    match &known {
        None if save.seen != 0 => return Ok(Done::Changed),
        Some(form) if form.state != State::Draft => return Ok(Done::Changed),
        Some(form) if form.typed == save.typed => return Ok(Done::Yes),
        Some(form) if form.version != save.seen => return Ok(Done::Changed),
        _ => {}
    }
    let (id, at) = (save.id.as_str(), save.at.as_microsecond());
    tx.exec(
        "INSERT INTO form (id, kind, state, version, title, typed, changed, changed_by)
         VALUES ($1, $2, 'draft', 1, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET version = form.version + 1,
             title = excluded.title, typed = excluded.typed,
             changed = excluded.changed, changed_by = excluded.changed_by",
        &[
            id.into(),
            save.kind.as_str().into(),
            save.title.into(),
            typed.into(),
            at.into(),
            save.who.as_str().into(),
        ],
    )
    .await?;
    let last = "SELECT who, what FROM form_event WHERE form = $1
                ORDER BY number DESC LIMIT 1";
    let row = tx.one(last, &[id.into()]).await?;
    let again = match &row {
        Some(row) => row.text(0)? == save.who && row.text(1)? == "saved",
        None => false,
    };
    if !again {
        happened(tx, id, &save.who, "saved", "", at).await?;
    }
    Ok(Done::Yes)
}

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
