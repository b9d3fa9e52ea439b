//! Innsynskrav: an order becomes a mail to postmottak.
//!
//! Order:   peek → pop → read → mail, SMTP 250 → ledger → delete (LEVERT goes home).
//! Refuses: nothing. An order that cannot be read is mailed as it came; one that the
//!          access point cannot open stays there, where its operator sees the reason.
//! Cut short between 250 and the ledger, the same mail is sent again under the same
//! Message-ID, by which mail systems know it.

use bytes::Bytes;
use dokumentpakke::asice;
use noark::order::Order;
use noark::unescape;
use sbd::{BusinessMessage, Envelope, urn};

use crate::mail::{Attached, Letter};
use crate::{Error, Klient, ledger};

impl Klient {
    /// Hand over one innsynskrav, if one waits; answers whether there was one.
    pub async fn innsynskrav(&self) -> Result<bool, Error> {
        let Some(mailer) = &self.mailer else {
            return Ok(false);
        };
        let filter = [("process", urn::INNSYNSKRAV_PROCESS)];
        let Some(envelope) = self.access_point.peek(&filter).await? else {
            return Ok(false);
        };
        let facts = envelope.facts().map_err(|e| Error::Message {
            id: "?".into(),
            what: e.to_string(),
        })?;
        let id = facts.message_id;
        let package = self.access_point.pop(&id).await?.unwrap_or_default();
        let (letter, key) = letter(&envelope, id.as_str(), package)?;
        if ledger::was_mailed(&self.db, &key).await? {
            tracing::info!(message.id = %id, "an order that was mailed before came again");
        } else {
            mailer.send(&letter).await?;
            ledger::mailed(&self.db, &key, self.clock.now()).await?;
            tracing::info!(message.id = %id, "an innsynskrav was mailed");
        }
        self.access_point.delete(&id).await?;
        Ok(true)
    }
}

/// The mail, and the key to know the order by if it comes again.
fn letter(
    envelope: &Envelope,
    id: &str,
    package: Bytes,
) -> Result<(Letter, String), Error> {
    let wrong = |what: &str| Error::Message {
        id: id.to_owned(),
        what: what.to_owned(),
    };
    let BusinessMessage::Innsynskrav(krav) = &envelope.message else {
        return Err(wrong("it is no innsynskrav"));
    };
    let owner = krav.orgnr.clone().unwrap_or_default();
    let came = Came::of(id, package);
    let (reply_to, order_id, key) = match &came.order {
        Some(order) => (
            Some(order.epost.clone()),
            order.id.clone(),
            order.key(&owner),
        ),
        None => (None, id.to_owned(), format!("message {id}")),
    };
    let ordered = came.order.as_ref();
    let ordered = ordered.and_then(|o| o.innsynskravepost.as_ref());
    let letter = Letter {
        to: krav
            .epost
            .as_ref()
            .or(ordered)
            .cloned()
            .ok_or_else(|| wrong("it names no mailbox"))?,
        reply_to,
        id: format!("{order_id}.{owner}"),
        text: came.text,
        attached: came.attached,
    };
    Ok((letter, key))
}

/// What of a package can be understood.
struct Came {
    order: Option<Order>,
    text: String,
    attached: Option<Attached>,
}

impl Came {
    fn of(id: &str, package: Bytes) -> Self {
        let container = match asice::read(&package) {
            Ok(container) => container,
            Err(error) => {
                tracing::warn!(message.id = id, %error, "a package is mailed unread");
                return Self {
                    order: None,
                    text: UNREAD.into(),
                    attached: Some(Attached {
                        name: "innsynskrav.asice",
                        mime: "application/vnd.etsi.asic-e+zip",
                        bytes: package.into(),
                    }),
                };
            }
        };
        let file = |names: &[&str]| {
            let mut files = container.files.iter();
            files
                .find(|f| names.contains(&f.name.as_str()))
                .map(|f| f.bytes.clone())
        };
        let xml = file(&["order.xml", "oep.xml"]);
        let order = xml.as_deref().map(Order::read).and_then(|read| {
            read.inspect_err(|error| {
                tracing::warn!(message.id = id, %error, "order.xml is mailed unread");
            })
            .ok()
        });
        let text = file(&["emailtext"]);
        let text = text.map(|b| unescape(&String::from_utf8_lossy(&b)));
        Self {
            order,
            text: text.unwrap_or_else(|| "Se order.xml.\n".into()),
            attached: xml.map(|bytes| Attached {
                name: "order.xml",
                mime: "application/xml",
                bytes,
            }),
        }
    }
}

/// The text of a mail about a package that cannot be read.
const UNREAD: &str = "Et innsynskrav er kommet, men pakken kunne ikke leses. \
                      Den er vedlagt slik den kom.\n";
