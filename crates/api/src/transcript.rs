//! Answers recorded from the Java access point, held against our own words for the
//! same requests. Nothing here needs an access point.

use std::path::Path;

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use sbd::{Envelope, WireTime};
use serde_json::Value;

use crate::disposition::Disposition;
use crate::refusal::{Refusal, separator};
use crate::{label, unreadable, validate};

/// A request and the answer to it, with every template filled in.
struct Step {
    name: String,
    request: Value,
    response: Value,
}

impl Step {
    /// The recorded error body, if it is of this exception.
    fn error(&self, exception: &str) -> Option<Value> {
        let error: Value =
            serde_json::from_str(self.response["body"].as_str()?).ok()?;
        let named = error["exception"].as_str().unwrap_or_default();
        named.ends_with(exception).then_some(error)
    }

    fn body(&self) -> &[u8] {
        self.request["body"].as_str().unwrap_or_default().as_bytes()
    }

    /// The part `sbd` of a form.
    fn part(&self) -> &[u8] {
        let parts = self.request["multipart"].as_array().into_iter().flatten();
        let mut sbd = parts.filter(|part| part["name"] == "sbd");
        sbd.next()
            .and_then(|p| p["body"].as_str())
            .unwrap_or_default()
            .as_bytes()
    }
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn steps(number: &str) -> Vec<Step> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.join("../../conformance/vectors/rest");
    let entries = std::fs::read_dir(&folder).expect("the vectors are in the clone");
    let mut files = entries.map(|entry| entry.unwrap().path());
    let named = |path: &std::path::PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with(number)
    };
    let text = std::fs::read_to_string(files.find(named).unwrap()).unwrap();
    let read = |line: &str| {
        let mut step: Value = serde_json::from_str(&fill(line)).unwrap();
        let (request, response) = (step["request"].take(), step["response"].take());
        let name = format!("rest/{number} step {}: {}", step["step"], step["title"]);
        (!request.is_null()).then_some(Step {
            name,
            request,
            response,
        })
    };
    text.lines().filter_map(read).collect()
}

/// Put values in the place of `{{time:+3600}}`, `{{messageId:1}}` and their like.
fn fill(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for (i, piece) in line.split("{{").enumerate() {
        let template = if i == 0 { None } else { piece.split_once("}}") };
        let Some((template, rest)) = template else {
            out.push_str(piece);
            continue;
        };
        let (kind, argument) = template.split_once(':').unwrap_or((template, ""));
        let seconds = || argument.split('|').next().unwrap().parse::<i64>().unwrap();
        match kind {
            "time" | "timeZ" | "timeLocal" => {
                let at = now() + SignedDuration::from_secs(seconds());
                out.push_str(WireTime::oslo(at).as_str());
            }
            _ => out.push_str("5a0e5c0e-0000-4000-8000-000000000001"),
        }
        out.push_str(rest);
    }
    out
}

fn told(refusal: &Refusal, request: &Value) -> Value {
    let Refusal::Told(told) = refusal else {
        panic!("nothing is told")
    };
    let path = request["path"].as_str().unwrap();
    let mut headers = HeaderMap::new();
    let language = request["headers"]["Accept-Language"]
        .as_str()
        .unwrap_or("en");
    headers.insert(
        header::ACCEPT_LANGUAGE,
        HeaderValue::from_str(language).unwrap(),
    );
    let path = path.split('?').next().unwrap();
    serde_json::from_str(&told.json(path, separator(&headers), now())).unwrap()
}

/// Compare all members but the time; lists of errors, and their codes, in any order.
fn agree(step: &Step, ours: &Value, recorded: &Value) {
    let sorted = |error: &Value| {
        let mut error = error.clone();
        error.as_object_mut().unwrap().remove("timestamp");
        let message = error["message"].as_str().unwrap_or_default();
        if error["exception"] == "jakarta.validation.ConstraintViolationException" {
            let mut lines: Vec<&str> = message.split(", ").collect();
            lines.sort_unstable();
            error["message"] = lines.join(", ").into();
        }
        if let Some(errors) = error.get_mut("errors") {
            for broken in errors.as_array_mut().unwrap() {
                sort(&mut broken["codes"]);
            }
            sort(errors);
        }
        error
    };
    assert_eq!(sorted(ours), sorted(recorded), "{}", step.name);
}

fn sort(list: &mut Value) {
    list.as_array_mut()
        .unwrap()
        .sort_by_key(ToString::to_string);
}

#[test]
fn broken_rules_of_a_body_are_told_as_recorded() {
    let (mut count, exception) = (0, "MethodArgumentNotValidException");
    for step in steps("03").into_iter().chain(steps("08")) {
        let Some(recorded) = step.error(exception) else {
            continue;
        };
        let envelope = Envelope::parse(step.body()).unwrap();
        let refusal = validate::body(&envelope, now()).unwrap_err();
        agree(&step, &told(&refusal, &step.request), &recorded);
        count += 1;
    }
    assert_eq!(count, 21);
}

#[test]
fn broken_rules_of_a_form_are_told_as_recorded() {
    let mut count = 0;
    for step in steps("05") {
        let Some(recorded) = step.error("ConstraintViolationException") else {
            continue;
        };
        let envelope = Envelope::parse(step.part()).unwrap();
        let refusal = validate::part(&envelope, now()).unwrap_err();
        agree(&step, &told(&refusal, &step.request), &recorded);
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn what_is_accepted_breaks_no_rule() {
    let mut count = 0;
    for number in ["01", "02", "03", "04", "06"] {
        for step in steps(number) {
            let created = step.request["path"] == "/api/messages/out"
                && step.request["method"] == "POST"
                && step.response["status"] == 200;
            if created {
                let envelope = Envelope::parse(step.body());
                let envelope =
                    envelope.unwrap_or_else(|e| panic!("{}: {e}", step.name));
                assert_eq!(validate::violations(&envelope, now()), [], "{}", step.name);
                count += 1;
            }
        }
    }
    assert!(count > 35, "only {count}");
}

#[test]
fn bodies_that_cannot_be_read_are_told_as_recorded() {
    let mut count = 0;
    for step in steps("03") {
        let Some(recorded) = step.error("HttpMessageNotReadableException") else {
            continue;
        };
        let error = Envelope::parse(step.body()).unwrap_err();
        let refusal = unreadable::body(error, step.body());
        agree(&step, &told(&refusal, &step.request), &recorded);
        count += 1;
    }
    assert_eq!(count, 11);
}

#[test]
fn forms_whose_sbd_cannot_be_read_are_told_as_recorded() {
    let mut count = 0;
    for step in steps("05") {
        let exception = "MethodArgumentTypeMismatchException";
        let Some(recorded) = step.error(exception) else {
            continue;
        };
        let error = Envelope::parse(step.part()).unwrap_err();
        let refusal = unreadable::part(&error, step.part());
        agree(&step, &told(&refusal, &step.request), &recorded);
        count += 1;
    }
    assert_eq!(count, 2);
}

// The Java access point answers these with 500; the words are the same, the status 400.
#[test]
fn documents_of_another_shape_are_told_with_the_recorded_words() {
    let mut count = 0;
    for step in steps("03") {
        let Some(recorded) = step.error("java.lang.IllegalArgumentException") else {
            continue;
        };
        let refusal = match Envelope::parse(step.body()) {
            Err(error) => unreadable::body(error, step.body()),
            Ok(envelope) => envelope.facts().unwrap_err().into(),
        };
        let ours = told(&refusal, &step.request);
        assert_eq!(ours["message"], recorded["message"], "{}", step.name);
        assert_eq!(ours["exception"], recorded["exception"], "{}", step.name);
        assert_eq!(ours["status"], 400, "{}", step.name);
        count += 1;
    }
    assert_eq!(count, 12);
}

#[test]
fn upload_headers_are_read_as_recorded() {
    let mut count = 0;
    for step in steps("04") {
        let Some(given) = step.request["headers"]["Content-Disposition"].as_str()
        else {
            continue;
        };
        let read = Disposition::parse(given.as_bytes());
        let recorded = [
            "java.lang.IllegalArgumentException",
            "NumberFormatException",
        ]
        .into_iter()
        .find_map(|exception| step.error(exception));
        match (read, recorded) {
            (Err(refusal), Some(recorded)) => {
                let ours = told(&refusal, &step.request);
                assert_eq!(ours["message"], recorded["message"], "{}", step.name);
                assert_eq!(ours["status"], 400, "{}", step.name);
            }
            (Err(_), None) => panic!("{}: refused", step.name),
            (Ok(_), Some(_)) => panic!("{}: taken", step.name),
            (Ok(read), None) => {
                let nameless = step.error("NullPointerException").is_some();
                assert_eq!(read.filename.is_none(), nameless, "{}", step.name);
            }
        }
        count += 1;
    }
    assert!(count > 30, "only {count}");
}

/// Every exception on record has its label, with the recorded status, or 400 for 500.
#[test]
fn every_recorded_exception_has_its_label() {
    let mut missing = Vec::new();
    for number in ["01", "02", "03", "04", "05", "06", "07", "08"] {
        for step in steps(number) {
            let Some(error) = step.error("") else {
                continue;
            };
            let Some(exception) = error["exception"].as_str() else {
                continue;
            };
            let status = match error["status"].as_u64().unwrap() {
                500 => 400,
                status => status,
            };
            let known = label::ALL.iter().find(|l| l.exception == Some(exception));
            if known.is_none_or(|label| u64::from(label.status.as_u16()) != status) {
                missing.push(format!("{}: {status} {exception}", step.name));
            }
        }
    }
    // Not ours: names in other case are refused at once, and only another service
    // reads a file for its name.
    missing.retain(|m| !m.contains("JpaSystem") && !m.contains("NextMoveRuntime"));
    assert_eq!(missing, Vec::<String>::new());
}

mod chance {
    use proptest::prelude::*;

    use crate::disposition::Disposition;
    use crate::query::Query;
    use crate::unreadable;

    proptest! {
        // Whatever is sent, the readers of headers and queries come to an end.
        #[test]
        fn readers_never_panic(bytes: Vec<u8>, text in "[\\PC=;\"'*%&+]{0,60}") {
            let _ = Disposition::parse(&bytes);
            let _ = Disposition::parse(text.as_bytes());
            let _ = Query::parse(&text);
            let error = sbd::Error::Json(String::new());
            let _ = unreadable::body(error, &bytes);
        }

        // A document cut anywhere is told to be cut, never taken for another.
        #[test]
        fn a_cut_document_is_told_to_be_cut(at in 1_usize..60) {
            let whole = r#"{"a" : [ "b\"{", {"c":1, "d":null} ], "e" : true , "f": "g"}"#;
            let cut = &whole[..at.min(whole.len() - 1)];
            let error = serde_json::from_str::<serde_json::Value>(cut).unwrap_err();
            let refusal = unreadable::json(&error, cut.as_bytes());
            let told = format!("{refusal:?}");
            // A word that is cut is a word that nobody knows.
            let known = ["Unexpected end-of-input", "Unrecognized token"];
            let cut_short = known.iter().any(|words| told.contains(words));
            prop_assert!(cut_short, "{cut}: {told}");
        }
    }
}
