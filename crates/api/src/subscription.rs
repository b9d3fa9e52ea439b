//! `/api/subscriptions`: who wants to be told of statuses (rest-api §7).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use flow::subscription;
use sbd::{WireTime, lenient};
use serde::{Deserialize, Serialize};
use store::push::Pushed;
use store::subscription::{NewSubscription, Subscription};

use crate::door::{Door, Here, Id, mismatch};
use crate::error::Answer;
use crate::negotiate::{TakesJson, charset, sends_any_json};
use crate::outgoing::media_type;
use crate::paging::{Order, Paging};
use crate::query::Query;
use crate::refusal::{Argument, Refusal};
use crate::validate::{bound, one_of};
use crate::violation::Violation;
use crate::{body, label, reply, unreadable};

const BODY_BYTES_MAX: u64 = 64 * 1024;
const RESOURCES: [&str; 2] = ["all", "messages"];
const EVENTS: [&str; 2] = ["all", "status"];
const STRING: &str = "java.lang.String";

/// POST /api/subscriptions
pub(crate) async fn create(
    _: TakesJson,
    State(here): Here,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let said = read(&headers, body, CREATE).await?;
    let mut broken = missing(&said);
    broken.extend(violations(&said, &here));
    let Said {
        name: Some(name),
        push_endpoint: Some(push_endpoint),
        resource: Some(resource),
        event: Some(event),
        filter,
    } = said
    else {
        return Err(bound("subscription", broken));
    };
    if !broken.is_empty() {
        return Err(bound("subscription", broken));
    }
    let new = NewSubscription {
        name,
        push_endpoint,
        resource,
        event,
        filter,
    };
    let added = subscription::add(&here.point, new).await?;
    let added = added.ok_or_else(|| Refusal::new(&label::SUBSCRIPTION_EXISTS))?;
    Ok(reply::json(wire(&added)))
}

/// PUT /api/subscriptions/{id}: what is given is changed, the rest stays.
pub(crate) async fn change(
    State(here): Here,
    id: Id,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let id = id.number()?;
    let said = read(&headers, body, UPDATE).await?;
    let broken = violations(&said, &here);
    if !broken.is_empty() {
        return Err(bound("subscription", broken));
    }
    let found = subscription::find(&here.point, id).await?;
    let mut changed = found.ok_or_else(|| unknown(id))?;
    put(&mut changed.said.name, said.name);
    put(&mut changed.said.push_endpoint, said.push_endpoint);
    put(&mut changed.said.resource, said.resource);
    put(&mut changed.said.event, said.event);
    changed.said.filter = said.filter.or(changed.said.filter);
    if !subscription::change(&here.point, changed).await? {
        return Err(unknown(id));
    }
    Ok(reply::nothing())
}

/// GET /api/subscriptions
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let page = subscription::list(&here.point, paging.ask()).await?;
    Ok(paging.answer(&page.map(|subscription| wire(&subscription))))
}

const ORDER: Order = Order {
    column: store::subscription::column,
    rows: "Subscription",
    default: None,
};

/// GET /api/subscriptions/{id}
pub(crate) async fn find(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let id = id.number()?;
    let found = subscription::find(&here.point, id).await?;
    Ok(reply::json(wire(&found.ok_or_else(|| unknown(id))?)))
}

/// GET /api/subscriptions/{id}/deliveries: what it was told, what waits, and why. Not in
/// the Java access point.
pub(crate) async fn deliveries(
    _: TakesJson,
    State(here): Here,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let id = id
        .parse()
        .map_err(|_| mismatch("id", "java.lang.Long", &id))?;
    let paging = Paging::read(&query, &DELIVERIES)?;
    subscription::find(&here.point, id)
        .await?
        .ok_or_else(|| unknown(id))?;
    let page = subscription::log(&here.point, id, paging.ask()).await?;
    Ok(paging.answer(&page.map(|pushed| delivery(&pushed))))
}

const DELIVERIES: Order = Order {
    column: store::push::column,
    rows: "Delivery",
    default: Some(("id", true)),
};

/// DELETE /api/subscriptions/{id}
pub(crate) async fn remove(State(here): Here, id: Id) -> Answer {
    let id = id.number()?;
    if !subscription::remove(&here.point, id).await? {
        return Err(unknown(id));
    }
    Ok(reply::nothing())
}

/// DELETE /api/subscriptions
pub(crate) async fn clear(State(here): Here) -> Answer {
    subscription::clear(&here.point).await?;
    Ok(reply::nothing())
}

/// What a body says. Other members, `id` among them, are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    push_endpoint: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    resource: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    event: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    filter: Option<String>,
}

/// The Java methods that read a body, as its refusal of no body names them.
const CREATE: &str = "no.difi.meldingsutveksling.domain.webhooks.Subscription \
    no.difi.meldingsutveksling.webhooks.subscription.SubscriptionController.\
    createSubscription(no.difi.meldingsutveksling.domain.webhooks.Subscription)";
const UPDATE: &str = "void no.difi.meldingsutveksling.webhooks.subscription.\
    SubscriptionController.updateSubscription(java.lang.Long,\
    no.difi.meldingsutveksling.domain.webhooks.Subscription)";

async fn read(headers: &HeaderMap, body: Body, by: &str) -> Result<Said, Refusal> {
    let bytes = body::read_json(body, headers, BODY_BYTES_MAX).await?;
    let untyped = !headers.contains_key(header::CONTENT_TYPE);
    if !(sends_any_json(headers) || untyped && bytes.is_empty()) {
        return Err(media_type(&declared(headers)));
    }
    let wrong = |error: &serde_json::Error| unreadable::json(error, &bytes);
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|error| unreadable::no_utf8(&bytes, error))?;
    let text = lenient::escape(text.strip_prefix('\u{feff}').unwrap_or(text));
    if matches!(text.trim(), "" | "null") {
        return Err(unreadable::nothing(by));
    }
    lenient::read(&text).map_err(|error| wrong(&error))
}

/// The type of a body as Spring has it where no handler asks for one.
fn declared(headers: &HeaderMap) -> String {
    let Some(given) = headers.get(header::CONTENT_TYPE) else {
        return "application/octet-stream".to_owned();
    };
    let given = String::from_utf8_lossy(given.as_bytes()).into_owned();
    match charset(headers).as_str() {
        "" if given.contains('/') => format!("{given};charset=UTF-8"),
        _ => given,
    }
}

fn missing(said: &Said) -> Vec<Violation> {
    let members = [
        ("name", &said.name),
        ("pushEndpoint", &said.push_endpoint),
        ("resource", &said.resource),
        ("event", &said.event),
    ];
    let absent = members.into_iter().filter(|(_, value)| value.is_none());
    absent
        .map(|(name, _)| {
            Violation::new(name, "NotNull", "must not be null").of_type(STRING)
        })
        .collect()
}

fn violations(said: &Said, here: &Door) -> Vec<Violation> {
    let mut broken = Vec::new();
    if let Some(given) = said.push_endpoint.as_deref() {
        broken.extend(endpoint(given, here));
    }
    for (name, value, allowed) in [
        ("resource", &said.resource, &RESOURCES[..]),
        ("event", &said.event, &EVENTS[..]),
    ] {
        if let Some(given) = value.as_deref().filter(|given| !allowed.contains(given)) {
            broken.push(one_of(name.to_owned(), given, allowed).of_type(STRING));
        }
    }
    if let Some(given) = said.filter.as_deref().filter(|filter| !is_filter(filter)) {
        let words = "Must be a valid filter definition.";
        let violation =
            Violation::new("filter", "WebhookFilter", words).of_type(STRING);
        broken.push(violation.rejecting(given.into()));
    }
    broken
}

/// What is wrong with an endpoint. Without an allow-list one that is never called can
/// still be named, as in the Java access point; the log of deliveries says so then.
fn endpoint(given: &str, here: &Door) -> Option<Violation> {
    if !is_url(given) {
        return Some(no_url(given));
    }
    let hooks = here.point.webhooks();
    let objection = hooks.objection(given).filter(|_| !hooks.allow.is_empty())?;
    let violation = Violation::new("pushEndpoint", "Allowed", &objection);
    Some(violation.of_type(STRING).rejecting(given.into()))
}

/// With the arguments of the Java constraint: flags, host, port, protocol, pattern.
fn no_url(given: &str) -> Violation {
    let named =
        |text: &str| serde_json::json!({"codes": [text], "defaultMessage": text});
    let arguments = vec![
        serde_json::json!([]),
        named(""),
        (-1).into(),
        named(""),
        named(".*"),
    ];
    Violation::new("pushEndpoint", "URL", "must be a valid URL")
        .of_type(STRING)
        .rejecting(given.into())
        .with(arguments)
}

/// A URL of a protocol that Java knows, or an empty text, which its rule lets pass.
fn is_url(text: &str) -> bool {
    const PROTOCOLS: [&str; 6] = ["http", "https", "ftp", "file", "jar", "mailto"];
    let known =
        |protocol: &str| PROTOCOLS.contains(&protocol.to_ascii_lowercase().as_str());
    text.is_empty()
        || text
            .trim()
            .split_once(':')
            .is_some_and(|(name, _)| known(name))
}

/// `part("&"part)*`, part = `name=value` (rest-api §7.2). Empty parts at the end are
/// none, as Java splits.
fn is_filter(text: &str) -> bool {
    let sound = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        matches!(name, "status" | "serviceIdentifier" | "direction")
            && !value.is_empty()
    };
    let parts = text.trim_end_matches('&');
    !parts.is_empty() && parts.split('&').all(sound)
}

fn put(member: &mut String, given: Option<String>) {
    if let Some(given) = given {
        *member = given;
    }
}

fn unknown(id: i64) -> Refusal {
    Refusal::with(&label::SUBSCRIPTION_NOT_FOUND, [Argument::Number(id)])
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    id: i64,
    created_ts: WireTime,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<sbd::Status>,
    state: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_ts: Option<WireTime>,
}

fn delivery(pushed: &Pushed) -> String {
    let event = pushed.push.event.as_ref();
    let wire = Delivery {
        id: pushed.push.id,
        created_ts: WireTime::oslo(pushed.push.at),
        event: event.map_or("ping", |_| "status"),
        message_id: event.map(|e| e.message_id.as_str()),
        status: event.map(|e| e.status),
        state: &pushed.state,
        attempts: pushed.push.attempt,
        answer: pushed.answer,
        last_error: pushed.last_error.as_deref(),
        settled_ts: pushed.settled_at.map(WireTime::oslo),
    };
    serde_json::to_string(&wire).expect("texts and numbers only")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    id: i64,
    name: &'a str,
    push_endpoint: &'a str,
    resource: &'a str,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
}

fn wire(subscription: &Subscription) -> String {
    let NewSubscription {
        name,
        push_endpoint,
        resource,
        event,
        filter,
    } = &subscription.said;
    let filter = filter.as_deref();
    let wire = Wire {
        id: subscription.id,
        name,
        push_endpoint,
        resource,
        event,
        filter,
    };
    serde_json::to_string(&wire).expect("texts and a number only")
}

#[cfg(test)]
mod tests {
    use super::is_filter;

    // reference-observed §3, "subscription filter".
    #[test]
    fn filters_are_taken_as_java_takes_them() {
        for good in [
            "status=LEVERT",
            "status=A,B&direction=OUTGOING",
            "status==X",
            "status=X&",
            "status=A&status=B",
            "serviceIdentifier=dpe",
        ] {
            assert!(is_filter(good), "{good}");
        }
        for bad in [
            "",
            "&status=A",
            " status=A",
            "status=",
            "STATUS=A",
            "foo=bar",
            "status>A",
        ] {
            assert!(!is_filter(bad), "{bad}");
        }
    }
}
