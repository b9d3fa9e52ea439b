//! A client sends a large message: it is written down as it comes, so that no more than
//! a part of it is in memory.
//!
//! What follows it on the same link waits: messages are kept in the order in which they
//! were sent.

use std::collections::VecDeque;
use std::sync::Arc;

use amqp::{Condition, Delivery, LinkId, Message as Sections, condition};
use bytes::Bytes;

use super::incoming::unreadable;
use super::peer::{Done, PART_BYTES, Peer};
use crate::Error;
use crate::engine::{Kept, Message, Spool};

/// A plain message, as opposed to a batch, which is taken apart in memory.
const PLAIN: u32 = 0;
/// What stands in front of the bytes of a data section that is long.
const DATA: [u8; 4] = [0, 0x53, 0x75, 0xb0];
const DATA_BYTES: usize = DATA.len() + 4;

/// A large message that is on its way.
pub(super) struct Gathering {
    /// What stands before its body, or why it will not be kept.
    front: Result<Message, Condition>,
    /// Where its body goes; elsewhere while something is written to it.
    spool: Option<Spool>,
    parts: VecDeque<Bytes>,
    /// The last part, with what the client knows the message by.
    last: Option<Delivery>,
    /// What came on the link after it.
    behind: VecDeque<Delivery>,
}

impl Gathering {
    /// Bytes that wait in memory.
    pub(super) fn bytes(&self) -> usize {
        let parts = self.parts.iter().map(Bytes::len);
        let behind = self.behind.iter().filter_map(|d| d.payload.as_ref());
        parts.chain(behind.map(Bytes::len)).sum()
    }
}

impl Peer {
    /// A good part of a large message has come.
    pub(super) fn part(&mut self, link: LinkId) {
        let Some(inbound) = self.inbound.get_mut(&link) else {
            return;
        };
        // The one before it may not be kept yet: this one gathers meanwhile.
        let ended = inbound.gathering.as_ref().is_some_and(|g| g.last.is_some());
        if ended || self.connection.part_bytes(link) < PART_BYTES {
            return;
        }
        let Some(part) = self.connection.take_part(link, PLAIN) else {
            return;
        };
        if let Some(gathering) = &mut inbound.gathering {
            self.under_way += part.len();
            gathering.parts.push_back(part);
        } else {
            let begun = self.begin_gathering(part);
            self.under_way += begun.bytes();
            if let Some(inbound) = self.inbound.get_mut(&link) {
                inbound.gathering = Some(Box::new(begun));
            }
        }
        self.spool_on(link);
    }

    fn begin_gathering(&self, part: Bytes) -> Gathering {
        let front = self.front_of(&part);
        let body = match &front {
            Ok((_, body)) => body.clone(),
            Err(_) => part,
        };
        let spool = self.front.engine.spool();
        let (front, spool) = match (front, spool) {
            (Ok((front, _)), Ok(spool)) => (Ok(front), Some(spool)),
            (Err(error), _) => (Err(error), None),
            (_, Err(error)) => (Err(super::condition(&error)), None),
        };
        Gathering {
            front,
            spool,
            parts: VecDeque::from([body]),
            last: None,
            behind: VecDeque::new(),
        }
    }

    /// Take the front of a message apart from its body. It has to be in the first part.
    fn front_of(&self, part: &Bytes) -> Result<(Message, Bytes), Condition> {
        let sections = Sections::read_front(part).map_err(|e| unreadable(&e))?;
        if sections.body.is_empty() {
            let words = "the properties are larger than they may be";
            return Err(Condition::new(condition::MESSAGE_SIZE, words));
        }
        let data = sections.body.starts_with(&DATA);
        let at = if data {
            DATA_BYTES.min(sections.body.len())
        } else {
            0
        };
        let body = part.slice_ref(&sections.body[at..]);
        let front = part.slice(..part.len() - body.len());
        Ok((self.front(&front)?, body))
    }

    /// The last of a message has come, or a whole one behind one that is large. Gives
    /// it back when it is neither.
    pub(super) fn gather(
        &mut self,
        link: LinkId,
        delivery: Delivery,
    ) -> Option<Delivery> {
        let gathering = self.inbound.get_mut(&link)?.gathering.as_mut();
        let Some(gathering) = gathering else {
            return Some(delivery);
        };
        let bytes = delivery.payload.as_ref().map_or(0, Bytes::len);
        self.under_way += bytes;
        if gathering.last.is_some() {
            gathering.behind.push_back(delivery);
            return None;
        }
        match &delivery.payload {
            Some(part) => gathering.parts.push_back(part.clone()),
            None => {
                let words = "the message is larger than the queue takes";
                let error = Condition::new(condition::MESSAGE_SIZE, words);
                gathering.front = Err(error);
            }
        }
        gathering.last = Some(delivery);
        self.spool_on(link);
        None
    }

    /// The client takes it back.
    pub(super) fn aborted(&mut self, link: LinkId) {
        if let Some(inbound) = self.inbound.get_mut(&link)
            && inbound.gathering.as_ref().is_some_and(|g| g.last.is_none())
            && let Some(gathering) = inbound.gathering.take()
        {
            self.under_way -= gathering.bytes();
        }
    }

    /// Write the next part, or end it when there is none.
    fn spool_on(&mut self, link: LinkId) {
        let Some(inbound) = self.inbound.get_mut(&link) else {
            return;
        };
        let Some(gathering) = &mut inbound.gathering else {
            return;
        };
        if let Err(error) = &gathering.front {
            let parts = gathering
                .parts
                .drain(..)
                .map(|part| part.len())
                .sum::<usize>();
            self.under_way -= parts;
            if gathering.last.is_some() {
                let error = error.clone();
                self.gathered(link, Err(error));
            }
            return;
        }
        let Some(mut spool) = gathering.spool.take() else {
            return; // It is being written to.
        };
        let (part, last) = (gathering.parts.pop_front(), gathering.last.is_some());
        match part {
            Some(part) => self.begin(Box::pin(async move {
                let bytes = part.len();
                let write = move || spool.write(&part).map(|()| spool);
                let spool = crate::run::aside(write).await;
                Done::Spooled(link, bytes, spool)
            })),
            None if last => self.begin(Box::pin(async move {
                let kept = crate::run::aside(move || spool.finish()).await;
                Done::Kept(link, kept)
            })),
            None => gathering.spool = Some(spool),
        }
    }

    /// A part has been written, or not.
    pub(super) fn spooled(
        &mut self,
        link: LinkId,
        bytes: usize,
        spool: Result<Spool, Error>,
    ) {
        self.under_way -= bytes;
        let gathering = self
            .inbound
            .get_mut(&link)
            .and_then(|i| i.gathering.as_mut());
        let Some(gathering) = gathering else { return };
        match spool {
            Ok(spool) => gathering.spool = Some(spool),
            Err(error) => gathering.front = Err(super::condition(&error)),
        }
        self.spool_on(link);
    }

    /// All of it has been written, or not.
    pub(super) fn kept(&mut self, link: LinkId, kept: Result<Kept, Error>) {
        let kept = kept.map_err(|error| super::condition(&error));
        self.gathered(link, kept);
    }

    /// It is over: hand the message over, and then what came behind it.
    fn gathered(&mut self, link: LinkId, kept: Result<Kept, Condition>) {
        let Some(inbound) = self.inbound.get_mut(&link) else {
            return;
        };
        let place = inbound.place;
        let Some(gathering) = inbound.gathering.take() else {
            return;
        };
        let Gathering {
            front,
            last,
            behind,
            ..
        } = *gathering;
        let Some(last) = last else { return };
        let (session, id, settled) = (link.session, last.id, last.settled);
        match front.and_then(|front| Ok((front, kept?))) {
            Ok((front, kept)) => {
                let message = Message {
                    tail: Some(Arc::new(kept)),
                    ..front
                };
                self.send_on(place, vec![message], 0, (session, id, settled));
            }
            Err(error) => self.reject(session, id, settled, error),
        }
        self.used(link, 1);
        for delivery in behind {
            self.under_way -= delivery.payload.as_ref().map_or(0, Bytes::len);
            self.receive(link, delivery);
        }
        // One that has gathered meanwhile.
        self.part(link);
    }
}
