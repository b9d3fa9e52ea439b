//! The recorded answers of the Java integrasjonspunkt, by transcript and step, with
//! their templates filled in.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ambient::Clock;
use serde_json::Value;

/// What stands in the folder of vectors.
pub(crate) fn vector(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors");
    root.join(name)
}

/// A recorded answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// On the wire; the connection ends with it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Recorded\r\n", self.status);
        for (name, value) in &self.headers {
            let own = ["content-length", "date"];
            if !own.contains(&name.to_ascii_lowercase().as_str()) {
                write!(head, "{name}: {value}\r\n").unwrap();
            }
        }
        if self.status != 204 {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("Connection: close\r\n\r\n");
        let mut all = head.into_bytes();
        all.extend_from_slice(&self.body);
        all
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The same answer with another body.
    pub(crate) fn with(mut self, body: &Value) -> Self {
        self.body = serde_json::to_vec_pretty(body).unwrap();
        self
    }
}

/// The recordings.
pub(crate) struct Record(BTreeMap<(String, u64), Value>);

impl Record {
    pub(crate) fn read() -> Self {
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(vector("rest")).expect("in the clone") {
            let place = entry.unwrap().path();
            let name = place.file_name().unwrap().to_str().unwrap();
            let number = name.split('-').next().unwrap().to_owned();
            for line in fs::read_to_string(&place).unwrap().lines() {
                let step: Value = serde_json::from_str(line).unwrap();
                if step["response"].is_null() {
                    continue;
                }
                let at = (number.clone(), step["step"].as_u64().unwrap());
                all.insert(at, step["response"].clone());
            }
        }
        Self(all)
    }

    /// The answer of a step, about this message and conversation.
    pub(crate) fn answer(
        &self,
        transcript: &str,
        step: u64,
        message: &str,
        conversation: &str,
    ) -> Answer {
        let recorded = &self.0[&(transcript.to_owned(), step)];
        let none = serde_json::Map::new();
        let headers = recorded["headers"].as_object().unwrap_or(&none);
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        let body = recorded["body"].as_str().unwrap_or_default();
        Answer {
            status: u16::try_from(recorded["status"].as_u64().unwrap()).unwrap(),
            headers: headers.collect(),
            body: filled(body, message, conversation).into_bytes(),
        }
    }
}

fn filled(text: &str, message: &str, conversation: &str) -> String {
    let hour = jiff::SignedDuration::from_hours(1);
    let later = (Clock::system().now() + hour).to_string();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (token, after) = after.split_once("}}").unwrap();
        out.push_str(before);
        out.push_str(match token.split(':').next().unwrap() {
            "messageId" => message,
            "conversationId" => conversation,
            "time" | "timeZ" => &later,
            _ => token,
        });
        rest = after;
    }
    out + rest
}
