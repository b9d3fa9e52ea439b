//! Filters, order and pages: how lists are asked for.

use std::fmt;
use std::str::FromStr;

use db::{Row, Tx, Value};

use crate::Error;

/// Which rows, in what order, which page of them. Columns are ours, never a caller's
/// text, so nothing that a caller writes becomes part of a statement.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    clauses: Vec<(&'static str, Value)>,
    parts: Vec<&'static str>,
    order: Vec<(&'static str, bool)>,
    after: Option<Cursor>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows at the most; 0 asks for none.
    pub limit: u64,
}

/// One page and how many rows there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Rows on all pages.
    pub total: u64,
    /// Where the next page begins, if the order is one that can be entered anywhere.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, to: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(to).collect(),
            total: self.total,
            next: self.next,
        }
    }
}

/// A place in an order: behind the row with this number, and this value in the column
/// that is ordered by. However deep it is, it is found at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    value: i64,
    row: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.value, self.row)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (value, row) = text.split_once('.').ok_or(())?;
        Ok(Self {
            value: value.parse().map_err(drop)?,
            row: row.parse().map_err(drop)?,
        })
    }
}

impl Ask {
    /// Every row, this many at the most.
    pub fn all(limit: u64) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Only rows where the column has this value.
    pub fn equal(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.clauses.push((column, value.into()));
        self
    }

    /// Only rows where the condition, ending in an operator, holds for the value.
    pub fn when(mut self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.clauses.push((condition, value.into()));
        self
    }

    /// Only rows of a part of the table that has an index of its own: no planner sees
    /// that a value belongs to the part, so the condition is whole.
    pub(crate) fn within(mut self, condition: &'static str) -> Self {
        self.parts.push(condition);
        self
    }

    /// The same, if there is a value.
    pub fn maybe(self, column: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.equal(column, value),
            None => self,
        }
    }

    /// The same with values as they lie in their columns.
    pub(crate) fn stored(mut self, lies: fn(&str, Value) -> Value) -> Self {
        for (column, value) in &mut self.clauses {
            *value = lies(column, std::mem::replace(value, Value::Null));
        }
        self
    }

    /// Whether no condition is on another column than these.
    pub(crate) fn asks_only_for(&self, columns: &[&str]) -> bool {
        self.clauses.iter().all(|(condition, _)| {
            let column = condition.split(' ').next().unwrap_or_default();
            columns.contains(&column)
        })
    }

    /// Order by the column, after the orders already given.
    pub fn order(mut self, column: &'static str, descending: bool) -> Self {
        self.order.push((column, descending));
        self
    }

    /// Only rows behind this one. Where the order is by more than one column, or the
    /// cursor is another order's, the page is whatever it comes to.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Run `select … from …`; which must have an `id` to order by.
    pub(crate) async fn run<T>(
        &self,
        tx: &mut Tx<'_>,
        columns: &str,
        from: &str,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        self.run_counting(tx, from, columns, from, read).await
    }

    /// The same, counted where it takes less: in a table with as many rows, and the
    /// columns that the conditions are on.
    pub(crate) async fn run_counting<T>(
        &self,
        tx: &mut Tx<'_>,
        counted: &str,
        columns: &str,
        from: &str,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        let (filter, mut values) = self.filter();
        let count = format!("SELECT count(*) FROM {counted}{filter}");
        let total = match tx.one(&count, &values).await? {
            Some(row) => row.int(0)?.unsigned_abs(),
            None => 0,
        };
        let behind = self.behind(filter.is_empty(), &mut values);
        let (order, next) = (self.ordering(), values.len() + 1);
        let (limit, offset) = (next, next + 1);
        let (column, width) = (self.column(), columns.split(',').count());
        let sql = format!(
            "SELECT {columns}, {column}, id FROM {from}{filter}{behind}{order}
             LIMIT ${limit} OFFSET ${offset}"
        );
        let rows =
            [self.limit, self.offset].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let values = [values, rows.map(Value::from).to_vec()].concat();
        let rows = tx.query(&sql, &values).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        let full = rows.len() as u64 == self.limit;
        let last = rows.last().filter(|_| full && self.order.len() < 2);
        let next = last.and_then(|row| {
            Some(Cursor {
                value: row.int(width).ok()?,
                row: row.int(width + 1).ok()?,
            })
        });
        Ok(Page { items, total, next })
    }

    /// The first row of `select … from …`, without counting the others. In a
    /// transaction that writes it is ours to change; one that others hold is passed
    /// over.
    pub(crate) async fn first<T>(
        &self,
        tx: &mut Tx<'_>,
        columns: &str,
        from: &str,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (filter, values) = self.filter();
        let (order, ours) = (self.ordering(), tx.skip_locked());
        let sql = format!("SELECT {columns} FROM {from}{filter}{order} LIMIT 1{ours}");
        tx.one(&sql, &values).await?.as_ref().map(read).transpose()
    }

    fn filter(&self) -> (String, Vec<Value>) {
        let (mut text, mut values) = (String::new(), Vec::new());
        let mut and = |condition: &str| {
            text.push_str(if text.is_empty() { " WHERE " } else { " AND " });
            text.push_str(condition);
        };
        self.parts.iter().for_each(|part| and(part));
        for (column, value) in &self.clauses {
            values.push(value.clone());
            let ends_in_operator = column.ends_with(['=', '<', '>']);
            let operator = if ends_in_operator { "" } else { " =" };
            and(&format!("{column}{operator} ${}", values.len()));
        }
        (text, values)
    }

    /// The column that is ordered by first.
    fn column(&self) -> &'static str {
        self.order.first().map_or("id", |(column, _)| column)
    }

    /// The condition that the rows stand behind the cursor.
    fn behind(&self, first: bool, values: &mut Vec<Value>) -> String {
        let Some(cursor) = self.after else {
            return String::new();
        };
        values.extend([cursor.value.into(), cursor.row.into()]);
        let (column, row) = (values.len() - 1, values.len());
        let descending = matches!(self.order.first(), Some((_, true)));
        format!(
            " {} ({}, id) {} (${column}, ${row})",
            if first { "WHERE" } else { "AND" },
            self.column(),
            if descending { "<" } else { ">" },
        )
    }

    fn ordering(&self) -> String {
        let mut text = String::from(" ORDER BY ");
        for (column, descending) in &self.order {
            text.push_str(column);
            text.push_str(if *descending { " DESC, " } else { ", " });
        }
        text.push_str(match self.order.first() {
            Some((_, true)) => "id DESC",
            _ => "id",
        });
        text
    }
}
