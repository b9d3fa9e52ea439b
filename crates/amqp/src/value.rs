//! A value of any AMQP type, owned.

use bytes::Bytes;

/// Any value (§1.6). Used where a peer may say anything: properties, annotations,
/// management requests. Performatives are read straight into their structs instead.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// 8 bits, unsigned.
    Ubyte(u8),
    /// 16 bits, unsigned.
    Ushort(u16),
    /// 32 bits, unsigned.
    Uint(u32),
    /// 64 bits, unsigned.
    Ulong(u64),
    /// 8 bits, signed.
    Byte(i8),
    /// 16 bits, signed.
    Short(i16),
    /// 32 bits, signed.
    Int(i32),
    /// 64 bits, signed.
    Long(i64),
    /// IEEE 754 binary32.
    Float(f32),
    /// IEEE 754 binary64.
    Double(f64),
    /// IEEE 754 decimal32, carried and never computed with.
    Decimal32([u8; 4]),
    /// IEEE 754 decimal64, carried and never computed with.
    Decimal64([u8; 8]),
    /// IEEE 754 decimal128, carried and never computed with.
    Decimal128([u8; 16]),
    /// A Unicode character; kept as the number, which need not be a scalar value.
    Char(u32),
    /// Milliseconds since 1970 began, UTC.
    Timestamp(i64),
    /// RFC 4122, network order.
    Uuid([u8; 16]),
    /// Bytes.
    Binary(Bytes),
    /// Text.
    String(String),
    /// A name from some agreed set.
    Symbol(String),
    /// Values of any types.
    List(Vec<Value>),
    /// Pairs, in the order in which they came.
    Map(Vec<(Value, Value)>),
    /// Values of one type. Written as a list if they are not.
    Array(Vec<Value>),
    /// A descriptor and what it describes.
    Described(Box<(Value, Value)>),
}

impl Value {
    /// The text of a string or symbol.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Symbol(text) => Some(text),
            _ => None,
        }
    }

    /// An integer of any width: peers differ in which they send.
    pub fn integer(&self) -> Option<i64> {
        Some(match *self {
            Self::Ubyte(n) => n.into(),
            Self::Ushort(n) => n.into(),
            Self::Uint(n) => n.into(),
            Self::Ulong(n) => i64::try_from(n).ok()?,
            Self::Byte(n) => n.into(),
            Self::Short(n) => n.into(),
            Self::Int(n) => n.into(),
            Self::Long(n) | Self::Timestamp(n) => n,
            _ => return None,
        })
    }

    /// The members of a list or array.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The pairs of a map; none for anything else.
    pub fn pairs(&self) -> &[(Value, Value)] {
        match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// What a map has under this name, whether string or symbol.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let found = self.pairs().iter().find(|(k, _)| k.text() == Some(name));
        found.map(|(_, value)| value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
