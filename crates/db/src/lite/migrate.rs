//! Migrations of a SQLite file.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::migrate::{Done, NOTES, missing};
use crate::{Error, Migration};

pub(super) fn apply(
    connection: &mut Connection,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute_batch(NOTES)?;
    let done = known(connection)?;
    for migration in missing(migrations, &done)? {
        step(connection, migration, now)?;
    }
    Ok(())
}

fn known(connection: &Connection) -> Result<Vec<Done>, Error> {
    let mut statement =
        connection.prepare("SELECT number, checksum FROM migration ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        Ok(Done {
            number: row.get(0)?,
            checksum: row.get(1)?,
        })
    })?;
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
            migration.checksum(),
            now.as_microsecond(),
        ),
    )?;
    Ok(tx.commit()?)
}
