//! Bring the tables up to date, one numbered step a transaction.
//!
//! Each step and the note that it was done commit together, so a kill in the middle
//! leaves the file at a step's edge and the next start goes on from there.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// One numbered change of the tables. Once released it is never edited.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub number: i64,
    /// A few words for the list of what was done.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

pub(crate) fn apply(
    connection: &mut Connection,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
             number INTEGER PRIMARY KEY,
             name TEXT NOT NULL,
             checksum INTEGER NOT NULL,
             applied_at INTEGER NOT NULL
         ) STRICT",
    )?;
    let done = known(connection)?;
    let newest = migrations.iter().map(|m| m.number).max().unwrap_or(0);
    if let Some((found, _)) = done.last().filter(|(n, _)| *n > newest) {
        return Err(Error::Newer {
            found: *found,
            known: newest,
        });
    }
    for migration in migrations {
        match done.iter().find(|(n, _)| *n == migration.number) {
            Some((_, sum)) if *sum == checksum(migration.sql) => {}
            Some(_) => {
                return Err(Error::Changed {
                    number: migration.number,
                });
            }
            None => step(connection, migration, now)?,
        }
    }
    Ok(())
}

fn known(connection: &Connection) -> Result<Vec<(i64, i64)>, Error> {
    let mut statement =
        connection.prepare("SELECT number, checksum FROM migration ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn step(
    connection: &mut Connection,
    migration: &Migration,
    now: Timestamp,
) -> Result<(), Error> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(migration.sql)?;
    tx.execute(
        "INSERT INTO migration (number, name, checksum, applied_at)
         VALUES (?1, ?2, ?3, ?4)",
        (
            migration.number,
            migration.name,
            checksum(migration.sql),
            now.as_microsecond(),
        ),
    )?;
    Ok(tx.commit()?)
}

/// FNV-1a, 64 bits: enough to notice an edited step; nobody forges their own file.
fn checksum(text: &str) -> i64 {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    sum.cast_signed()
}
