//! Import: a publication that came in becomes documents and kvitteringer.
//!
//! Order:   peek → pop → judge → store (documents, kvitteringer, the file) → delete.
//! Writes:  what is published or withdrawn and the kvitteringer to be sent, in one
//!          commit, once for a message.
//! Refuses: with kvittering A, one registrering at a time; warns with B.
//! Twice:   the message's id is in the table of imports, and nothing is done.

mod came;
mod judge;
mod keep;
mod kvittering;

use dokumentpakke::asice;
use sbd::{BusinessMessage, Facts, urn};

use crate::archive::NAMES_TIME_MAX;
use crate::{Error, Portal};
use judge::Judged;
use keep::Import;
use kvittering::About;

pub(crate) use came::Came;
pub(crate) use judge::explained;

impl Portal {
    /// Import one publication, if one waits; answers whether there was one.
    pub async fn import(&self) -> Result<bool, Error> {
        for process in [urn::JOURNALPOST_PROCESS, urn::MEETING_PROCESS] {
            let filter = [("process", process)];
            let Some(envelope) = self.access_point.peek(&filter).await? else {
                continue;
            };
            let facts = envelope.facts().map_err(|e| Error::Message {
                id: "?".into(),
                what: e.to_string(),
            })?;
            let owner = match &envelope.message {
                BusinessMessage::Publisering(p) => p.orgnr.clone(),
                _ => None,
            };
            let owner = owner.unwrap_or_else(|| facts.sender.organisation().to_owned());
            let package = self.access_point.pop(&facts.message_id).await?;
            let file = unpack(&package.unwrap_or_default());
            self.keep(&facts, &owner, file).await?;
            self.access_point.delete(&facts.message_id).await?;
            self.wake.notify_waiters();
            return Ok(true);
        }
        Ok(false)
    }

    async fn keep(
        &self,
        facts: &Facts,
        owner: &str,
        file: Result<(String, Vec<u8>), String>,
    ) -> Result<(), Error> {
        let import = self.judged(facts, owner, file);
        tracing::info!(
            message.id = import.message_id,
            sender.orgnr = import.about.sender,
            kind = import.judged.kind,
            verdict = import.judged.verdict,
            "a publication came in"
        );
        let random = self.random.clone();
        let written = self.db.write::<_, db::Error, _>(move |tx| {
            Box::pin(async move { keep::keep(tx, &import, &random).await })
        });
        Ok(written.await?)
    }

    fn judged(
        &self,
        facts: &Facts,
        owner: &str,
        file: Result<(String, Vec<u8>), String>,
    ) -> Import {
        let (name, payload, judged) = match file {
            Ok((name, bytes)) => {
                let judged = judge::judge(&name, &bytes);
                (name, bytes, judged)
            }
            Err(words) => (String::new(), Vec::new(), unreadable(words)),
        };
        let now = self.clock.now();
        let sender = facts.sender.organisation().to_owned();
        let enhet = self.settings.enhet(owner);
        let may = sender == owner || enhet.is_some_and(|e| e.publishes(&sender));
        let words =
            format!("{sender} har ikke fullmakt til å publisere på vegne av {owner}.");
        Import {
            message_id: facts.message_id.to_string(),
            process: facts.process.clone(),
            name,
            payload,
            judged,
            stranger: (!may).then_some(words),
            answers: enhet.is_none_or(|enhet| enhet.skal_motta_kvittering),
            at: now.as_microsecond(),
            named_after: self.named_after(),
            about: About {
                sender,
                owner: owner.to_owned(),
                navn: enhet.map_or(String::new(), |enhet| enhet.navn.clone()),
                conversation_id: facts.conversation_id.to_string(),
                local: local(now),
            },
        }
    }

    /// The day in Norway.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        let local = sbd::WireTime::oslo(self.clock.now()).to_string();
        let today = local.get(..10).and_then(|day| day.parse().ok());
        today.unwrap_or_default()
    }

    /// What was published before this is found by its washed text alone.
    pub(crate) fn named_after(&self) -> i64 {
        let now = self.clock.now();
        let then = now.checked_sub(NAMES_TIME_MAX);
        then.unwrap_or_default().as_microsecond()
    }
}

/// > local time without zone (einnsyn §5)
pub(crate) fn local(now: jiff::Timestamp) -> String {
    let there = now.in_tz("Europe/Oslo");
    let there = there.unwrap_or_else(|_| now.to_zoned(jiff::tz::TimeZone::UTC));
    there.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

fn unreadable(words: String) -> Judged {
    Judged {
        kind: "ukjent",
        verdict: "refuse",
        refused: Some(words),
        parts: Vec::new(),
        withdrawn: Vec::new(),
    }
}

/// The one file that a publication carries: name and bytes.
fn unpack(package: &[u8]) -> Result<(String, Vec<u8>), String> {
    let container = asice::read(package).map_err(|e| e.to_string())?;
    let mut files = container.files.into_iter();
    let file = files.find(|f| f.name != "manifest.xml");
    let file = file.ok_or("Meldingen har ingen fil.")?;
    Ok((file.name, file.bytes))
}
