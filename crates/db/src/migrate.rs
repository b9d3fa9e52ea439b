//! Numbered steps that bring the tables up to date, one transaction each.
//!
//! Each step and the note that it was done commit together, so a kill in the middle
//! leaves the database at a step's edge and the next start goes on from there.

use crate::Error;

/// One numbered change of the tables, in SQLite's words. PostgreSQL is given the same
/// text with its own words for the types, and the lines that begin with
/// `-- PostgreSQL: `. Once released it is never edited.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub number: i64,
    /// A few words for the list of what was done.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// Where the steps that were done are noted.
pub(crate) const NOTES: &str = "CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// A step as it is noted.
pub(crate) struct Done {
    pub(crate) number: i64,
    pub(crate) checksum: i64,
}

/// The steps that are not done yet; `done` is in the order of its numbers.
pub(crate) fn missing<'a>(
    migrations: &'a [Migration],
    done: &[Done],
) -> Result<Vec<&'a Migration>, Error> {
    let known = migrations.iter().map(|m| m.number).max().unwrap_or(0);
    if let Some(newer) = done.last().filter(|done| done.number > known) {
        let found = newer.number;
        return Err(Error::Newer { found, known });
    }
    let mut missing = Vec::new();
    for migration in migrations {
        let number = migration.number;
        match done.iter().find(|done| done.number == number) {
            Some(done) if done.checksum == migration.checksum() => {}
            Some(_) => return Err(Error::Changed { number }),
            None => missing.push(migration),
        }
    }
    Ok(missing)
}

impl Migration {
    /// FNV-1a, 64 bits: enough to notice an edited step; nobody forges their own file.
    pub(crate) fn checksum(&self) -> i64 {
        let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.sql.bytes() {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        sum.cast_signed()
    }
}
