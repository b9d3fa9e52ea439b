//! Publish: a file from the folder becomes a message to eInnsyn.
//!
//! Order:   inn → behandles → read → ledger (ids) → access point → ledger → sendt.
//! Refuses: what is no publication goes to feil, with a text beside it that says why.
//! Cut short anywhere, it goes on from `behandles` with the ids that the ledger has.

use bytes::Bytes;
use fagsystem::{Correspondence, Upload, publisering};
use noark::publisering::{Kind, Registrering, read};
use sbd::urn;

use crate::ledger::{self, Publication};
use crate::{Error, Klient};

/// Media type of what eInnsyn is sent, and the name that it goes by.
const MIME: &str = "application/ld+json";
const FILE_NAME: &str = "payload.jsonld";

impl Klient {
    /// Take what lies in the folder; answers how many files were dealt with.
    pub async fn publish(&self) -> Result<usize, Error> {
        let mut done = 0;
        for name in self.folders.names("inn")? {
            let kept = self.free_name(&name)?;
            self.folders.shift("inn", "behandles", &name, &kept)?;
        }
        for name in self.folders.names("behandles")? {
            self.publish_file(&name).await?;
            done += 1;
        }
        Ok(done)
    }

    /// A name under which neither a file on its way nor a sent one lies.
    fn free_name(&self, name: &str) -> Result<String, Error> {
        let taken = |candidate: &str| {
            let folders = ["behandles", "sendt", "feil"];
            folders
                .iter()
                .any(|f| self.folders.place(f, candidate).exists())
        };
        if !taken(name) {
            return Ok(name.to_owned());
        }
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, "jsonld"));
        let tries = (2..10_000).map(|n| format!("{stem}-{n}.{end}"));
        tries
            .into_iter()
            .find(|candidate| !taken(candidate))
            .ok_or_else(|| {
                Error::Settings(format!("there are 10 000 files named {stem}.{end}"))
            })
    }

    async fn publish_file(&self, name: &str) -> Result<(), Error> {
        let bytes = std::fs::read(self.folders.place("behandles", name))?;
        let all = match read(&bytes) {
            Ok(all) => all,
            Err(error) => return self.set_aside(name, &error.to_string()),
        };
        let new = Publication {
            message_id: self.random.uuid().to_string(),
            conversation_id: self.random.uuid().to_string(),
            sent: false,
        };
        let iris = all.iter().map(|r| r.iri.clone()).collect();
        let now = self.clock.now();
        let begun = ledger::begin(&self.db, name, new, iris, now).await?;
        if !begun.sent {
            match self.send_publication(&begun, &all, bytes.into()).await {
                Err(Error::Fagsystem(error))
                    if error.fault() == fault::Fault::Caller =>
                {
                    return self.set_aside(name, &error.to_string());
                }
                sent => sent?,
            }
            ledger::sent(&self.db, name).await?;
        }
        Ok(self.folders.shift("behandles", "sendt", name, name)?)
    }

    async fn send_publication(
        &self,
        begun: &Publication,
        all: &[Registrering],
        bytes: Bytes,
    ) -> Result<(), Error> {
        let who = Correspondence {
            sender: self.settings.orgnr.clone(),
            receiver: self.settings.receiver.clone(),
            message_id: begun
                .message_id
                .parse()
                .map_err(|e: sbd::Error| Error::Settings(e.to_string()))?,
            conversation_id: begun.conversation_id.clone(),
            expires: None,
        };
        let process = self.process(all).await?;
        let message = publisering(&who, &self.settings.orgnr, process);
        let file = Upload {
            name: FILE_NAME.into(),
            mime: MIME.into(),
            bytes,
        };
        match self.access_point.multipart(&message, vec![file]).await {
            // Sent before we were cut short: one request stores and sends, or neither.
            Err(error) if error.is("MessageAlreadyExistsException") => Ok(()),
            sent => Ok(sent.map(drop)?),
        }
    }

    /// Meetings go under their own process where the receiver still lists it.
    async fn process(&self, all: &[Registrering]) -> Result<&'static str, Error> {
        if all.iter().any(|r| r.kind == Kind::Journalpost) {
            return Ok(urn::JOURNALPOST_PROCESS);
        }
        let receiver = self.settings.receiver.as_str();
        let known = self.access_point.capabilities(receiver).await?;
        let listed = known.iter().any(|c| c.process == urn::MEETING_PROCESS);
        Ok(if listed {
            urn::MEETING_PROCESS
        } else {
            urn::JOURNALPOST_PROCESS
        })
    }

    /// Nothing is thrown away: the file and the reason lie in `feil`.
    fn set_aside(&self, name: &str, reason: &str) -> Result<(), Error> {
        tracing::error!(reason, "a publication is set aside");
        let text = format!("{name}\n\nIkke publisert: {reason}\n");
        self.folders
            .write("feil", &format!("{name}.resultat.txt"), text.as_bytes())?;
        Ok(self.folders.shift("behandles", "feil", name, name)?)
    }
}
