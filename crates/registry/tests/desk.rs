//! The desk: whoever knows its password changes the register while it answers; a change
//! is kept before it counts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use registry::desk::{self, Desk};
use registry::server::{Directory, Register, routes};
use serde_json::{Value, json};
use tower::ServiceExt;

fn certificate() -> String {
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors");
    std::fs::read_to_string(vectors.join("keys/910076787.pem")).unwrap()
}

fn organisation() -> Value {
    json!({
        "orgnr": "910076787",
        "name": "Lillevik kommune",
        "certificate": certificate(),
        "records": [{
            "process": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0",
            "document_types": ["urn:no:difi:einnsyn:xsd::innsynskrav"],
            "service": "DPE",
            "endpoint_url": "innsyn",
        }],
    })
}

struct At {
    router: Router,
    kept: Arc<Mutex<Vec<String>>>,
    full: Arc<Mutex<bool>>,
}

impl At {
    fn new() -> Self {
        let register = Arc::new(Register::new(Directory::default()));
        let (kept, full) = (Arc::default(), Arc::default());
        let (keep, disk): (Arc<Mutex<Vec<String>>>, Arc<Mutex<bool>>) =
            (Arc::clone(&kept), Arc::clone(&full));
        let desk = desk::routes(Arc::new(Desk {
            register: Arc::clone(&register),
            password: "hemmelig".to_owned().into(),
            keep: Box::new(move |directory| {
                if *disk.lock().unwrap() {
                    return Err(std::io::ErrorKind::StorageFull.into());
                }
                keep.lock().unwrap().push(directory.json());
                Ok(())
            }),
        }));
        Self {
            router: routes(register).merge(desk),
            kept,
            full,
        }
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
        word: &str,
    ) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {word}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

const ALL: &str = "/admin/organisations";
const ONE: &str = "/admin/organisations/910076787";

#[tokio::test]
async fn organisations_are_put_exported_removed_and_imported() {
    let at = At::new();
    let new = organisation().to_string();
    assert_eq!(at.ask("PUT", ONE, &new, "feil").await.0, 401);
    assert_eq!(at.ask("GET", "/info/910076787", "", "").await.0, 404);
    assert_eq!(at.ask("PUT", ONE, &new, "hemmelig").await.0, 204);
    assert_eq!(at.ask("GET", "/info/910076787", "", "").await.0, 200);
    let (status, one) = at.ask("GET", ONE, "", "hemmelig").await;
    assert_eq!((status, &one["name"]), (200, &json!("Lillevik kommune")));
    let (_, exported) = at.ask("GET", ALL, "", "hemmelig").await;
    assert_eq!(at.ask("DELETE", ONE, "", "hemmelig").await.0, 204);
    assert_eq!(at.ask("DELETE", ONE, "", "hemmelig").await.0, 404);
    assert_eq!(at.ask("GET", "/info/910076787", "", "").await.0, 404);
    let back = at.ask("PUT", ALL, &exported.to_string(), "hemmelig").await;
    assert_eq!(back.0, 204);
    let found = at.ask("GET", "/identifier/910076787", "", "").await;
    assert_eq!(
        found.1["serviceRecords"][0]["service"]["endpointUrl"],
        "innsyn"
    );
    let kept = at.kept.lock().unwrap().clone();
    assert_eq!(kept.len(), 3);
    assert_eq!(serde_json::from_str::<Value>(&kept[2]).unwrap(), exported);
}

#[tokio::test]
async fn what_cannot_be_right_or_kept_changes_nothing() {
    let at = At::new();
    let change = |name: &str, value: Value| {
        let mut bad = organisation();
        bad[name] = value;
        bad.to_string()
    };
    for (body, words) in [
        (change("orgnr", "910077473".into()), "another"),
        (change("certificate", "hei".into()), "certificate"),
    ] {
        let (status, answer) = at.ask("PUT", ONE, &body, "hemmelig").await;
        assert_eq!(status, 400);
        let said = answer["error_description"].as_str().unwrap();
        assert!(said.contains(words), "{said}");
    }
    let list = json!({"organisations": [{"orgnr": "1"}]}).to_string();
    assert_eq!(at.ask("PUT", ALL, &list, "hemmelig").await.0, 400);
    *at.full.lock().unwrap() = true;
    let new = organisation().to_string();
    assert_eq!(at.ask("PUT", ONE, &new, "hemmelig").await.0, 500);
    assert_eq!(at.ask("GET", "/info/910076787", "", "").await.0, 404);
    assert!(at.kept.lock().unwrap().is_empty());
}
