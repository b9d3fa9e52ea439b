//! What whoever watches is told: health, and the metrics of each queue.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};

use super::house::{Broker, broker};

const LOCK_TIME: Duration = Duration::from_mins(1);

async fn text(broker: &Broker) -> String {
    let answer = broker.request(Method::GET, "metrics").send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.text().await.unwrap()
}

/// A figure of a queue, by its name and further labels.
fn figure(text: &str, name: &str, queue: &str, labels: &str) -> Option<u64> {
    let start = format!("sendebud_broker_{name}{{queue=\"{queue}\"{labels}}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start))?;
    Some(line.parse().unwrap())
}

fn lock(got: &Response) -> String {
    got.headers()["location"].to_str().unwrap().to_owned()
}

async fn put_aside(broker: &Broker) {
    for _ in 0..10 {
        let got = broker.head(Method::POST, "q1").await;
        let lock = lock(&got);
        got.bytes().await.unwrap();
        let back = broker.client.put(&lock).send().await.unwrap();
        assert_eq!(back.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn each_queue_has_its_figures() {
    let broker = broker().await;
    for body in ["a", "b", "c"] {
        broker.send(body).await;
    }
    put_aside(&broker).await;
    let got = broker.head(Method::POST, "q1").await;
    let first = lock(&got);
    got.bytes().await.unwrap();
    assert_eq!(
        broker.client.delete(&first).send().await.unwrap().status(),
        200
    );
    assert_eq!(
        broker.client.delete(&first).send().await.unwrap().status(),
        404
    );
    // Read to their ends, or they were never delivered.
    for queue in ["q1", "q1/$DeadLetterQueue"] {
        let got = broker.head(Method::POST, queue).await;
        assert_eq!(got.status(), StatusCode::CREATED);
        got.bytes().await.unwrap();
    }
    let now = text(&broker).await;
    let states = [
        ("active", 1),
        ("ready", 0),
        ("locked", 1),
        ("scheduled", 0),
        ("deferred", 0),
        ("dead_letter", 1),
    ];
    for (state, wanted) in states {
        let state = format!(",state=\"{state}\"");
        assert_eq!(
            figure(&now, "messages", "Q1", &state),
            Some(wanted),
            "{now}"
        );
    }
    let totals = [
        ("sent", 3),
        ("duplicates", 0),
        ("delivered", 12),
        ("completed", 1),
        ("abandoned", 10),
        ("deferred", 0),
        ("dead_lettered", 1),
        ("expired", 0),
        ("locks_lost", 1),
        ("locks_run_out", 0),
    ];
    for (name, wanted) in totals {
        let name = format!("{name}_total");
        assert_eq!(figure(&now, &name, "Q1", ""), Some(wanted), "{name}: {now}");
        assert!(now.contains(&format!("# TYPE sendebud_broker_{name} counter")));
    }
    let dead = "Q1/$DeadLetterQueue";
    assert_eq!(figure(&now, "delivered_total", dead, ""), Some(1));
    assert!(figure(&now, "bytes", "Q1", "").unwrap() > 0);
    assert!(now.contains("\nsendebud_broker_full 0\n"));
    // A lock runs out, and is counted once whoever looks after that has come by.
    broker.clock.advance(LOCK_TIME);
    broker.send("d").await;
    while figure(&text(&broker).await, "locks_run_out_total", "Q1", "") != Some(1) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn health_is_as_the_emulators() {
    let broker = broker().await;
    let answer = broker.request(Method::GET, "health").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let said: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(said["status"], "healthy");
}
