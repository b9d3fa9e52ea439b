//! One end of a link: credit, counts, and a message that arrives in parts (§2.6).

use bytes::{Bytes, BytesMut};

use crate::{Error, Role, SessionId, Tag, Transfer};

/// Names a link of a connection. Never reused, so an answer that comes late finds
/// nothing rather than the wrong link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkId {
    /// Its session.
    pub session: SessionId,
    pub(crate) handle: u32,
    pub(crate) epoch: u32,
}

/// A message that has arrived in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number in the session; what to settle it by.
    pub id: u32,
    /// Its name on the link.
    pub tag: Tag,
    /// How the payload is to be read: 0 is a plain message.
    pub format: u32,
    /// The sender waits for no outcome.
    pub settled: bool,
    /// The message's sections, or what of them was not taken before; none when it was
    /// larger than the link takes.
    pub payload: Option<Bytes>,
}

/// A message to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its name on the link.
    pub tag: Tag,
    /// What the caller will know it by when its outcome comes.
    pub key: u128,
    /// No outcome is waited for.
    pub settled: bool,
    /// How the payload is to be read.
    pub format: u32,
    /// The payload's beginning …
    pub head: &'a [u8],
    /// … and its rest, apart so that nobody must join them.
    pub body: &'a [u8],
    /// The message is longer: [`crate::Connection::send_more`] sends what follows.
    pub more: bool,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Stage {
    /// One of the two attaches is still to come.
    Half,
    /// Both have been seen.
    Attached,
    /// We have sent our detach; what the peer says in between is of no interest.
    Closing,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) epoch: u32,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) stage: Stage,
    pub(crate) remote_handle: Option<u32>,
    pub(crate) delivery_count: u32,
    pub(crate) credit: u32,
    pub(crate) drain: bool,
    /// The largest message that we take; 0 is without limit.
    pub(crate) bytes_max: u64,
    partial: Option<Partial>,
}

#[derive(Debug)]
struct Partial {
    id: u32,
    tag: Tag,
    format: u32,
    settled: bool,
    bytes: BytesMut,
    /// Bytes that were taken already.
    taken: u64,
    oversize: bool,
}

/// What a transfer has made of a message.
#[derive(Debug)]
pub(crate) enum Collected {
    /// It is whole.
    Whole(Delivery),
    /// So much of it has come and was not taken.
    Part(usize),
    /// Its sender takes it back.
    Aborted,
}

impl Link {
    pub(crate) fn new(epoch: u32, name: String, role: Role) -> Self {
        Self {
            epoch,
            name,
            role,
            stage: Stage::Half,
            remote_handle: None,
            delivery_count: 0,
            credit: 0,
            drain: false,
            bytes_max: 0,
            partial: None,
        }
    }

    /// Take one transfer.
    pub(crate) fn collect(
        &mut self,
        transfer: &Transfer,
        payload: Bytes,
    ) -> Result<Collected, Error> {
        if transfer.aborted {
            if self.partial.take().is_some() {
                self.count();
            }
            return Ok(Collected::Aborted);
        }
        let Some(mut partial) = self.partial.take() else {
            let delivery = Delivery {
                id: transfer.delivery_id.ok_or(Error::Missing("delivery-id"))?,
                tag: transfer.tag.unwrap_or(Tag::EMPTY),
                format: transfer.format.unwrap_or(0),
                settled: transfer.settled.unwrap_or(false),
                payload: Some(payload),
            };
            return Ok(self.begin(delivery, transfer.more));
        };
        let all = partial.taken + (partial.bytes.len() + payload.len()) as u64;
        if self.exceeds(all) {
            partial.oversize = true;
            partial.bytes = BytesMut::new();
        } else if !partial.oversize {
            partial.bytes.extend_from_slice(&payload);
        }
        // §2.7.5: settled may be said in any of the parts.
        partial.settled |= transfer.settled.unwrap_or(false);
        if transfer.more {
            let length = partial.bytes.len();
            self.partial = Some(partial);
            return Ok(Collected::Part(length));
        }
        self.count();
        Ok(Collected::Whole(Delivery {
            id: partial.id,
            tag: partial.tag,
            format: partial.format,
            settled: partial.settled,
            payload: (!partial.oversize).then(|| partial.bytes.freeze()),
        }))
    }

    fn begin(&mut self, mut delivery: Delivery, more: bool) -> Collected {
        let payload = delivery.payload.take().unwrap_or_default();
        let oversize = self.exceeds(payload.len() as u64);
        if more {
            let bytes = BytesMut::from(if oversize { &[][..] } else { &payload });
            let length = bytes.len();
            self.partial = Some(Partial {
                id: delivery.id,
                tag: delivery.tag,
                format: delivery.format,
                settled: delivery.settled,
                bytes,
                taken: 0,
                oversize,
            });
            return Collected::Part(length);
        }
        self.count();
        delivery.payload = (!oversize).then_some(payload);
        Collected::Whole(delivery)
    }

    fn exceeds(&self, bytes: u64) -> bool {
        self.bytes_max > 0 && bytes > self.bytes_max
    }

    /// Bytes of a message that have come so far and were not taken.
    pub(crate) fn gathered(&self) -> usize {
        self.partial
            .as_ref()
            .map_or(0, |partial| partial.bytes.len())
    }

    /// Take them, if the message is of this format.
    pub(crate) fn take_part(&mut self, format: u32) -> Option<Bytes> {
        let partial = self.partial.as_mut();
        let partial = partial.filter(|p| !p.oversize && p.format == format)?;
        partial.taken += partial.bytes.len() as u64;
        Some(std::mem::take(&mut partial.bytes).freeze())
    }

    /// One delivery has gone over the link, to whichever side. A peer that sends
    /// beyond its credit is let: Python does, by a few (servicebus §2.7).
    pub(crate) fn count(&mut self) {
        self.delivery_count = self.delivery_count.wrapping_add(1);
        self.credit = self.credit.saturating_sub(1);
    }
}
