//! Which headers of a request are properties of the message in it.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::told::{Told, typed};

/// Headers that are about the request, not properties of the message.
const NOT_PROPERTIES: &[&str] = &[
    "host",
    "authorization",
    "brokerproperties",
    "connection",
    "keep-alive",
    "expect",
    "user-agent",
    "date",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "via",
    "cookie",
    "traceparent",
    "tracestate",
    "x-ms-retrypolicy",
    "origin",
    "referer",
    "range",
    "if-match",
    "if-none-match",
    "cache-control",
    "pragma",
    "forwarded",
];
const NOT_PROPERTIES_STARTS: &[&str] =
    &["accept", "content-", "x-forwarded-", "proxy-"];

/// How header names were spelled: HTTP does not care, and who reads a property does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spelling(pub(crate) Vec<String>);

impl Spelling {
    fn of(&self, name: &HeaderName) -> String {
        let known = self
            .0
            .iter()
            .find(|n| n.eq_ignore_ascii_case(name.as_str()));
        known.map_or(name.as_str(), |known| known).to_owned()
    }
}

/// What the headers of a request tell of the message in it. Fails, with words, when
/// BrokerProperties is no JSON object.
pub(super) fn told(headers: &HeaderMap, spelling: &Spelling) -> Result<Told, String> {
    let properties = match headers.get("brokerproperties") {
        Some(json) => serde_json::from_str(&text(json))
            .map_err(|e| format!("BrokerProperties is no JSON object: {e}"))?,
        None => serde_json::Map::new(),
    };
    let custom = headers.keys().filter(|name| is_property(name.as_str()));
    let custom = custom.map(|name| {
        let values = headers.get_all(name).iter().map(text);
        let values: Vec<String> = values.collect();
        (spelling.of(name), typed(&values.join(", ")))
    });
    Ok(Told {
        content_type: headers.get("content-type").map(text),
        properties,
        custom: custom.collect(),
    })
}

/// How many properties these headers give a message, whatever they are.
pub(crate) fn look(headers: &HeaderMap) -> usize {
    let Ok(told) = told(headers, &Spelling::default()) else {
        return 0;
    };
    let all = told.properties.len() + told.custom.len();
    told.message("id".into(), |_| {}).map_or(0, |_| all)
}

/// A header's value: UTF-8 where it is, and else what it was in older days.
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect(),
    }
}

fn is_property(name: &str) -> bool {
    !NOT_PROPERTIES.contains(&name)
        && !NOT_PROPERTIES_STARTS
            .iter()
            .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use amqp::Value;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_no_header_of_http_is_a_property() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "h"),
            ("accept-language", "nb"),
            ("content-type", "text/plain"),
            ("x-forwarded-for", "1"),
            ("traceparent", "00"),
            ("priority", "\"High\""),
            ("brokerproperties", "{\"Label\":\"bl\u{e5}\"}"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let spelling = Spelling(vec!["Host".into(), "Priority".into()]);
        let told = told(&headers, &spelling).unwrap();
        assert_eq!(told.content_type.as_deref(), Some("text/plain"));
        assert_eq!(told.custom, [("Priority".into(), Value::from("High"))]);
        assert_eq!(told.properties["Label"], "blå");
    }

    proptest! {
        #[test]
        fn no_header_does_harm(
            name in "[a-zA-Z-]{1,20}",
            value in prop::collection::vec(any::<u8>(), 0..100),
            broker in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut headers = HeaderMap::new();
            let mut add = |name: &str, value: &[u8]| {
                let name = HeaderName::from_bytes(name.to_lowercase().as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                    headers.append(name, value);
                }
            };
            add(&name, &value);
            add(&name, b"again");
            add("brokerproperties", &broker);
            look(&headers);
        }

        #[test]
        fn broker_properties_of_any_kind_do_no_harm(
            name in prop_oneof![Just("TimeToLive"), Just("TimeToLiveTimeSpan"),
                Just("ScheduledEnqueueTimeUtc"), Just("MessageId"), Just("PartitionKey")],
            value in "[\"{}\\[\\]0-9.:,a-zA-Z -]{0,40}",
        ) {
            let json = format!("{{\"{name}\":{value}}}");
            if let Ok(properties) = serde_json::from_str(&json) {
                let told = Told { properties, ..Told::default() };
                let _ = told.message("id".into(), |_| {});
            }
        }
    }
}
