//! Messages: sections found without being read, and read when someone asks (§3.2).

use std::borrow::Cow;

use crate::code;
use crate::encode;
use crate::{Error, Reader, Value};

/// Service Bus: the payload is many messages, each in a data section.
pub const BATCH_FORMAT: u32 = 0x8001_3700;

/// A message as bytes, and where its sections lie in them.
#[derive(Debug, Clone, Default)]
pub struct Message<'a> {
    /// What this hop is told.
    pub header: Header,
    /// Message annotations, an encoded map.
    pub annotations: Option<&'a [u8]>,
    /// Properties, an encoded list, and what follows them.
    properties: Option<&'a [u8]>,
    after: &'a [u8],
    /// Application properties, an encoded map.
    application: Option<&'a [u8]>,
    /// From the properties to the end: what no hop may change (§3.2).
    pub bare: &'a [u8],
    /// From the first section of the body to the end.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Find the sections. Fails when there are others, or in another order, or one
    /// runs over the end; what is inside of values is not looked at.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut message = Self::default();
        let mut last = 0;
        for section in sections(bytes) {
            let section = section?;
            message.add(last, section)?;
            last = section.0;
        }
        Ok(message)
    }

    /// Find the sections before the body. The body need not be there in full.
    pub fn read_front(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut message = Self::default();
        let (mut last, mut rest) = (0, bytes);
        while !rest.is_empty() {
            if Reader::new(rest).descriptor()? >= code::DATA {
                message.body = rest;
                if message.bare.is_empty() {
                    message.bare = rest;
                }
                break;
            }
            let section = section(rest)?;
            message.add(last, section)?;
            (last, rest) = (section.0, section.3);
        }
        Ok(message)
    }

    fn add(&mut self, last: u64, section: Section<'a>) -> Result<(), Error> {
        let (code, value, from, rest) = section;
        let repeats = matches!(code, code::DATA | code::AMQP_SEQUENCE);
        if code < last || (code == last && !repeats) {
            return Err(Error::Frame("a message's sections are out of order"));
        }
        if code >= code::PROPERTIES && last < code::PROPERTIES {
            self.bare = from;
        }
        if code >= code::DATA && last < code::DATA {
            self.body = from;
        }
        match code {
            code::HEADER => self.header = Header::read(value)?,
            code::MESSAGE_ANNOTATIONS => self.annotations = Some(value),
            code::PROPERTIES => {
                self.properties = Some(value);
                self.after = rest;
            }
            code::APPLICATION_PROPERTIES => self.application = Some(value),
            _ => {}
        }
        Ok(())
    }

    /// What the sender says of it.
    pub fn properties(&self) -> Result<Properties, Error> {
        match self.properties {
            Some(list) => Properties::read(list),
            None => Ok(Properties::default()),
        }
    }

    /// The section with its properties, as it stands; empty without.
    pub fn properties_section(&self) -> &'a [u8] {
        let end = self.after.len();
        match self.properties {
            Some(_) => &self.bare[..self.bare.len() - end],
            None => &[],
        }
    }

    /// From behind the properties to the end.
    pub fn after_properties(&self) -> &'a [u8] {
        match self.properties {
            Some(_) => self.after,
            None => self.bare,
        }
    }

    /// Its id alone, which is the first of the properties.
    pub fn id(&self) -> Result<Option<Value>, Error> {
        match self.properties {
            Some(list) => Reader::new(list).list()?.value(),
            None => Ok(None),
        }
    }

    /// The sender's own properties: a map, or null.
    pub fn application(&self) -> Result<Value, Error> {
        section_value(self.application)
    }

    /// The annotations: a map, or null.
    pub fn annotations(&self) -> Result<Value, Error> {
        section_value(self.annotations)
    }

    /// The contents of its data sections, one by one.
    pub fn data(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let body = sections(self.body).filter_map(Result::ok);
        let data = body.filter(|(code, ..)| *code == code::DATA);
        data.filter_map(|(_, value, ..)| Reader::new(value).binary().ok().flatten())
    }

    /// Its body, if that is one data section.
    pub fn only_data(&self) -> Option<&'a [u8]> {
        let mut data = self.data();
        let first = data.next()?;
        data.next().is_none().then_some(first)
    }

    /// The value that is its body; none when its body is of another kind.
    pub fn value(&self) -> Result<Option<Value>, Error> {
        match sections(self.body).next().transpose()? {
            Some((code::AMQP_VALUE, value, ..)) => Reader::new(value).value().map(Some),
            _ => Ok(None),
        }
    }

    /// Its body as bytes: data as it is, text as UTF-8, and nothing of other values.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        let mut data = self.data();
        let Some(first) = data.next() else {
            return match self.value() {
                Ok(Some(Value::Binary(bytes))) => Cow::Owned(bytes.to_vec()),
                Ok(Some(Value::String(text))) => Cow::Owned(text.into_bytes()),
                _ => Cow::Borrowed(&[]),
            };
        };
        let mut all = Cow::Borrowed(first);
        for more in data {
            all.to_mut().extend_from_slice(more);
        }
        all
    }
}

/// A section of a message: code, encoded value, the bytes from it on, and those behind.
type Section<'a> = (u64, &'a [u8], &'a [u8], &'a [u8]);

fn sections(bytes: &[u8]) -> impl Iterator<Item = Result<Section<'_>, Error>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let found = section(rest);
        // After a failure there is nothing more to say.
        rest = found.as_ref().map_or(&[], |(.., rest)| *rest);
        Some(found)
    })
}

fn section(bytes: &[u8]) -> Result<Section<'_>, Error> {
    let mut reader = Reader::new(bytes);
    let code = reader.descriptor()?;
    if !(code::HEADER..=code::FOOTER).contains(&code) {
        return Err(Error::Descriptor {
            expected: "a section of a message",
            got: code,
        });
    }
    let value = reader.rest();
    reader.skip()?;
    let length = value.len() - reader.rest().len();
    Ok((code, &value[..length], bytes, reader.rest()))
}

fn section_value(section: Option<&[u8]>) -> Result<Value, Error> {
    section.map_or(Ok(Value::Null), |value| Reader::new(value).value())
}

/// What a hop is told (§3.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// It should survive a restart.
    pub durable: bool,
    /// Higher is more urgent; 4 is usual.
    pub priority: Option<u8>,
    /// How long it is worth delivering, in milliseconds.
    pub ttl_millis: Option<u32>,
    /// How often it was delivered in vain.
    pub delivery_count: u32,
}

impl Header {
    fn read(list: &[u8]) -> Result<Self, Error> {
        let mut list = Reader::new(list).list()?;
        let durable = list.boolean()?.unwrap_or(false);
        let priority = list.ubyte()?;
        let ttl_millis = list.uint()?;
        list.skip()?; // first-acquirer
        Ok(Self {
            durable,
            priority,
            ttl_millis,
            delivery_count: list.uint()?.unwrap_or(0),
        })
    }

    /// Write the section. The count is there also when it is 0, or some clients show
    /// none (servicebus §2.5).
    pub fn write(&self, out: &mut Vec<u8>) {
        encode::composite(out, code::HEADER, |f| {
            f.boolean(self.durable);
            f.ubyte(self.priority);
            f.uint(self.ttl_millis);
            f.null();
            f.uint(self.delivery_count);
        });
    }
}

/// What the sender says of a message (§3.2.4).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties {
    /// Its name: a ulong, uuid, binary or string.
    pub message_id: Option<Value>,
    /// On whose behalf it was made.
    pub user_id: Option<Vec<u8>>,
    /// For whom it is.
    pub to: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// What it answers: as a message-id.
    pub correlation_id: Option<Value>,
    /// MIME type of the body.
    pub content_type: Option<String>,
    /// What was done to the body.
    pub content_encoding: Option<String>,
    /// Milliseconds since 1970 began.
    pub absolute_expiry: Option<Value>,
    /// Milliseconds since 1970 began.
    pub creation: Option<Value>,
    /// The group that it belongs to: a Service Bus session.
    pub group_id: Option<String>,
    /// Its place in the group.
    pub group_sequence: Option<u32>,
    /// The group that answers belong to.
    pub reply_to_group_id: Option<String>,
}

impl Properties {
    fn read(list: &[u8]) -> Result<Self, Error> {
        let mut list = Reader::new(list).list()?;
        let text = |t: Option<&str>| t.map(str::to_owned);
        Ok(Self {
            message_id: list.value()?,
            user_id: list.binary()?.map(<[u8]>::to_vec),
            to: address(list.value()?),
            subject: text(list.text()?),
            reply_to: address(list.value()?),
            correlation_id: list.value()?,
            content_type: text(list.text()?),
            content_encoding: text(list.text()?),
            absolute_expiry: list.value()?,
            creation: list.value()?,
            group_id: text(list.text()?),
            group_sequence: list.uint()?,
            reply_to_group_id: text(list.text()?),
        })
    }

    /// Write the section.
    pub fn write(&self, out: &mut Vec<u8>) {
        let any = |value: &Option<Value>| value.clone().unwrap_or(Value::Null);
        encode::composite(out, code::PROPERTIES, |f| {
            f.value(&any(&self.message_id));
            f.binary(self.user_id.as_deref());
            f.string(self.to.as_deref());
            f.string(self.subject.as_deref());
            f.string(self.reply_to.as_deref());
            f.value(&any(&self.correlation_id));
            f.symbol(self.content_type.as_deref());
            f.symbol(self.content_encoding.as_deref());
            f.value(&any(&self.absolute_expiry));
            f.value(&any(&self.creation));
            f.string(self.group_id.as_deref());
            f.uint(self.group_sequence);
            f.string(self.reply_to_group_id.as_deref());
        });
    }
}

/// An address may be of any type (§3.2.4); only text is of use to us.
fn address(value: Option<Value>) -> Option<String> {
    value?.text().map(str::to_owned)
}

/// Write message annotations; the closure writes symbols and values in turn.
pub fn annotations(out: &mut Vec<u8>, pairs: impl FnOnce(&mut encode::Fields<'_>)) {
    encode::descriptor(out, code::MESSAGE_ANNOTATIONS);
    encode::map(out, pairs);
}

/// Write delivery annotations, likewise.
pub fn delivery_annotations(
    out: &mut Vec<u8>,
    pairs: impl FnOnce(&mut encode::Fields<'_>),
) {
    encode::descriptor(out, code::DELIVERY_ANNOTATIONS);
    encode::map(out, pairs);
}

/// Write application properties, likewise; keys are strings.
pub fn application(out: &mut Vec<u8>, pairs: impl FnOnce(&mut encode::Fields<'_>)) {
    encode::descriptor(out, code::APPLICATION_PROPERTIES);
    encode::map(out, pairs);
}

/// Write a data section.
pub fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    encode::descriptor(out, code::DATA);
    encode::binary(out, bytes);
}

/// Write the beginning of a data section whose contents, of this length, the caller
/// sends behind it: so that they need not be copied.
pub fn data_start(out: &mut Vec<u8>, length: usize) {
    encode::descriptor(out, code::DATA);
    encode::binary_start(out, length);
}

/// Write a body that is one value.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    encode::descriptor(out, code::AMQP_VALUE);
    encode::value(out, value);
}
