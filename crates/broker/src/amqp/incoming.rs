//! A client sends: each delivery is one message, or a batch that is kept whole or not
//! at all. It is confirmed when the engine has it on stable storage.

use std::time::Duration;

use amqp::message::BATCH_FORMAT;
use amqp::{
    Condition, Delivery, LinkId, Message as Sections, Outcome, Role, SessionId, Value,
    condition,
};
use bytes::Bytes;

use super::attach::CREDIT;
use super::compose::encoded;
use super::peer::{Done, Peer};
use crate::Error;
use crate::azure::Imposed;
use crate::engine::{Message, Place, Sent};

/// Messages in one batch; as many as Azure takes in one transaction are 100.
const BATCH_MESSAGES_MAX: usize = 4500;

impl Peer {
    pub(super) fn receive(&mut self, link: LinkId, delivery: Delivery) {
        if self.connection.credit(link) <= CREDIT / 2 {
            self.connection.grant(link, CREDIT, false);
        }
        let (session, id, settled) = (link.session, delivery.id, delivery.settled);
        if self.requests.contains_key(&link) {
            if !settled {
                let (role, accepted) = (Role::Receiver, Outcome::Accepted);
                self.connection.dispose(session, role, id, true, accepted);
            }
            return self.request(link, delivery);
        }
        let Some(place) = self.inbound.get(&link).map(|inbound| inbound.place) else {
            return;
        };
        let Some(delivery) = self.gather(link, delivery) else {
            return;
        };
        let bytes = delivery.payload.as_ref().map_or(0, Bytes::len);
        match self.messages(delivery) {
            Ok(messages) => {
                self.send_on(place, messages, bytes, (session, id, settled));
            }
            Err(error) => self.reject(session, id, settled, error),
        }
        self.used(link, 1);
    }

    /// What Azure would say of these messages first, where its limits are imposed.
    fn impose(&self, messages: &[Message]) -> Result<(), Error> {
        if self.front.imposed.is_none() {
            return Ok(());
        }
        messages.iter().try_for_each(|message| {
            self.front.charge()?;
            Imposed::fits(message)
        })
    }

    /// Hand messages over; their delivery is confirmed when they are kept.
    pub(super) fn send_on(
        &mut self,
        place: Place,
        messages: Vec<Message>,
        bytes: usize,
        (session, delivery, settled): (SessionId, u32, bool),
    ) {
        self.under_way += bytes;
        let done = move |result: Result<Sent, Error>| Done::Sent {
            session,
            delivery,
            settled,
            bytes,
            result: result.map(drop),
        };
        let mailbox = self.mailbox.clone();
        if let Err(error) = self.impose(&messages) {
            return mailbox.put(done(Err(error)));
        }
        let engine = self.front.engine.clone();
        match engine.post(place, messages, move |sent| mailbox.put(done(sent))) {
            Ok(None) => {}
            Ok(Some(messages)) => {
                let sending = async move { done(engine.send(place, messages).await) };
                self.begin(Box::pin(sending));
            }
            Err(error) => self.mailbox.put(done(Err(error))),
        }
    }

    /// Say what became of what the client sent.
    pub(super) fn confirm(
        &mut self,
        session: SessionId,
        delivery: u32,
        result: Result<(), Error>,
    ) {
        match result {
            Ok(()) => {
                let (role, accepted) = (Role::Receiver, Outcome::Accepted);
                let connection = &mut self.connection;
                connection.dispose(session, role, delivery, true, accepted);
            }
            Err(error) => {
                let error = super::condition(&error);
                self.reject(session, delivery, false, error);
            }
        }
    }

    pub(super) fn reject(
        &mut self,
        session: SessionId,
        delivery: u32,
        settled: bool,
        error: Condition,
    ) {
        if !settled {
            let (role, outcome) = (Role::Receiver, Outcome::rejected(error));
            let connection = &mut self.connection;
            connection.dispose(session, role, delivery, true, outcome);
        }
    }

    fn messages(&self, delivery: Delivery) -> Result<Vec<Message>, Condition> {
        let Some(payload) = delivery.payload else {
            // Rejected, not detached: that gives a size error in every SDK
            // (servicebus §2.4).
            let words = "the message is larger than the queue takes";
            return Err(Condition::new(condition::MESSAGE_SIZE, words));
        };
        if delivery.format != BATCH_FORMAT {
            return Ok(vec![self.message(&payload)?]);
        }
        let batch = Sections::read(&payload).map_err(|e| unreadable(&e))?;
        let mut messages = Vec::new();
        for one in batch.data() {
            if messages.len() == BATCH_MESSAGES_MAX {
                let words =
                    format!("more than {BATCH_MESSAGES_MAX} messages in a batch");
                return Err(Condition::new(condition::RESOURCE_LIMIT, words));
            }
            messages.push(self.message(&payload.slice_ref(one))?);
        }
        Ok(messages)
    }

    /// One message: what this hop is told is taken out, the rest is kept as it came.
    pub(super) fn message(&self, payload: &Bytes) -> Result<Message, Condition> {
        Sections::read(payload).map_err(|e| unreadable(&e))?;
        self.front(payload)
    }

    /// The same of a message whose body need not be there in full. One without an id
    /// gets one: no client can settle it without.
    pub(super) fn front(&self, payload: &Bytes) -> Result<Message, Condition> {
        let sections = Sections::read_front(payload).map_err(|e| unreadable(&e))?;
        let (mut notes, mut scheduled_at) = (Bytes::new(), None);
        if sections.annotations.is_some() {
            let annotations = sections.annotations().map_err(|e| unreadable(&e))?;
            let at = annotations.field("x-opt-scheduled-enqueue-time");
            let millis = at.and_then(Value::integer);
            scheduled_at = millis.map(|millis| millis.saturating_mul(1000));
            notes = encoded(annotations.pairs().to_vec());
        }
        let id = sections.id().map_err(|e| unreadable(&e))?.and_then(text);
        let (id, body) = match id.filter(|id| !id.is_empty()) {
            Some(id) => (id, payload.slice_ref(sections.bare)),
            None => self.name(&sections).map_err(|e| unreadable(&e))?,
        };
        let ttl = sections.header.ttl_millis;
        Ok(Message {
            id: Some(id),
            notes,
            body,
            tail: None,
            time_to_live: ttl.map(|millis| Duration::from_millis(millis.into())),
            scheduled_at,
        })
    }

    fn name(&self, sections: &Sections<'_>) -> Result<(String, Bytes), amqp::Error> {
        let id = self.front.random.uuid().simple().to_string();
        let mut properties = sections.properties()?;
        properties.message_id = Some(Value::String(id.clone()));
        let mut body = Vec::with_capacity(sections.bare.len() + 64);
        properties.write(&mut body);
        body.extend_from_slice(sections.after_properties());
        Ok((id, body.into()))
    }
}

/// A message-id as text: it may be a ulong, uuid, binary or string (§3.2.4).
fn text(id: Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text),
        Value::Ulong(number) => Some(number.to_string()),
        Value::Uuid(id) => Some(uuid::Uuid::from_bytes(id).to_string()),
        Value::Binary(bytes) => {
            Some(bytes.iter().map(|b| format!("{b:02x}")).collect())
        }
        _ => None,
    }
}

pub(super) fn unreadable(error: &amqp::Error) -> Condition {
    Condition::new(condition::DECODE_ERROR, error.to_string())
}
