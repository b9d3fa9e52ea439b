//! What a subscriber is sent, written as the Java access point writes it.

use std::fmt::Write;

use sbd::WireTime;
use store::push::Push;

/// The body: a ping without an event, else a status (rest-api §7.3).
pub(super) fn body(push: &Push) -> String {
    let at = WireTime::oslo(push.at).to_string();
    let Some(event) = &push.event else {
        return object(&[("createdTs", &at), ("event", "ping")]);
    };
    let status = event.status.to_string();
    let mut members = vec![
        ("createdTs", at.as_str()),
        ("resource", "messages"),
        ("event", "status"),
        ("messageId", &event.message_id),
        ("conversationId", &event.conversation_id),
        ("direction", &event.direction),
        ("serviceIdentifier", &event.service),
        ("status", &status),
    ];
    if let Some(words) = &event.description {
        members.push(("description", words));
    }
    object(&members)
}

/// Texts only, a member a line, as Jackson indents.
fn object(members: &[(&str, &str)]) -> String {
    let mut text = String::from("{");
    for (i, (name, value)) in members.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let value = serde_json::Value::from(*value);
        let _ = write!(text, "{comma}\n  \"{name}\" : {value}");
    }
    text.push_str("\n}");
    text
}
