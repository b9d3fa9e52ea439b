//! Where bytes lie: small ones in the row, large ones outside the database.
//!
//! Order that keeps a crash harmless: a blob is durable before the row that names it
//! commits, and removed after the row that named it is gone. What a crash leaves in
//! between is a blob that no row names; the sweep removes it.

use std::collections::HashSet;

use db::{Row, Value};
use jiff::Timestamp;

use crate::{Error, Store, Vault};

/// Above this many bytes content is a blob of its own. Measured: below it the database
/// is the faster of the two, above it a file is.
pub const CONTENT_ROW_BYTES_MAX: usize = 64 * 1024;

/// Encrypted bytes, ready to be written into a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Bytes before encryption.
    pub size: u64,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    None,
    Row(Vec<u8>),
    File(String),
}

impl Content {
    /// No bytes at all.
    pub fn none() -> Self {
        Self {
            size: 0,
            place: Place::None,
        }
    }

    /// The two columns, `content` and `content_file`.
    pub(crate) fn columns(&self) -> [Value; 2] {
        match &self.place {
            Place::None => [Value::Null, Value::Null],
            Place::Row(bytes) => [bytes.as_slice().into(), Value::Null],
            Place::File(id) => [Value::Null, id.into()],
        }
    }

    /// Read back from `size`, `content`, `content_file`, standing from this column on.
    pub(crate) fn from_row(row: &Row, first: usize) -> Result<Self, Error> {
        let size = u64::try_from(row.int(first)?).unwrap_or_default();
        let place = match (row.maybe_blob(first + 1)?, row.maybe_text(first + 2)?) {
            (Some(bytes), _) => Place::Row(bytes.to_vec()),
            (None, Some(id)) => Place::File(id.to_owned()),
            (None, None) => Place::None,
        };
        Ok(Self { size, place })
    }

    /// What is to be discarded if no row comes to name it: its file, if it has one.
    pub fn spare(&self) -> Vec<Self> {
        self.is_file().then(|| self.clone()).into_iter().collect()
    }

    /// Whether it lies in a file of its own.
    pub fn is_file(&self) -> bool {
        matches!(self.place, Place::File(_))
    }
}

impl Store {
    /// Encrypt the bytes for the message; a large one is durable when this answers.
    pub async fn keep(
        &self,
        vault: &Vault,
        message: &str,
        clear: &[u8],
    ) -> Result<Content, Error> {
        let sealed = vault.seal(message, clear);
        let size = clear.len() as u64;
        if clear.len() < CONTENT_ROW_BYTES_MAX {
            return Ok(Content {
                size,
                place: Place::Row(sealed),
            });
        }
        let id = self.random.uuid().simple().to_string();
        self.blobs.put(&id, sealed).await?;
        Ok(Content {
            size,
            place: Place::File(id),
        })
    }

    /// Decrypt what was kept for the message.
    pub async fn fetch(
        &self,
        vault: &Vault,
        message: &str,
        content: Content,
    ) -> Result<Vec<u8>, Error> {
        let sealed = match content.place {
            Place::None => return Ok(Vec::new()),
            Place::Row(bytes) => bytes,
            Place::File(id) => self.blobs.take(&id).await?,
        };
        vault.open(message, sealed)
    }

    /// Remove blobs whose rows are gone. One that cannot be removed now is left to the
    /// sweep.
    pub async fn discard(&self, gone: Vec<Content>) {
        for content in gone {
            if let Place::File(id) = content.place
                && let Err(error) = self.blobs.remove(&id).await
            {
                tracing::warn!(%error, "a blob is left for the sweep");
            }
        }
    }

    /// Remove blobs from before this time that no row names; answers how many.
    ///
    /// A younger one may belong to a row that another node is about to commit.
    pub async fn sweep(&self, before: Timestamp) -> Result<usize, Error> {
        let old = self.blobs.list(before).await?;
        if old.is_empty() {
            return Ok(0);
        }
        let named = self.named().await?;
        let mut removed = 0;
        for id in old.iter().filter(|id| !named.contains(*id)) {
            self.blobs.remove(id).await?;
            removed += 1;
        }
        Ok(removed)
    }

    async fn named(&self) -> Result<HashSet<String>, Error> {
        let sql = "SELECT content_file FROM file WHERE content_file IS NOT NULL
                   UNION ALL
                   SELECT content_file FROM incoming WHERE content_file IS NOT NULL";
        let rows = self.read::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(tx.query(sql, &[]).await?) })
        });
        let rows = rows.await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}
