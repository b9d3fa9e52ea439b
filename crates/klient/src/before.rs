//! What the old eInnsyn-klient published, as its `kvitteringer.log` says.
//!
//! The log's form is documented nowhere; what goes into it is. So whatever stands around
//! them, the JSON objects in it that are kvitteringer are read, and the rest is not.

use std::path::Path;

use ambient::Clock;
use db::Db;
use noark::kvittering::{self, Read};
use serde_json::Value;

use crate::Error;
use crate::ledger::{MIGRATIONS, published};

/// What was found in logs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Kvitteringer of something that was published.
    pub published: usize,
    /// Kvitteringer of something that was not, and warnings.
    pub others: usize,
    /// Places that name a document in words that cannot be read.
    pub unread: usize,
}

/// Put what a log says was published into the ledger in this folder. Twice is harmless.
pub async fn remember(data: &Path, log: &str, clock: &Clock) -> Result<Found, Error> {
    std::fs::create_dir_all(data)?;
    let db = Db::open(&data.join("klient.db"), MIGRATIONS, clock)?;
    let (all, unread) = kvitteringer(log);
    let mut found = Found {
        unread,
        ..Found::default()
    };
    let (mut iris, mut complaints) = (Vec::new(), Vec::new());
    for (iri, status) in all {
        match kvittering::read(&status) {
            Read::Result(result) if result.publisert => {
                found.published += 1;
                iris.push(iri);
            }
            Read::Warning(warning) => {
                found.others += 1;
                complaints.extend(warning.valideringsfeil);
            }
            Read::Result(_) | Read::Other(_) => found.others += 1,
        }
    }
    db.write(move |tx| {
        Box::pin(async move {
            published::complained(tx, &complaints).await?;
            published::before(tx, &iris).await
        })
    })
    .await?;
    Ok(found)
}

/// `dokumentId` and `status` of every kvittering, and how many could not be read.
fn kvitteringer(log: &str) -> (Vec<(String, String)>, usize) {
    let (mut all, mut unread, mut rest) = (Vec::new(), 0, log);
    while let Some(start) = rest.find('{') {
        unread += rest[..start].matches(NAME).count();
        rest = &rest[start..];
        let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(object)) = objects.next() else {
            rest = &rest[1..];
            continue;
        };
        inside(&object, &mut all);
        rest = &rest[objects.byte_offset()..];
    }
    (all, unread + rest.matches(NAME).count())
}

const NAME: &str = "\"dokumentId\"";

fn inside(value: &Value, all: &mut Vec<(String, String)>) {
    let Value::Object(members) = value else {
        return;
    };
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    match text("dokumentId").zip(text("status")) {
        Some(kvittering) => all.push(kvittering),
        None => members.values().for_each(|value| inside(value, all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str) -> String {
        let place = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../conformance/vectors/einnsyn/kvittering/"
        );
        std::fs::read_to_string(format!("{place}{name}.json")).unwrap()
    }

    #[test]
    fn kvitteringer_are_found_whatever_stands_around_them() {
        let (a, b) = (vector("a-publisert"), vector("b-tre-feil"));
        let one_line = serde_json::from_str::<Value>(&a).unwrap()["einnsyn_kvittering"]
            .to_string();
        let log = format!(
            "2023-04-01 12:00:00 INFO {{ikke json}} kvittering: {a}\n{b}\n[x] {one_line}\n\
             avkuttet {{\"dokumentId\": \"https://a"
        );
        let (all, unread) = kvitteringer(&log);
        assert_eq!((all.len(), unread), (3, 1));
        assert_eq!(all[0], all[2]);
        assert!(all[0].0.ends_with("80b58760-418b-42f8-85cf-e5731cc7e84e"));
    }
}
