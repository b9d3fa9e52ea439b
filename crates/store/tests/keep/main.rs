//! What is kept, and where: blobs, pages, and databases of former releases.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod blobs;
mod former;
mod melding;
mod page;
mod plan;

use ambient::{Clock, Random};
use store::{Blobs, Store};
use tempfile::TempDir;

/// A store on an empty database of its own.
struct Place {
    folder: TempDir,
    address: Option<String>,
}

impl Place {
    fn lite() -> Self {
        let folder = TempDir::new().unwrap();
        let address = None;
        Self { folder, address }
    }

    fn server() -> Self {
        Self {
            address: Some(cluster::Cluster::shared().database()),
            ..Self::lite()
        }
    }

    async fn open(&self) -> Store {
        let blobs = Blobs::folder(&self.folder.path().join("content")).unwrap();
        let (clock, random) = (Clock::system(), Random::system());
        let store = match &self.address {
            None => Store::alone(self.folder.path(), blobs, &clock, &random).await,
            Some(address) => Store::shared(address, blobs, &clock, &random).await,
        };
        store.unwrap()
    }
}

/// Each of these once on either database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::Place::lite()).await;
            })*
        }
        mod postgresql {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::Place::server()).await;
            })*
        }
    };
}

use on_both;
