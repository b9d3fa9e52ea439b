//! Signed answers of an address register.
#![no_main]

use fuzz::answers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| answers::jws(bytes));
