//! Statements on PostgreSQL.

use std::error::Error as StdError;

use deadpool_postgres::Transaction;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Column, Statement};

use crate::{Error, Row, Value};

/// A transaction on the server.
pub struct Session<'a> {
    transaction: &'a Transaction<'a>,
    writes: bool,
    sent_back: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(transaction: &'a Transaction<'a>, writes: bool) -> Self {
        Self {
            transaction,
            writes,
            sent_back: false,
        }
    }

    /// Whether it may change anything.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    /// Whether the server gave it up in favour of another: it may be run again.
    pub(super) fn sent_back(&self) -> bool {
        self.sent_back
    }

    pub(crate) async fn exec(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<u64, Error> {
        let statement = self.prepare(sql, values).await?;
        let done = self.transaction.execute_raw(&statement, values).await;
        self.note(done)
    }

    pub(crate) async fn query(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(sql, values).await?;
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        let answered = self.transaction.query(&statement, &values).await;
        self.note(answered)?.iter().map(read).collect()
    }

    /// With the types of the values said, so that none is guessed from its neighbours.
    async fn prepare(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Statement, Error> {
        let types: Vec<Type> = values.iter().map(kind).collect();
        let prepared = self.transaction.prepare_typed_cached(sql, &types).await;
        self.note(prepared)
    }

    fn note<T>(&mut self, done: Result<T, tokio_postgres::Error>) -> Result<T, Error> {
        let conflicts = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ];
        done.map_err(|error| {
            self.sent_back |= error.code().is_some_and(|c| conflicts.contains(c));
            error.into()
        })
    }
}

fn kind(value: &Value) -> Type {
    match value {
        // What it stands for tells the type.
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) => n.to_sql(kind, out),
            // PostgreSQL's text cannot hold the character 0.
            Self::Text(t) if t.contains('\0') => {
                t.replace('\0', "\u{FFFD}").to_sql(kind, out)
            }
            Self::Text(t) => t.to_sql(kind, out),
            Self::Blob(b) => b.as_slice().to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // `prepare` has said the types.
        true
    }

    to_sql_checked!();
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(i, column)| value(row, i, column));
    values.collect::<Result<_, _>>().map(Row)
}

fn value(row: &tokio_postgres::Row, i: usize, column: &Column) -> Result<Value, Error> {
    let kind = column.type_();
    Ok(if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(i)?.into()
    } else if *kind == Type::INT4 {
        row.try_get::<_, Option<i32>>(i)?.map(i64::from).into()
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(i)?.into()
    } else {
        row.try_get::<_, Option<String>>(i)?.into()
    })
}
