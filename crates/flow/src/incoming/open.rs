//! Open a dokumentpakke and look at what it says of itself.

use dokumentpakke::{Rules, asice, judge};

use crate::busy::busy;
use crate::{Error, Point};

/// What opening a package came to.
pub(super) enum Opened {
    /// The container is whole; the words tell of its signature.
    Package { asice: Vec<u8>, verdict: String },
    /// It cannot be opened with our keys, what is in it is damaged, or its signature is
    /// not one that the sender may have made.
    Sealed { cms: Vec<u8>, reason: String },
}

/// Open with any of our keys, and judge who signed: the sender, or whoever it is sent on
/// behalf of. A package that is refused is kept as it came and shown with the reason; the
/// Java access point hands it over,
/// and so do we where [`crate::Judging`] says so.
pub(super) async fn open(
    point: &Point,
    cms: Vec<u8>,
    senders: Vec<String>,
) -> Result<Opened, Error> {
    let (keys, bytes) = (point.keys(), cms.len());
    let (now, judging) = (point.setup.clock.now(), point.setup.judging.clone());
    let work = move || {
        let all = senders.iter().chain(&judging.suppliers);
        let senders: Vec<&str> = all.map(String::as_str).collect();
        let rules = Rules {
            trust: judging.trust.as_deref(),
            senders: &senders,
            refuse_sha1: judging.refuse_sha1,
            ..Rules::none(now)
        };
        let done = dokumentpakke::open(&cms, &keys).and_then(|opened| {
            let judgement = judge(&asice::check(&opened.asice)?, &rules);
            Ok((opened.asice, judgement))
        });
        let reason = match done {
            Ok((asice, judgement))
                if judging.hand_over || judgement.refusal.is_none() =>
            {
                let verdict = judgement.to_string();
                return Opened::Package { asice, verdict };
            }
            Ok((_, judgement)) => judgement.to_string(),
            Err(error) => error.to_string(),
        };
        Opened::Sealed { cms, reason }
    };
    busy(bytes, work).await
}
