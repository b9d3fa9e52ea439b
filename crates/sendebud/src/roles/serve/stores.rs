//! Where everything is kept: a database, and a place for large content.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ambient::{Clock, Random};
use store::{Blobs, Store};

use crate::settings::secret;
use crate::settings::serve::Serve;

/// The stores that are open. One place is one store, however many organisations keep
/// theirs in it.
#[derive(Default)]
pub(super) struct Stores(BTreeMap<(PathBuf, Option<PathBuf>), Store>);

impl Stores {
    /// The store of an organisation, opened when it is the first there.
    pub(super) async fn open(
        &mut self,
        settings: &Serve,
        clock: &Clock,
        random: &Random,
    ) -> anyhow::Result<Store> {
        let place = (settings.data.clone(), settings.database_file.clone());
        if let Some(store) = self.0.get(&place) {
            return Ok(store.clone());
        }
        let blobs = blobs(&settings.data, settings.blobs.as_deref())?;
        let store = match &settings.database_file {
            None => Store::alone(&settings.data, blobs, clock, random).await?,
            Some(file) => Store::shared(&secret(file)?, blobs, clock, random).await?,
        };
        self.0.insert(place, store.clone());
        Ok(store)
    }
}

fn blobs(data: &Path, set: Option<&str>) -> anyhow::Result<Blobs> {
    Ok(match set {
        None => Blobs::folder(&data.join("content"))?,
        Some(address) if address.contains("://") => {
            // Credentials for the cloud stand where its own tools look for them.
            Blobs::cloud(address, std::env::vars())?
        }
        Some(folder) => Blobs::folder(&data.join(folder))?,
    })
}
