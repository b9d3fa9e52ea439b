//! Keep what was judged good, note what became of the rest, and write the answers.

use ambient::Random;
use db::{Error, Tx};
use serde_json::{Value, json};

use super::judge::{Judged, Part};
use super::kvittering::About;
use crate::archive::{By, Put, put_mappe, put_registrering, withdraw};

/// A message that came in.
pub(super) struct Import {
    pub(super) message_id: String,
    pub(super) process: String,
    pub(super) name: String,
    pub(super) payload: Vec<u8>,
    pub(super) judged: Judged,
    pub(super) about: About,
    /// Why the sender may not publish for the owner, where that is so.
    pub(super) stranger: Option<String>,
    /// Whether the body wants kvitteringer.
    pub(super) answers: bool,
    pub(super) at: i64,
    pub(super) named_after: i64,
}

const NOT_YOURS: &str = "Dokumentet er publisert av en annen virksomhet. \
    Bare den som eier dataene, kan endre eller trekke dem tilbake.";
const UNKNOWN: &str = "Det er ikke noe publisert dokument med denne id-en.";

/// One transaction for the whole message; the second time it changes nothing.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    import: &Import,
    random: &Random,
) -> Result<(), Error> {
    let sql = "INSERT INTO import (message_id, at, sender, owner, process, name, kind,
                   verdict, outcome, payload)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]', $9)
               ON CONFLICT DO NOTHING";
    let values = [
        import.message_id.as_str().into(),
        import.at.into(),
        import.about.sender.as_str().into(),
        import.about.owner.as_str().into(),
        import.process.as_str().into(),
        import.name.as_str().into(),
        import.judged.kind.into(),
        import.judged.verdict.into(),
        import.payload.as_slice().into(),
    ];
    if tx.exec(sql, &values).await? == 0 {
        return Ok(()); // imported before we were cut short
    }
    let mut step = Step {
        import,
        random,
        outcome: Vec::new(),
    };
    step.all(tx).await?;
    let outcome = Value::Array(step.outcome).to_string();
    let sql = "UPDATE import SET outcome = $1 WHERE message_id = $2";
    let values = [outcome.into(), import.message_id.as_str().into()];
    tx.exec(sql, &values).await?;
    Ok(())
}

struct Step<'a> {
    import: &'a Import,
    random: &'a Random,
    /// What became of each: IRI, what, words.
    outcome: Vec<Value>,
}

impl<'a> Step<'a> {
    async fn all(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let judged = &self.import.judged;
        let refused = self.import.stranger.as_ref().or(judged.refused.as_ref());
        if let Some(words) = refused {
            // Nothing in it has a name that we could trust.
            let named = judged.parts.iter().map(|part| part.iri.clone());
            let mut about: Vec<String> = named.collect();
            about.extend(judged.withdrawn.iter().map(|(iri, _)| iri.clone()));
            if about.is_empty() {
                about.push(self.import.message_id.clone());
            }
            for iri in about {
                self.refuse(tx, &iri, words).await?;
            }
            return Ok(());
        }
        for part in &judged.parts {
            self.part(tx, part).await?;
        }
        for (iri, system_id) in &judged.withdrawn {
            let by = self.by();
            let done = withdraw(tx, &by, iri, system_id.as_deref()).await?;
            match done {
                Put::NotYours => self.refuse(tx, iri, NOT_YOURS).await?,
                Put::Unknown => self.refuse(tx, iri, UNKNOWN).await?,
                _ => {
                    self.event(tx, iri, "withdrawn", "").await?;
                    let status = self.import.about.withdrawn(&self.new_id());
                    self.answer(tx, iri, status.write()).await?;
                }
            }
        }
        Ok(())
    }

    fn by(&self) -> By<'a> {
        By {
            owner: &self.import.about.owner,
            at: self.import.at,
            named_after: self.import.named_after,
        }
    }

    async fn part(&mut self, tx: &mut Tx<'_>, part: &Part) -> Result<(), Error> {
        if let Some(words) = &part.refused {
            self.refuse(tx, &part.iri, words).await?;
        } else {
            self.publish(tx, part).await?;
        }
        if !part.warnings.is_empty() {
            let id = self.random.uuid().to_string();
            let status = self.import.about.warning(&id, &part.warnings);
            self.answer(tx, &part.iri, status).await?;
        }
        Ok(())
    }

    async fn publish(&mut self, tx: &mut Tx<'_>, part: &Part) -> Result<(), Error> {
        let by = self.by();
        let mut done = Put::New;
        for mappe in &part.mapper {
            let put = put_mappe(tx, &by, mappe).await?;
            if put == Put::NotYours {
                return self.refuse(tx, &part.iri, NOT_YOURS).await;
            }
            if mappe.iri == part.iri {
                done = put;
            }
        }
        let mut einnsyn_id = self.new_id();
        for registrering in &part.registreringer {
            done = put_registrering(tx, &by, &einnsyn_id, registrering).await?;
            if done == Put::NotYours {
                return self.refuse(tx, &part.iri, NOT_YOURS).await;
            }
            let sql = "SELECT einnsyn_id FROM registrering WHERE iri = $1";
            let row = tx.one(sql, &[registrering.iri.as_str().into()]).await?;
            if let Some(row) = row {
                row.text(0)?.clone_into(&mut einnsyn_id);
            }
        }
        let what = if done == Put::New {
            "published"
        } else {
            "changed"
        };
        self.event(tx, &part.iri, what, "").await?;
        let status = self.import.about.result(&einnsyn_id, None);
        self.answer(tx, &part.iri, status.write()).await
    }

    fn new_id(&self) -> String {
        format!("http://data.einnsyn.no/{}", self.random.uuid())
    }

    async fn refuse(
        &mut self,
        tx: &mut Tx<'_>,
        iri: &str,
        words: &str,
    ) -> Result<(), Error> {
        self.event(tx, iri, "refused", words).await?;
        let status = self
            .import
            .about
            .result(&self.new_id(), Some(words.to_owned()));
        self.answer(tx, iri, status.write()).await
    }

    /// For the portal's memory and for the list of what became of the message.
    async fn event(
        &mut self,
        tx: &mut Tx<'_>,
        iri: &str,
        what: &str,
        words: &str,
    ) -> Result<(), Error> {
        let import = self.import;
        self.outcome
            .push(json!({"iri": iri, "what": what, "words": words}));
        let sql = "INSERT INTO event (iri, owner, at, what, message_id)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            iri.into(),
            import.about.owner.as_str().into(),
            import.at.into(),
            what.into(),
            import.message_id.as_str().into(),
        ];
        tx.exec(sql, &values).await?;
        Ok(())
    }

    /// Note a kvittering, under the id that it will be sent with.
    async fn answer(
        &self,
        tx: &mut Tx<'_>,
        dokument_id: &str,
        status: String,
    ) -> Result<(), Error> {
        if !self.import.answers {
            return Ok(());
        }
        let sql = "INSERT INTO kvittering (message_id, receiver, conversation_id,
                       dokument_id, status)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            self.random.uuid().to_string().into(),
            self.import.about.sender.as_str().into(),
            self.import.about.conversation_id.as_str().into(),
            dokument_id.into(),
            status.into(),
        ];
        tx.exec(sql, &values).await?;
        Ok(())
    }
}
