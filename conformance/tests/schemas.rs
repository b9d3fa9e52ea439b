//! The schemas that we hand out, held against what is sent, by other people's validators:
//! jsonschema for JSON Schema, libxml2 for XSD.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What is wrong with each, in the validators' words.
fn check(jobs: &[Value]) -> Vec<Option<String>> {
    let python = here().join("../target/sdk/judges/bin/python");
    assert!(
        python.exists(),
        "the validators are not installed: run `cargo xtask test`, or\n  \
         python3 -m venv target/sdk/judges\n  \
         target/sdk/judges/bin/pip install -r conformance/sdk/judges/requirements.txt"
    );
    let mut child = Command::new(python)
        .arg(here().join("schema/check.py"))
        .arg(here().join("../crates/noark/schema"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let jobs = serde_json::to_vec(jobs).unwrap();
    child.stdin.take().unwrap().write_all(&jobs).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn vector(name: &str) -> String {
    let path = here().join("vectors").join(name);
    let text = std::fs::read_to_string(path);
    text.unwrap_or_else(|e| panic!("the vector {name} is missing: {e}"))
}

/// Every envelope that was recorded.
fn envelopes() -> Vec<(String, Value)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(here().join("vectors/sbd"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let all = files.iter().map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let record: Value =
            serde_json::from_str(&vector(&format!("sbd/{name}"))).unwrap();
        let text = record["sbdText"].as_str().unwrap();
        (name, serde_json::from_str(text).unwrap())
    });
    all.collect()
}

fn envelope_job(envelope: &Value) -> Value {
    json!({"schema": "sbd.schema.json", "text": envelope.to_string()})
}

#[test]
fn recorded_envelopes_are_valid() {
    let all = envelopes();
    assert!(all.len() >= 17);
    let jobs: Vec<Value> = all.iter().map(|(_, e)| envelope_job(e)).collect();
    for ((name, _), error) in all.iter().zip(check(&jobs)) {
        assert_eq!(error, None, "{name}");
    }
}

#[test]
fn broken_envelopes_are_not() {
    let all = envelopes();
    let of = |kind: &str| {
        let mut found = all.iter().filter(|(_, e)| !e[kind].is_null());
        found.next().unwrap().1.clone()
    };
    let header = "/standardBusinessDocumentHeader";
    let mut broken = Vec::new();
    for (kind, place, value) in [
        (
            "innsynskrav",
            "/innsynskrav/orgnr".to_owned(),
            json!("91007678"),
        ),
        ("innsynskrav", "/innsynskrav/epost".to_owned(), Value::Null),
        (
            "publisering",
            "/publisering/orgnr".to_owned(),
            json!(910_076_787),
        ),
        (
            "einnsyn_kvittering",
            "/einnsyn_kvittering/status".to_owned(),
            Value::Null,
        ),
        (
            "einnsyn_kvittering",
            "/einnsyn_kvittering/referanseType".to_owned(),
            json!("bestilling"),
        ),
        ("status", "/status/status".to_owned(), json!("BORTE")),
        ("status", format!("{header}/headerVersion"), json!("2.0")),
        ("status", format!("{header}/sender"), json!([])),
        (
            "publisering",
            format!("{header}/documentIdentification/type"),
            json!("innsynskrav"),
        ),
        (
            "publisering",
            format!("{header}/businessScope/scope/0/type"),
            json!("SenderRef"),
        ),
    ] {
        let mut envelope = of(kind);
        *envelope.pointer_mut(&place).unwrap() = value;
        broken.push((place, envelope));
    }
    let jobs: Vec<Value> = broken.iter().map(|(_, e)| envelope_job(e)).collect();
    for ((place, _), error) in broken.iter().zip(check(&jobs)) {
        assert!(error.is_some(), "{place}");
    }
}

#[test]
fn kvitteringer_are_as_the_schema_of_their_status_says() {
    let cases: Vec<Value> =
        serde_json::from_str(&vector("einnsyn/kvittering/expected.json")).unwrap();
    let mut jobs = Vec::new();
    for case in cases.iter().filter(|case| case["verdict"] == "ok") {
        let name = case["file"].as_str().unwrap();
        let text = vector(&format!("einnsyn/kvittering/{name}"));
        let message: Value = serde_json::from_str(&text).unwrap();
        let message = &message["einnsyn_kvittering"];
        let schema = "einnsyn_kvittering.schema.json";
        jobs.push(json!({"schema": schema, "text": message.to_string()}));
        let status = message["status"].as_str().unwrap();
        jobs.push(json!({"schema": "kvittering_status.schema.json", "text": status}));
    }
    assert!(jobs.len() >= 16);
    for (job, error) in jobs.iter().zip(check(&jobs)) {
        assert_eq!(error, None, "{job}");
    }
    let wrong = json!({"schema": "kvittering_status.schema.json", "text": "{}"});
    assert!(check(&[wrong])[0].is_some());
}

/// Sound orders that a schema of version 1.0 cannot say yes to, and why.
const BEYOND_XSD: &[(&str, &str)] = &[
    (
        "v1-ukjente-elementer.xml",
        "xs:all has no room for unknown elements",
    ),
    ("v1-nfd-elementnavn.xml", "names are compared byte by byte"),
    ("v2-nfd-spraak.xml", "names are compared byte by byte"),
    (
        "v2-standardnavnerom.xml",
        "eInnsyn's own orders have only the root qualified",
    ),
];

#[test]
fn orders_are_as_their_schemas_say() {
    let cases: Vec<Value> =
        serde_json::from_str(&vector("einnsyn/order/expected.json")).unwrap();
    let folder = here().join("vectors/einnsyn/order");
    let orders: Vec<&Value> = cases
        .iter()
        .filter(|case| case["kind"].as_str().unwrap().starts_with("order-"))
        .filter(|case| case["verdict"] != "warning") // no XML before it is repaired
        .collect();
    let jobs: Vec<Value> = orders
        .iter()
        .map(|case| {
            let file = folder.join(case["file"].as_str().unwrap());
            let schema = format!("{}.xsd", case["kind"].as_str().unwrap());
            json!({"schema": schema, "file": file.to_str().unwrap()})
        })
        .collect();
    let mut seen = (0, 0);
    for (case, error) in orders.iter().zip(check(&jobs)) {
        let name = case["file"].as_str().unwrap();
        let beyond = BEYOND_XSD.iter().any(|(beyond, _)| *beyond == name);
        if case["verdict"] == "ok" && !beyond {
            assert_eq!(error, None, "{name}");
            seen.0 += 1;
        } else {
            assert!(error.is_some(), "{name}");
            seen.1 += 1;
        }
    }
    assert!(seen.0 >= 24 && seen.1 >= 7, "{seen:?}");
}

#[test]
fn what_we_write_is_as_the_schemas_say() {
    use noark::order::{Order, Version};
    let folder = tempfile::tempdir().unwrap();
    let mut jobs = Vec::new();
    for name in ["v2-vanlig", "v2-femti-dokumenter", "v2-uten-valgfrie"] {
        let file = vector(&format!("einnsyn/order/{name}.xml"));
        let order = Order::read(file.as_bytes()).unwrap();
        for (version, schema) in
            [(Version::V1, "order-v1.xsd"), (Version::V2, "order-v2.xsd")]
        {
            let path = folder.path().join(format!("{name}-{schema}.xml"));
            std::fs::write(&path, order.write(version)).unwrap();
            jobs.push(json!({"schema": schema, "file": path.to_str().unwrap()}));
        }
    }
    for (job, error) in jobs.iter().zip(check(&jobs)) {
        assert_eq!(error, None, "{job}");
    }
}
