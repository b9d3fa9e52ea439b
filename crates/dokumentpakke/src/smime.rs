//! S/MIME 4.0 (RFC 8551): a MIME entity signed, encrypted, or both.
//!
//! An entity is headers about content, an empty line and the content, with CRLF at the
//! end of each line, in seven bits.

use ambient::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::{Certificate, Error, Identity, KeyTransport, cms};

/// Letters of a line of Base64 (RFC 2045 §6.8).
const LINE_MAX: usize = 76;

/// The entity and a signature beside it, readable without S/MIME (RFC 8551 §3.5.3). The
/// boundary must be such that no line of the entity begins with it.
pub fn sign(
    entity: &[u8],
    signer: &Identity,
    boundary: &str,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let signature = cms::sign(entity, signer, now)?;
    let mut signed = format!(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
    )
    .into_bytes();
    signed.extend_from_slice(entity);
    let head = format!(
        "\r\n--{boundary}\r\n\
         Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"
    );
    signed.extend_from_slice(head.as_bytes());
    signed.extend_from_slice(lines(&signature).as_bytes());
    signed.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Ok(signed)
}

/// The entity for the eyes of one receiver (RFC 8551 §3.3).
///
/// Fails when the certificate holds no RSA key.
pub fn encrypt(
    entity: &[u8],
    to: &Certificate,
    random: &Random,
) -> Result<Vec<u8>, Error> {
    // What programs for mail can open is older than what they could: RSAES-OAEP is a
    // SHOULD of RFC 8551 §2.3, rsaEncryption a MUST- of it.
    let sealed = cms::encrypt(entity, to, KeyTransport::Pkcs1v15, random)?;
    let head = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n \
                name=\"smime.p7m\"\r\n\
                Content-Transfer-Encoding: base64\r\n\
                Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n";
    Ok((head.to_owned() + &lines(&sealed) + "\r\n").into_bytes())
}

fn lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(LINE_MAX);
    let lines: Vec<&str> = lines
        .map(|line| std::str::from_utf8(line).expect("Base64 is ASCII"))
        .collect();
    lines.join("\r\n")
}
