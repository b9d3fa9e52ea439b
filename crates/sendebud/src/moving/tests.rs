//! Whatever a settings file of the Java integrasjonspunkt says with the keys that it has:
//! an access point starts on what is made of it, or it is said what is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;
use url::Url;

use super::known::KNOWN;
use super::{Java, Made, make};
use crate::roles::serve::{Road, front, guard, idle};
use crate::run::runtime;
use crate::settings::gather;

/// A JWK set, as `cargo xtask world` and the register's own test have it: RFC 7517 A.1.
const JWKS: &str = r#"{"keys": [{"kty": "RSA", "e": "AQAB", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}]}"#;

/// What must be in a file for it to have a chance.
const NEEDED: [(&str, &str); 6] = [
    ("difi.move.org.number", "910076787"),
    ("difi.move.org.keystore.path", "file:ip.p12"),
    ("difi.move.org.keystore.password", "changeit"),
    ("spring.profiles.active", "production"),
    ("difi.security.enable", "false"),
    ("difi.ssl.enabled", "false"),
];

/// A key of the table with one of its values, or with one that it does not take.
fn line() -> impl Strategy<Value = (String, String)> {
    let odd = prop_oneof!["[ -~]{0,12}", Just("æøå".to_owned())];
    let spelling = prop_oneof![
        6 => Just(Spelling::AsIs),
        1 => Just(Spelling::Kebab),
        1 => Just(Spelling::Upper)
    ];
    let value = prop_oneof![15 => Just(None), 1 => odd.prop_map(Some)];
    (any::<Index>(), any::<Index>(), spelling, value).prop_map(
        |(key, value, spelling, odd)| {
            let (name, values) = KNOWN[key.index(KNOWN.len())];
            let value = odd.unwrap_or_else(|| value.get(values).to_string());
            (spelling.write(name), value)
        },
    )
}

#[derive(Debug, Clone, Copy)]
enum Spelling {
    AsIs,
    Kebab,
    Upper,
}

impl Spelling {
    /// Spring's relaxed binding: `a.bCd` is `a.b-cd` is `A_BCD`.
    fn write(self, name: &str) -> String {
        match self {
            Self::AsIs => name.to_owned(),
            Self::Upper => name.replace('-', "").replace('.', "_").to_ascii_uppercase(),
            Self::Kebab => {
                let dash = |c: char| match c.is_ascii_uppercase() {
                    true => format!("-{}", c.to_ascii_lowercase()),
                    false => c.to_string(),
                };
                name.chars().map(dash).collect()
            }
        }
    }
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    for kind in ["p12", "jks"] {
        let from = vectors.join(format!("910076787.{kind}"));
        fs::copy(from, folder.path().join(format!("ip.{kind}"))).unwrap();
    }
    folder
}

/// An access point on what was made; it sends and receives nothing.
fn start(made: &Made) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    for (name, content) in &made.files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let file = folder.path().join("sendebud.toml");
    fs::write(&file, &made.toml).unwrap();
    let wrong = |e: anyhow::Error| format!("{e:#}\n{}", made.toml);
    let gathered = gather(Some(&file), &BTreeMap::new(), &[]).map_err(wrong)?;
    for one in gathered.organisations {
        guard(&one).map_err(wrong)?;
        front(one.tls.as_ref()).map_err(wrong)?;
        let opened = runtime().unwrap().block_on(idle(one, Road::None));
        opened.map(drop).map_err(wrong)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_starts_or_says_what_is_missing(
        lines in vec(line(), 0..40),
        needed in vec(prop::bool::weighted(0.95), NEEDED.len()),
        reached in prop::bool::weighted(0.8),
    ) {
        let mut known: BTreeMap<String, String> = lines.into_iter().collect();
        for ((name, value), wanted) in NEEDED.iter().zip(needed) {
            if wanted && crate::settings::named(&known, name).is_none() {
                known.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        let folder = folder();
        let java = Java {
            known: known.clone(),
            folder: folder.path().to_owned(),
            keystore: None,
        };
        let made = make(&java, &|_: &Url| {
            anyhow::ensure!(reached, "nobody answers");
            Ok(JWKS.to_owned())
        });
        for name in known.keys() {
            let line = format!("{name}: ");
            let lines = made.lines.iter().filter(|l| l.starts_with(&line));
            prop_assert_eq!(lines.count(), 1, "{}", name);
        }
        for secret in ["changeit", "hemmelig", "aGVtbWVsaWc="] {
            prop_assert!(!made.toml.contains(secret), "{}", made.toml);
        }
        if made.missing.is_empty() {
            let started = start(&made);
            prop_assert!(started.is_ok(), "{}", started.unwrap_err());
        }
    }
}

// The table itself: it is what the settings table knows, and all of it is known here.
#[test]
fn every_key_of_the_table_is_known() {
    for (name, _) in KNOWN {
        for spelling in [Spelling::AsIs, Spelling::Kebab, Spelling::Upper] {
            let known = [(spelling.write(name), String::new())].into();
            let (_, notes) = crate::settings::translate(&known);
            let unknown = matches!(notes[0].became, crate::settings::Became::Unknown);
            assert!(!unknown, "{}", notes[0].name);
        }
    }
}

// All that is needed and nothing else does start: the property is not held by files of
// which everything is missing.
#[test]
fn what_is_needed_is_enough() {
    let folder = folder();
    let java = Java {
        known: NEEDED
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        folder: folder.path().to_owned(),
        keystore: None,
    };
    let made = make(&java, &|_: &Url| Ok(JWKS.to_owned()));
    assert_eq!(made.missing, Vec::<String>::new());
    start(&made).unwrap();
    assert!(
        made.toml.contains("https://maskinporten.no/token"),
        "{}",
        made.toml
    );
}
