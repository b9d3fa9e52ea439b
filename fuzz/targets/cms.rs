//! Packages, by a key to which some of the corpus is encrypted.
#![no_main]

use std::sync::LazyLock;

use dokumentpakke::Identity;
use fuzz::packages;
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<Identity> = LazyLock::new(|| {
    Identity::from_pem(
        include_str!("../../conformance/vectors/keys/910076787.key"),
        include_str!("../../conformance/vectors/keys/910076787.pem"),
    )
    .expect("the vector is a key")
});

fuzz_target!(|bytes: &[u8]| packages::cms(bytes, &KEY));
