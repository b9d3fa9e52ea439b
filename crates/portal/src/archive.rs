//! What was published, to be found again.

use db::{Db, Migration, Row, Tx};
use noark::publisering::Registrering;

use crate::Error;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "portal",
    sql: "
        CREATE TABLE document (
            iri TEXT PRIMARY KEY,
            owner TEXT NOT NULL,             -- the body that published it
            record TEXT NOT NULL,            -- the registrering as JSON
            at INTEGER NOT NULL
        ) STRICT;
        CREATE VIRTUAL TABLE search USING fts5 (iri UNINDEXED, text);
        -- Kvitteringer that are to be sent: their ids are chosen with the import.
        CREATE TABLE kvittering (
            message_id TEXT PRIMARY KEY,
            receiver TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            dokument_id TEXT NOT NULL,
            status TEXT NOT NULL
        ) STRICT;
        CREATE TABLE imported (message_id TEXT PRIMARY KEY) STRICT;
        CREATE TABLE bestilling (
            id TEXT PRIMARY KEY,
            epost TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        -- One message for each body that an order goes to.
        CREATE TABLE innsynskrav (
            message_id TEXT PRIMARY KEY,
            bestilling TEXT NOT NULL REFERENCES bestilling (id),
            owner TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            order_xml TEXT NOT NULL,
            emailtext TEXT NOT NULL,
            sent INTEGER NOT NULL DEFAULT 0
        ) STRICT;",
}];

/// Rows that a search shows at the most.
const FOUND_MAX: i64 = 50;

/// A published document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// The body that published it.
    pub(crate) owner: String,
    /// What was published.
    pub(crate) record: Registrering,
}

/// Keep a document in place of an earlier one of the same IRI.
pub(crate) async fn put(
    tx: &mut Tx<'_>,
    owner: &str,
    record: &Registrering,
    now: i64,
) -> Result<(), db::Error> {
    let json = serde_json::to_string(record).unwrap_or_default();
    tx.exec(
        "INSERT INTO document (iri, owner, record, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (iri) DO UPDATE
         SET owner = excluded.owner, record = excluded.record, at = excluded.at",
        &[
            record.iri.as_str().into(),
            owner.into(),
            json.into(),
            now.into(),
        ],
    )
    .await?;
    tx.exec(
        "DELETE FROM search WHERE iri = $1",
        &[record.iri.as_str().into()],
    )
    .await?;
    let words = [
        &record.tittel,
        &record.mappe,
        &record.saksnr,
        &record.journalnr,
    ];
    let words = words.map(String::as_str).join(" ");
    let parts: Vec<&str> = record
        .parter
        .iter()
        .map(|(_, name)| name.as_str())
        .collect();
    let text = format!("{words} {} {owner}", parts.join(" "));
    let sql = "INSERT INTO search (iri, text) VALUES ($1, $2)";
    tx.exec(sql, &[record.iri.as_str().into(), text.into()])
        .await?;
    Ok(())
}

/// Documents in which all the words stand, the newest first; all when there are none.
pub(crate) async fn search(db: &Db, words: &str) -> Result<Vec<Document>, Error> {
    // Each word as a phrase of its own: nothing that is typed is query syntax.
    let phrases: Vec<String> = words
        .split_whitespace()
        .map(|word| format!("\"{}\"*", word.replace('"', "\"\"")))
        .collect();
    let rows = db
        .read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                if phrases.is_empty() {
                    let sql = "SELECT owner, record FROM document
                               ORDER BY at DESC LIMIT $1";
                    return tx.query(sql, &[FOUND_MAX.into()]).await;
                }
                let sql = "SELECT owner, record FROM search
                           JOIN document ON document.iri = search.iri
                           WHERE search MATCH $1 ORDER BY at DESC LIMIT $2";
                tx.query(sql, &[phrases.join(" ").into(), FOUND_MAX.into()])
                    .await
            })
        })
        .await?;
    rows.iter().map(read).collect()
}

/// The document of this IRI.
pub(crate) async fn find(db: &Db, iri: &str) -> Result<Option<Document>, Error> {
    let iri = iri.to_owned();
    let row = db
        .read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "SELECT owner, record FROM document WHERE iri = $1";
                tx.one(sql, &[iri.into()]).await
            })
        })
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Document, Error> {
    let record = serde_json::from_str(row.text(1)?);
    let record =
        record.map_err(|e| Error::Settings(format!("a kept document: {e}")))?;
    Ok(Document {
        owner: row.text(0)?.to_owned(),
        record,
    })
}
