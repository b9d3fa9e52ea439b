//! NTLMv2 as a client speaks it over HTTP (MS-NLMP, MS-NTHT): three messages, of which the
//! server writes the second.
//!
//! Nothing is signed or sealed with it: it is how older archives ask who calls. It has the
//! weaknesses of its age, so let it go under TLS.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use md4::{Digest, Md4};
use md5::Md5;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, TARGET_INFO.
const FLAGS: u32 = 0x0088_8205;
/// Where the payload of an AUTHENTICATE begins, behind its version and its MIC.
const PAYLOAD_AT: usize = 88;
const MIC_AT: usize = 72;
/// Kinds of what a server says of itself (MS-NLMP §2.2.2.1).
const END: u16 = 0;
const AV_FLAGS: u16 = 6;
const TIMESTAMP: u16 = 7;
/// The AUTHENTICATE has a MIC.
const HAS_MIC: u32 = 2;
/// From 1601 to 1970, in units of 100 ns.
const EPOCH: i64 = 116_444_736_000_000_000;

/// Who we are.
pub struct Who<'a> {
    /// The domain; empty without.
    pub domain: &'a str,
    /// The name.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
}

/// What is not the server's to say.
#[derive(Clone, Copy)]
pub struct Ours {
    /// Chance.
    pub challenge: [u8; 8],
    /// The time, for a server that says none.
    pub now: Timestamp,
}

/// The first message.
pub fn negotiate() -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    out.extend(1_u32.to_le_bytes());
    out.extend(FLAGS.to_le_bytes());
    // No domain, no workstation, no version.
    out.extend([0; 24]);
    out
}

/// The third message, which answers the second. None when that is none.
pub fn authenticate(who: &Who, second: &[u8], ours: Ours) -> Option<Vec<u8>> {
    let said = Said::read(second)?;
    let key = response_key(who);
    let time = said.time.unwrap_or_else(|| filetime(ours.now));
    let response = Response::new(&key, &said, time, ours.challenge);
    let short = match said.time {
        // > If there is a MsvAvTimestamp, the client SHOULD NOT send the LmChallengeResponse
        Some(_) => vec![0; 24],
        None => short(&key, said.challenge, ours.challenge),
    };
    let mut out = SIGNATURE.to_vec();
    out.extend(3_u32.to_le_bytes());
    let [domain, user] = [who.domain, who.user].map(wide);
    let mut at = PAYLOAD_AT;
    // The last is a session's key, which nobody needs.
    for part in [&short, &response.bytes, &domain, &user, &vec![], &vec![]] {
        let length = u16::try_from(part.len()).ok()?;
        out.extend(length.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(u32::try_from(at).ok()?.to_le_bytes());
        at += part.len();
    }
    out.extend((FLAGS & said.flags).to_le_bytes());
    out.resize(PAYLOAD_AT, 0);
    for part in [&short, &response.bytes, &domain, &user] {
        out.extend(part);
    }
    if said.time.is_some() {
        let mic = digest(&response.session_key, &[&negotiate(), second, &out]);
        out[MIC_AT..PAYLOAD_AT].copy_from_slice(&mic);
    }
    Some(out)
}

/// The second message: what the server has said.
struct Said {
    flags: u32,
    challenge: [u8; 8],
    /// Kinds and values.
    of_itself: Vec<(u16, Vec<u8>)>,
    time: Option<u64>,
}

impl Said {
    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.get(..8)? != SIGNATURE || number(bytes, 8)? != 2 {
            return None;
        }
        let length = usize::try_from(number(bytes, 40)? & 0xffff).ok()?;
        let at = usize::try_from(number(bytes, 44)?).ok()?;
        let mut rest = bytes.get(at..at.checked_add(length)?)?;
        let mut of_itself = Vec::new();
        while let Some((head, after)) = rest.split_first_chunk::<4>() {
            let [a, b, c, d] = *head;
            let (kind, length) =
                (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            if kind == END {
                break;
            }
            let (value, after) = after.split_at_checked(length.into())?;
            of_itself.push((kind, value.to_vec()));
            rest = after;
        }
        let time = of_itself.iter().find(|(kind, _)| *kind == TIMESTAMP);
        let time = time.and_then(|(_, value)| value.as_slice().try_into().ok());
        Some(Self {
            flags: number(bytes, 20)?,
            challenge: bytes.get(24..32)?.try_into().ok()?,
            of_itself,
            time: time.map(u64::from_le_bytes),
        })
    }

    /// The same said back; with a note that there is a MIC, where there is one.
    fn said_back(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut pair = |kind: u16, value: &[u8]| {
            let length = u16::try_from(value.len()).unwrap_or_default();
            out.extend(kind.to_le_bytes());
            out.extend(length.to_le_bytes());
            out.extend(value);
        };
        let flags = |kind: u16| kind == AV_FLAGS;
        for (kind, value) in self.of_itself.iter().filter(|(kind, _)| !flags(*kind)) {
            pair(*kind, value);
        }
        if self.time.is_some() {
            let before = self.of_itself.iter().find(|(kind, _)| flags(*kind));
            let before = before.and_then(|(_, value)| number(value, 0));
            pair(AV_FLAGS, &(before.unwrap_or(0) | HAS_MIC).to_le_bytes());
        }
        pair(END, &[]);
        out
    }
}

/// NTLMv2_RESPONSE and the key that follows from it (§3.3.2).
struct Response {
    bytes: Vec<u8>,
    session_key: [u8; 16],
}

impl Response {
    fn new(key: &[u8; 16], said: &Said, time: u64, ours: [u8; 8]) -> Self {
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
        blob.extend(time.to_le_bytes());
        blob.extend(ours);
        blob.extend([0; 4]);
        blob.extend(said.said_back());
        blob.extend([0; 4]);
        let proof = digest(key, &[&said.challenge, &blob]);
        let session_key = digest(key, &[&proof]);
        let bytes = [&proof[..], &blob].concat();
        Self { bytes, session_key }
    }
}

/// LMv2_RESPONSE (§3.3.2).
fn short(key: &[u8; 16], challenge: [u8; 8], ours: [u8; 8]) -> Vec<u8> {
    [&digest(key, &[&challenge, &ours])[..], &ours].concat()
}

/// NTOWFv2 (§3.3.2).
fn response_key(who: &Who) -> [u8; 16] {
    let password = Md4::digest(wide(who.password));
    let name = who.user.to_uppercase() + who.domain;
    digest(&password, &[&wide(&name)])
}

/// HMAC-MD5 over these, one after the other.
fn digest(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac =
        Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

fn filetime(now: Timestamp) -> u64 {
    let since_1970 = now.as_microsecond().saturating_mul(10);
    u64::try_from(since_1970.saturating_add(EPOCH)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    // MS-NLMP §4.2.1, §4.2.4: the examples of NTLMv2.
    const WHO: Who = Who {
        domain: "Domain",
        user: "User",
        password: "Password",
    };
    const OURS: [u8; 8] = [0xaa; 8];
    const THEIRS: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];

    fn said() -> Said {
        Said {
            flags: FLAGS,
            challenge: THEIRS,
            of_itself: vec![(2, wide("Domain")), (1, wide("Server"))],
            time: None,
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_key_is_that_of_the_specification() {
        let key = response_key(&WHO);
        assert_eq!(hex(&key), "0c868a403bfd7a93a3001ef22ef02e3f");
    }

    #[test]
    fn the_responses_are_those_of_the_specification() {
        let key = response_key(&WHO);
        let response = Response::new(&key, &said(), 0, OURS);
        let proof = hex(&response.bytes[..16]);
        assert_eq!(proof, "68cd0ab851e51c96aabc927bebef6a1c");
        let session_key = hex(&response.session_key);
        assert_eq!(session_key, "8de40ccadbc14a82f15cb0ad0de95ca3");
        let short = hex(&short(&key, THEIRS, OURS));
        let expected = "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa";
        assert_eq!(short, expected);
    }

    #[test]
    fn what_is_no_challenge_is_not_answered() {
        let ours = Ours {
            challenge: OURS,
            now: Timestamp::UNIX_EPOCH,
        };
        let mut good = SIGNATURE.to_vec();
        good.extend(2_u32.to_le_bytes());
        good.resize(48, 0);
        assert!(authenticate(&WHO, &good, ours).is_some());
        for length in 0..good.len() {
            assert!(authenticate(&WHO, &good[..length], ours).is_none());
        }
        // What the server says of itself lies beyond the message.
        good[40] = 4;
        good[44] = 46;
        assert!(authenticate(&WHO, &good, ours).is_none());
        assert!(authenticate(&WHO, &negotiate(), ours).is_none());
    }
}
