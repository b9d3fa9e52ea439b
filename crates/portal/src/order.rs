//! Order: documents that a citizen asks for become one innsynskrav a unit.
//!
//! Order:   documents → address → one message a unit → store, with the mail that asks
//!          the citizen to verify.
//! Writes:  the order, its messages with ids and texts, and a mail, in one commit.
//! Refuses: what [`Refusal`] names.
//! Then:    nothing is sent before the link in the mail has been followed.

mod follow;
mod message;
mod send;

use std::collections::BTreeMap;

use db::{Tx, Value};
use jiff::SignedDuration;
use pages::{Language, fill};

use crate::archive::{self, Full};
use crate::error::Refusal;
use crate::letter::Letter;
use crate::words::words;
use crate::{Error, Portal};

pub(crate) use follow::{Followed, Krav, State};
pub(crate) use message::{Asked, New, address, ordered};

/// Documents in one order, as on einnsyn.no.
pub(crate) const DOCUMENTS_MAX: usize = 50;
/// > at most 1 unverified order per hour per address (einnsyn §1.6)
const UNVERIFIED_TIME: SignedDuration = SignedDuration::from_hours(1);
/// Orders of all addresses that may come to wait within a minute.
const UNVERIFIED_MINUTE_MAX: i64 = 60;

/// An order that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) id: String,
    /// The link that verifies it, where it is not mailed: on trial only.
    pub(crate) link: Option<String>,
}

impl Portal {
    /// Whether orders can be taken at all.
    pub(crate) fn takes_orders(&self) -> bool {
        self.mailer.is_some() || self.settings.test
    }

    /// Take an order of documents, by their numbers.
    pub(crate) async fn order(
        &self,
        ids: &[i64],
        epost: &str,
        language: Language,
    ) -> Result<Taken, Error> {
        let refuse = |why| Err(Error::Order(why));
        if !self.takes_orders() {
            return refuse(Refusal::NoMail);
        }
        if ids.is_empty() || ids.len() > DOCUMENTS_MAX {
            return refuse(Refusal::Documents);
        }
        let Some(epost) = address(epost) else {
            return refuse(Refusal::Address);
        };
        let documents = archive::find(&self.db, ids).await?;
        if documents.len() != ids.len() {
            return refuse(Refusal::Gone);
        }
        let mut units: BTreeMap<String, Vec<Full>> = BTreeMap::new();
        for document in documents {
            units
                .entry(document.hit.owner.clone())
                .or_default()
                .push(document);
        }
        let id = format!("ik_{}", self.random.uuid().simple());
        let mut messages = Vec::new();
        for (owner, documents) in units {
            let Some(enhet) = self.settings.enhet(&owner) else {
                return refuse(Refusal::Body);
            };
            messages.push(self.message(&id, &epost, enhet, &documents));
        }
        let taken = self.store(id, epost, language, messages, ids.len()).await?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    async fn store(
        &self,
        id: String,
        epost: String,
        language: Language,
        messages: Vec<New>,
        documents: usize,
    ) -> Result<Taken, Error> {
        let secret = self.random.uuid().simple().to_string();
        let link = format!("/bestilling/{id}/bekreft/{secret}");
        let says = words(language);
        let mail = self.mailer.as_ref().map(|_| Letter {
            id: format!("bekreft.{id}"),
            receiver: epost.clone(),
            subject: says.mail_verify_subject.to_owned(),
            text: fill(
                says.mail_verify,
                &[
                    ("n", &documents.to_string()),
                    ("site", says.site),
                    ("link", &format!("{}{link}", self.settings.address())),
                ],
            ),
        });
        let shown = mail.is_none().then_some(link);
        let now = self.clock.now();
        let at = now.as_microsecond();
        let hour = now.checked_sub(UNVERIFIED_TIME).unwrap_or_default();
        let hour = hour.as_microsecond();
        let kept = id.clone();
        self.db
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    // Two orders at the same time are told apart by the one writer.
                    unverified(tx, &epost, hour, at).await?;
                    insert(tx, &id, &epost, language, at, Some(secret)).await?;
                    for message in messages {
                        message.insert(tx, &id, at).await?;
                    }
                    if let Some(mail) = mail {
                        mail.keep(tx, at).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Taken {
            id: kept,
            link: shown,
        })
    }

    /// The link was followed; answers whether there was something to verify.
    pub(crate) async fn verify(&self, id: &str, secret: &str) -> Result<bool, Error> {
        let (id, secret) = (id.to_owned(), secret.to_owned());
        let at = self.clock.now().as_microsecond();
        let mails = self.mailer.is_some();
        let settings = self.settings.clone();
        let verified = self.db.write::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE bestilling SET secret = NULL
                           WHERE id = $1 AND secret = $2 RETURNING epost, language";
                let values = [id.as_str().into(), secret.into()];
                let Some(row) = tx.one(sql, &values).await? else {
                    return Ok(false);
                };
                let sql = "UPDATE innsynskrav SET state = 'waiting', due = $1
                           WHERE bestilling = $2 RETURNING owner";
                let values = [at.into(), id.as_str().into()];
                let krav = tx.query(sql, &values).await?;
                if !mails {
                    return Ok(true);
                }
                let language = Language::of(row.text(1)?).unwrap_or_default();
                let mut names = Vec::new();
                for krav in &krav {
                    names.push(format!("  {}", settings.navn(krav.text(0)?)));
                }
                let link = format!("{}/bestilling/{id}", settings.address());
                let places = [("til", names.join("\n")), ("link", link)];
                let places = places.each_ref().map(|(n, v)| (*n, v.as_str()));
                let letter = Letter {
                    id: format!("sendt.{id}"),
                    receiver: row.text(0)?.to_owned(),
                    subject: words(language).mail_sent_subject.to_owned(),
                    text: fill(words(language).mail_sent, &places),
                };
                letter.keep(tx, at).await?;
                Ok(true)
            })
        });
        let verified = verified.await?;
        self.wake.notify_waiters();
        Ok(verified)
    }

    /// Whether this link would verify an order.
    pub(crate) async fn verifiable(
        &self,
        id: &str,
        secret: &str,
    ) -> Result<bool, Error> {
        let (id, secret) = (id.to_owned(), secret.to_owned());
        let found = self.db.read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "SELECT 1 FROM bestilling WHERE id = $1 AND secret = $2";
                tx.one(sql, &[id.into(), secret.into()]).await
            })
        });
        Ok(found.await?.is_some())
    }
}

/// Fails when too many orders wait, of this address or of all.
async fn unverified(
    tx: &mut Tx<'_>,
    epost: &str,
    hour: i64,
    now: i64,
) -> Result<(), Error> {
    const MINUTE: i64 = 60_000_000;
    let sql = "SELECT 1 FROM bestilling
               WHERE secret IS NOT NULL AND epost = $1 AND at > $2 LIMIT 1";
    if tx.one(sql, &[epost.into(), hour.into()]).await?.is_some() {
        return Err(Error::Order(Refusal::Unverified));
    }
    let sql = "SELECT count(*) FROM bestilling WHERE at > $1 AND secret IS NOT NULL";
    let row = tx.one(sql, &[(now - MINUTE).into()]).await?;
    let waiting = row.map(|row| row.int(0)).transpose()?.unwrap_or_default();
    if waiting >= UNVERIFIED_MINUTE_MAX {
        return Err(Error::Order(Refusal::TooMany));
    }
    Ok(())
}

/// Write an order; one without a secret is verified.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    id: &str,
    epost: &str,
    language: Language,
    at: i64,
    secret: Option<String>,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO bestilling (id, epost, language, at, secret, test)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let test = Value::from(secret.is_none());
    let values = [
        id.into(),
        epost.into(),
        language.code().into(),
        at.into(),
        secret.into(),
        test,
    ];
    tx.exec(sql, &values).await?;
    Ok(())
}
