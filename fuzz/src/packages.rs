//! What the fuzz targets for packages, certificates and key stores call: every way in
//! which bytes of somebody else's come to `dokumentpakke`. Ordinary tests drive the same
//! with a seeded mutator (`crates/dokumentpakke/tests/mutate.rs`).

use std::io::sink;

use dokumentpakke::trust::{Crl, Trust, ocsp};
use dokumentpakke::{Certificate, Identity, Rules, asice, judge, open, open_to};

/// A package, opened in memory and as a stream: both say the same.
pub fn cms(bytes: &[u8], key: &Identity) {
    let keys = std::slice::from_ref(key);
    let whole = open(bytes, keys);
    let streamed = open_to(&mut &*bytes, keys, &mut sink());
    assert!(
        whole.is_ok() || streamed.is_err(),
        "{whole:?}, {streamed:?}"
    );
}

/// A container, and what its signature is worth.
pub fn asic(bytes: &[u8]) {
    let whole = asice::read(bytes);
    let checked = asice::check(bytes);
    let read = whole.as_ref().map(|container| &container.signature);
    assert_eq!(read.ok(), checked.as_ref().ok());
    if let Ok(report) = checked {
        let now = "2026-11-24T12:00:00Z".parse().expect("it is a time");
        let _ = judge(&report, &Rules::none(now)).to_string();
    }
}

/// A certificate, a list of revoked ones, an answer of a responder.
pub fn certificate(bytes: &[u8], issuer: &Certificate) {
    let now = "2026-11-24T12:00:00Z".parse().expect("it is a time");
    if let Ok(certificate) = Certificate::from_der(bytes) {
        let _ = (certificate.orgnr(), certificate.signs(), certificate.pem());
        if let Ok(trust) = Trust::new(vec![issuer.clone()]) {
            let _ = trust.path(&certificate, &[], now);
        }
        let _ = ocsp::request(&certificate, issuer);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Certificate::all_from_pem(text);
    }
    if let Ok(list) = Crl::parse(bytes) {
        let _ = list.status(issuer, issuer, now);
    }
    let _ = ocsp::read(bytes, issuer, issuer, now);
}

/// A key store, of any kind.
pub fn store(bytes: &[u8]) {
    let _ = Identity::all(bytes, "changeit");
}
