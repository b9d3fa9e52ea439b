//! What a client says over AMQP.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    broker::raw::frames(bytes);
});
