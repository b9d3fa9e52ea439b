//! What came in, for whoever wants to see.

use db::{Row, Value};
use serde::Deserialize;

use crate::{Error, Portal};

/// A message that came in.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) id: i64,
    pub(crate) message_id: String,
    pub(crate) at: i64,
    pub(crate) sender: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) verdict: String,
    pub(crate) outcome: Vec<Outcome>,
    /// The file, while it is kept.
    pub(crate) payload: Option<Vec<u8>>,
}

/// What became of one thing in it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) iri: String,
    /// `published`, `changed`, `withdrawn` or `refused`.
    pub(crate) what: String,
    pub(crate) words: String,
}

impl Came {
    fn read(row: &Row) -> Result<Self, db::Error> {
        Ok(Self {
            id: row.int(0)?,
            message_id: row.text(1)?.to_owned(),
            at: row.int(2)?,
            sender: row.text(3)?.to_owned(),
            owner: row.text(4)?.to_owned(),
            name: row.text(5)?.to_owned(),
            kind: row.text(6)?.to_owned(),
            verdict: row.text(7)?.to_owned(),
            outcome: serde_json::from_str(row.text(8)?).unwrap_or_default(),
            payload: row.maybe_blob(9)?.map(<[u8]>::to_vec),
        })
    }
}

impl Portal {
    /// What came in, the newest first, without the files.
    pub(crate) async fn imports(&self, rows_max: i64) -> Result<Vec<Came>, Error> {
        self.came_by("NULL", "1 = 1 ORDER BY id DESC LIMIT $1", rows_max.into())
            .await
    }

    /// One of them.
    pub(crate) async fn came(&self, id: i64) -> Result<Option<Came>, Error> {
        let found = self.came_by("payload", "id = $1", id.into()).await?;
        Ok(found.into_iter().next())
    }

    async fn came_by(
        &self,
        payload: &str,
        filter: &str,
        value: Value,
    ) -> Result<Vec<Came>, Error> {
        let sql = format!(
            "SELECT id, message_id, at, sender, owner, name, kind, verdict, outcome,
                 {payload} FROM import WHERE {filter}"
        );
        let read = self.db.read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let rows = tx.query(&sql, &[value]).await?;
                rows.iter().map(Came::read).collect()
            })
        });
        Ok(read.await?)
    }

    /// The IRI that a body published last.
    pub(crate) async fn last_published(
        &self,
        owner: &str,
    ) -> Result<Option<String>, Error> {
        let owner = owner.to_owned();
        let read = self.db.read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "SELECT iri FROM registrering WHERE owner = $1
                           ORDER BY id DESC LIMIT 1";
                let row = tx.one(sql, &[owner.into()]).await?;
                row.map(|row| row.text(0).map(str::to_owned)).transpose()
            })
        });
        Ok(read.await?)
    }
}
