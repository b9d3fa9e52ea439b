//! `GET /health` and `GET /metrics`, for whoever watches.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Front;
use crate::engine::{LogSize, Measured, Totals};
use crate::queue::Counts;

type Count<T> = fn(&T) -> u64;
/// A number of a queue: its name, words for people, and where it is.
type Figure<T> = (&'static str, &'static str, Count<T>);

/// Table: what is in a queue, by the state that it is labelled with.
const STATES: &[(&str, Count<Counts>)] = &[
    ("active", |c| c.active),
    ("ready", |c| c.ready),
    ("locked", |c| c.locked),
    ("scheduled", |c| c.scheduled),
    ("deferred", |c| c.deferred),
    ("dead_letter", |c| c.dead_letter),
];

/// Table: what has happened in a queue since the start.
const TOTALS: &[Figure<Totals>] = &[
    ("sent", "Messages sent, without duplicates.", |t| t.sent),
    ("duplicates", "Messages dropped as duplicates.", |t| {
        t.duplicates
    }),
    ("delivered", "Messages given to receivers.", |t| t.delivered),
    ("completed", "Messages completed.", |t| t.completed),
    (
        "abandoned",
        "Messages given back after a delivery in vain.",
        |t| t.abandoned,
    ),
    ("deferred", "Messages put off.", |t| t.deferred),
    ("dead_lettered", "Messages put aside.", |t| t.dead_lettered),
    (
        "expired",
        "Messages of no more use before they were taken.",
        |t| t.expired,
    ),
    (
        "locks_run_out",
        "Locks that ran out before their message was settled.",
        |t| t.locks_run_out,
    ),
    (
        "locks_lost",
        "Times that someone came with a lock no longer theirs.",
        |t| t.locks_lost,
    ),
];

/// Whether messages are taken. It stays with 200 when they are not: what is there can
/// be received, which makes room.
pub(super) async fn health(State(front): State<Arc<Front>>) -> Response {
    let (status, message) = match front.engine.log_size().is_full {
        false => ("healthy", "Service is healthy."),
        true => ("degraded", "The disk is full: no more messages are taken."),
    };
    axum::Json(json!({"status": status, "message": message})).into_response()
}

/// Prometheus text.
pub(super) async fn metrics(State(front): State<Arc<Front>>) -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, text(&front.engine.measure(), front.engine.log_size())).into_response()
}

fn text(queues: &[Measured], log: LogSize) -> String {
    let mut out = String::with_capacity(4096 + queues.len() * 2048);
    begin(&mut out, "messages", "gauge", "Messages in a queue.");
    for queue in queues {
        for (state, count) in STATES {
            let (name, count) = (&queue.name, count(&queue.counts));
            let labels = format!("{{queue=\"{name}\",state=\"{state}\"}}");
            let _ = writeln!(out, "sendebud_broker_messages{labels} {count}");
        }
    }
    begin(&mut out, "bytes", "gauge", "Bytes of a queue's messages.");
    for queue in queues {
        line(&mut out, "bytes", &queue.name, queue.counts.bytes);
    }
    for (name, words, count) in TOTALS {
        let name = format!("{name}_total");
        begin(&mut out, &name, "counter", words);
        for queue in queues {
            line(&mut out, &name, &queue.name, count(&queue.totals));
            // Most have none.
            if queue.dead != Totals::default() {
                let dead = format!("{}/$DeadLetterQueue", queue.name);
                line(&mut out, &name, &dead, count(&queue.dead));
            }
        }
    }
    let full = u64::from(log.is_full);
    for (name, words, value) in [
        ("log_bytes", "Bytes of the log's full files.", log.bytes),
        ("log_live_bytes", "Bytes of messages in the log.", log.live),
        ("full", "1 when the disk has no room for messages.", full),
    ] {
        begin(&mut out, name, "gauge", words);
        let _ = writeln!(out, "sendebud_broker_{name} {value}");
    }
    out
}

fn begin(out: &mut String, name: &str, kind: &str, words: &str) {
    let _ = writeln!(out, "# HELP sendebud_broker_{name} {words}");
    let _ = writeln!(out, "# TYPE sendebud_broker_{name} {kind}");
}

/// A queue's name has nothing in it that would have to be escaped.
fn line(out: &mut String, name: &str, queue: &str, value: u64) {
    let _ = writeln!(out, "sendebud_broker_{name}{{queue=\"{queue}\"}} {value}");
}
