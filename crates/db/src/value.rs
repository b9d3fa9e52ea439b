//! Values as they go into statements and come out of rows.

use crate::Error;

/// One value: the four types that both databases have in common.
///
/// Times are microseconds since 1970 in `Int`, truth is 0 or 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// Text in UTF-8.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// Whether it is no value.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "integer",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(i64::from(n))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Int(i64::from(b))
    }
}

impl From<&str> for Value {
    fn from(t: &str) -> Self {
        Self::Text(t.to_owned())
    }
}

impl From<&String> for Value {
    fn from(t: &String) -> Self {
        Self::Text(t.clone())
    }
}

impl From<String> for Value {
    fn from(t: String) -> Self {
        Self::Text(t)
    }
}

impl From<Vec<u8>> for Value {
    fn from(b: Vec<u8>) -> Self {
        Self::Blob(b)
    }
}

impl From<&[u8]> for Value {
    fn from(b: &[u8]) -> Self {
        Self::Blob(b.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(o: Option<T>) -> Self {
        o.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer. Columns are taken by position, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The integer in the column.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        match self.at(column) {
            Value::Int(n) => Ok(*n),
            other => Err(mismatch(column, "integer", other)),
        }
    }

    /// The integer in the column, or none where it is null.
    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.at(column) {
            Value::Null => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// Whether the integer in the column is other than 0.
    pub fn truth(&self, column: usize) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    /// The text in the column.
    pub fn text(&self, column: usize) -> Result<&str, Error> {
        match self.at(column) {
            Value::Text(t) => Ok(t),
            other => Err(mismatch(column, "text", other)),
        }
    }

    /// The text in the column, or none where it is null.
    pub fn maybe_text(&self, column: usize) -> Result<Option<&str>, Error> {
        match self.at(column) {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The bytes in the column.
    pub fn blob(&self, column: usize) -> Result<&[u8], Error> {
        match self.at(column) {
            Value::Blob(b) => Ok(b),
            other => Err(mismatch(column, "blob", other)),
        }
    }

    /// The bytes in the column, or none where it is null.
    pub fn maybe_blob(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        match self.at(column) {
            Value::Null => Ok(None),
            _ => self.blob(column).map(Some),
        }
    }

    fn at(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }
}

fn mismatch(column: usize, expected: &'static str, got: &Value) -> Error {
    Error::Type {
        column,
        expected,
        got: got.kind(),
    }
}
