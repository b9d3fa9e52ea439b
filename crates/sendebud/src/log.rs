//! The log: JSON for machines, lines for people; its level can be changed while it runs,
//! and what is about people is left out whoever wrote it.

use std::io::{self, Write};
use std::sync::OnceLock;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::trace;

static LEVEL: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Log lines to standard error; `SENDEBUD_LOG` sets what is said, JSON when it is not a
/// person who reads.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("SENDEBUD_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info,rustls=error"));
    let (filter, handle) = reload::Layer::new(filter);
    let (traces, broken) = match trace::layer() {
        Ok(traces) => (traces, None),
        Err(error) => (None, Some(error)),
    };
    let registry = tracing_subscriber::registry().with(filter).with(traces);
    let lines = fmt::layer().with_writer(Redacting);
    let lines = match io::IsTerminal::is_terminal(&io::stderr()) {
        true => lines.boxed(),
        false => lines.json().flatten_event(true).boxed(),
    };
    // Spans are for traces.
    let lines = lines.with_filter(filter_fn(trace::is_event));
    let set = registry.with(lines).try_init();
    if let Some(error) = broken {
        tracing::error!(error, "no traces are exported");
    }
    if set.is_ok() {
        drop(LEVEL.set(handle));
    }
}

/// Say what is said from now on, as `SENDEBUD_LOG` does.
pub(crate) fn set_level(words: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(words).map_err(|e| e.to_string())?;
    let handle = LEVEL.get().ok_or("the log is not ours")?;
    handle.reload(filter).map_err(|e| e.to_string())
}

/// Writes to standard error what [`redact`] leaves.
struct Redacting;

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Redacting {
    /// The layer hands over one whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        io::stderr().lock().write_all(redact(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Numbers of persons (eleven digits) and addresses of mail, made unreadable.
fn redact(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    for word in line.split_inclusive(|c: char| " \"'<>(),;=".contains(c)) {
        let end = word.len() - word.chars().last().map_or(0, char::len_utf8);
        let closed =
            word.ends_with([' ', '"', '\'', '<', '>', '(', ')', ',', ';', '=']);
        let (core, tail) = word.split_at(if closed { end } else { word.len() });
        let is_mail = core.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !core.contains('/')
        });
        if is_mail {
            kept.push_str("***@***");
        } else {
            kept.push_str(&without_persons(core));
        }
        kept.push_str(tail);
    }
    kept
}

/// Eleven digits that stand alone.
fn without_persons(word: &str) -> String {
    let mut kept = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() {
            run.push(c);
            continue;
        }
        let person = run.len() == 11 && run.bytes().all(|b| b.is_ascii_digit());
        kept.push_str(if person { "***********" } else { &run });
        run.clear();
        if c != '\0' {
            kept.push(c);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_47_persons_are_left_out_and_organisations_stay() {
        for (line, kept) in [
            ("fnr=12345678901 ok", "fnr=*********** ok"),
            ("\"til kari@nordmann.example\"", "\"til ***@***\""),
            ("0192:910076787 sent", "0192:910076787 sent"),
            ("at 1732563998000000 µs", "at 1732563998000000 µs"),
            (
                "id 5a0e5c0e-0000-4000-8000-000000000001",
                "id 5a0e5c0e-0000-4000-8000-000000000001",
            ),
            ("9908:12345678901.", "9908:***********."),
        ] {
            assert_eq!(redact(line), kept);
        }
    }
}
