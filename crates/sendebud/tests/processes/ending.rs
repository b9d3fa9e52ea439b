//! From ready to gone: what the service manager is told, what the log says of who did
//! what, and that nobody who was being served is cut off.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use fagsystem::{Correspondence, innsynskrav};
use reqwest::Client;
use serde_json::{Value, json};

use crate::world::{EINNSYN, KOMMUNE, Role, TIME_MAX, World, run, sendebud, until};

const EPOST: &str = "innsyn@fjordvik.example";

/// The next word that the service manager is told.
fn told(manager: &UnixDatagram) -> String {
    let mut word = [0; 256];
    let length = manager.recv(&mut word).expect("it is told something");
    String::from_utf8(word[..length].to_vec()).unwrap()
}

#[tokio::test]
async fn what_was_begun_is_answered_before_it_ends() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    let socket = world.place("manager");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(TIME_MAX)).unwrap();
    let log = world.place("slutt.log");
    let mut serving = sendebud()
        .arg("serve")
        .arg("--config")
        .arg(world.settings(Role::Einnsyn))
        .env("NOTIFY_SOCKET", &socket)
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    assert!(told(&manager).contains("READY=1"));
    let api = world.fagsystem(Role::Einnsyn);
    let id = "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7c01";
    let who = Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: id.parse().unwrap(),
        conversation_id: id.into(),
        expires: None,
    };
    let sbd = innsynskrav(&who, &KOMMUNE.parse().unwrap(), EPOST);
    api.create(&sbd).await.unwrap();

    // Half of a file is there when the process is told to end.
    let address = world.address(Role::Einnsyn, "listen");
    let mut upload = TcpStream::connect(&address).unwrap();
    upload
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        upload,
        "PUT /api/messages/out/{id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: text/plain\r\nContent-Length: 10\r\n\
         Content-Disposition: attachment; filename=\"a.txt\"\r\n\r\n12345"
    )
    .unwrap();
    let pid = serving.id().to_string();
    run(Command::new("kill").args(["-TERM", &pid]));
    until("nobody else is let in", async || {
        TcpStream::connect(&address).err()
    })
    .await;
    assert_eq!(serving.try_wait().unwrap(), None, "it waits for the rest");
    upload.write_all(b"67890").unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ended = until("it has ended", async || serving.try_wait().unwrap()).await;
    assert!(ended.success(), "{ended}");
    audited(&fs::read_to_string(log).unwrap(), id);
}

/// Every change is on record with who, what and which; nothing of what it says is.
fn audited(log: &str, id: &str) {
    let lines = log
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let audit: Vec<Value> = lines.filter(|line| line["target"] == "audit").collect();
    for (method, path, which) in [
        ("POST", "/api/messages/out", ""),
        ("PUT", "/api/messages/out/{messageId}", id),
    ] {
        let there = audit.iter().any(|line| {
            let said = |name: &str, value: &str| {
                line[name] == value || line["fields"][name] == value
            };
            said("method", method)
                && said("path", path)
                && said("id", which)
                && said("who", "anyone")
        });
        assert!(there, "{method} {path} {which}: {audit:?}");
    }
    assert!(!log.contains(EPOST) && !log.contains("a.txt"), "{log}");
}

// rest-api §1.19: KOSMOS ends it so; what is logged is set while it runs.
#[tokio::test]
async fn who_may_ends_it_and_says_what_is_logged() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    world.set(Role::Kommune, "shutdown = true");
    let mut serving = sendebud()
        .arg("serve")
        .arg("--config")
        .arg(world.settings(Role::Kommune))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let api = world.fagsystem(Role::Kommune);
    until("it listens", async || api.health().await.ok()).await;
    let post = |path: &str, body: Value| {
        let url = world.url(Role::Kommune, path);
        Client::new().post(url).json(&body).send()
    };
    for (level, status) in [("DEBUG", 204), ("INFO", 204), ("MYE", 400)] {
        let answer = post("/manage/loggers/ROOT", json!({"configuredLevel": level}));
        assert_eq!(answer.await.unwrap().status(), status, "{level}");
    }
    let answer = post("/manage/shutdown", json!({})).await.unwrap();
    assert_eq!(answer.status(), 200);
    let ended = until("it has ended", async || serving.try_wait().unwrap()).await;
    assert!(ended.success(), "{ended}");
}
