//! Certificates, lists of revoked ones, answers of responders.
#![no_main]

use std::sync::LazyLock;

use dokumentpakke::Certificate;
use fuzz::packages;
use libfuzzer_sys::fuzz_target;

static ISSUER: LazyLock<Certificate> = LazyLock::new(|| {
    let pem = include_str!("../../conformance/vectors/keys/root.pem");
    Certificate::from_pem(pem).expect("the vector is a certificate")
});

fuzz_target!(|bytes: &[u8]| packages::certificate(bytes, &ISSUER));
