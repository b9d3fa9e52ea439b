//! Shared access signatures: HMAC-SHA256 over address and expiry.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// A token for everything under this address, until then.
///
/// The key's text is the HMAC key as it is; it is not decoded (servicebus §1.2).
pub fn sign(address: &str, policy: &str, key: &str, expires: Timestamp) -> String {
    let resource = encode(address);
    let expiry = expires.as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
    format!(
        "SharedAccessSignature sr={resource}&sig={}&se={expiry}&skn={}",
        encode(&STANDARD.encode(signature)),
        encode(policy)
    )
}

/// Percent-encoding of all but unreserved characters (RFC 3986 §2.3).
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => {
                for nibble in [other >> 4, other & 15] {
                    out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
                }
                out.insert(out.len() - 2, '%');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by Python: urllib.parse.quote(addr, safe=''), base64 of
    // hmac.new(b'SAS_KEY_VALUE', f'{sr}\n1700000000'.encode(), sha256).digest().
    #[test]
    fn the_token_is_the_one_that_python_makes() {
        let expires = Timestamp::from_second(1_700_000_000).unwrap();
        let token = sign("http://localhost:5300/q1", "Root", "SAS_KEY_VALUE", expires);
        assert_eq!(token, PYTHON);
    }

    const PYTHON: &str = "SharedAccessSignature sr=http%3A%2F%2Flocalhost%3A5300%2Fq1&\
        sig=PAhj%2Fo2BIjNb9zZPnKI7VzkpFypdhP0JPyzN071fU8o%3D&se=1700000000&skn=Root";
}
