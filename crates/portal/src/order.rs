//! Order: documents that a citizen asks for become one innsynskrav a body.
//!
//! Writes:  the order and its messages, ids and texts, in one commit.
//! Then:    each message is sent under the id that it was stored with.

use std::collections::BTreeMap;

use bytes::Bytes;
use fagsystem::{Correspondence, StatusLine, Upload, innsynskrav};
use jiff::SignedDuration;
use noark::order::{Order, Ordered, Version};
use noark::write_emailtext;
use sbd::WireTime;

use crate::archive::{self, Document};
use crate::settings::Enhet;
use crate::{Error, Portal};

/// Documents in one order, as on einnsyn.no.
const DOCUMENTS_MAX: usize = 50;
/// > now + EXPECTED_RESPONSE_TIMEOUT_DAYS (30) days (einnsyn §1.3)
const LEVETID: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What became of an order at one body.
#[derive(Debug, Clone)]
pub(crate) struct Krav {
    pub(crate) owner: String,
    pub(crate) message_id: String,
    pub(crate) statuses: Vec<StatusLine>,
}

impl Portal {
    /// Take an order; answers its id.
    pub(crate) async fn order(
        &self,
        iris: &[String],
        epost: &str,
    ) -> Result<String, Error> {
        let refuse = |words: &str| Err(Error::Order(words.to_owned()));
        let epost = epost.trim();
        let sound = epost.split_once('@').is_some_and(|(a, b)| {
            !a.is_empty() && b.contains('.') && !epost.contains(char::is_whitespace)
        });
        if !sound {
            return refuse("E-postadressen må se ut som navn@eksempel.no.");
        }
        if iris.is_empty() || iris.len() > DOCUMENTS_MAX {
            return refuse("Velg mellom ett og femti dokumenter.");
        }
        let mut bodies: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        for iri in iris {
            let Some(document) = archive::find(&self.db, iri).await? else {
                return Err(Error::Order(format!("Dokumentet {iri} finnes ikke.")));
            };
            bodies
                .entry(document.owner.clone())
                .or_default()
                .push(document);
        }
        let id = format!("ik_{}", self.random.uuid().simple());
        let mut messages = Vec::new();
        for (owner, documents) in bodies {
            let Some(enhet) = self.settings.enhet(&owner) else {
                let words = format!("{owner} tar ikke imot innsynskrav her.");
                return Err(Error::Order(words));
            };
            messages.push(self.message(&id, epost, enhet, &documents));
        }
        self.store(id.clone(), epost.to_owned(), messages).await?;
        self.wake.notify_one();
        Ok(id)
    }

    fn message(
        &self,
        id: &str,
        epost: &str,
        enhet: &Enhet,
        documents: &[Document],
    ) -> [String; 5] {
        let date = WireTime::oslo(self.clock.now()).to_string();
        let order = Order {
            id: id.to_owned(),
            date: date.get(..10).unwrap_or_default().to_owned(),
            enhet: enhet.navn.clone(),
            orgnr: Some(enhet.orgnr.to_string()),
            innsynskravepost: Some(enhet.innsynskravepost.clone()),
            epost: epost.to_owned(),
            documents: documents.iter().map(ordered).collect(),
            ..Order::default()
        };
        let version = if enhet.order_versjon == 1 {
            Version::V1
        } else {
            Version::V2
        };
        let titles: Vec<(String, String)> = documents
            .iter()
            .map(|d| (d.record.mappe.clone(), d.record.tittel_sensitiv.clone()))
            .collect();
        [
            self.random.uuid().to_string(),
            enhet.orgnr.to_string(),
            self.random.uuid().to_string(),
            order.write(version),
            write_emailtext(&order, &titles),
        ]
    }

    async fn store(
        &self,
        id: String,
        epost: String,
        messages: Vec<[String; 5]>,
    ) -> Result<(), Error> {
        let now = self.clock.now().as_microsecond();
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql =
                        "INSERT INTO bestilling (id, epost, at) VALUES ($1, $2, $3)";
                    tx.exec(sql, &[id.as_str().into(), epost.into(), now.into()])
                        .await?;
                    for [message, owner, conversation, order, text] in messages {
                        tx.exec(
                            "INSERT INTO innsynskrav (message_id, bestilling, owner,
                                 conversation_id, order_xml, emailtext)
                             VALUES ($1, $2, $3, $4, $5, $6)",
                            &[
                                message.into(),
                                id.as_str().into(),
                                owner.into(),
                                conversation.into(),
                                order.into(),
                                text.into(),
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

    /// Send one innsynskrav, if one waits; answers whether there was one.
    pub async fn ask(&self) -> Result<bool, Error> {
        let row = self
            .db
            .read::<_, db::Error, _>(|tx| {
                Box::pin(async move {
                    let sql = "SELECT message_id, owner, conversation_id, order_xml,
                                   emailtext
                               FROM innsynskrav WHERE sent = 0 LIMIT 1";
                    tx.one(sql, &[]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let id = row.text(0)?.to_owned();
        let wrong = |e: sbd::Error| Error::Settings(e.to_string());
        let owner: sbd::Orgnr = row.text(1)?.parse().map_err(wrong)?;
        let expires = self
            .clock
            .now()
            .checked_add(LEVETID)
            .unwrap_or(jiff::Timestamp::MAX);
        let who = Correspondence {
            sender: self.settings.orgnr.clone(),
            receiver: owner.clone(),
            message_id: id.parse().map_err(wrong)?,
            conversation_id: row.text(2)?.to_owned(),
            expires: Some(WireTime::oslo(expires)),
        };
        let epost = self.settings.enhet(owner.as_str());
        let epost = epost.map_or("", |enhet| &enhet.innsynskravepost);
        let file = |name: &str, mime: &str, text: &str| Upload {
            name: name.to_owned(),
            mime: mime.to_owned(),
            bytes: Bytes::from(text.to_owned()),
        };
        let files = vec![
            file("order.xml", "application/xml", row.text(3)?),
            file("emailtext", "application/octet-stream", row.text(4)?),
        ];
        let message = innsynskrav(&who, &owner, epost);
        match self.access_point.multipart(&message, files).await {
            // Sent before we were cut short.
            Err(error) if error.is("MessageAlreadyExistsException") => {}
            sent => drop(sent?),
        }
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE innsynskrav SET sent = 1 WHERE message_id = $1";
                    tx.exec(sql, &[id.into()]).await
                })
            })
            .await?;
        Ok(true)
    }

    /// What became of an order, body by body; none when there is no such order.
    pub(crate) async fn follow(&self, id: &str) -> Result<Option<Vec<Krav>>, Error> {
        let id = id.to_owned();
        let rows = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT owner, message_id FROM innsynskrav
                               WHERE bestilling = $1 ORDER BY owner";
                    tx.query(sql, &[id.into()]).await
                })
            })
            .await?;
        let mut all = Vec::new();
        for row in rows {
            let message_id = row.text(1)?.to_owned();
            let known = message_id
                .parse()
                .map_err(|e: sbd::Error| Error::Settings(e.to_string()))?;
            let statuses = self.access_point.statuses(&known).await?;
            all.push(Krav {
                owner: row.text(0)?.to_owned(),
                message_id,
                statuses,
            });
        }
        Ok(Some(all).filter(|all| !all.is_empty()))
    }
}

fn ordered(document: &Document) -> Ordered {
    let record = &document.record;
    Ordered {
        id: Some(record.iri.clone()),
        system_id: record.system_id.clone(),
        saksnr: record.saksnr.clone(),
        dokumentnr: record.dokumentnr.clone(),
        journalnr: record.journalnr.clone(),
        saksbehandler: Some("[Ufordelt]".into()),
        ..Ordered::default()
    }
}
