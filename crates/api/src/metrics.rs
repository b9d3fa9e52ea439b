//! Counts of requests, and the text in which Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::time::Duration;

use flow::ledger::Waiting;

/// What a request is counted under: method, path as in the route table, status.
pub(crate) type Key = (&'static str, &'static str, u16);

/// Requests since the start, by method, path and status.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Key, (u64, Duration)>>,
}

impl Metrics {
    pub(crate) fn count(&self, key: Key, took: Duration) {
        let mut requests = self
            .requests
            .lock()
            .expect("nobody panics while holding it");
        let (count, time) = requests.entry(key).or_default();
        *count += 1;
        *time += took;
    }

    /// The names that Micrometer gives them, so that dashboards find them.
    pub(crate) fn text(&self, waiting: &Waiting, orgnr: &str) -> String {
        let mut out = String::with_capacity(4096);
        let name = "http_server_requests_seconds";
        let _ = writeln!(out, "# HELP {name} Requests to the API.");
        let _ = writeln!(out, "# TYPE {name} summary");
        let requests = self
            .requests
            .lock()
            .expect("nobody panics while holding it");
        for ((method, uri, status), (count, time)) in requests.iter() {
            let labels = format!(
                "{{method=\"{method}\",organisation=\"{orgnr}\",\
                 outcome=\"{}\",status=\"{status}\",uri=\"{uri}\"}}",
                outcome(*status)
            );
            let _ = writeln!(out, "{name}_count{labels} {count}");
            let _ = writeln!(out, "{name}_sum{labels} {:.6}", time.as_secs_f64());
        }
        for (name, words, value) in gauges(waiting) {
            let _ = writeln!(out, "# HELP {name} {words}");
            let _ = writeln!(out, "# TYPE {name} gauge");
            let _ = writeln!(out, "{name}{{organisation=\"{orgnr}\"}} {value}");
        }
        out
    }
}

/// Micrometer's word for a status.
fn outcome(status: u16) -> &'static str {
    match status {
        100..200 => "INFORMATIONAL",
        200..300 => "SUCCESS",
        300..400 => "REDIRECTION",
        400..500 => "CLIENT_ERROR",
        _ => "SERVER_ERROR",
    }
}

/// What waits, by name, with words for people.
pub(crate) fn gauges(waiting: &Waiting) -> [(&'static str, &'static str, u64); 5] {
    [
        (
            "sendebud_outgoing_messages",
            "Messages that have not left.",
            waiting.outgoing,
        ),
        (
            "sendebud_incoming_messages",
            "Messages that the case system has not taken.",
            waiting.incoming,
        ),
        ("sendebud_jobs", "Jobs that wait or run.", waiting.jobs),
        (
            "sendebud_job_attempts_max",
            "How often the most tried job has failed.",
            waiting.attempts,
        ),
        (
            "sendebud_quarantined_deliveries",
            "Deliveries that could not be read.",
            waiting.quarantined,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_60_the_text_is_what_prometheus_reads_by_the_table_of_paths() {
        let metrics = Metrics::default();
        let key = ("GET", "/api/messages/in/peek", 204);
        metrics.count(key, Duration::from_millis(2));
        metrics.count(key, Duration::from_millis(3));
        let waiting = Waiting {
            outgoing: 1,
            incoming: 2,
            jobs: 3,
            attempts: 4,
            quarantined: 5,
        };
        let text = metrics.text(&waiting, "910076787");
        let labels = "{method=\"GET\",organisation=\"910076787\",outcome=\"SUCCESS\",\
                      status=\"204\",uri=\"/api/messages/in/peek\"}";
        for line in [
            format!("http_server_requests_seconds_count{labels} 2"),
            format!("http_server_requests_seconds_sum{labels} 0.005000"),
            "sendebud_incoming_messages{organisation=\"910076787\"} 2".to_owned(),
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
