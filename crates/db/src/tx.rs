//! A transaction as the work sees it.

use rusqlite::Connection;

use crate::value::{Row, Value};
use crate::{Db, Error};

/// An open transaction. One arm for each database that we run on.
///
/// Placeholders are `$1`, `$2` … and are numbered in the order of their first use,
/// which both databases read alike.
pub enum Tx<'a> {
    /// SQLite: the connection of the lane that runs the work.
    Lite(&'a mut Connection),
}

impl Tx<'_> {
    /// Run a statement; answers how many rows it changed.
    #[expect(clippy::unused_async, reason = "a server database waits here")]
    pub async fn exec(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        match self {
            Self::Lite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                bind(&mut statement, values)?;
                Ok(statement.raw_execute()? as u64)
            }
        }
    }

    /// Run a query, or a statement with RETURNING; answers all its rows.
    #[expect(clippy::unused_async, reason = "a server database waits here")]
    pub async fn query(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        match self {
            Self::Lite(c) => {
                let mut statement = c.prepare_cached(sql)?;
                bind(&mut statement, values)?;
                let width = statement.column_count();
                let mut rows = statement.raw_query();
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    let mut columns = Vec::with_capacity(width);
                    for i in 0..width {
                        columns.push(Value::read(row.get_ref(i)?));
                    }
                    all.push(Row(columns));
                }
                Ok(all)
            }
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

    /// What a query that claims rows appends, so that two nodes never claim the same.
    pub fn skip_locked(&self) -> &'static str {
        match self {
            // One writer: nobody else can hold the row.
            Self::Lite(_) => "",
        }
    }
}

fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    values: &[Value],
) -> Result<(), Error> {
    for (i, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(i + 1, value)?;
    }
    Ok(())
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}
