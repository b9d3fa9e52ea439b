//! The nine performatives (§2.7), each read from and written to its list.
//!
//! Fields that neither end of a Service Bus connection looks at are passed over.

use crate::code;
use crate::encode::{self, Fields};
use crate::{Condition, Error, List, Outcome, Reader, Tag, Terminus, Value};

/// Which way a link goes, seen from one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It sends.
    Sender,
    /// It receives.
    Receiver,
}

impl Role {
    /// The other end's.
    pub fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }

    fn read(list: &mut List<'_>) -> Result<Self, Error> {
        let receives = list.boolean()?.ok_or(Error::Missing("role"))?;
        Ok(if receives {
            Self::Receiver
        } else {
            Self::Sender
        })
    }

    fn write(self, fields: &mut Fields<'_>) {
        fields.boolean(self == Self::Receiver);
    }
}

/// Any performative.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Performative {
    Open(Box<Open>),
    Begin(Begin),
    Attach(Box<Attach>),
    Flow(Flow),
    Transfer(Transfer),
    Disposition(Disposition),
    Detach(Detach),
    End(End),
    Close(Close),
}

impl Performative {
    /// Read one off the front of a frame's body; what remains is the payload.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let descriptor = reader.descriptor()?;
        let mut list = reader.list()?;
        let list = &mut list;
        Ok(match descriptor {
            code::TRANSFER => Self::Transfer(Transfer::decode(list)?),
            code::DISPOSITION => Self::Disposition(Disposition::decode(list)?),
            code::FLOW => Self::Flow(Flow::decode(list)?),
            code::OPEN => Self::Open(Box::new(Open::decode(list)?)),
            code::BEGIN => Self::Begin(Begin::decode(list)?),
            code::ATTACH => Self::Attach(Box::new(Attach::decode(list)?)),
            code::DETACH => Self::Detach(Detach::decode(list)?),
            code::END => Self::End(End {
                error: condition(list)?,
            }),
            code::CLOSE => Self::Close(Close {
                error: condition(list)?,
            }),
            got => {
                let expected = "a performative";
                return Err(Error::Descriptor { expected, got });
            }
        })
    }
}

/// Begins a connection (§2.7.1).
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Who speaks.
    pub container: String,
    /// Whom it wants to reach; a virtual host.
    pub hostname: Option<String>,
    /// The largest frame that it takes, bytes.
    pub frame_bytes_max: u32,
    /// The highest channel that may be used towards it.
    pub channel_max: u16,
    /// It hangs up when it hears nothing for so many milliseconds.
    pub idle_millis: Option<u32>,
    /// Product, version, platform; a map, or null.
    pub properties: Value,
}

impl Open {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        let container = list.text()?.unwrap_or_default().to_owned();
        let hostname = list.text()?.map(str::to_owned);
        let frame_bytes_max = list.uint()?.unwrap_or(u32::MAX);
        let channel_max = list.ushort()?.unwrap_or(u16::MAX);
        let idle_millis = list.uint()?.filter(|millis| *millis > 0);
        for _unused in ["outgoing-locales", "incoming-locales", "offered", "desired"] {
            list.skip()?;
        }
        Ok(Self {
            container,
            hostname,
            frame_bytes_max,
            channel_max,
            idle_millis,
            properties: list.value()?.unwrap_or(Value::Null),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::OPEN, 10, |f| {
            f.string(&*self.container);
            f.string(self.hostname.as_deref());
            f.uint(self.frame_bytes_max);
            f.ushort(self.channel_max);
            f.uint(self.idle_millis);
            (0..4).for_each(|_| f.null());
            f.value(&self.properties);
        });
    }
}

/// Begins a session (§2.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    /// The channel whose begin this answers.
    pub remote_channel: Option<u16>,
    /// The number of its first transfer.
    pub next_outgoing_id: u32,
    /// How many transfers it can take.
    pub incoming_window: u32,
    /// How many transfers it may send.
    pub outgoing_window: u32,
    /// The highest handle that may be used towards it.
    pub handle_max: u32,
}

impl Begin {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        Ok(Self {
            remote_channel: list.ushort()?,
            next_outgoing_id: list.uint()?.ok_or(Error::Missing("next-outgoing-id"))?,
            incoming_window: list.uint()?.ok_or(Error::Missing("incoming-window"))?,
            outgoing_window: list.uint()?.ok_or(Error::Missing("outgoing-window"))?,
            handle_max: list.uint()?.unwrap_or(u32::MAX),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::BEGIN, 8, |f| {
            f.ushort(self.remote_channel);
            f.uint(self.next_outgoing_id);
            f.uint(self.incoming_window);
            f.uint(self.outgoing_window);
            f.uint(self.handle_max);
        });
    }
}

/// Begins a link (§2.7.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Attach {
    /// The link's name, the same at both ends.
    pub name: String,
    /// Its number at the end that speaks.
    pub handle: u32,
    /// What the end that speaks does.
    pub role: Role,
    /// 0 unsettled, 1 settled, 2 mixed.
    pub snd_settle_mode: u8,
    /// 0 first, 1 second.
    pub rcv_settle_mode: u8,
    /// Where messages come from; none in a refusal.
    pub source: Option<Terminus>,
    /// Where messages go; none in a refusal.
    pub target: Option<Terminus>,
    /// A sender says where its count begins.
    pub initial_delivery_count: Option<u32>,
    /// The largest message that it takes, bytes; 0 is without limit.
    pub max_message_size: u64,
    /// Further facts; a map, or null.
    pub properties: Value,
}

impl Attach {
    /// A link of this name between these ends, to be settled as peers usually do.
    pub fn new(
        name: impl Into<String>,
        role: Role,
        from: Terminus,
        to: Terminus,
    ) -> Self {
        Self {
            name: name.into(),
            handle: 0,
            role,
            snd_settle_mode: 0,
            rcv_settle_mode: 0,
            source: Some(from),
            target: Some(to),
            initial_delivery_count: None,
            max_message_size: 0,
            properties: Value::Null,
        }
    }

    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        let name = list.text()?.ok_or(Error::Missing("name"))?.to_owned();
        let handle = list.uint()?.ok_or(Error::Missing("handle"))?;
        let role = Role::read(list)?;
        let snd_settle_mode = list.ubyte()?.unwrap_or(2);
        let rcv_settle_mode = list.ubyte()?.unwrap_or(0);
        let source = list.raw()?.map(Terminus::decode).transpose()?;
        let target = list.raw()?.map(Terminus::decode).transpose()?;
        list.skip()?; // unsettled
        list.skip()?; // incomplete-unsettled
        let initial_delivery_count = list.uint()?;
        let max_message_size = list.ulong()?.unwrap_or(0);
        list.skip()?; // offered-capabilities
        list.skip()?; // desired-capabilities
        Ok(Self {
            name,
            handle,
            role,
            snd_settle_mode,
            rcv_settle_mode,
            source,
            target,
            initial_delivery_count,
            max_message_size,
            properties: list.value()?.unwrap_or(Value::Null),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let target = match &self.target {
            Some(target) if target.coordinator => code::COORDINATOR,
            _ => code::TARGET,
        };
        encode::performative(out, code::ATTACH, 14, |f| {
            f.string(&*self.name);
            f.uint(self.handle);
            self.role.write(f);
            f.ubyte(self.snd_settle_mode);
            f.ubyte(self.rcv_settle_mode);
            terminus(f, self.source.as_ref(), code::SOURCE);
            terminus(f, self.target.as_ref(), target);
            f.null();
            f.null();
            f.uint(self.initial_delivery_count);
            f.ulong((self.max_message_size > 0).then_some(self.max_message_size));
            f.null();
            f.null();
            f.value(&self.properties);
        });
    }
}

/// Says how much may be sent (§2.7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// The next transfer that it expects.
    pub next_incoming_id: Option<u32>,
    /// How many transfers it can take.
    pub incoming_window: u32,
    /// Its own next transfer.
    pub next_outgoing_id: u32,
    /// How many transfers it may send.
    pub outgoing_window: u32,
    /// The link that the rest is about.
    pub handle: Option<u32>,
    /// How many deliveries the sender has sent.
    pub delivery_count: Option<u32>,
    /// How many more it may send.
    pub link_credit: Option<u32>,
    /// How many wait to be sent.
    pub available: Option<u32>,
    /// Send what there is and forget the rest of the credit.
    pub drain: bool,
    /// Answer with a flow.
    pub echo: bool,
}

impl Flow {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        Ok(Self {
            next_incoming_id: list.uint()?,
            incoming_window: list.uint()?.ok_or(Error::Missing("incoming-window"))?,
            next_outgoing_id: list.uint()?.ok_or(Error::Missing("next-outgoing-id"))?,
            outgoing_window: list.uint()?.ok_or(Error::Missing("outgoing-window"))?,
            handle: list.uint()?,
            delivery_count: list.uint()?,
            link_credit: list.uint()?,
            available: list.uint()?,
            drain: list.boolean()?.unwrap_or(false),
            echo: list.boolean()?.unwrap_or(false),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::FLOW, 11, |f| {
            f.uint(self.next_incoming_id);
            f.uint(self.incoming_window);
            f.uint(self.next_outgoing_id);
            f.uint(self.outgoing_window);
            f.uint(self.handle);
            f.uint(self.delivery_count);
            f.uint(self.link_credit);
            f.uint(self.available);
            f.flag(self.drain);
            f.flag(self.echo);
        });
    }
}

/// Carries a message or a part of one; its payload follows it (§2.7.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// The link.
    pub handle: u32,
    /// The delivery's number in its session; only the first part must bear it.
    pub delivery_id: Option<u32>,
    /// The delivery's name on its link; only the first part must bear it.
    pub tag: Option<Tag>,
    /// How the payload is to be read.
    pub format: Option<u32>,
    /// The sender does not wait for an outcome.
    pub settled: Option<bool>,
    /// Further parts follow.
    pub more: bool,
    /// Forget the parts so far.
    pub aborted: bool,
}

impl Transfer {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        let handle = list.uint()?.ok_or(Error::Missing("handle"))?;
        let delivery_id = list.uint()?;
        let tag = list.binary()?.map(Tag::new).transpose()?;
        let format = list.uint()?;
        let settled = list.boolean()?;
        let more = list.boolean()?.unwrap_or(false);
        list.skip()?; // rcv-settle-mode
        list.skip()?; // state
        list.skip()?; // resume
        let aborted = list.boolean()?.unwrap_or(false);
        Ok(Self {
            handle,
            delivery_id,
            tag,
            format,
            settled,
            more,
            aborted,
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::TRANSFER, 11, |f| {
            f.uint(self.handle);
            f.uint(self.delivery_id);
            f.binary(self.tag.as_ref().map(Tag::as_slice));
            f.uint(self.format);
            f.boolean(self.settled);
            f.flag(self.more);
            (0..3).for_each(|_| f.null());
            f.flag(self.aborted);
        });
    }
}

/// Says what became of deliveries (§2.7.6).
#[derive(Debug, Clone, PartialEq)]
pub struct Disposition {
    /// What the end that speaks was to these deliveries.
    pub role: Role,
    /// The first of them.
    pub first: u32,
    /// The last of them. Never a reason to count: it may be 2³² away.
    pub last: u32,
    /// The end that speaks forgets them with this.
    pub settled: bool,
    /// What became of them.
    pub outcome: Option<Outcome>,
}

impl Disposition {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        let role = Role::read(list)?;
        let first = list.uint()?.ok_or(Error::Missing("first"))?;
        let last = list.uint()?.unwrap_or(first);
        let settled = list.boolean()?.unwrap_or(false);
        let state = list.raw()?;
        let state = state.map(|raw| Outcome::decode(&mut Reader::new(raw)));
        Ok(Self {
            role,
            first,
            last,
            settled,
            outcome: state.transpose()?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::DISPOSITION, 6, |f| {
            self.role.write(f);
            f.uint(self.first);
            f.uint((self.last != self.first).then_some(self.last));
            f.flag(self.settled);
            match &self.outcome {
                Some(outcome) => f.with(|out| outcome.encode(out)),
                None => f.null(),
            }
        });
    }
}

/// Ends a link (§2.7.7).
#[derive(Debug, Clone, PartialEq)]
pub struct Detach {
    /// The link.
    pub handle: u32,
    /// For good.
    pub closed: bool,
    /// Why.
    pub error: Option<Condition>,
}

impl Detach {
    fn decode(list: &mut List<'_>) -> Result<Self, Error> {
        Ok(Self {
            handle: list.uint()?.ok_or(Error::Missing("handle"))?,
            closed: list.boolean()?.unwrap_or(false),
            error: condition(list)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::DETACH, 3, |f| {
            f.uint(self.handle);
            f.flag(self.closed);
            error(f, self.error.as_ref());
        });
    }
}

/// Ends a session (§2.7.8).
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Why.
    pub error: Option<Condition>,
}

impl End {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::END, 1, |f| error(f, self.error.as_ref()));
    }
}

/// Ends a connection (§2.7.9).
#[derive(Debug, Clone, PartialEq)]
pub struct Close {
    /// Why.
    pub error: Option<Condition>,
}

impl Close {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::performative(out, code::CLOSE, 1, |f| error(f, self.error.as_ref()));
    }
}

fn condition(list: &mut List<'_>) -> Result<Option<Condition>, Error> {
    match list.raw()? {
        None => Ok(None),
        Some(raw) => Condition::decode(&mut Reader::new(raw)),
    }
}

fn error(fields: &mut Fields<'_>, error: Option<&Condition>) {
    match error {
        Some(error) => fields.with(|out| error.encode(out)),
        None => fields.null(),
    }
}

fn terminus(fields: &mut Fields<'_>, terminus: Option<&Terminus>, descriptor: u64) {
    match terminus {
        Some(end) => fields.with(|out| end.encode(out, descriptor)),
        None => fields.null(),
    }
}

#[cfg(test)]
mod tests;
