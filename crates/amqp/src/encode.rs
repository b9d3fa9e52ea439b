//! Values into bytes, each in the shortest form that its type has (§1.6).

use crate::Value;
use crate::code;

/// `null`.
pub fn null(out: &mut Vec<u8>) {
    out.push(code::NULL);
}

/// `boolean`.
pub fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { code::TRUE } else { code::FALSE });
}

/// `ubyte`.
pub fn ubyte(out: &mut Vec<u8>, value: u8) {
    out.extend_from_slice(&[code::UBYTE, value]);
}

/// `uint`.
pub fn uint(out: &mut Vec<u8>, value: u32) {
    match u8::try_from(value) {
        Ok(0) => out.push(code::UINT0),
        Ok(small) => out.extend_from_slice(&[code::SMALL_UINT, small]),
        Err(_) => fixed(out, code::UINT, value.to_be_bytes()),
    }
}

/// `ulong`.
pub fn ulong(out: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        Ok(0) => out.push(code::ULONG0),
        Ok(small) => out.extend_from_slice(&[code::SMALL_ULONG, small]),
        Err(_) => fixed(out, code::ULONG, value.to_be_bytes()),
    }
}

/// `int`.
pub fn int(out: &mut Vec<u8>, value: i32) {
    match i8::try_from(value) {
        Ok(small) => fixed(out, code::SMALL_INT, small.to_be_bytes()),
        Err(_) => fixed(out, code::INT, value.to_be_bytes()),
    }
}

/// `long`.
pub fn long(out: &mut Vec<u8>, value: i64) {
    match i8::try_from(value) {
        Ok(small) => fixed(out, code::SMALL_LONG, small.to_be_bytes()),
        Err(_) => fixed(out, code::LONG, value.to_be_bytes()),
    }
}

/// `timestamp`: milliseconds since 1970 began.
pub fn timestamp(out: &mut Vec<u8>, millis: i64) {
    fixed(out, code::TIMESTAMP, millis.to_be_bytes());
}

/// `uuid`, in network order.
pub fn uuid(out: &mut Vec<u8>, id: [u8; 16]) {
    fixed(out, code::UUID, id);
}

/// `binary`.
pub fn binary(out: &mut Vec<u8>, bytes: &[u8]) {
    variable(out, code::BINARY8, code::BINARY32, bytes);
}

/// The beginning of a `binary` of this length.
pub(crate) fn binary_start(out: &mut Vec<u8>, bytes: usize) {
    if let Ok(short) = u8::try_from(bytes) {
        out.extend_from_slice(&[code::BINARY8, short]);
    } else {
        fixed(out, code::BINARY32, length(bytes).to_be_bytes());
    }
}

/// `string`.
pub fn string(out: &mut Vec<u8>, text: &str) {
    variable(out, code::STRING8, code::STRING32, text.as_bytes());
}

/// `symbol`.
pub fn symbol(out: &mut Vec<u8>, text: &str) {
    variable(out, code::SYMBOL8, code::SYMBOL32, text.as_bytes());
}

/// The descriptor of what is written next.
pub fn descriptor(out: &mut Vec<u8>, descriptor: u64) {
    out.push(code::DESCRIBED);
    ulong(out, descriptor);
}

/// A described list, as all composites are. Null fields at its end are left out.
pub fn composite(out: &mut Vec<u8>, code: u64, fields: impl FnOnce(&mut Fields<'_>)) {
    descriptor(out, code);
    list(out, fields);
}

/// A composite with all of its fields. Null ones at the end may be left out (§1.4),
/// but Python clients before 7.15 count on all of them in a performative.
pub(crate) fn performative(
    out: &mut Vec<u8>,
    code: u64,
    all: u32,
    fields: impl FnOnce(&mut Fields<'_>),
) {
    composite(out, code, |f| {
        fields(f);
        f.nulls = all.saturating_sub(f.count);
        f.flush();
    });
}

/// A list whose members the closure writes.
pub fn list(out: &mut Vec<u8>, fields: impl FnOnce(&mut Fields<'_>)) {
    let start = out.len();
    out.extend_from_slice(&[code::LIST8, 0, 0]);
    let mut members = Fields {
        out,
        nulls: 0,
        count: 0,
    };
    fields(&mut members);
    let count = members.count;
    if count == 0 {
        out.truncate(start);
        out.push(code::LIST0);
    } else {
        close(out, start, code::LIST32, count);
    }
}

/// A map whose keys and values the closure writes in turn.
pub fn map(out: &mut Vec<u8>, fields: impl FnOnce(&mut Fields<'_>)) {
    let start = out.len();
    out.extend_from_slice(&[code::MAP8, 0, 0]);
    let mut members = Fields {
        out,
        nulls: 0,
        count: 0,
    };
    fields(&mut members);
    members.flush();
    let count = members.count;
    close(out, start, code::MAP32, count);
}

/// Any value.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => null(out),
        Value::Bool(v) => boolean(out, *v),
        Value::Ubyte(v) => ubyte(out, *v),
        Value::Ushort(v) => fixed(out, code::USHORT, v.to_be_bytes()),
        Value::Uint(v) => uint(out, *v),
        Value::Ulong(v) => ulong(out, *v),
        Value::Byte(v) => fixed(out, code::BYTE, v.to_be_bytes()),
        Value::Short(v) => fixed(out, code::SHORT, v.to_be_bytes()),
        Value::Int(v) => int(out, *v),
        Value::Long(v) => long(out, *v),
        Value::Binary(v) => binary(out, v),
        Value::String(v) => string(out, v),
        Value::Symbol(v) => symbol(out, v),
        Value::List(items) => list(out, |f| {
            for item in items {
                f.value(item);
            }
            f.flush();
        }),
        Value::Map(pairs) => map(out, |f| {
            for (key, value) in pairs {
                f.value(key);
                f.value(value);
            }
        }),
        Value::Array(_) => array(out, value),
        Value::Described(pair) => {
            out.push(code::DESCRIBED);
            self::value(out, &pair.0);
            self::value(out, &pair.1);
        }
        // Those that have one form only: as in an array.
        plain => {
            out.push(constructor(plain));
            element(out, plain);
        }
    }
}

/// The members of a list or map under construction.
pub struct Fields<'a> {
    out: &'a mut Vec<u8>,
    nulls: u32,
    count: u32,
}

impl Fields<'_> {
    /// A null, written only when something follows it.
    pub fn null(&mut self) {
        self.nulls += 1;
    }

    /// A boolean, left out when it is the default, false.
    pub fn flag(&mut self, value: bool) {
        self.put(value.then_some(true), boolean);
    }

    /// A boolean.
    pub fn boolean(&mut self, value: impl Into<Option<bool>>) {
        self.put(value.into(), boolean);
    }

    /// A ubyte.
    pub fn ubyte(&mut self, value: impl Into<Option<u8>>) {
        self.put(value.into(), ubyte);
    }

    /// A ushort.
    pub fn ushort(&mut self, value: impl Into<Option<u16>>) {
        self.put(value.into(), |out, v: u16| {
            fixed(out, code::USHORT, v.to_be_bytes());
        });
    }

    /// A uint.
    pub fn uint(&mut self, value: impl Into<Option<u32>>) {
        self.put(value.into(), uint);
    }

    /// A ulong.
    pub fn ulong(&mut self, value: impl Into<Option<u64>>) {
        self.put(value.into(), ulong);
    }

    /// A string.
    pub fn string<'t>(&mut self, value: impl Into<Option<&'t str>>) {
        self.put(value.into(), string);
    }

    /// A symbol.
    pub fn symbol<'t>(&mut self, value: impl Into<Option<&'t str>>) {
        self.put(value.into(), symbol);
    }

    /// A binary.
    pub fn binary<'t>(&mut self, value: impl Into<Option<&'t [u8]>>) {
        self.put(value.into(), binary);
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            value => self.put(Some(value), self::value),
        }
    }

    /// Whatever the closure writes, which must be exactly one value.
    pub fn with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.put(Some(()), |out, ()| write(out));
    }

    fn put<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        match value {
            None => self.null(),
            Some(value) => {
                self.flush();
                write(self.out, value);
                self.count += 1;
            }
        }
    }

    fn flush(&mut self) {
        for _ in 0..self.nulls {
            self.out.push(code::NULL);
        }
        self.count += self.nulls;
        self.nulls = 0;
    }
}

/// Fill in size and count; make room for the wide form where the short does not do.
fn close(out: &mut Vec<u8>, start: usize, wide: u8, count: u32) {
    let content = out.len() - start - 3;
    if let (Ok(size), Ok(count)) = (u8::try_from(content + 1), u8::try_from(count)) {
        out[start + 1..start + 3].copy_from_slice(&[size, count]);
    } else {
        out.splice(start + 3..start + 3, [0; 6]);
        out[start] = wide;
        let size = length(content + 4).to_be_bytes();
        out[start + 1..start + 5].copy_from_slice(&size);
        out[start + 5..start + 9].copy_from_slice(&count.to_be_bytes());
    }
}

fn array(out: &mut Vec<u8>, value: &Value) {
    let items = value.items().unwrap_or_default();
    match common(items) {
        Some(_) => {
            out.push(code::ARRAY32);
            compound(out, value);
        }
        None => list(out, |f| {
            for item in items {
                f.value(item);
            }
            f.flush();
        }),
    }
}

/// The constructor that all items share, if they do.
fn common(items: &[Value]) -> Option<u8> {
    // A type of no width says nothing for an array of none, and needs no bytes.
    let first = items.first().map_or(code::NULL, constructor);
    let shared = items.iter().all(|i| constructor(i) == first);
    (shared && first != code::DESCRIBED).then_some(first)
}

/// The widest form of a value's type: the one that fits every member of an array.
fn constructor(value: &Value) -> u8 {
    match value {
        Value::Null => code::NULL,
        Value::Bool(_) => code::BOOLEAN,
        Value::Ubyte(_) => code::UBYTE,
        Value::Ushort(_) => code::USHORT,
        Value::Uint(_) => code::UINT,
        Value::Ulong(_) => code::ULONG,
        Value::Byte(_) => code::BYTE,
        Value::Short(_) => code::SHORT,
        Value::Int(_) => code::INT,
        Value::Long(_) => code::LONG,
        Value::Float(_) => code::FLOAT,
        Value::Double(_) => code::DOUBLE,
        Value::Decimal32(_) => code::DECIMAL32,
        Value::Decimal64(_) => code::DECIMAL64,
        Value::Decimal128(_) => code::DECIMAL128,
        Value::Char(_) => code::CHAR,
        Value::Timestamp(_) => code::TIMESTAMP,
        Value::Uuid(_) => code::UUID,
        Value::Binary(_) => code::BINARY32,
        Value::String(_) => code::STRING32,
        Value::Symbol(_) => code::SYMBOL32,
        Value::List(_) => code::LIST32,
        Value::Map(_) => code::MAP32,
        Value::Array(items) if common(items).is_none() => code::LIST32,
        Value::Array(_) => code::ARRAY32,
        Value::Described(_) => code::DESCRIBED,
    }
}

/// A value without its constructor, in the form that [`constructor`] names.
fn element(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null | Value::Described(_) => {}
        Value::Bool(v) => out.push(u8::from(*v)),
        Value::Ubyte(v) => out.push(*v),
        Value::Ushort(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Uint(v) | Value::Char(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Ulong(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Byte(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Short(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Int(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Long(v) | Value::Timestamp(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Float(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Double(v) => out.extend_from_slice(&v.to_be_bytes()),
        Value::Decimal32(v) => out.extend_from_slice(v),
        Value::Decimal64(v) => out.extend_from_slice(v),
        Value::Decimal128(v) | Value::Uuid(v) => out.extend_from_slice(v),
        Value::Binary(v) => prefixed(out, v),
        Value::String(v) | Value::Symbol(v) => prefixed(out, v.as_bytes()),
        Value::List(_) | Value::Map(_) | Value::Array(_) => compound(out, value),
    }
}

/// A list, map or array in its wide form: size, count, members.
fn compound(out: &mut Vec<u8>, value: &Value) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    match value {
        Value::Map(pairs) => {
            out.extend_from_slice(&length(pairs.len() * 2).to_be_bytes());
            for (key, value) in pairs {
                self::value(out, key);
                self::value(out, value);
            }
        }
        other => {
            let items = other.items().unwrap_or_default();
            out.extend_from_slice(&length(items.len()).to_be_bytes());
            let array = matches!(other, Value::Array(_));
            if let Some(constructor) = common(items).filter(|_| array) {
                out.push(constructor);
                for item in items {
                    element(out, item);
                }
            } else {
                for item in items {
                    self::value(out, item);
                }
            }
        }
    }
    let size = length(out.len() - start - 4).to_be_bytes();
    out[start..start + 4].copy_from_slice(&size);
}

fn fixed<const N: usize>(out: &mut Vec<u8>, code: u8, bytes: [u8; N]) {
    out.push(code);
    out.extend_from_slice(&bytes);
}

fn variable(out: &mut Vec<u8>, short: u8, wide: u8, bytes: &[u8]) {
    if let Ok(length) = u8::try_from(bytes.len()) {
        out.extend_from_slice(&[short, length]);
        out.extend_from_slice(bytes);
    } else {
        out.push(wide);
        prefixed(out, bytes);
    }
}

fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length(bytes.len()).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Message sizes are limited far below 4 GiB, and so is all that is written here.
fn length(length: usize) -> u32 {
    u32::try_from(length).expect("what we encode is smaller than 4 GiB")
}
