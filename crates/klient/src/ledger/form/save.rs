//! A draft is kept, unless somebody else was before.

use db::{Db, Tx};
use jiff::Timestamp;

use super::{Done, State, happened, one};
use crate::Error;
use crate::form::{Kind, Typed};

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
