//! A transaction as the work sees it.

use rusqlite::Connection;

use crate::server::Session;
use crate::value::{Row, Value};
use crate::{Error, lite};

/// An open transaction. One arm for each database that we run on.
///
/// Placeholders are `$1`, `$2` … and are numbered in the order of their first use,
/// which both databases read alike.
pub enum Tx<'a> {
    /// SQLite: the connection of the lane that runs the work.
    Lite(&'a mut Connection),
    /// PostgreSQL: a transaction on a connection from the pool.
    Server(Session<'a>),
}

impl Tx<'_> {
    /// Run a statement; answers how many rows it changed.
    pub async fn exec(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        match self {
            Self::Lite(connection) => lite::exec(connection, sql, values),
            Self::Server(session) => session.exec(sql, values).await,
        }
    }

    /// Run a query, or a statement with RETURNING; answers all its rows.
    pub async fn query(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        match self {
            Self::Lite(connection) => lite::query(connection, sql, values),
            Self::Server(session) => session.query(sql, values).await,
        }
    }

    /// Run a query of which at most the first row is wanted.
    pub async fn one(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// What a query appends whose rows the work goes on to change: until the commit
    /// nobody else changes them. A snapshot locks nothing.
    pub fn for_update(&self) -> &'static str {
        match self {
            Self::Server(session) if session.writes() => " FOR UPDATE",
            // One writer: nobody else changes anything.
            _ => "",
        }
    }

    /// The same for a query that claims whatever is free: rows that somebody else
    /// holds are passed over.
    pub fn skip_locked(&self) -> &'static str {
        match self {
            Self::Server(session) if session.writes() => " FOR UPDATE SKIP LOCKED",
            _ => "",
        }
    }
}
