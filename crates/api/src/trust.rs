//! How long the certificate in use is good, and how the address register answers, for
//! whoever watches: health and metrics.

use std::fmt::Write;

use flow::Point;
use serde_json::{Value, json};

/// A component of the health. It stays UP while messages go, and tells what must be done
/// before they stop.
pub(crate) fn component(point: &Point) -> Value {
    let (serial, until) = point.certificate();
    let mut details = json!({"serial": serial, "until": until.to_string()});
    let notice = point.notice();
    if let Some(notice) = &notice {
        details["warning"] = notice.to_string().into();
        details["days"] = notice.days.into();
    }
    let status = match notice.is_some_and(|notice| notice.is_broken()) {
        true => "DOWN",
        false => "UP",
    };
    json!({"status": status, "details": details})
}

/// How the address register answers. It stays UP while older answers are used, and tells
/// that they are.
pub(crate) fn register(point: &Point) -> Value {
    let state = point.registry().state();
    let mut details = json!({"stale": state.stale_since.is_some()});
    for (name, time) in [
        ("answered", state.answered),
        ("staleSince", state.stale_since),
    ] {
        if let Some(time) = time {
            details[name] = time.to_string().into();
        }
    }
    if let Some(failure) = state.failure {
        details["failure"] = failure.into();
    }
    json!({"status": "UP", "details": details})
}

/// Lines for Prometheus.
pub(crate) fn lines(point: &Point, out: &mut String) {
    let orgnr = point.orgnr().as_str();
    let left = point.certificate_time_left().as_secs();
    let stale = i64::from(point.registry().state().stale_since.is_some());
    let stage = point.notice().map_or(0, |notice| notice.warns_at());
    for (name, words, value) in [
        (
            "sendebud_certificate_expiry_seconds",
            "Seconds until the certificate in use ends.",
            left,
        ),
        (
            "sendebud_certificate_warning_days",
            "The limit that is passed: 60, 30 or 7 days, -1 when it cannot be used, 0 for none.",
            stage,
        ),
        (
            "sendebud_register_stale",
            "1 while older answers of the address register are used.",
            stale,
        ),
    ] {
        let _ = writeln!(out, "# HELP {name} {words}");
        let _ = writeln!(out, "# TYPE {name} gauge");
        let _ = writeln!(out, "{name}{{organisation=\"{orgnr}\"}} {value}");
    }
}
