//! Filters, order and pages: how lists are asked for.

use db::{Row, Tx, Value};

use crate::Error;

/// Which rows, in what order, which page of them. Columns are ours, never a caller's
/// text, so nothing that a caller writes becomes part of a statement.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    clauses: Vec<(&'static str, Value)>,
    order: Vec<(&'static str, bool)>,
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

    /// The same, if there is a value.
    pub fn maybe(self, column: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.equal(column, value),
            None => self,
        }
    }

    /// Order by the column, after the orders already given.
    pub fn order(mut self, column: &'static str, descending: bool) -> Self {
        self.order.push((column, descending));
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
        let (filter, values) = self.filter();
        let count = format!("SELECT count(*) FROM {from}{filter}");
        let total = match tx.one(&count, &values).await? {
            Some(row) => row.int(0)?.unsigned_abs(),
            None => 0,
        };
        let (order, limit, offset) = (self.ordering(), self.limit, self.offset);
        let sql = format!(
            "SELECT {columns} FROM {from}{filter}{order} LIMIT {limit} OFFSET {offset}"
        );
        let rows = tx.query(&sql, &values).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, total })
    }

    /// The first row of `select … from …`, without counting the others.
    pub(crate) async fn first<T>(
        &self,
        tx: &mut Tx<'_>,
        columns: &str,
        from: &str,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (filter, values) = self.filter();
        let order = self.ordering();
        let sql = format!("SELECT {columns} FROM {from}{filter}{order} LIMIT 1");
        tx.one(&sql, &values).await?.as_ref().map(read).transpose()
    }

    fn filter(&self) -> (String, Vec<Value>) {
        let mut text = String::new();
        for (i, (column, _)) in self.clauses.iter().enumerate() {
            text.push_str(if i == 0 { " WHERE " } else { " AND " });
            text.push_str(column);
            let ends_in_operator = column.ends_with(['=', '<', '>']);
            text.push_str(if ends_in_operator { " $" } else { " = $" });
            text.push_str(&(i + 1).to_string());
        }
        (
            text,
            self.clauses
                .iter()
                .map(|(_, value)| value.clone())
                .collect(),
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
