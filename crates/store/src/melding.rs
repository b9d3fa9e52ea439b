//! What came by BEST/EDU: the archive's own id of a message, and whom it named.

use db::{Row, Tx, Value};
use sbd::{MessageId, Orgnr, Status};

use crate::{Error, id, status};

/// A message that came by BEST/EDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Melding {
    /// The archive's conversationId, as it wrote it.
    pub given_id: String,
    /// Of what was published.
    pub digest: String,
    /// The entry of the journal that it published.
    pub iri: String,
    /// From whom, as the archive named it.
    pub sender: Named,
    /// To whom.
    pub receiver: Named,
}

/// A party as an archive names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The organisation's number; may be empty.
    pub orgnr: String,
    /// What it calls the matter.
    pub reference: Option<String>,
}

/// One that is known, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As it came.
    pub melding: Melding,
    /// Its message's id.
    pub message_id: String,
    /// Whether it ended in FEIL or LEVETID_UTLOPT.
    pub failed: bool,
}

const COLUMNS: &str = "m.given_id, m.digest, m.iri, m.sender, m.sender_ref, m.receiver, \
    m.receiver_ref, m.conversation, c.message_id";

/// Note it for a message that has just been made; answers whether the archive's id was
/// free. One that failed gives its id back.
pub async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    conversation: i64,
    new: &Melding,
) -> Result<bool, Error> {
    if let Some(known) = find(tx, owner, &new.given_id).await? {
        if !known.failed {
            return Ok(false);
        }
        let sql = "DELETE FROM melding WHERE owner = $1 AND given_id = $2";
        let values = [owner.as_str().into(), new.given_id.as_str().into()];
        tx.exec(sql, &values).await?;
    }
    let inserted = tx
        .exec(
            "INSERT INTO melding (conversation, owner, given_id, digest, iri, sender,
                 sender_ref, receiver, receiver_ref)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            &[
                conversation.into(),
                owner.as_str().into(),
                new.given_id.as_str().into(),
                new.digest.as_str().into(),
                new.iri.as_str().into(),
                new.sender.orgnr.as_str().into(),
                new.sender.reference.as_deref().into(),
                new.receiver.orgnr.as_str().into(),
                new.receiver.reference.as_deref().into(),
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The one with this id of the archive's own.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    given_id: &str,
) -> Result<Option<Known>, Error> {
    one(tx, owner, "m.given_id = $2", given_id.into()).await
}

/// The one that this message was made of.
pub async fn of_message(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<Option<Known>, Error> {
    one(tx, owner, "c.message_id = $2", id::stored(message.as_str())).await
}

/// The latest that published this entry.
pub async fn of_iri(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    iri: &str,
) -> Result<Option<Known>, Error> {
    one(tx, owner, "m.iri = $2", iri.into()).await
}

async fn one(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    condition: &str,
    value: Value,
) -> Result<Option<Known>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM melding AS m
         JOIN conversation AS c ON c.id = m.conversation
         WHERE m.owner = $1 AND {condition} ORDER BY m.conversation DESC LIMIT 1"
    );
    let values = [owner.as_str().into(), value];
    let Some(row) = tx.one(&sql, &values).await? else {
        return Ok(None);
    };
    let ended = "SELECT 1 FROM status WHERE conversation = $1 AND value IN ($2, $3)";
    let values = [
        row.int(7)?.into(),
        status::code(Status::Feil).into(),
        status::code(Status::LevetidUtlopt).into(),
    ];
    let failed = tx.one(ended, &values).await?.is_some();
    read(&row, failed).map(Some)
}

fn read(row: &Row, failed: bool) -> Result<Known, Error> {
    let named = |orgnr, reference| {
        Ok::<_, Error>(Named {
            orgnr: row.text(orgnr)?.to_owned(),
            reference: row.maybe_text(reference)?.map(str::to_owned),
        })
    };
    Ok(Known {
        melding: Melding {
            given_id: row.text(0)?.to_owned(),
            digest: row.text(1)?.to_owned(),
            iri: row.text(2)?.to_owned(),
            sender: named(3, 4)?,
            receiver: named(5, 6)?,
        },
        message_id: id::shown(row.blob(8)?)?,
        failed,
    })
}
