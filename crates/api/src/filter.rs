//! Filters that several lists have in common.

use store::page::Ask;

use crate::label::Label;
use crate::query::Query;
use crate::refusal::{Refusal, text};

/// Services that the API knows by name.
const SERVICES: [&str; 7] = ["DPO", "DPV", "DPI", "DPF", "DPE", "DPH", "UNKNOWN"];

/// The filters of messages, in and out. Names that are none are passed over. The Java
/// access point calls the process `processIdentifier` on the way out and `process` on the
/// way in, where here either will do.
pub(crate) fn message(
    ask: Ask,
    query: &Query,
    column: fn(&str) -> Option<&'static str>,
    process: &'static [&'static str],
) -> Ask {
    let names = [
        "conversationId",
        "messageId",
        "receiverIdentifier",
        "senderIdentifier",
    ];
    let ask = equal(ask, query, column, &names);
    equal(ask, query, column, process)
}

/// Only rows in which each of these members has the value that the query gives it.
pub(crate) fn equal(
    ask: Ask,
    query: &Query,
    column: fn(&str) -> Option<&'static str>,
    names: &[&str],
) -> Ask {
    names
        .iter()
        .fold(ask, |ask, name| match (column(name), query.first(name)) {
            (Some(column), Some(value)) => ask.equal(column, value),
            _ => ask,
        })
}

/// The filter `serviceIdentifier`; refuses one that there is not.
pub(crate) fn service(
    ask: Ask,
    query: &Query,
    unknown: &'static Label,
) -> Result<Ask, Refusal> {
    match query.first("serviceIdentifier") {
        Some(name) if !SERVICES.contains(&name) => {
            Err(Refusal::with(unknown, [text(name)]))
        }
        Some(name) => Ok(ask.equal("service", name)),
        None => Ok(ask),
    }
}
