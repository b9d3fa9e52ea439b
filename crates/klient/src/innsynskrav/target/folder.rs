//! A folder: each order has one of its own, which is there whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::{Parcel, facts};
use crate::Error;

/// Write an order; answers the folder that a person or program takes it from.
pub(super) fn deliver(root: &Path, parcel: &Parcel) -> Result<String, Error> {
    let place = root.join(parcel.name());
    // Cut short after the move: it is there, or was there and has been taken.
    if !place.exists() {
        let part = root.join(format!(".{}.part", parcel.name()));
        std::fs::create_dir_all(&part)?;
        for (name, bytes) in files(parcel)? {
            let mut file = File::create(part.join(name))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
        }
        std::fs::rename(&part, &place)?;
        File::open(root)?.sync_all()?;
    }
    Ok(place.to_string_lossy().into_owned())
}

/// The files of an order: name and bytes.
pub(super) fn files(parcel: &Parcel) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let facts = serde_json::to_vec_pretty(&facts(parcel));
    let facts = facts.map_err(|e| Error::Ledger(e.to_string()))?;
    let mut all = vec![
        ("innsynskrav.json", facts),
        ("emailtext.txt", parcel.came.text.clone().into_bytes()),
    ];
    all.extend(parcel.came.file.iter().map(|f| (f.name, f.bytes.clone())));
    Ok(all)
}
