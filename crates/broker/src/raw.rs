//! Where bytes come in that others have written, for those who try what bytes can do:
//! `fuzz/`, and the tests that do a part of it.
//!
//! Each takes anything, and neither panics nor takes for ever. It answers how much it
//! understood: events, settings, properties, messages.

use amqp::{Connection, Event, Message, Open, Settings, Value};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use crate::queue::QueueSettings;

/// What a client says over AMQP, from its first byte on. It is let in, and gets every
/// link that it asks for.
pub fn frames(bytes: &[u8]) -> usize {
    let open = Open {
        container: "raw".into(),
        hostname: None,
        frame_bytes_max: 64 * 1024,
        channel_max: 8,
        idle_millis: None,
        properties: Value::Null,
    };
    let mut connection = Connection::server(Settings::new(open));
    let mut events = 0;
    // In two parts: what is cut off must be waited for, not misread.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    for part in [first, second] {
        connection.input().extend_from_slice(part);
        while let Ok(Some(event)) = connection.next() {
            answer(&mut connection, event);
            events += 1;
        }
        connection.output().clear();
    }
    events
}

fn answer(connection: &mut Connection, event: Event) {
    match event {
        Event::Login(_) => connection.welcome(true),
        Event::Attach(link, attach) => {
            connection.accept(link, *attach);
            connection.grant(link, 10, false);
        }
        Event::Delivery(_, delivery) => {
            if let Some(payload) = delivery.payload {
                message(&payload);
            }
        }
        _ => {}
    }
}

fn message(payload: &[u8]) {
    drop(Message::read_front(payload));
    let Ok(message) = Message::read(payload) else {
        return;
    };
    drop(message.id());
    drop(message.annotations());
    drop(message.application());
    drop(message.properties());
    drop(message.value());
    message.bytes();
}

/// The body of a request of administration.
pub fn atom(bytes: &[u8]) -> usize {
    let xml = std::str::from_utf8(bytes).unwrap_or_default();
    usize::from(crate::admin::described(xml, QueueSettings::default()).is_ok())
}

/// The headers of a request that sends a message, a line each.
pub fn headers(bytes: &[u8]) -> usize {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(100) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(parts.next().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    crate::rest::look(&headers)
}

/// A file of the log.
pub fn segment(bytes: &[u8]) -> usize {
    crate::log::survey(1, &Bytes::copy_from_slice(bytes))
}
