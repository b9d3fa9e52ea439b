//! `sendebud queue` against a broker process, which is filled over REST.

use std::process::Command;
use std::time::Duration;

use ambient::Clock;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::broker::{Broker, Wire};
use crate::cases::Cases;

/// A queue that puts aside what was given back three times.
const QUEUE: &str = "delivery_count";

struct House {
    broker: Broker,
    client: Client,
}

impl House {
    fn new(wire: Wire) -> Self {
        Self {
            broker: Broker::start(&Cases::read(), wire),
            client: Client::new(),
        }
    }

    /// Run the command to its end: what it printed, or what it said was wrong.
    fn queue(&self, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendebud"));
        command.arg("queue").args(args);
        command.args(["--admin", &self.broker.admin()]);
        if self.broker.is_secure() {
            command.arg("--ca").arg(self.broker.authority());
        }
        let done = command
            .env("SENDEBUD_CONNECTION", self.broker.connection())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        match done.status.success() {
            true => Ok(text(done.stdout)),
            false => Err(text(done.stderr)),
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        let printed = self.queue(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&printed.unwrap()).unwrap()
    }

    async fn ask(&self, method: Method, place: &str, body: &str) -> Response {
        let url = format!("{}/{QUEUE}/messages{place}", self.broker.admin());
        let end = Clock::system().now() + Duration::from_mins(1);
        let policy = "RootManageSharedAccessKey";
        let token = transport::servicebus::sign(&url, policy, "SAS_KEY_VALUE", end);
        let request = self.client.request(method, url).body(body.to_owned());
        let request = request
            .header("Authorization", token)
            .header("Content-Type", "text/plain")
            .header(
                "BrokerProperties",
                format!("{{\"MessageId\":\"id-{body}\"}}"),
            );
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer
    }

    /// Take the first message and give it back, until it is put aside.
    async fn put_aside(&self) {
        for _ in 0..3 {
            let locked = self.ask(Method::POST, "/head?timeout=10", "").await;
            let place = locked.headers()["location"].to_str().unwrap().to_owned();
            let lock = place.split("/messages").nth(1).unwrap();
            self.ask(Method::PUT, lock, "").await;
        }
    }

    /// What the list says of the queue: waiting, and put aside.
    fn counts(&self) -> (Value, Value) {
        let list = self.json(&["list"]);
        let mut all = list.as_array().unwrap().iter();
        let queue = all.find(|queue| queue["name"] == QUEUE).unwrap();
        (queue["active"].clone(), queue["deadLetters"].clone())
    }
}

#[tokio::test]
async fn messages_are_looked_at_sent_again_written_and_thrown_away() {
    let house = House::new(Wire::Plain);
    for body in ["en", "to", "tre"] {
        house.ask(Method::POST, "", body).await;
    }
    house.put_aside().await;
    assert_eq!(house.counts(), (2.into(), 1.into()));

    let seen = house.json(&["peek", QUEUE, "--body"]);
    let bodies: Vec<&str> = seen.as_array().unwrap().iter().map(body).collect();
    assert_eq!(bodies, ["to", "tre"]);
    assert_eq!(seen[0]["messageId"], "id-to");
    let dead = house.json(&["dead-letters", QUEUE]);
    assert_eq!(dead[0]["deadLetterReason"], "MaxDeliveryCountExceeded");
    let text = house.queue(&["dead-letters", QUEUE]).unwrap();
    assert!(text.contains("MaxDeliveryCountExceeded"), "{text}");

    assert_eq!(house.json(&["resubmit", QUEUE])["resubmitted"], 1);
    assert_eq!(house.counts(), (3.into(), 0.into()));
    let seen = house.json(&["peek", QUEUE, "--body", "--from", "4"]);
    assert_eq!(
        (body(&seen[0]), &seen[0]["messageId"]),
        ("en", &"id-en".into())
    );
    assert_eq!(seen[0]["properties"], serde_json::json!({}));

    let folder = TempDir::new().unwrap();
    let out = folder.path().to_str().unwrap();
    assert_eq!(house.json(&["export", QUEUE, "--out", out])["exported"], 3);
    let written = std::fs::read_to_string(folder.path().join("2.body")).unwrap();
    assert_eq!(written, "to");
    let again = house.queue(&["export", QUEUE, "--out", out]).unwrap_err();
    assert!(
        again.contains("2.json") && again.contains("exists"),
        "{again}"
    );

    let unsure = house.queue(&["purge", QUEUE]).unwrap_err();
    assert!(unsure.contains("--yes"), "{unsure}");
    assert_eq!(house.json(&["purge", QUEUE, "--yes"])["purged"], 3);
    assert_eq!(house.counts(), (0.into(), 0.into()));
}

#[test]
fn what_cannot_be_done_is_said() {
    let house = House::new(Wire::Tls);
    let missing = house.queue(&["peek", "finnes-ikke"]).unwrap_err();
    assert!(
        missing.contains("finnes-ikke could not be found"),
        "{missing}"
    );
    let known = house.queue(&["resubmit", "duplicates"]).unwrap_err();
    assert!(known.contains("--new-id"), "{known}");
    assert_eq!(house.queue(&["peek", QUEUE]), Ok(String::new()));
}

fn body(message: &Value) -> &str {
    message["body"].as_str().unwrap()
}
