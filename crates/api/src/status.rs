//! `/api/statuses`: what became of messages.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use flow::ledger;
use jiff::Timestamp;
use sbd::WireTime;
use serde::Serialize;
use store::page::{Ask, Page};
use store::status::StatusOf;

use crate::door::{Door, Here, Id};
use crate::error::Answer;
use crate::filter;
use crate::negotiate::TakesJson;
use crate::paging::{Order, Paging};
use crate::query::{Binding, Query, no_number, unconvertible};
use crate::refusal::Refusal;
use crate::reply;

/// GET /api/statuses
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let ask = filtered(paging.ask(), &query)?;
    Ok(paging.answer(&page(&here, ask).await?))
}

/// GET /api/statuses/{messageId}: empty for a message that nobody knows.
pub(crate) async fn of(
    _: TakesJson,
    State(here): Here,
    id: Id,
    query: Query,
) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let ask = paging.ask().equal("message_id", id.as_str());
    let mut response = paging.answer(&page(&here, ask).await?);
    let kind = HeaderValue::from_static("application/json;charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// GET /api/statuses/peek: the oldest in the status queue. Nothing is on it unless the
/// settings say so, as in the Java access point.
pub(crate) async fn peek(_: TakesJson, State(here): Here) -> Answer {
    let next = ledger::next_status(&here.point).await?;
    Ok(next.map_or_else(reply::empty_queue, |status| reply::json(wire(&status))))
}

/// DELETE /api/statuses/{id}: takes a status off the queue, and leaves it in the log.
pub(crate) async fn take(State(here): Here, id: Id) -> Answer {
    match ledger::take_status(&here.point, id.number()?).await? {
        true => Ok(reply::nothing()),
        false => Err(Refusal::Bare(StatusCode::NOT_FOUND)),
    }
}

const ORDER: Order = Order {
    column: store::status::column,
    rows: "MessageStatus",
    default: Some(("id", false)),
};

async fn page(here: &Door, ask: Ask) -> Result<Page<String>, Refusal> {
    let page = ledger::statuses(&here.point, ask).await?;
    Ok(page.map(|status| wire(&status)))
}

fn filtered(ask: Ask, query: &Query) -> Result<Ask, Refusal> {
    let mut binding = Binding::new(query, "messageStatusQueryInput");
    let id = binding.read("id", "java.lang.Long", |t| t.parse::<i64>().ok(), no_number);
    let (from, to) = (
        time(&mut binding, "fromDateTime"),
        time(&mut binding, "toDateTime"),
    );
    binding.done()?;
    let names = ["messageId", "conversationId", "status"];
    let ask = filter::equal(ask, query, ORDER.column, &names).maybe("id", id);
    // > ignored unless both given (rest-api §1.12)
    Ok(match (from, to) {
        (Some(from), Some(to)) => ask
            .when("at >=", from.as_microsecond())
            .when("at <=", to.as_microsecond()),
        _ => ask,
    })
}

fn time(binding: &mut Binding<'_>, name: &'static str) -> Option<Timestamp> {
    const TYPE: &str = "java.time.OffsetDateTime";
    // Unlike in a body, a time without its offset is none.
    let whole = |text: &&str| {
        let clock = text.split_once(['T', 't']).map_or("", |(_, clock)| clock);
        clock.contains(['Z', 'z', '+', '-'])
    };
    let read = |text: &str| {
        let time = Some(text).filter(whole)?.parse::<WireTime>();
        time.ok().map(|time| time.at())
    };
    binding.read(name, TYPE, read, |given| {
        let declared =
            format!("@org.springframework.format.annotation.DateTimeFormat {TYPE}");
        unconvertible(&declared, given)
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    id: i64,
    last_update: WireTime,
    status: sbd::Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    message_id: &'a str,
    conversation_id: &'a str,
    conv_id: i64,
}

fn wire(status: &StatusOf) -> String {
    let wire = Wire {
        id: status.line.id,
        last_update: WireTime::oslo(status.line.at),
        status: status.line.status,
        description: status.line.description.as_deref(),
        message_id: &status.message_id,
        conversation_id: &status.conversation_id,
        conv_id: status.conversation,
    };
    serde_json::to_string(&wire).expect("texts and numbers only")
}
