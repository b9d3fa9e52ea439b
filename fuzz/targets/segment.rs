//! A file of the log.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    broker::raw::segment(bytes);
});
