//! Filters that several lists have in common.

use store::page::Ask;

use crate::label::Label;
use crate::query::Query;
use crate::refusal::{Refusal, text};

/// Services that the API knows by name.
const SERVICES: [&str; 7] = ["DPO", "DPV", "DPI", "DPF", "DPE", "DPH", "UNKNOWN"];

/// The filters of messages besides the process, which has a name of its own in each list.
pub(crate) const MESSAGE: [&str; 4] = [
    "conversationId",
    "messageId",
    "receiverIdentifier",
    "senderIdentifier",
];

/// Only rows in which each of these members has the value that the query gives it: none,
/// where it gives an empty one.
pub(crate) fn equal(
    ask: Ask,
    query: &Query,
    column: fn(&str) -> Option<&'static str>,
    names: &[&str],
) -> Ask {
    names
        .iter()
        .fold(ask, |ask, name| match (column(name), query.bound(name)) {
            (Some(column), Some(value)) => ask.equal(column, value),
            _ => ask,
        })
}

/// The filter `serviceIdentifier`; refuses one that there is not.
pub(crate) fn service(
    ask: Ask,
    name: Option<&str>,
    unknown: &'static Label,
) -> Result<Ask, Refusal> {
    match name {
        Some(name) if !SERVICES.contains(&name) => {
            Err(Refusal::with(unknown, [text(name)]))
        }
        Some(name) => Ok(ask.equal("service", name)),
        None => Ok(ask),
    }
}
