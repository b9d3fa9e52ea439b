//! Signed answers: those that the Java access point was given are believed, and every way
//! to forge one is refused. Outages of register and Maskinporten are survived.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod stub;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::{Clock, Random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use registry::jws::{self, Verifier};
use registry::{Error, Grant, Keeper, Registry, Settings};
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};
use stub::{Stub, identity, text};

const NOW: &str = "2026-11-24T12:00:00Z";
const BODY: &str = "910076787";
const PROCESS: &str = "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn pinned() -> Verifier {
    Verifier::from_pem(&text("keys/sr-signing.pem")).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn recorded_answers_verify_by_the_pinned_key_alone() {
    let mut seen = 0;
    for line in text("addressregister/signed-mode-register.jsonl").lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let response = &recorded["response"];
        let kind = response["contentType"].as_str().unwrap_or_default();
        if !kind.starts_with(jws::MIME) {
            continue;
        }
        let body = response["body"].as_str().unwrap();
        let payload = pinned().verify(body, now()).unwrap();
        assert!(!payload.is_empty());
        let other = Verifier::from_pem(&text("keys/910077473.pem")).unwrap();
        other.verify(body, now()).unwrap_err();
        seen += 1;
    }
    assert!(seen >= 3, "only {seen}");
}

/// An answer about an organisation, as the register says it.
fn answer(orgnr: &str) -> Value {
    let records = json!([{
        "organisationNumber": orgnr,
        "pemCertificate": text("keys/910076787.pem"),
        "process": PROCESS,
        "documentTypes": ["urn:no:difi:einnsyn:xsd::innsynskrav"],
        "service": {"identifier": "DPE", "endpointUrl": "innsyn"},
    }]);
    json!({"infoRecord": {"identifier": orgnr}, "serviceRecords": records})
}

fn signed(payload: &Value, by: &str) -> String {
    jws::sign(payload.to_string().as_bytes(), &identity(by)).unwrap()
}

/// The same with another header.
fn with_header(header: &Value) -> String {
    let good = signed(&answer(BODY), "sr-signing");
    let (_, rest) = good.split_once('.').unwrap();
    format!("{}.{rest}", encode(header.to_string().as_bytes()))
}

/// Answers that nobody may believe: what they are, the answer, words of the refusal.
fn forged() -> Vec<(&'static str, String, &'static str)> {
    let good = signed(&answer(BODY), "sr-signing");
    let parts: Vec<&str> = good.split('.').collect();
    let other_body = encode(answer("910077473").to_string().as_bytes());
    let mut process = answer(BODY);
    process["serviceRecords"][0]["process"] = "urn:another".into();
    let mut expired = answer(BODY);
    expired["exp"] = 1_700_000_000.into();
    let mut later = answer(BODY);
    later["nbf"] = 4_000_000_000_u64.into();
    vec![
        (
            "another key",
            signed(&answer(BODY), "910077473"),
            "pinned key",
        ),
        (
            "another payload",
            [parts[0], &other_body, parts[2]].join("."),
            "pinned key",
        ),
        (
            "no algorithm",
            with_header(&json!({"alg": "none"})),
            "RS256",
        ),
        (
            "none, without a signature",
            format!("{}.{}.", encode(br#"{"alg":"none"}"#), parts[1]),
            "RS256",
        ),
        (
            "a secret for a key",
            with_header(&json!({"alg": "HS256"})),
            "RS256",
        ),
        (
            "another hash",
            with_header(&json!({"alg": "RS512"})),
            "RS256",
        ),
        (
            "an extension",
            with_header(&json!({"alg": "RS256", "crit": ["b64"], "b64": false})),
            "critical",
        ),
        ("cut", good[..good.len() - 4].to_owned(), "refused"),
        ("two parts", parts[..2].join("."), "three parts"),
        ("expired", signed(&expired, "sr-signing"), "expired"),
        ("of tomorrow", signed(&later, "sr-signing"), "not valid yet"),
        (
            "of somebody else",
            signed(&answer("910077473"), "sr-signing"),
            "about 910077473",
        ),
        (
            "of another process",
            signed(&process, "sr-signing"),
            "about urn:another",
        ),
    ]
}

#[tokio::test]
async fn forged_answers_are_refused() {
    for (what, body, words) in forged() {
        let stub = Stub::start().await;
        stub.says(200, "application/jose", &body);
        let register = stub.registry(&Clock::system());
        let found = register.lookup(BODY, PROCESS, None).await;
        let error = found.err().unwrap_or_else(|| panic!("{what} is taken"));
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(
            !error.fault().is_passing(),
            "{what} is not tried again and again"
        );
    }
}

#[tokio::test]
async fn signed_answers_are_taken_and_unsigned_ones_are_not() {
    let good = signed(&answer(BODY), "sr-signing");
    let stub = Stub::start().await;
    stub.says(200, "application/json", &answer(BODY).to_string());
    let register = stub.registry(&Clock::system());
    let unsigned = register.lookup(BODY, PROCESS, None).await.unwrap_err();
    assert_eq!(unsigned, Error::Signature("it is not signed".into()));
    stub.says(200, "application/jose", &good);
    let found = register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(found[0].endpoint_url, "innsyn");
    // Somebody else's certificate, rightly signed.
    let other = jws::sign(
        text("keys/910077473.pem").as_bytes(),
        &identity("sr-signing"),
    );
    stub.says(200, "application/jose", &other.unwrap());
    let swapped = register.certificate_of(BODY).await.unwrap_err();
    assert!(matches!(swapped, Error::Swapped { .. }), "{swapped}");
}

// Keys that are published are believed as long as they sign, and fetched anew when others
// do; what they did not sign is refused all the same.
#[tokio::test]
async fn published_keys_are_fetched_and_followed() {
    let stub = Stub::start().await;
    let clock = Clock::manual(now());
    let settings = Settings {
        keys_at: Some(stub.base().join("jwk").unwrap()),
        ..Settings::open(stub.base())
    };
    let register = Registry::new(&settings, clock.clone()).unwrap();
    let says =
        |by: &str| stub.says(200, "application/jose", &signed(&answer(BODY), by));
    stub.publishes("sr-signing");
    says("sr-signing");
    register.lookup(BODY, PROCESS, None).await.unwrap();
    says("910077473");
    let forged = register.info(BODY).await.unwrap_err();
    assert!(matches!(forged, Error::Signature(_)), "{forged}");
    stub.publishes("910077473");
    register.info(BODY).await.unwrap();
    stub.says(200, "application/json", &answer(BODY).to_string());
    let unsigned = register.info(BODY).await.unwrap_err();
    assert!(matches!(unsigned, Error::Signature(_)), "{unsigned}");
}

#[tokio::test]
async fn published_keys_are_known_after_a_restart() {
    let (stub, shelf) = (Stub::start().await, Shelf::default());
    let clock = Clock::manual(now());
    let settings = Settings {
        keys_at: Some(stub.base().join("jwk").unwrap()),
        ..Settings::open(stub.base())
    };
    let register = Registry::new(&settings, clock.clone()).unwrap();
    register.remember([], shelf.keeper());
    stub.publishes("sr-signing");
    let answer = signed(&answer(BODY), "sr-signing");
    stub.says(200, "application/jose", &answer);
    register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(shelf.kept().len(), 2, "the answer and the keys");

    stub.says(503, "text/html", "down");
    stub.publishes("910077473");
    let register = Registry::new(&settings, clock.clone()).unwrap();
    assert_eq!(register.remember(shelf.kept(), shelf.keeper()), 1);
    register.lookup(BODY, PROCESS, None).await.unwrap();

    // Published elsewhere, they are nobody's.
    let elsewhere = Settings {
        keys_at: Some(stub.base().join("jwk/other").unwrap()),
        ..settings
    };
    let register = Registry::new(&elsewhere, clock).unwrap();
    assert_eq!(register.remember(shelf.kept(), shelf.keeper()), 0);
}

#[tokio::test]
async fn an_outage_is_survived_on_what_was_said_before_and_shows() {
    let stub = Stub::start().await;
    let clock = Clock::manual(now());
    let register = stub.registry(&clock);
    stub.says(
        200,
        "application/jose",
        &signed(&answer(BODY), "sr-signing"),
    );
    register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(register.state().answered, Some(now()));
    stub.says(503, "text/html", "down");
    clock.advance(Duration::from_secs(6 * 60));
    let known = register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(known[0].organisation_number, BODY);
    let state = register.state();
    assert_eq!(state.stale_since, Some(clock.now()));
    assert!(state.failure.unwrap().contains("503"));
    // Who was never asked about cannot be known.
    let unknown = register.lookup("910077473", PROCESS, None).await;
    assert!(unknown.unwrap_err().fault().is_passing());
    // A forged answer is no outage: the old one does not cover it up.
    stub.says(200, "application/jose", &signed(&answer(BODY), "910077473"));
    register.lookup(BODY, PROCESS, None).await.unwrap_err();
    stub.says(
        200,
        "application/jose",
        &signed(&answer(BODY), "sr-signing"),
    );
    register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(register.state().stale_since, None);
}

/// A shelf for what is kept across a restart.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<String, Zeroizing<Vec<u8>>>>>);

impl Shelf {
    fn keeper(&self) -> Keeper {
        let shelf = Arc::clone(&self.0);
        Box::new(move |question, answer| {
            let mut shelf = shelf.lock().unwrap();
            match answer {
                Some(answer) => drop(shelf.insert(question, answer)),
                None => drop(shelf.remove(&question)),
            }
            Box::pin(std::future::ready(()))
        })
    }

    fn kept(&self) -> BTreeMap<String, Zeroizing<Vec<u8>>> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn what_was_said_is_good_after_a_restart_for_whoever_believes_it() {
    let (stub, clock, shelf) =
        (Stub::start().await, Clock::manual(now()), Shelf::default());
    let register = stub.registry(&clock);
    assert_eq!(register.remember([], shelf.keeper()), 0);
    let by = identity("sr-signing");
    let says = |text: &str| {
        let signed = jws::sign(text.as_bytes(), &by).unwrap();
        stub.says(200, "application/jose", &signed);
    };
    says(&answer(BODY).to_string());
    register
        .lookup(BODY, PROCESS, Some("samtale"))
        .await
        .unwrap();
    register.all(BODY).await.unwrap();
    says(&text("keys/910076787.pem"));
    register.certificate_of(BODY).await.unwrap();
    says("hemmelig-noekkel=");
    register.sas_key().await.unwrap();
    assert_eq!(shelf.kept().len(), 4);

    // A day later, in another process, the register is down from the start.
    stub.says(503, "text/html", "down");
    clock.advance(Duration::from_secs(24 * 60 * 60));
    let register = stub.registry(&clock);
    assert_eq!(register.remember(shelf.kept(), shelf.keeper()), 4);
    assert_eq!(register.state().answered, Some(now()));
    assert_eq!(register.state().stale_since, None);
    let known = register.lookup(BODY, PROCESS, None).await.unwrap();
    assert_eq!(known[0].endpoint_url, "innsyn");
    assert_eq!(register.all(BODY).await.unwrap().len(), 1);
    let own = register.certificate_of(BODY).await.unwrap();
    assert_eq!(own.orgnr(), Some(BODY));
    let key = register.sas_key().await.unwrap();
    assert_eq!(key.expose_secret(), "hemmelig-noekkel=");
    assert_eq!(register.state().stale_since, Some(clock.now()));

    // Somewhere else, or by another key, none of it was said.
    let elsewhere = Settings {
        verifier: Some(pinned()),
        ..Settings::open("http://127.0.0.1:1/".parse().unwrap())
    };
    let open = Settings::open(stub.base());
    let other = Settings {
        verifier: Some(Verifier::from_pem(&text("keys/910077473.pem")).unwrap()),
        ..Settings::open(stub.base())
    };
    for settings in [elsewhere, open, other] {
        let register = Registry::new(&settings, clock.clone()).unwrap();
        assert_eq!(
            register.remember(shelf.kept(), Shelf::default().keeper()),
            0
        );
        register.lookup(BODY, PROCESS, None).await.unwrap_err();
    }

    // It is up again: it is asked, and what it denies is forgotten.
    stub.says(404, "application/json", r#"{"error_code": "not_found"}"#);
    let gone = register.lookup(BODY, PROCESS, None).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
    stub.says(503, "text/html", "down");
    let gone = register.lookup(BODY, PROCESS, None).await.unwrap_err();
    assert!(gone.fault().is_passing(), "{gone}");
    assert_eq!(shelf.kept().len(), 3);
}

#[tokio::test]
async fn fault_53_a_token_is_asked_for_by_the_scope_and_kept_until_its_end() {
    let stub = Stub::start().await;
    let clock = Clock::manual(now());
    stub.says(
        200,
        "application/jose",
        &signed(&answer(BODY), "sr-signing"),
    );
    let register = stub.with_tokens(&clock);
    register.lookup(BODY, PROCESS, None).await.unwrap();
    register.all(BODY).await.unwrap();
    let asked = stub.grants();
    let [grant] = asked.as_slice() else {
        panic!("asked {} times", asked.len())
    };
    as_recorded(grant);
    assert_eq!(stub.bearers().last().unwrap(), "Bearer token-1");
    // > expires_in: 100 seconds here, of which the last ten are not used.
    clock.advance(Duration::from_secs(95));
    register.info(BODY).await.unwrap();
    assert_eq!(stub.grants().len(), 2);
    // One that is not taken is asked for anew, once.
    stub.refuses("Bearer token-2");
    register.info(BODY).await.unwrap();
    assert_eq!(stub.bearers().last().unwrap(), "Bearer token-3");
    // Maskinporten is down: what the register said before is good for a while.
    stub.maskinporten(503, "");
    clock.advance(Duration::from_secs(10 * 60));
    register.lookup(BODY, PROCESS, None).await.unwrap();
    assert!(register.state().failure.unwrap().contains("Maskinporten"));
    // It has no such scope for us: that is said, and is no outage.
    stub.maskinporten(400, r#"{"error":"invalid_scope"}"#);
    let refused = register.lookup(BODY, PROCESS, None).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("eformidling:dpe: invalid_scope"),
        "{refused}"
    );
}

/// Header and claims have the members that the Java access point's have.
fn as_recorded(assertion: &str) {
    let line = text("addressregister/signed-mode-token.jsonl");
    let recorded: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    let theirs = recorded["request"]["form"]["assertion"].as_str().unwrap();
    let part = |jws: &str, number: usize| -> Value {
        let part = jws.split('.').nth(number).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let names = |value: Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    for number in [0, 1] {
        let (mut ours, mut theirs) =
            (names(part(assertion, number)), names(part(theirs, number)));
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    }
    let claims = part(assertion, 1);
    assert_eq!(claims["scope"], "eformidling:dpe");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        120
    );
    let by = Verifier::from_pem(&text("keys/910077473.pem")).unwrap();
    by.verify(assertion, now()).unwrap();
}

#[tokio::test]
async fn the_message_services_key_is_fetched_and_not_printed() {
    let stub = Stub::start().await;
    let clock = Clock::manual(now());
    let key = jws::sign(b"hemmelig-noekkel=", &identity("sr-signing")).unwrap();
    stub.says(200, "application/jose", &key);
    let register = stub.registry(&clock);
    let key = register.sas_key().await.unwrap();
    assert_eq!(key.expose_secret(), "hemmelig-noekkel=");
    assert!(!format!("{key:?}").contains("hemmelig"));
    // Another is asked for when the service refuses the one that is remembered.
    let other = jws::sign(b"ny-noekkel=", &identity("sr-signing")).unwrap();
    stub.says(200, "application/jose", &other);
    let known = register.sas_key().await.unwrap();
    assert_eq!(known.expose_secret(), "hemmelig-noekkel=");
    let anew = register.sas_key_anew().await.unwrap();
    assert_eq!(anew.expose_secret(), "ny-noekkel=");
    stub.says(503, "", "");
    clock.advance(Duration::from_secs(30 * 60 * 60));
    assert_eq!(
        register.sas_key().await.unwrap().expose_secret(),
        "ny-noekkel="
    );
}

impl Stub {
    fn registry(&self, clock: &Clock) -> Registry {
        let settings = Settings {
            verifier: Some(pinned()),
            ..Settings::open(self.base())
        };
        Registry::new(&settings, clock.clone()).unwrap()
    }

    fn with_tokens(&self, clock: &Clock) -> Registry {
        let settings = Settings {
            verifier: Some(pinned()),
            grant: Some(Grant {
                endpoint: self.base().join("token").unwrap(),
                audience: "https://test.maskinporten.no/".into(),
                client: "MOVE_IP_910077473".into(),
                key: identity("910077473"),
                key_id: None,
                random: Random::system(),
            }),
            ..Settings::open(self.base())
        };
        Registry::new(&settings, clock.clone()).unwrap()
    }
}
