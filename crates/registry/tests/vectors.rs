//! The register's answers against those that the Java access point was given.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use registry::server::{Directory, Organisation, router};
use serde_json::Value;
use tower::ServiceExt;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors")
}

fn text(path: &str) -> String {
    let path = vectors().join(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn world() -> Directory {
    let world: Value = serde_json::from_str(&text("world.json")).unwrap();
    Directory::new(world["organisations"].as_array().unwrap().iter().map(|o| {
        Organisation {
            orgnr: o["orgnr"].as_str().unwrap().into(),
            name: o["name"].as_str().unwrap().into(),
            certificate: text(o["certificate"].as_str().unwrap()),
            postadresse: None,
            records: serde_json::from_value(o["records"].clone()).unwrap(),
        }
    }))
}

async fn ask(path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = router(world()).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn recorded_questions_get_the_recorded_answers() {
    let mut seen = 0;
    for file in [
        "03-create-validation-sr",
        "05-multipart-sr",
        "08-http-capabilities-manage-sr",
    ] {
        for line in text(&format!("addressregister/{file}.jsonl")).lines() {
            let recorded: Value = serde_json::from_str(line).unwrap();
            let path = recorded["request"]["path"].as_str().unwrap();
            let (status, body) = ask(path).await;
            assert_eq!(status, recorded["response"]["status"], "{path}");
            let ours: Value = serde_json::from_str(&body).unwrap();
            let theirs = recorded["response"]["body"].as_str().unwrap();
            let theirs: Value = serde_json::from_str(theirs).unwrap();
            assert_eq!(ours, theirs, "{path}");
            seen += 1;
        }
    }
    assert!(seen >= 9, "only {seen} recorded questions");
}

#[tokio::test]
async fn a_receiver_has_its_queue_and_its_certificate() {
    let path =
        "/identifier/910076787/process/urn:no:difi:profile:einnsyn:innsynskrav:ver1.0";
    let (status, body) = ask(path).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    let record = &body["serviceRecords"][0];
    assert_eq!(record["service"]["endpointUrl"], "innsyn");
    let pem = ask("/virksert/910076787").await.1;
    assert_eq!(record["pemCertificate"], Value::from(pem));
}
