//! JAX-WS on both sides: what `wsimport` makes of the served WSDL publishes, and serves the
//! archive that is told of it.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use fagsystem::Upload;
use noark::order::{Order, Ordered, Version};
use sbd::MessageId;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::world::{
    EINNSYN, KOMMUNE, Role, TIME_MAX, World, free_ports, innsynskrav, run, until,
};
use crate::{CHAIN, found, installed, iri, root};

/// The archive. Dropped, it ends.
struct Archive {
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<Vec<String>>,
    folder: TempDir,
    /// It lives as long as its input.
    _input: ChildStdin,
    _child: Child,
}

impl Archive {
    /// Made of the WSDL that the access point serves.
    fn start(world: &World, port: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let wsdl = world.url(Role::Kommune, "/noarkExchange?wsdl");
        let libraries = installed("jaxws/lib").join("*");
        let made = folder.path().join("made");
        std::fs::create_dir(&made).unwrap();
        let java = |path: &[&Path]| {
            let mut command = Command::new("java");
            command
                .args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
                .arg("-cp")
                .arg(std::env::join_paths(path).unwrap());
            command
        };
        run(java(&[&libraries])
            .arg("com.sun.tools.ws.WsImport")
            .args(["-quiet", "-keep", "-Xnocompile", "-s"])
            .arg(&made)
            .arg(wsdl.as_str()));
        let classes = folder.path().join("classes");
        let files = "find \"$2\" -name '*.java'";
        run(Command::new("sh")
            .arg("-c")
            .arg(format!(
                "exec javac -proc:none -d \"$0\" -cp \"$1\" $({files}) \"$3\""
            ))
            .args([&classes, &libraries, &made])
            .arg(root().join("conformance/sdk/jaxws/Archive.java")));
        let errors = File::create(folder.path().join("errors")).unwrap();
        let mut command = java(&[&classes, &libraries]);
        command
            .args(["Archive", wsdl.as_str(), EINNSYN, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut command = tokio::process::Command::from(command);
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            heard: Vec::new(),
            folder,
            _input: child.stdin.take().unwrap(),
            _child: child,
        }
    }

    /// The next line, or one that was passed over, that begins with these parts.
    async fn hear(&mut self, begins: &[&str]) -> Vec<String> {
        let is = |line: &Vec<String>| begins.iter().zip(line).all(|(a, b)| a == b);
        loop {
            if let Some(at) = self.heard.iter().position(is) {
                return self.heard.remove(at);
            }
            let next = tokio::time::timeout(TIME_MAX, self.lines.next_line()).await;
            let Ok(Ok(Some(line))) = next else {
                let words = std::fs::read_to_string(self.folder.path().join("errors"));
                panic!("{begins:?} was not heard: {:?} {words:?}", self.heard)
            };
            self.heard
                .push(line.split('\t').map(str::to_owned).collect());
        }
    }
}

/// Send an order as einnsyn-backend does; answers the message's id and the
/// conversation's.
async fn order(world: &World) -> (MessageId, String) {
    let order = Order {
        version: Version::V2,
        id: "ik_bestedu".into(),
        date: "2026-11-25".into(),
        enhet: "Fjordvik kommune".into(),
        orgnr: Some(KOMMUNE.into()),
        innsynskravepost: Some("innsyn@fjordvik.example".into()),
        epost: "kari.borger@eksempel.example".into(),
        documents: vec![Ordered {
            id: Some(iri(90130, 8)),
            saksnr: "2026/417".into(),
            dokumentnr: "8".into(),
            journalnr: "90130/26".into(),
            ..Ordered::default()
        }],
        ..Order::default()
    };
    let (id, message) = innsynskrav();
    let conversation = message.facts().unwrap().conversation_id.to_string();
    let file = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        bytes: Bytes::from(order.write(order.version)),
    };
    let point = world.fagsystem(Role::Einnsyn);
    point.multipart(&message, vec![file]).await.unwrap();
    (id, conversation)
}

/// > OPPRETTET comes from "a BEST/EDU or an eFormidling 2.0 message"
#[tokio::test]
async fn what_an_archive_publishes_is_found_and_the_answers_come_home() {
    let mut world = World::new();
    let port = free_ports();
    world.set(
        Role::Kommune,
        &format!(
            "bestedu.einnsyn = \"{EINNSYN}\"\n\
             bestedu.archive.url = \"http://127.0.0.1:{port}/arkiv\"\n\
             bestedu.archive.innsynskrav = true"
        ),
    );
    world.start_all(&CHAIN).await;
    let mut archive = Archive::start(&world, port);

    assert_eq!(archive.hear(&["can", EINNSYN]).await[2], "true");
    assert_eq!(archive.hear(&["can", "974764687"]).await[2], "false");
    let answer = archive.hear(&["put", "java-typed"]).await;
    assert_eq!(answer[2], "OK", "{answer:?}");
    let answer = archive.hear(&["put", "java-wrong"]).await;
    assert_eq!(answer[2], "ERROR");
    assert!(answer[3].contains("journpost/jpNdoktype"), "{answer:?}");

    let hit = found(&world, &iri(90130, 8)).await;
    assert_eq!(hit["registrering"]["tittel"], "Svar om skjenkebevilling");

    // Home under the archive's own id, to whom it said it was: LEVERT, and what eInnsyn
    // says of it, in whatever order they come.
    let home = ["came", "java-typed", "AppReceipt", "OK", "sak 417"];
    let first = archive.hear(&home).await[5].clone();
    let second = archive.hear(&home).await[5].clone();
    let both = [first, second].concat();
    assert!(both.contains("LEVERT="), "{both}");
    assert!(both.contains("publisert=Publisert i eInnsyn"), "{both}");

    // The kvittering is gone from the inbox: nobody else has to take it.
    let point = world.fagsystem(Role::Kommune);
    until("the inbox is empty", async || {
        point.inbox().await.unwrap().is_empty().then_some(())
    })
    .await;

    let (id, conversation) = order(&world).await;
    let came = archive.hear(&["came", &conversation, "Melding"]).await;
    assert!(came[5].contains("veFilnavn=order.xml"), "{came:?}");
    assert!(came[5].contains("amEpostadr=kari.borger@eksempel.example"));
    let einnsyn = world.fagsystem(Role::Einnsyn);
    until("the sender sees LEVERT", async || {
        let lines = einnsyn.statuses(&id).await.unwrap();
        lines
            .iter()
            .any(|l| l.status.as_str() == "LEVERT")
            .then_some(())
    })
    .await;
    assert!(point.inbox().await.unwrap().is_empty());
}
