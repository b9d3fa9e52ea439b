//! `/api/conversations`: what is known of messages.

use axum::extract::State;
use flow::ledger;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sbd::WireTime;
use serde::Serialize;
use store::conversation::{Conversation, Direction};
use store::page::{Ask, Page};
use store::status::StatusLine;

use crate::door::{Here, Id};
use crate::error::Answer;
use crate::filter;
use crate::label;
use crate::negotiate::TakesJson;
use crate::paging::{Order, Paging};
use crate::query::{Binding, Query, unconvertible};
use crate::refusal::{Argument, Refusal, text};
use crate::reply;

/// GET /api/conversations
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let ask = filtered(paging.ask(), &query)?;
    let page = ledger::conversations(&here.point, ask).await?;
    Ok(paging.answer(&page.map(|conversation| wire(&conversation))))
}

/// GET /api/conversations/queue: conversations of services that are polled for their
/// statuses. Ours is not one.
pub(crate) async fn queue(_: TakesJson, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    Ok(paging.answer(&Page {
        items: Vec::new(),
        total: 0,
        next: None,
    }))
}

/// GET /api/conversations/{id}
///
/// Quirk 3: only those of outgoing messages are found.
pub(crate) async fn find(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let number = id.number()?;
    let found = ledger::by_number(&here.point, number).await?;
    let unknown =
        || Refusal::with(&label::CONVERSATION_NOT_FOUND, [Argument::Number(number)]);
    let found = found.filter(is_outgoing).ok_or_else(unknown)?;
    Ok(reply::json(wire(&found)))
}

/// GET /api/conversations/messageId/{messageId}
pub(crate) async fn find_message(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let message = id.message()?;
    let found = ledger::by_message(&here.point, &message).await?;
    let unknown = || Refusal::with(&label::MESSAGE_NOT_FOUND, [text(&message)]);
    let found = found.filter(is_outgoing).ok_or_else(unknown)?;
    Ok(reply::json(wire(&found)))
}

/// DELETE /api/conversations/{id}: 200, whether there is one or not.
pub(crate) async fn forget(State(here): Here, id: Id) -> Answer {
    ledger::forget_number(&here.point, id.number()?).await?;
    Ok(reply::nothing())
}

/// DELETE /api/conversations/messageId/{messageId}: 200, whether there is one or not.
pub(crate) async fn forget_message(State(here): Here, id: Id) -> Answer {
    if let Ok(message) = id.message() {
        ledger::forget_message(&here.point, &message).await?;
    }
    Ok(reply::nothing())
}

const ORDER: Order = Order {
    column: sortable,
    rows: "Conversation",
    default: Some(("last_update", true)),
};

/// The documentation sorts by `lastUpdated`, which there is not: take it as meant. What
/// other services alone have is the same in every row, as the title is.
fn sortable(property: &str) -> Option<&'static str> {
    store::conversation::column(match property {
        "lastUpdated" => "lastUpdate",
        "pollable" | "externalSystemReference" => "messageTitle",
        other => other,
    })
}

fn is_outgoing(conversation: &Conversation) -> bool {
    conversation.direction == Direction::Outgoing
}

fn filtered(ask: Ask, query: &Query) -> Result<Ask, Refusal> {
    let names = [
        "conversationId",
        "messageId",
        "receiver",
        "receiverIdentifier",
        "sender",
        "senderIdentifier",
        "messageReference",
        "messageTitle",
    ];
    let mut binding = Binding::new(query, "conversationQueryInput");
    let direction = direction(&mut binding);
    let pollable = truth(&mut binding, "pollable");
    let finished = truth(&mut binding, "finished");
    let from = date(&mut binding, "lastUpdateFrom");
    let to = date(&mut binding, "lastUpdateTo");
    binding.done()?;
    let ask = filter::equal(ask, query, store::conversation::column, &names);
    let service = query.bound("serviceIdentifier");
    let ask = filter::service(ask, service.as_deref(), &label::ENUM_CONSTANT)?
        .maybe("direction", direction.map(Direction::as_str))
        .maybe("finished", finished.map(i64::from));
    // Nothing of ours is pollable: asking for it finds nothing.
    let ask = if pollable == Some(true) {
        ask.equal("id", -1_i64)
    } else {
        ask
    };
    let ask = match from.and_then(start) {
        Some(from) => ask.when("last_update >=", from),
        None => ask,
    };
    Ok(match to.and_then(|day| start(day.tomorrow().ok()?)) {
        Some(end) => ask.when("last_update <", end),
        None => ask,
    })
}

fn direction(binding: &mut Binding<'_>) -> Option<Direction> {
    const TYPE: &str = "no.difi.meldingsutveksling.nextmove.ConversationDirection";
    let note = |given: &str| unconvertible(TYPE, given);
    binding.read("direction", TYPE, |text| text.parse().ok(), note)
}

/// Spring's words for true and false.
fn truth(binding: &mut Binding<'_>, name: &'static str) -> Option<bool> {
    let read = |text: &str| match text.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Some(true),
        "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    };
    let note = |given: &str| format!("Invalid boolean value [{given}]");
    binding.read(name, "java.lang.Boolean", read, note)
}

fn date(binding: &mut Binding<'_>, name: &'static str) -> Option<Date> {
    const TYPE: &str = "java.time.LocalDate";
    let read = |text: &str| {
        if text.len() == "2026-11-24".len() {
            text.parse::<Date>().ok()
        } else {
            None
        }
    };
    binding.read(name, TYPE, read, |given| {
        let declared =
            format!("@org.springframework.format.annotation.DateTimeFormat {TYPE}");
        unconvertible(&declared, given)
    })
}

/// When the day begins in Norway, in microseconds.
fn start(day: Date) -> Option<i64> {
    let oslo = TimeZone::get("Europe/Oslo").ok()?;
    Some(day.to_zoned(oslo).ok()?.timestamp().as_microsecond())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    id: i64,
    conversation_id: &'a str,
    message_id: &'a str,
    sender: &'a str,
    sender_identifier: &'a str,
    receiver: &'a str,
    receiver_identifier: &'a str,
    process_identifier: &'a str,
    document_identifier: &'a str,
    message_reference: &'a str,
    message_title: &'a str,
    last_update: WireTime,
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<&'a str>,
    direction: &'static str,
    service_identifier: &'a str,
    message_statuses: Vec<Line<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: i64,
    last_update: WireTime,
    status: sbd::Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

fn wire(conversation: &Conversation) -> String {
    fn line(line: &StatusLine) -> Line<'_> {
        let description = line.description.as_deref();
        let last_update = WireTime::oslo(line.at);
        Line {
            id: line.id,
            last_update,
            status: line.status,
            description,
        }
    }
    let wire = Wire {
        id: conversation.id,
        conversation_id: &conversation.conversation_id,
        message_id: &conversation.message_id,
        sender: &conversation.sender,
        sender_identifier: &conversation.sender_identifier,
        receiver: &conversation.receiver,
        receiver_identifier: &conversation.receiver_identifier,
        process_identifier: &conversation.process,
        document_identifier: &conversation.document_type,
        message_reference: &conversation.conversation_id,
        message_title: "",
        last_update: WireTime::oslo(conversation.last_update),
        finished: conversation.finished,
        expiry: conversation.expiry.as_deref(),
        direction: conversation.direction.as_str(),
        service_identifier: &conversation.service,
        message_statuses: conversation.statuses.iter().map(line).collect(),
    };
    serde_json::to_string(&wire).expect("texts, numbers and lists only")
}
