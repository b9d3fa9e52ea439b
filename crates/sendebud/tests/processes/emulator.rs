//! The message service from the emulator's file: what is said of what it leaves out, and
//! of files that cannot be used.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::world::sendebud;

fn broker(folder: &Path, config: &str) -> Command {
    let place = folder.join("config.json");
    fs::write(&place, config).unwrap();
    let mut command = Command::from(sendebud());
    command
        .args(["broker", "--emulator-config"])
        .arg(place)
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--http", "127.0.0.1:0", "--amqp", "127.0.0.1:0"])
        .kill_on_drop(true);
    command
}

fn namespace(inner: &str) -> String {
    format!("{{\"UserConfig\":{{\"Namespaces\":[{{{inner}}}]}}}}")
}

#[tokio::test]
async fn what_is_left_out_is_named_and_the_rest_starts() {
    let folder = TempDir::new().unwrap();
    let config = namespace(
        "\"Queues\":[{\"Name\":\"q\"}, // a comment\n\
         {\"Name\":\"s\",\"Properties\":{\"RequiresSession\":true}}],\
         \"Topics\":[{\"Name\":\"t\"}]",
    );
    let mut process = broker(folder.path(), &config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
    for expected in ["queue s is left out", "topic t is left out"] {
        let line = said.next_line().await.unwrap().unwrap();
        assert!(line.starts_with("NOT IMPLEMENTED: ") && line.contains(expected));
    }
    let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = out.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("listening ").unwrap();
    let address = address.split(' ').next().unwrap();
    // As Microsoft's emulator answers (servicebus §1.3).
    let health = reqwest::get(format!("{address}/health")).await.unwrap();
    let expected = json!({"status": "healthy", "message": "Service is healthy."});
    let body = health.text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_ends_the_start_with_its_place() {
    let property =
        "\"Queues\":[{\"Name\":\"q\",\"Properties\":{\"LockDuration\":\"1m\"}}]";
    for (config, expected) in [
        ("{\n \"Userconfig\": {}}".to_owned(), "UserConfig"),
        ("{\n tull".to_owned(), "line 2"),
        (
            namespace(property),
            "queue q: LockDuration cannot be \"1m\"",
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let done = broker(folder.path(), &config).output().await.unwrap();
        let words = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{words}");
        assert!(words.contains("config.json"), "{words}");
        assert!(words.contains(expected), "{words}");
    }
}
