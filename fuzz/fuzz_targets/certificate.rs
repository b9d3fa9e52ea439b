//! Certificates, lists of revoked ones, answers of responders.
#![no_main]

#[path = "../src/packages.rs"]
mod packages;

use std::sync::LazyLock;

use dokumentpakke::Certificate;
use libfuzzer_sys::fuzz_target;

static ISSUER: LazyLock<Certificate> = LazyLock::new(|| {
    let pem = include_str!("../../conformance/vectors/keys/root.pem");
    Certificate::from_pem(pem).expect("the vector is a certificate")
});

fuzz_target!(|bytes: &[u8]| packages::certificate(bytes, &ISSUER));
