//! SQLite: a file of our own, one writer and a few readers.

mod migrate;
mod open;
pub(crate) mod run;
mod tx;

use std::path::Path;

use jiff::Timestamp;

use crate::{Error, Migration};

/// Open the file, bring its tables up to date, and start the lanes.
pub(crate) fn open(
    path: &Path,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<run::Lanes, Error> {
    let mut writer = open::writer(path)?;
    migrate::apply(&mut writer, migrations, now)?;
    run::Lanes::start(writer, || open::reader(path))
}

pub(crate) use tx::{exec, query};
