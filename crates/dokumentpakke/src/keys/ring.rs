//! The keys that an organisation has: the one in use, and older ones that still open
//! what was sent to them.

use jiff::{SignedDuration, Timestamp};

use super::Identity;
use crate::Certificate;

/// A day.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Keys, the one in use first.
#[derive(Debug, Clone)]
pub struct Ring(Vec<Identity>);

/// How near the end of a certificate's validity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// More than 60 days away.
    Fine,
    /// 60 days or less: order a new one.
    Soon,
    /// 30 days or less.
    Near,
    /// 7 days or less.
    Urgent,
    /// It has not begun to be valid.
    NotYet,
    /// It has passed.
    Expired,
}

impl Stage {
    /// Of a certificate, at a time.
    pub fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let left = certificate.not_after().duration_since(now);
        match () {
            () if now < certificate.not_before() => Self::NotYet,
            () if left < SignedDuration::ZERO => Self::Expired,
            () if left <= DAY * 7 => Self::Urgent,
            () if left <= DAY * 30 => Self::Near,
            () if left <= DAY * 60 => Self::Soon,
            () => Self::Fine,
        }
    }
}

/// Something to tell whoever looks after the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Serial number of the certificate.
    pub serial: String,
    /// How near its end is.
    pub stage: Stage,
    /// Whole days until then; negative when it has passed.
    pub days: i64,
}

impl Notice {
    /// Whether the certificate cannot be used now.
    pub fn is_broken(&self) -> bool {
        self.stage >= Stage::NotYet
    }

    /// The limit in days that is passed: 60, 30 or 7; -1 when it cannot be used.
    pub fn warns_at(&self) -> i64 {
        match self.stage {
            Stage::Fine => 0,
            Stage::Soon => 60,
            Stage::Near => 30,
            Stage::Urgent => 7,
            Stage::NotYet | Stage::Expired => -1,
        }
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let serial = &self.serial;
        match self.stage {
            Stage::Expired => write!(f, "the certificate {serial} has expired"),
            Stage::NotYet => write!(f, "the certificate {serial} is not valid yet"),
            _ => write!(f, "the certificate {serial} expires in {} days", self.days),
        }
    }
}

impl Ring {
    /// Keys in their order; the first is in use unless it cannot be. None without keys.
    pub fn new(keys: Vec<Identity>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Every key, in its order.
    pub fn keys(&self) -> &[Identity] {
        &self.0
    }

    /// The key to sign with: the first whose certificate is valid now, or the first.
    pub fn current(&self, now: Timestamp) -> &Identity {
        let valid = |key: &&Identity| key.certificate().valid_at(now);
        self.0.iter().find(valid).unwrap_or(&self.0[0])
    }

    /// Whether the key in use needs a successor. One that has a successor on the ring,
    /// valid when it ends and for more than 60 days from now, needs none.
    pub fn notice(&self, now: Timestamp) -> Option<Notice> {
        let certificate = self.current(now).certificate();
        let stage = Stage::of(certificate, now);
        let end = certificate.not_after();
        let follows = |key: &Identity| {
            let next = key.certificate();
            next.valid_at(end) && next.not_after() > now + DAY * 60
        };
        let served = stage != Stage::Expired && self.0.iter().any(follows);
        (stage != Stage::Fine && !served).then(|| Notice {
            serial: certificate.serial(),
            stage,
            days: end.duration_since(now).as_hours().div_euclid(24),
        })
    }
}
