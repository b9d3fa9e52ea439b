//! What the Java access point sent and took, read and written by us.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use sbd::{Envelope, MessageType, Status, payload};
use serde_json::Value;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors")
        .join(folder)
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// What the Java access point sent comes out of us as it went in.
#[test]
fn recorded_envelopes_are_written_as_they_were_read() {
    let mut seen = 0;
    for entry in std::fs::read_dir(vectors("sbd")).unwrap() {
        let path = entry.unwrap().path();
        let recorded = json(&path);
        let text = recorded["sbdText"].as_str().unwrap();
        let envelope = Envelope::parse(text.as_bytes()).unwrap();
        let ours: Value = serde_json::from_str(&envelope.to_json()).unwrap();
        let theirs: Value = serde_json::from_str(text).unwrap();
        assert_eq!(ours, theirs, "{}", path.display());
        envelope.facts().unwrap();
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} envelopes");
}

/// The status message that we would send about a message is the one that was sent.
#[test]
fn a_status_message_is_the_one_that_the_java_access_point_sends() {
    let about = json(&vectors("sbd/innsynskrav-1.json"));
    let about = Envelope::parse(about["sbdText"].as_str().unwrap().as_bytes()).unwrap();
    let now = "2026-11-23T22:00:00Z".parse().unwrap();
    let day = std::time::Duration::from_secs(86_400);
    let process = sbd::urn::RESPONSE_PROCESS;
    let reply = about
        .status_reply(Status::Levert, now, day, process)
        .unwrap();
    let ours: Value = serde_json::from_str(&reply.to_json()).unwrap();
    let path = vectors("sbd/status-levert-from-0192_910076787-1.json");
    let recorded = json(&path)["sbdText"].as_str().unwrap().to_owned();
    let mut theirs: Value = serde_json::from_str(&recorded).unwrap();
    let header = "/standardBusinessDocumentHeader";
    for member in [
        "/documentIdentification/instanceIdentifier",
        "/documentIdentification/creationDateAndTime",
        "/businessScope/scope/0/instanceIdentifier",
        "/businessScope/scope/0/scopeInformation/0/expectedResponseDateTime",
    ] {
        let place = format!("{header}{member}");
        let value = ours.pointer(&place).unwrap().clone();
        *theirs.pointer_mut(&place).unwrap() = value;
    }
    assert_eq!(ours, theirs);
    let facts = reply.facts().unwrap();
    assert_eq!(facts.message_id, about.facts().unwrap().message_id);
    assert_eq!(facts.kind, MessageType::Status);
    assert_eq!(
        facts.expires_at.unwrap().to_string(),
        "2026-11-24T23:00:00+01:00"
    );
}

/// Cases where we do otherwise than the Java access point did, and why.
const OTHERWISE: &[(&str, bool, &str)] = &[
    ("payload_with_UTF-8_BOM.payload", true, "harmless to read"),
    (
        "payload_outer_base64_url-safe_no_padding.payload",
        true,
        "unambiguous",
    ),
    (
        "payload_empty_body.payload",
        false,
        "an empty body is no message",
    ),
];

/// Each crafted body is read if the Java access point took it, and refused if not.
#[test]
fn crafted_payloads_are_taken_as_they_were() {
    let expected = json(&vectors("accept/expected.json"));
    let mut seen = 0;
    for case in expected.as_array().unwrap() {
        let file = case["payload"].as_str().unwrap();
        let path = vectors("accept").join(file);
        let body = std::fs::read(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        let taken = case["observed"]["taken"].as_bool().unwrap();
        let rule = OTHERWISE.iter().find(|(name, ..)| *name == file);
        let wanted = rule.map_or(taken, |(_, ours, _)| *ours);
        let read = payload::parse(&body).and_then(|p| p.sbd.facts().map(|f| (p, f)));
        assert_eq!(read.is_ok(), wanted, "{file}: {:?}", read.err());
        seen += 1;
    }
    assert!(seen >= 80, "only {seen} payloads");
}

/// Base64 twice, and back.
#[test]
fn a_package_survives_both_layers() {
    let about = json(&vectors("sbd/innsynskrav-1.json"));
    let about = Envelope::parse(about["sbdText"].as_str().unwrap().as_bytes()).unwrap();
    let package = [
        0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
    ];
    let body = payload::write(&about, Some(&package));
    // > the JSON string starts TUlBR0NTcUdTSWIz (wire-format §2.1)
    assert!(
        String::from_utf8(body.clone())
            .unwrap()
            .contains("\"asic\":\"TUlBR0NTcUdTSWIz")
    );
    assert_eq!(payload::parse(&body).unwrap().asic.unwrap(), package);
    assert_eq!(
        payload::parse(&payload::write(&about, None)).unwrap().asic,
        None
    );
}
