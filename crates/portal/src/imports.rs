//! Import: a publication that came in becomes documents and a kvittering.
//!
//! Order:   peek → pop → read → store (documents, kvitteringer) → delete.
//! Writes:  documents and kvitteringer to be sent, in one commit, once for a message.
//! Then:    each kvittering is sent under the id that it was stored with.

use dokumentpakke::asice;
use fagsystem::{Correspondence, kvittering};
use jiff::Timestamp;
use noark::kvittering::Result as Outcome;
use noark::publisering::{Registrering, read};
use sbd::{BusinessMessage, Facts, urn};

use crate::{Error, Portal, archive};

/// A kvittering to be sent.
struct Kvittering {
    message_id: String,
    receiver: String,
    conversation_id: String,
    dokument_id: String,
    status: String,
}

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
            let read = unpack(&package.unwrap_or_default());
            self.keep(&facts, &owner, read).await?;
            self.access_point.delete(&facts.message_id).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn keep(
        &self,
        facts: &Facts,
        owner: &str,
        read: Result<Vec<Registrering>, String>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let kvitteringer = self.answers(facts, owner, &read, now);
        let (id, owner) = (facts.message_id.to_string(), owner.to_owned());
        let at = now.as_microsecond();
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO imported (message_id) VALUES ($1)
                               ON CONFLICT DO NOTHING";
                    if tx.exec(sql, &[id.into()]).await? == 0 {
                        return Ok(()); // imported before we were cut short
                    }
                    for record in read.iter().flatten() {
                        archive::put(tx, &owner, record, at).await?;
                    }
                    for k in kvitteringer {
                        tx.exec(
                            "INSERT INTO kvittering (message_id, receiver,
                                 conversation_id, dokument_id, status)
                             VALUES ($1, $2, $3, $4, $5)",
                            &[
                                k.message_id.into(),
                                k.receiver.into(),
                                k.conversation_id.into(),
                                k.dokument_id.into(),
                                k.status.into(),
                            ],
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// > one per published document/registrering (einnsyn §5)
    fn answers(
        &self,
        facts: &Facts,
        owner: &str,
        read: &Result<Vec<Registrering>, String>,
        now: Timestamp,
    ) -> Vec<Kvittering> {
        let local = sbd::WireTime::oslo(now).to_string();
        let name = self.settings.enhet(owner).map_or("", |enhet| &enhet.navn);
        let one = |dokument_id: String, feilmelding: Option<String>| {
            let outcome = Outcome {
                publisert: feilmelding.is_none(),
                publisert_datotid: local.get(..23).unwrap_or(&local).to_owned(),
                arkivskaper_orgnummer: owner.to_owned(),
                arkivskapernavn: name.to_owned(),
                publisert_av_orgnummer: facts.sender.organisation().to_owned(),
                dokument_id: Some(format!(
                    "http://data.einnsyn.no/{}",
                    self.random.uuid()
                )),
                feilmelding,
                ..Outcome::default()
            };
            Kvittering {
                message_id: self.random.uuid().to_string(),
                receiver: facts.sender.organisation().to_owned(),
                conversation_id: facts.conversation_id.to_string(),
                dokument_id,
                status: outcome.write(),
            }
        };
        match read {
            Ok(all) => all.iter().map(|r| one(r.iri.clone(), None)).collect(),
            Err(why) => vec![one(facts.message_id.to_string(), Some(why.clone()))],
        }
    }

    /// Send one kvittering, if one waits; answers whether there was one.
    pub async fn answer(&self) -> Result<bool, Error> {
        let row = self
            .db
            .read::<_, db::Error, _>(|tx| {
                Box::pin(async move {
                    let sql = "SELECT message_id, receiver, conversation_id,
                                   dokument_id, status
                               FROM kvittering LIMIT 1";
                    tx.one(sql, &[]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let id = row.text(0)?.to_owned();
        let wrong = |e: sbd::Error| Error::Settings(e.to_string());
        let who = Correspondence {
            sender: self.settings.orgnr.clone(),
            receiver: row.text(1)?.parse().map_err(wrong)?,
            message_id: id.parse().map_err(wrong)?,
            conversation_id: row.text(2)?.to_owned(),
            expires: None,
        };
        let message = kvittering(&who, row.text(3)?, row.text(4)?.to_owned());
        match self.access_point.create(&message).await {
            Err(error) if error.is("MessageAlreadyExistsException") => {}
            created => drop(created?),
        }
        match self.access_point.submit(&who.message_id).await {
            // Sent before we were cut short.
            Err(error) if error.is("MessageNotFoundException") => {}
            submitted => submitted?,
        }
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM kvittering WHERE message_id = $1";
                    tx.exec(sql, &[id.into()]).await
                })
            })
            .await?;
        Ok(true)
    }
}

fn unpack(package: &[u8]) -> Result<Vec<Registrering>, String> {
    let container = asice::read(package).map_err(|e| e.to_string())?;
    let file = container.files.iter().find(|f| f.name != "manifest.xml");
    let file = file.ok_or("the message holds no file")?;
    read(&file.bytes).map_err(|e| e.to_string())
}
