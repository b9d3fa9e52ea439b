//! Bytes into values. What the peer says of sizes and counts is believed only as far
//! as bytes are there to bear it out.

use bytes::Bytes;

use crate::code;
use crate::{Error, Value};

/// Lists in maps in lists: no peer that we know needs more than six.
const DEPTH_MAX: u32 = 16;
/// Values in one value. A management request may schedule thousands of messages.
const VALUES_MAX: u32 = 65_536;

/// Reads values off the front of a slice.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The fields of a composite. Those that were left out at the end read as null.
#[derive(Debug, Clone)]
pub struct List<'a> {
    reader: Reader<'a>,
    left: u32,
}

impl<'a> Reader<'a> {
    /// Read from here.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Any value.
    pub fn value(&mut self) -> Result<Value, Error> {
        let mut budget = VALUES_MAX;
        self.nested(0, &mut budget)
    }

    /// Pass over one value.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.skip_nested(0)
    }

    /// Whether a null is next; if so, passes over it.
    pub fn null(&mut self) -> Result<bool, Error> {
        let first = self.rest.first().ok_or(Error::Truncated)?;
        let null = *first == code::NULL;
        if null {
            self.rest = &self.rest[1..];
        }
        Ok(null)
    }

    /// A descriptor: its code, also when it is spelled as a symbol.
    pub fn descriptor(&mut self) -> Result<u64, Error> {
        let got = self.byte()?;
        if got != code::DESCRIBED {
            let expected = "a described value";
            return Err(Error::Unexpected { expected, got });
        }
        match self.byte()? {
            code::SMALL_ULONG => Ok(self.byte()?.into()),
            code::ULONG => Ok(u64::from_be_bytes(self.array()?)),
            code::ULONG0 => Ok(0),
            short @ (code::SYMBOL8 | code::SYMBOL32) => {
                let name = self.counted(short == code::SYMBOL32)?;
                let mut known = code::NAMES.iter();
                let found = known.find(|(known, _)| known.as_bytes() == name);
                // Nothing has the number that unknown names are given.
                Ok(found.map_or(u64::MAX, |(_, code)| *code))
            }
            got => Err(Error::Unexpected {
                expected: "a descriptor",
                got,
            }),
        }
    }

    /// A composite with this descriptor.
    pub fn composite(
        &mut self,
        descriptor: u64,
        expected: &'static str,
    ) -> Result<List<'a>, Error> {
        let got = self.descriptor()?;
        if got == descriptor {
            self.list()
        } else {
            Err(Error::Descriptor { expected, got })
        }
    }

    /// A list.
    pub fn list(&mut self) -> Result<List<'a>, Error> {
        let (body, left) = match self.byte()? {
            code::LIST0 => (&[][..], 0),
            code::LIST8 => self.members(false)?,
            code::LIST32 => self.members(true)?,
            got => {
                let expected = "a list";
                return Err(Error::Unexpected { expected, got });
            }
        };
        Ok(List {
            reader: Reader::new(body),
            left,
        })
    }

    /// A boolean or null.
    pub fn boolean(&mut self) -> Result<Option<bool>, Error> {
        Ok(Some(match self.byte()? {
            code::NULL => return Ok(None),
            code::TRUE => true,
            code::FALSE => false,
            code::BOOLEAN => self.byte()? != 0,
            got => return unexpected("a boolean", got),
        }))
    }

    /// A ubyte or null.
    pub fn ubyte(&mut self) -> Result<Option<u8>, Error> {
        match self.byte()? {
            code::NULL => Ok(None),
            code::UBYTE => self.byte().map(Some),
            got => unexpected("a ubyte", got),
        }
    }

    /// A ushort or null.
    pub fn ushort(&mut self) -> Result<Option<u16>, Error> {
        match self.byte()? {
            code::NULL => Ok(None),
            code::USHORT => Ok(Some(u16::from_be_bytes(self.array()?))),
            got => unexpected("a ushort", got),
        }
    }

    /// A uint or null.
    pub fn uint(&mut self) -> Result<Option<u32>, Error> {
        Ok(Some(match self.byte()? {
            code::NULL => return Ok(None),
            code::UINT0 => 0,
            code::SMALL_UINT => self.byte()?.into(),
            code::UINT => u32::from_be_bytes(self.array()?),
            got => return unexpected("a uint", got),
        }))
    }

    /// A ulong or null.
    pub fn ulong(&mut self) -> Result<Option<u64>, Error> {
        Ok(Some(match self.byte()? {
            code::NULL => return Ok(None),
            code::ULONG0 => 0,
            code::SMALL_ULONG => self.byte()?.into(),
            code::ULONG => u64::from_be_bytes(self.array()?),
            got => return unexpected("a ulong", got),
        }))
    }

    /// A string, a symbol or null: peers confuse the two.
    pub fn text(&mut self) -> Result<Option<&'a str>, Error> {
        let bytes = match self.byte()? {
            code::NULL => return Ok(None),
            code::STRING8 | code::SYMBOL8 => self.counted(false)?,
            code::STRING32 | code::SYMBOL32 => self.counted(true)?,
            got => return unexpected("a string or symbol", got),
        };
        std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Error::Text)
    }

    /// A binary or null.
    pub fn binary(&mut self) -> Result<Option<&'a [u8]>, Error> {
        match self.byte()? {
            code::NULL => Ok(None),
            code::BINARY8 => self.counted(false).map(Some),
            code::BINARY32 => self.counted(true).map(Some),
            got => unexpected("a binary", got),
        }
    }

    fn skip_nested(&mut self, depth: u32) -> Result<(), Error> {
        if depth > DEPTH_MAX {
            return Err(Error::Depth { max: DEPTH_MAX });
        }
        let code = self.byte()?;
        if code == code::DESCRIBED {
            self.skip_nested(depth + 1)?;
            return self.skip_nested(depth + 1);
        }
        self.pass(code)
    }

    fn nested(&mut self, depth: u32, budget: &mut u32) -> Result<Value, Error> {
        if depth > DEPTH_MAX {
            return Err(Error::Depth { max: DEPTH_MAX });
        }
        spend(budget)?;
        let code = self.byte()?;
        if code == code::DESCRIBED {
            let descriptor = self.nested(depth + 1, budget)?;
            let value = self.nested(depth + 1, budget)?;
            return Ok(Value::Described(Box::new((descriptor, value))));
        }
        self.body(code, depth, budget)
    }

    /// A value whose constructor has been read.
    fn body(&mut self, code: u8, depth: u32, budget: &mut u32) -> Result<Value, Error> {
        Ok(match code {
            code::NULL => Value::Null,
            code::TRUE => Value::Bool(true),
            code::FALSE => Value::Bool(false),
            code::BOOLEAN => Value::Bool(self.byte()? != 0),
            code::UBYTE => Value::Ubyte(self.byte()?),
            code::BYTE => Value::Byte(i8::from_be_bytes(self.array()?)),
            code::USHORT => Value::Ushort(u16::from_be_bytes(self.array()?)),
            code::SHORT => Value::Short(i16::from_be_bytes(self.array()?)),
            code::UINT0 => Value::Uint(0),
            code::SMALL_UINT => Value::Uint(self.byte()?.into()),
            code::UINT => Value::Uint(u32::from_be_bytes(self.array()?)),
            code::SMALL_INT => Value::Int(i8::from_be_bytes(self.array()?).into()),
            code::INT => Value::Int(i32::from_be_bytes(self.array()?)),
            code::ULONG0 => Value::Ulong(0),
            code::SMALL_ULONG => Value::Ulong(self.byte()?.into()),
            code::ULONG => Value::Ulong(u64::from_be_bytes(self.array()?)),
            code::SMALL_LONG => Value::Long(i8::from_be_bytes(self.array()?).into()),
            code::LONG => Value::Long(i64::from_be_bytes(self.array()?)),
            code::FLOAT => Value::Float(f32::from_be_bytes(self.array()?)),
            code::DOUBLE => Value::Double(f64::from_be_bytes(self.array()?)),
            code::CHAR => Value::Char(u32::from_be_bytes(self.array()?)),
            code::TIMESTAMP => Value::Timestamp(i64::from_be_bytes(self.array()?)),
            code::DECIMAL32 => Value::Decimal32(self.array()?),
            code::DECIMAL64 => Value::Decimal64(self.array()?),
            code::DECIMAL128 => Value::Decimal128(self.array()?),
            code::UUID => Value::Uuid(self.array()?),
            code::BINARY8 | code::BINARY32 => {
                let bytes = self.counted(code == code::BINARY32)?;
                Value::Binary(Bytes::copy_from_slice(bytes))
            }
            code::STRING8 => Value::String(utf8(self.counted(false)?)?),
            code::STRING32 => Value::String(utf8(self.counted(true)?)?),
            code::SYMBOL8 => Value::Symbol(utf8(self.counted(false)?)?),
            code::SYMBOL32 => Value::Symbol(utf8(self.counted(true)?)?),
            code => return self.compound(code, depth, budget),
        })
    }

    fn compound(
        &mut self,
        code: u8,
        depth: u32,
        budget: &mut u32,
    ) -> Result<Value, Error> {
        let wide = code & 0xf0 == 0xd0 || code & 0xf0 == 0xf0;
        let (body, count) = match code {
            code::LIST0 => (&[][..], 0),
            code::LIST8 | code::LIST32 | code::MAP8 | code::MAP32 => {
                self.members(wide)?
            }
            code::ARRAY8 | code::ARRAY32 => {
                let (body, count) = self.members(wide)?;
                return Reader::new(body).elements(count, depth, budget);
            }
            code => return Err(Error::FormatCode(code)),
        };
        let mut inner = Reader::new(body);
        if matches!(code, code::MAP8 | code::MAP32) {
            let mut pairs = Vec::new();
            for _ in 0..count / 2 {
                let key = inner.nested(depth + 1, budget)?;
                pairs.push((key, inner.nested(depth + 1, budget)?));
            }
            return Ok(Value::Map(pairs));
        }
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(inner.nested(depth + 1, budget)?);
        }
        Ok(Value::List(items))
    }

    /// The members of an array: one constructor for all (§1.6.24).
    fn elements(
        &mut self,
        count: u32,
        depth: u32,
        budget: &mut u32,
    ) -> Result<Value, Error> {
        if depth >= DEPTH_MAX {
            return Err(Error::Depth { max: DEPTH_MAX });
        }
        let mut code = self.byte()?;
        let mut descriptor = None;
        if code == code::DESCRIBED {
            descriptor = Some(Value::Ulong(self.plain_descriptor()?));
            code = self.byte()?;
        }
        let mut items = Vec::new();
        for _ in 0..count {
            spend(budget)?;
            let item = self.body(code, depth + 1, budget)?;
            items.push(match &descriptor {
                None => item,
                Some(d) => Value::Described(Box::new((d.clone(), item))),
            });
        }
        Ok(Value::Array(items))
    }

    /// The descriptor of an array's members, which is numeric: to repeat a long name
    /// for each of them would let few bytes grow into many.
    fn plain_descriptor(&mut self) -> Result<u64, Error> {
        match self.ulong()? {
            Some(descriptor) => Ok(descriptor),
            None => Err(Error::Missing("descriptor")),
        }
    }

    /// Size, count and members of a list, map or array.
    fn members(&mut self, wide: bool) -> Result<(&'a [u8], u32), Error> {
        let body = self.counted(wide)?;
        let mut inner = Reader::new(body);
        let count = if wide {
            u32::from_be_bytes(inner.array()?)
        } else {
            inner.byte()?.into()
        };
        Ok((inner.rest, count))
    }

    /// Pass over a value whose constructor has been read: its first four bits tell
    /// its width (§1.2).
    fn pass(&mut self, code: u8) -> Result<(), Error> {
        let width = match code >> 4 {
            0x4 => 0,
            0x5 => 1,
            0x6 => 2,
            0x7 => 4,
            0x8 => 8,
            0x9 => 16,
            0xa | 0xc | 0xe => return self.counted(false).map(drop),
            0xb | 0xd | 0xf => return self.counted(true).map(drop),
            _ => return Err(Error::FormatCode(code)),
        };
        self.take(width).map(drop)
    }

    fn counted(&mut self, wide: bool) -> Result<&'a [u8], Error> {
        let length = if wide {
            u32::from_be_bytes(self.array()?)
        } else {
            self.byte()?.into()
        };
        self.take(usize::try_from(length).map_err(|_| Error::Truncated)?)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> List<'a> {
    /// The reader of the next field, unless the list is at its end.
    fn field<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        read(&mut self.reader)
    }

    /// The next field, a boolean.
    pub fn boolean(&mut self) -> Result<Option<bool>, Error> {
        self.field(Reader::boolean)
    }

    /// The next field, a ubyte.
    pub fn ubyte(&mut self) -> Result<Option<u8>, Error> {
        self.field(Reader::ubyte)
    }

    /// The next field, a ushort.
    pub fn ushort(&mut self) -> Result<Option<u16>, Error> {
        self.field(Reader::ushort)
    }

    /// The next field, a uint.
    pub fn uint(&mut self) -> Result<Option<u32>, Error> {
        self.field(Reader::uint)
    }

    /// The next field, a ulong.
    pub fn ulong(&mut self) -> Result<Option<u64>, Error> {
        self.field(Reader::ulong)
    }

    /// The next field, a string or symbol.
    pub fn text(&mut self) -> Result<Option<&'a str>, Error> {
        self.field(Reader::text)
    }

    /// The next field, a binary.
    pub fn binary(&mut self) -> Result<Option<&'a [u8]>, Error> {
        self.field(Reader::binary)
    }

    /// The next field, of any type.
    pub fn value(&mut self) -> Result<Option<Value>, Error> {
        let value = self.field(|r| r.value().map(Some))?;
        Ok(value.filter(|v| *v != Value::Null))
    }

    /// Pass over the next field.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.field(|r| r.skip().map(Some)).map(drop)
    }

    /// The next field as its bytes, unread; nothing when it is null.
    pub(crate) fn raw(&mut self) -> Result<Option<&'a [u8]>, Error> {
        self.field(|r| {
            let before = r.rest;
            if r.null()? {
                return Ok(None);
            }
            r.skip()?;
            Ok(Some(&before[..before.len() - r.rest.len()]))
        })
    }
}

fn spend(budget: &mut u32) -> Result<(), Error> {
    let left = budget.checked_sub(1);
    *budget = left.ok_or(Error::Count { max: VALUES_MAX })?;
    Ok(())
}

fn utf8(bytes: &[u8]) -> Result<String, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::Text)?;
    Ok(text.to_owned())
}

fn unexpected<T>(expected: &'static str, got: u8) -> Result<T, Error> {
    Err(Error::Unexpected { expected, got })
}
