//! Key stores; the corpus makes it JKS.
#![no_main]

use fuzz::packages;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| packages::store(bytes));
