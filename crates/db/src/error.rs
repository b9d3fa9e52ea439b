//! What can go wrong between us and the database.

use fault::Fault;
use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

/// A failure of the database or of the work given to it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or failed.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The database server refused or failed.
    #[error("database: {0}")]
    Server(#[from] tokio_postgres::Error),
    /// The database server could not be reached.
    #[error("database: the server cannot be reached: {0}")]
    Unreachable(String),
    /// The address of the database server cannot be read.
    #[error(
        "database: the address cannot be read: {0}; \
         expected postgresql://user:password@host:port/database?sslmode=require"
    )]
    Address(String),
    /// The directory or file could not be made.
    #[error("database file {path}: {source}")]
    File {
        /// The file that was asked for.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A batch could not be committed; nothing of it was kept.
    #[error("database: the commit failed: {0}")]
    Commit(String),
    /// The file was written by a newer program.
    #[error(
        "database: the file has migration {found}, this program knows up to {known}; \
         start the program that wrote it, or a newer one"
    )]
    Newer {
        /// The newest migration in the file.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// A migration that was applied is not the one that we know under its number.
    #[error("database: migration {number} in the file differs from this program's")]
    Changed {
        /// Its number.
        number: i64,
    },
    /// A value was not of the type that the caller expected.
    #[error("database: column {column} holds {got}, expected {expected}")]
    Type {
        /// Position in the row, from 0.
        column: usize,
        /// What the caller asked for.
        expected: &'static str,
        /// What is there.
        got: &'static str,
    },
    /// A transaction waited for something other than the database.
    #[error("database: a transaction waited for something outside the database")]
    Waited,
    /// The work panicked; its transaction was rolled back.
    #[error("database: a transaction panicked")]
    Panicked,
    /// The database is closed.
    #[error("database: closed")]
    Closed,
}

impl Error {
    /// A busy or absent database or a full disk passes; the rest is ours to mend.
    pub fn fault(&self) -> Fault {
        let passes = match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => matches!(
                failure.code,
                ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::DiskFull
            ),
            Self::Server(error) => error.code().is_none_or(passes),
            Self::Unreachable(_) => true,
            _ => false,
        };
        if passes { Fault::Link } else { Fault::Ours }
    }
}

/// Classes of SQLSTATE that say nothing of the statement: connection, conflict, lack of
/// resources, an operator's hand (PostgreSQL 15, appendix A). No code is a lost line.
fn passes(state: &SqlState) -> bool {
    let classes = ["08", "40", "53", "55", "57", "58"];
    classes.iter().any(|class| state.code().starts_with(class))
}
