//! Statements on SQLite.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use crate::{Error, Row, Value};

pub(crate) fn exec(
    connection: &mut Connection,
    sql: &str,
    values: &[Value],
) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    Ok(statement.raw_execute()? as u64)
}

pub(crate) fn query(
    connection: &mut Connection,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    let width = statement.column_count();
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Vec::with_capacity(width);
        for i in 0..width {
            columns.push(read(row.get_ref(i)?));
        }
        all.push(Row(columns));
    }
    Ok(all)
}

fn bind(statement: &mut CachedStatement<'_>, values: &[Value]) -> Result<(), Error> {
    for (i, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(i + 1, value)?;
    }
    Ok(())
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        // No table of ours has a real column; a computed one is cut to an integer.
        #[expect(clippy::cast_possible_truncation, reason = "as said above")]
        ValueRef::Real(n) => Value::Int(n as i64),
        ValueRef::Text(t) => Value::Text(String::from_utf8_lossy(t).into_owned()),
        ValueRef::Blob(b) => Value::Blob(b.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Blob(b) => ValueRef::Blob(b),
        }))
    }
}
