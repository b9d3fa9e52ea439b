//! How large a publication gets on its way, and how to make it smaller.

/// > Aim below 1 MB; one registrering per message (einnsyn §4.1)
pub const PAYLOAD_BYTES_RECOMMENDED: usize = 1_000_000;

/// What a payload weighs in the queue: Base64 twice makes 16 bytes of 9 (einnsyn §1.7).
pub fn wire_bytes(payload: usize) -> usize {
    let once = payload.div_ceil(3) * 4;
    once.div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    /// > Base64 twice, about 1.78×
    #[test]
    fn about_1_78_times() {
        assert_eq!(wire_bytes(9), 16);
        assert_eq!(wire_bytes(900_000) * 100 / 900_000, 177);
        assert_eq!(wire_bytes(0), 0);
    }
}
