//! Containers, as they come from others.
#![no_main]

use fuzz::packages;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| packages::asic(bytes));
