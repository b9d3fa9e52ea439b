//! Signed answers: JWS (RFC 7515) in compact form, RS256 and nothing else.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dokumentpakke::{Certificate, Identity, PublicKey};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Error;

/// Its media type.
pub const MIME: &str = "application/jose";

/// Verifies by keys that were pinned; what an answer says of its own key is not looked at.
#[derive(Debug, Clone)]
pub struct Verifier(Vec<Pin>);

#[derive(Debug, Clone)]
struct Pin {
    key: PublicKey,
    /// Where the key was pinned by one, it must be valid.
    certificate: Option<Certificate>,
}

impl Verifier {
    /// Keys in PEM (certificates or public keys), or a JWK set in JSON.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let wrong = |e: dokumentpakke::Error| Error::Settings(e.to_string());
        if text.trim_start().starts_with('{') {
            return Self::from_jwks(text);
        }
        const END: &str = "-----END ";
        let mut keys = Vec::new();
        for part in text.split_inclusive(END).collect::<Vec<_>>().windows(2) {
            // From one end to the next, with the words behind the mark.
            let block = format!("{}{}", part[0], part[1].lines().next().unwrap_or(""));
            let Some(start) = block.find("-----BEGIN ") else {
                continue;
            };
            let block = &block[start..];
            let named = block.starts_with("-----BEGIN CERTIFICATE");
            let certificate = named.then(|| Certificate::from_pem(block));
            keys.push(Pin {
                key: PublicKey::from_pem(block).map_err(wrong)?,
                certificate: certificate.transpose().map_err(wrong)?,
            });
        }
        Self::of(keys)
    }

    fn from_jwks(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Jwk>,
        }
        #[derive(Deserialize)]
        struct Jwk {
            kty: String,
            n: Option<String>,
            e: Option<String>,
        }
        let wrong =
            |e: &dyn std::fmt::Display| Error::Settings(format!("JWK set: {e}"));
        let set: Set = serde_json::from_str(text).map_err(|e| wrong(&e))?;
        let mut keys = Vec::new();
        for key in set.keys.iter().filter(|key| key.kty == "RSA") {
            if let (Some(n), Some(e)) = (&key.n, &key.e) {
                keys.push(Pin {
                    key: PublicKey::from_jwk(n, e).map_err(|e| wrong(&e))?,
                    certificate: None,
                });
            }
        }
        Self::of(keys)
    }

    fn of(keys: Vec<Pin>) -> Result<Self, Error> {
        if keys.is_empty() {
            return Err(Error::Settings("the pinned key holds no RSA key".into()));
        }
        Ok(Self(keys))
    }

    /// The payload, if a pinned key signed it, and it is not of another time.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Vec<u8>, Error> {
        let refuse = |why: &str| Err(Error::Signature(why.into()));
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [head, payload, signature] = parts.as_slice() else {
            return refuse("it is not in three parts");
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part);
        let (Ok(header), Ok(body), Ok(value)) =
            (decode(head), decode(payload), decode(signature))
        else {
            return refuse("a part of it is no Base64");
        };
        let Ok(header) = serde_json::from_slice::<Value>(&header) else {
            return refuse("its header is no JSON");
        };
        if header["alg"] != "RS256" {
            return refuse("its algorithm is not RS256");
        }
        // > If any of the listed extension Header Parameters are not understood …,
        // > then the JWS is invalid (§4.1.11)
        if header.get("crit").is_some() {
            return refuse("it has critical extensions");
        }
        let signed = &text.trim()[..head.len() + 1 + payload.len()];
        let by = |pin: &&Pin| pin.key.verifies(signed.as_bytes(), &value);
        let Some(pin) = self.0.iter().find(by) else {
            return refuse("it is not by the pinned key");
        };
        let certificate = pin.certificate.as_ref();
        if certificate.is_some_and(|pinned| !pinned.valid_at(now)) {
            return refuse("the certificate of the pinned key is not valid any more");
        }
        let claims: Value = serde_json::from_slice(&body).unwrap_or_default();
        for part in [&header, &claims] {
            let time = |name: &str| part.get(name).and_then(Value::as_f64);
            let now = now.as_duration().as_secs_f64();
            if time("exp").is_some_and(|end| end <= now) {
                return refuse("it has expired");
            }
            if time("nbf").is_some_and(|begin| begin > now) {
                return refuse("it is not valid yet");
            }
        }
        Ok(body)
    }
}

/// Sign with a certificate's key, which the header carries.
pub fn sign(payload: &[u8], by: &Identity) -> Result<String, Error> {
    let wrong = |e: dokumentpakke::Error| Error::Settings(e.to_string());
    let key = PublicKey::of(by.certificate()).map_err(wrong)?;
    let leaf = STANDARD.encode(by.certificate().der());
    compact(
        &json!({"kid": key.thumbprint(), "x5c": [leaf], "alg": "RS256"}),
        payload,
        by,
    )
}

/// Sign under any header.
pub(crate) fn compact(
    header: &Value,
    payload: &[u8],
    by: &Identity,
) -> Result<String, Error> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(payload)
    );
    let value = by.sign(signed.as_bytes());
    let value = value.map_err(|e| Error::Settings(e.to_string()))?;
    Ok(format!("{signed}.{}", encode(&value)))
}
