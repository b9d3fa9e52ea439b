//! The body of a Service Bus message: `{"sbd": …, "asic": …}`.
//!
//! The package is encoded in Base64 twice, because the Java access point encodes it by
//! hand and its JSON library does so again (wire-format §2.1). About 1.78 times the
//! package's size.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::lenient::{any, decode, escape};
use crate::{Envelope, Error};

/// What one message on the queue holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// The envelope.
    pub sbd: Envelope,
    /// The dokumentpakke, out of both its layers of Base64.
    pub asic: Option<Vec<u8>>,
}

/// Read a body as UTF-8, whatever type it was sent under; as ISO-8859-1 if it is not that.
///
/// Unknown members are passed over, the last of a repeated one counts, and what follows
/// the object is not looked at.
pub fn parse(body: &[u8]) -> Result<Payload, Error> {
    let text = decode(body);
    let text = escape(text.strip_prefix('\u{feff}').unwrap_or(&text));
    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let mut json = serde_json::Deserializer::from_str(&text);
    let raw = json
        .deserialize_map(Members)
        .map_err(|e| Error::Json(e.to_string()))?;
    let sbd = raw.sbd.ok_or(Error::Missing("sbd"))?.get();
    let asic = raw
        .asic
        .map(|value| unwrap(value.get()))
        .transpose()?
        .flatten();
    Ok(Payload {
        sbd: Envelope::from_text(sbd)?,
        asic,
    })
}

/// Write a body. Send it as `application/json`: Java peers read any other type as
/// ISO-8859-1 and mangle æ, ø and å.
pub fn write(sbd: &Envelope, asic: Option<&[u8]>) -> Vec<u8> {
    let sbd = sbd.to_json();
    let Some(asic) = asic else {
        return format!("{{\"sbd\":{sbd}}}").into_bytes();
    };
    let mut out = String::with_capacity(sbd.len() + asic.len() / 9 * 16 + 64);
    out.push_str("{\"sbd\":");
    out.push_str(&sbd);
    out.push_str(",\"asic\":\"");
    let mut inner = String::with_capacity(asic.len() / 3 * 4 + 4);
    STANDARD.encode_string(asic, &mut inner);
    STANDARD.encode_string(inner, &mut out);
    out.push_str("\"}");
    out.into_bytes()
}

const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
/// > The Base64 padding character '=' is accepted […] but is not required
///
/// (java.util.Base64.Decoder, which reads the inner layer, and looks at no bits to spare)
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Both layers. The outer is Jackson's and may break lines; the inner may not.
fn unwrap(value: &str) -> Result<Option<Vec<u8>>, Error> {
    let wrong = |layer, what: &dyn fmt::Display| Error::Base64 {
        layer,
        what: what.to_string(),
    };
    if value == "null" {
        return Ok(None);
    }
    let Text(mut text) = serde_json::from_str(value).map_err(|e| wrong("outer", &e))?;
    if any(text.as_bytes(), |b| b <= b' ') {
        text.to_mut().retain(|c| !c.is_ascii_whitespace());
    }
    let outer = if any(text.as_bytes(), |b| b == b'-' || b == b'_') {
        &URL_SAFE
    } else {
        &PLAIN
    };
    let mut inner = Vec::with_capacity(text.len() / 4 * 3 + 3);
    outer
        .decode_vec(&*text, &mut inner)
        .map_err(|e| wrong("outer", &e))?;
    let mut asic = Vec::with_capacity(inner.len() / 4 * 3 + 3);
    PLAIN
        .decode_vec(inner, &mut asic)
        .map_err(|e| wrong("inner", &e))?;
    Ok(Some(asic))
}

/// A text, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Default)]
struct Raw<'a> {
    sbd: Option<&'a RawValue>,
    asic: Option<&'a RawValue>,
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with sbd and asic")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        let mut raw = Raw::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "sbd" => raw.sbd = Some(map.next_value()?),
                "asic" => raw.asic = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(raw)
    }
}
