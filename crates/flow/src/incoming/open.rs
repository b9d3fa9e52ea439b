//! Open a dokumentpakke and look at what it says of itself.

use dokumentpakke::asice::SignatureReport;
use dokumentpakke::{Ask, Chain, Judgement, Refusal, Rules, asice, judge};
use jiff::Timestamp;

use crate::busy::busy;
use crate::{Error, Judging, Point};

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
    let work = move || {
        let opened = dokumentpakke::open(&cms, &keys)
            .and_then(|opened| Ok((asice::check(&opened.asice)?, opened.asice)));
        (cms, opened)
    };
    let (cms, opened) = busy(bytes, work).await?;
    Ok(match opened {
        Err(error) => {
            let reason = error.to_string();
            Opened::Sealed { cms, reason }
        }
        Ok((report, asice)) => match verdict(point, &report, &senders).await {
            Ok(verdict) => Opened::Package { asice, verdict },
            Err(reason) => Opened::Sealed { cms, reason },
        },
    })
}

/// The verdict on a container that another access point of ours has opened; else why it
/// is not taken.
pub(super) async fn opened(
    point: &Point,
    asice: Vec<u8>,
    senders: Vec<String>,
) -> Result<Result<(Vec<u8>, String), String>, Error> {
    let bytes = asice.len();
    let work = move || {
        let report = asice::check(&asice);
        (asice, report)
    };
    let (asice, report) = busy(bytes, work).await?;
    Ok(match report {
        Err(error) => Err(error.to_string()),
        Ok(report) => verdict(point, &report, &senders).await.map(|v| (asice, v)),
    })
}

/// What is to be said of who signed; as an error where that is a reason to refuse.
async fn verdict(
    point: &Point,
    report: &SignatureReport,
    senders: &[String],
) -> Result<String, String> {
    let mut judgement = judged(point, report, senders).await;
    let mut remark = String::new();
    if let Some(Refusal::Organisation { got, .. }) = &judgement.refusal {
        match suppliers(point, senders).await {
            Ok(all) if all.contains(got) => {
                judgement = judged(point, report, &all).await;
                remark = "; a supplier of the sender, by the address register".into();
            }
            Ok(_) => {}
            Err(error) => remark = format!("; whether for it is not known: {error}"),
        }
    }
    match judgement.refusal.is_none() || point.setup.judging.hand_over {
        true => Ok(format!("{judgement}{remark}")),
        false => Err(format!("{judgement}{remark}")),
    }
}

/// Who may sign for the senders by the word of the address register: others encrypt to
/// the certificate that it gives, so whoever that names acts for the organisation.
async fn suppliers(
    point: &Point,
    senders: &[String],
) -> Result<Vec<String>, registry::Error> {
    let mut all = Vec::new();
    for sender in senders {
        let records = match point.setup.registry.all(sender).await {
            Ok(records) => records,
            Err(registry::Error::NotFound { .. }) => continue,
            Err(error) => return Err(error),
        };
        let certificates = records.iter().filter_map(|r| r.certificate.as_ref());
        all.extend(certificates.filter_map(|c| c.orgnr().map(str::to_owned)));
    }
    Ok(all)
}

async fn judged(
    point: &Point,
    report: &SignatureReport,
    senders: &[String],
) -> Judgement {
    let judging = &point.setup.judging;
    let now = point.setup.clock.now();
    let all = senders.iter().chain(&judging.suppliers);
    let senders: Vec<&str> = all.map(String::as_str).collect();
    let judgement = judge(report, &rules_of(judging, &senders, now, None));
    // Nobody is asked about what is refused anyway, or by way of an address in a
    // certificate that nobody vouches for.
    let (Chain::Trusted(path), None, Some(checker)) =
        (&judgement.chain, &judgement.refusal, &judging.revocation)
    else {
        return judgement;
    };
    let found = checker.check(path).await;
    let ask = found.ask();
    judge(report, &rules_of(judging, &senders, now, Some(&ask)))
}

fn rules_of<'a>(
    judging: &'a Judging,
    senders: &'a [&'a str],
    now: Timestamp,
    revocation: Option<Ask<'a>>,
) -> Rules<'a> {
    Rules {
        trust: judging.trust.as_deref(),
        senders,
        refuse_sha1: judging.refuse_sha1,
        revocation,
        refuse_unknown_revocation: judging.refuse_unknown_revocation,
        now,
    }
}
