//! Blobs: bytes too large for a row, in a folder, in S3 or in Azure Blob Storage.

use std::path::Path as Folder;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, RetryConfig};

use crate::Error;

/// How often, and for how long, a request to S3 or Azure is tried again before the
/// caller hears of it.
const RETRIES_MAX: usize = 3;
const RETRY_TIME_MAX: Duration = Duration::from_secs(20);

/// A place for blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    place: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Blobs {
    /// A folder, made when absent. Nodes may share it where the file system is one that
    /// keeps what was synced.
    pub fn folder(folder: &Folder) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Place {
            place: folder.display().to_string(),
            reason: source.to_string(),
        })?;
        let place = LocalFileSystem::new_with_prefix(folder);
        Ok(Self {
            place: Arc::new(place.map_err(|e| wrong(folder, e))?.with_fsync(true)),
            prefix: Path::default(),
        })
    }

    /// `s3://bucket/prefix` or `az://container/prefix`, with the settings that the
    /// cloud's own tools read from the environment: `AWS_ENDPOINT`, `AWS_REGION`,
    /// `AZURE_STORAGE_ACCOUNT_NAME` and so on. Others are passed over.
    pub fn cloud(
        address: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let unknown = || Error::Place {
            place: address.to_owned(),
            reason: "expected s3://bucket/prefix or az://container/prefix".into(),
        };
        let (scheme, rest) = address.split_once("://").ok_or_else(unknown)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let place: Arc<dyn ObjectStore> = match scheme {
            _ if bucket.is_empty() => return Err(unknown()),
            "s3" => Arc::new(s3(bucket, settings).map_err(|e| wrong(address, e))?),
            "az" => Arc::new(azure(bucket, settings).map_err(|e| wrong(address, e))?),
            _ => return Err(unknown()),
        };
        let prefix = Path::from(prefix);
        Ok(Self { place, prefix })
    }

    pub(crate) async fn put(&self, id: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let put = self.place.put(&self.path(id), bytes.into()).await;
        put.map(drop).map_err(|e| failed(id, e))
    }

    pub(crate) async fn take(&self, id: &str) -> Result<Vec<u8>, Error> {
        let found = self.place.get(&self.path(id)).await;
        let bytes = found.map_err(|e| failed(id, e))?.bytes().await;
        Ok(bytes.map_err(|e| failed(id, e))?.into())
    }

    /// Remove it; one that is not there is as good as removed.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), Error> {
        match self.place.delete(&self.path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(id, error)),
        }
    }

    /// The names of those that were put before this time.
    pub(crate) async fn list(&self, before: Timestamp) -> Result<Vec<String>, Error> {
        let before = before.as_microsecond();
        let old = self.place.list(Some(&self.prefix)).try_filter_map(|found| {
            let old = found.last_modified.timestamp_micros() < before;
            let name = found.location.filename().map(str::to_owned);
            std::future::ready(Ok(name.filter(|_| old)))
        });
        old.try_collect().await.map_err(|e| failed("list", e))
    }

    fn path(&self, id: &str) -> Path {
        self.prefix.clone().join(id)
    }
}

fn s3(
    bucket: &str,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Result<impl ObjectStore, object_store::Error> {
    let known = settings.into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("aws_")
            .then(|| Some((name.parse().ok()?, value)))?
    });
    known
        .fold(AmazonS3Builder::new(), |builder, (name, value)| {
            builder.with_config(name, value)
        })
        .with_bucket_name(bucket)
        .with_retry(patience())
        .build()
}

fn azure(
    container: &str,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Result<impl ObjectStore, object_store::Error> {
    let known = settings.into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("azure_")
            .then(|| Some((name.parse().ok()?, value)))?
    });
    known
        .fold(MicrosoftAzureBuilder::new(), |builder, (name, value)| {
            builder.with_config(name, value)
        })
        .with_container_name(container)
        .with_retry(patience())
        .build()
}

fn patience() -> RetryConfig {
    RetryConfig {
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_TIME_MAX,
        ..RetryConfig::default()
    }
}

fn wrong(place: impl AsRef<Folder>, error: object_store::Error) -> Error {
    Error::Place {
        place: place.as_ref().display().to_string(),
        reason: error.to_string(),
    }
}

fn failed(id: &str, source: object_store::Error) -> Error {
    Error::Blob {
        id: id.to_owned(),
        source: Box::new(source),
    }
}
