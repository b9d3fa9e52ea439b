//! The headers of a request that sends a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    broker::raw::headers(bytes);
});
