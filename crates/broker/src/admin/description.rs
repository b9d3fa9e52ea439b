//! `<QueueDescription>`: what a client says of a queue, and what we say.

use jiff::Timestamp;
use roxmltree::{Document, Node};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;
use crate::queue::{FIELDS, Queue, QueueSettings};
use crate::settings::{Policy, Right};

/// The namespace of everything that is Service Bus's own in an entry.
pub(super) const CONNECT: &str =
    "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
const COUNTS: &str = "http://schemas.microsoft.com/netservices/2011/06/servicebus";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Azure's own sizes are whole kilobytes, and so is what is said of ours.
const KILOBYTE: usize = 1024;

/// The settings with what the entry says laid over them.
///
/// Fails on what is no entry of a queue, and on what the settings refuse.
pub(crate) fn read(
    xml: &str,
    mut settings: QueueSettings,
) -> Result<QueueSettings, Error> {
    let wrong = |what: String| Error::Setting {
        name: "the body".into(),
        value: what,
        expected: "an ATOM entry with a QueueDescription",
    };
    let document = Document::parse(xml).map_err(|e| wrong(e.to_string()))?;
    let description = document.descendants().find(|node| {
        let name = node.tag_name();
        node.is_element() && name.namespace() == Some(CONNECT) && is_entity(name.name())
    });
    let description = description.ok_or_else(|| wrong("none".into()))?;
    match description.tag_name().name() {
        "QueueDescription" => {}
        "RuleDescription" | "SubscriptionDescription" | "TopicDescription" => {
            return Err(Error::NotImplemented("topics, subscriptions and rules"));
        }
        other => return Err(wrong(other.to_owned())),
    }
    for field in description.children().filter(Node::is_element) {
        match field.tag_name().name() {
            "AuthorizationRules" => settings.policies = policies(field)?,
            name => settings.set(name, field.text().unwrap_or_default())?,
        }
    }
    Ok(settings)
}

fn is_entity(name: &str) -> bool {
    name.ends_with("Description")
}

fn policies(rules: Node<'_, '_>) -> Result<Vec<Policy>, Error> {
    let rules = rules.children().filter(Node::is_element);
    rules.map(policy).collect()
}

fn policy(rule: Node<'_, '_>) -> Result<Policy, Error> {
    let text = |name: &str| {
        let field = rule.children().find(|node| node.tag_name().name() == name);
        field.and_then(|node| node.text()).unwrap_or_default()
    };
    let needed = |name: &str| match text(name) {
        "" => Err(Error::Setting {
            name: format!("{name} of an authorization rule"),
            value: String::new(),
            expected: "something",
        }),
        given => Ok(given.to_owned()),
    };
    let rights = rule
        .descendants()
        .filter(|node| node.tag_name().name() == "AccessRights");
    let rights: Result<Vec<Right>, Error> = rights
        .map(|node| right(node.text().unwrap_or_default()))
        .collect();
    let second = text("SecondaryKey");
    Ok(Policy {
        name: needed("KeyName")?,
        key: needed("PrimaryKey")?.into(),
        secondary_key: (!second.is_empty()).then(|| SecretString::from(second)),
        rights: rights?,
    })
}

fn right(text: &str) -> Result<Right, Error> {
    let known = [Right::Listen, Right::Send, Right::Manage];
    let found = known.into_iter().find(|right| word(*right) == text);
    found.ok_or_else(|| Error::Setting {
        name: "AccessRights".into(),
        value: text.chars().take(100).collect(),
        expected: "Listen, Send or Manage",
    })
}

fn word(right: Right) -> &'static str {
    match right {
        Right::Listen => "Listen",
        Right::Send => "Send",
        Right::Manage => "Manage",
    }
}

/// The queue, its fields in the order of Azure's schema: old clients read them by it.
pub(super) fn write(queue: &Queue, message_bytes_max: usize) -> String {
    let mut xml =
        format!("<QueueDescription xmlns=\"{CONNECT}\" xmlns:i=\"{INSTANCE}\">");
    let counts = queue.counts;
    let all = counts.active + counts.scheduled + counts.deferred + counts.dead_letter;
    for name in FIELDS {
        match name {
            "IsAnonymousAccessible" => {
                element(&mut xml, "SizeInBytes", &counts.bytes.to_string());
                element(&mut xml, "MessageCount", &all.to_string());
            }
            "Status" => xml += &rules(&queue.settings.policies),
            "SupportOrdering" => {
                element(&mut xml, "CreatedAt", &time(queue.created_at));
                element(&mut xml, "UpdatedAt", &time(queue.updated_at));
                element(&mut xml, "AccessedAt", &time(queue.accessed_at));
            }
            "AutoDeleteOnIdle" => xml += &count_details(queue),
            "EnableExpress" => {
                element(&mut xml, "EntityAvailabilityStatus", "Available");
            }
            _ => {}
        }
        // What is not there is left out: an empty name to forward to is still one.
        let value = queue.settings.get(name).filter(|value| !value.is_empty());
        if let Some(value) = value {
            element(&mut xml, name, &value);
        }
    }
    let own = queue.settings.get("MaxMessageSizeInKilobytes");
    let largest = own.unwrap_or_else(|| (message_bytes_max / KILOBYTE).to_string());
    element(&mut xml, "MaxMessageSizeInKilobytes", &largest);
    xml + "</QueueDescription>"
}

fn count_details(queue: &Queue) -> String {
    let counts = queue.counts;
    let mut xml = format!("<CountDetails xmlns:d2p1=\"{COUNTS}\">");
    for (name, count) in [
        // As Azure counts: a message that was put off is an active one.
        ("ActiveMessageCount", counts.active + counts.deferred),
        ("DeadLetterMessageCount", counts.dead_letter),
        ("ScheduledMessageCount", counts.scheduled),
        ("TransferMessageCount", 0),
        ("TransferDeadLetterMessageCount", 0),
    ] {
        element(&mut xml, &format!("d2p1:{name}"), &count.to_string());
    }
    xml + "</CountDetails>"
}

fn rules(policies: &[Policy]) -> String {
    if policies.is_empty() {
        return "<AuthorizationRules/>".into();
    }
    let rule = |policy: &Policy| {
        let mut xml = String::from(
            "<AuthorizationRule i:type=\"SharedAccessAuthorizationRule\">\
             <ClaimType>SharedAccessKey</ClaimType><ClaimValue>None</ClaimValue><Rights>",
        );
        for right in &policy.rights {
            element(&mut xml, "AccessRights", word(*right));
        }
        xml += "</Rights>";
        element(&mut xml, "KeyName", &policy.name);
        element(&mut xml, "PrimaryKey", policy.key.expose_secret());
        if let Some(key) = &policy.secondary_key {
            element(&mut xml, "SecondaryKey", key.expose_secret());
        }
        xml + "</AuthorizationRule>"
    };
    let rules: String = policies.iter().map(rule).collect();
    format!("<AuthorizationRules>{rules}</AuthorizationRules>")
}

/// RFC 3339, as `2026-05-17T12:00:00Z`.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

pub(super) fn element(xml: &mut String, name: &str, text: &str) {
    *xml += &format!("<{name}>{}</{name}>", escaped(text));
}

/// Text that is no markup. What XML cannot carry at all becomes a blank.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\t' | '\n' | '\r' => safe.push(c),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(xml: &str) -> Result<QueueSettings, Error> {
        read(xml, QueueSettings::default())
    }

    // Both as recorded from the clients (servicebus §1.3).
    #[test]
    fn the_clients_entries_are_read_whatever_their_prefixes() {
        let python = "<ns0:entry xmlns:ns0=\"http://www.w3.org/2005/Atom\" \
            xmlns=\"http://schemas.microsoft.com/netservices/2010/10/servicebus/connect\">\
            <ns0:content type=\"application/xml\"><QueueDescription>\
            <LockDuration>PT30S</LockDuration></QueueDescription></ns0:content>\
            </ns0:entry>";
        let read = like(python).unwrap();
        assert_eq!(read.get("LockDuration").as_deref(), Some("PT30S"));
        let javascript = "<entry xmlns=\"http://www.w3.org/2005/Atom\"><updated>x</updated>\
            <content type=\"application/xml\"><QueueDescription \
            xmlns=\"http://schemas.microsoft.com/netservices/2010/10/servicebus/connect\">\
            <MaxDeliveryCount>5</MaxDeliveryCount></QueueDescription></content></entry>";
        assert_eq!(like(javascript).unwrap().max_delivery_count, 5);
    }

    #[test]
    fn what_is_no_entry_of_a_queue_is_refused() {
        let entry = |inner: &str| format!("<e xmlns=\"{CONNECT}\">{inner}</e>");
        for bad in ["", "{}", "<entry/>", "<QueueDescription/>"] {
            assert!(matches!(like(bad), Err(Error::Setting { .. })), "{bad}");
        }
        // An entity that grows without end is not followed.
        let bomb = "<!DOCTYPE e [<!ENTITY a \"aaaa\">]><e>&a;</e>";
        assert!(like(bomb).is_err());
        let topic = entry("<TopicDescription/>");
        assert!(matches!(like(&topic), Err(Error::NotImplemented(_))));
        let typo =
            entry("<QueueDescription><LockTime>PT1S</LockTime></QueueDescription>");
        assert!(matches!(like(&typo), Err(Error::UnknownSetting(_))));
        assert!(like(&entry("<QueueDescription/>")).is_ok());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut settings = QueueSettings::default();
        settings.set("UserMetadata", "<æøå> & \"co\"").unwrap();
        settings.policies = vec![Policy {
            name: "En".into(),
            key: "a&b".into(),
            secondary_key: Some("c".into()),
            rights: vec![Right::Send, Right::Listen],
        }];
        let queue = Queue {
            name: "q".parse().unwrap(),
            settings: settings.clone(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            accessed_at: Timestamp::UNIX_EPOCH,
            counts: crate::queue::Counts::default(),
        };
        let back = like(&write(&queue, 5 << 20)).unwrap();
        for name in FIELDS {
            assert_eq!(back.get(name), settings.get(name));
        }
        let [policy] = back.policies.as_slice() else {
            panic!("one policy")
        };
        assert_eq!(
            (policy.name.as_str(), policy.key.expose_secret()),
            ("En", "a&b")
        );
        assert_eq!(policy.rights, settings.policies[0].rights);
    }
}
