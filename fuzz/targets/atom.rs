//! The body of a request of administration.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    broker::raw::atom(bytes);
});
