//! Where bytes lie: small ones in the row, large ones in a file beside the database.
//!
//! Order that keeps a crash harmless: a file is written and synced before the row that
//! names it commits, and removed after the row that named it is gone. What a crash
//! leaves in between is a file that no row names; the sweep at start removes it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use db::{Row, Value};

use crate::{Error, Store, Vault};

/// Above this many bytes content goes to a file. Measured: below it the database is
/// the faster of the two, above it the file is.
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
    /// Encrypt the bytes for the message; a large one is on disk when this answers.
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
        let (folder, name) = (self.folder.clone(), id.clone());
        blocking(&id, move || write_synced(&folder, &name, &sealed)).await?;
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
            Place::File(id) => {
                let path = self.folder.join(&id);
                blocking(&id, move || std::fs::read(path)).await?
            }
        };
        vault.open(message, sealed)
    }

    /// Remove files whose rows are gone. One that cannot be removed now is left to the
    /// sweep at the next start.
    pub async fn discard(&self, gone: Vec<Content>) {
        for content in gone {
            if let Place::File(id) = content.place {
                let path = self.folder.join(&id);
                let removed = blocking(&id, move || std::fs::remove_file(path)).await;
                if let Err(error) = removed {
                    tracing::warn!(%error, "a content file is left for the next start");
                }
            }
        }
    }

    /// Remove files that no row names.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        let named = self
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    let rows = tx
                        .query(
                            "SELECT content_file FROM file
                             WHERE content_file IS NOT NULL
                             UNION ALL SELECT content_file FROM incoming
                             WHERE content_file IS NOT NULL",
                            &[],
                        )
                        .await?;
                    let names = rows.iter().map(|r| Ok(r.text(0)?.to_owned()));
                    names.collect::<Result<HashSet<String>, Error>>()
                })
            })
            .await?;
        let folder = self.folder.clone();
        blocking("sweep", move || remove_unnamed(&folder, &named)).await
    }
}

fn write_synced(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = File::create_new(folder.join(name))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

fn remove_unnamed(folder: &Path, named: &HashSet<String>) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !entry
            .file_name()
            .to_str()
            .is_some_and(|name| named.contains(name))
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    id: &str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|gone| Err(std::io::Error::other(gone)))
        .map_err(|source| Error::File {
            id: id.to_owned(),
            source,
        })
}
