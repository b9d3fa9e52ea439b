//! Innsynskrav: an order becomes a mail to postmottak.
//!
//! Order:   peek → pop → read → mail, SMTP 250 → ledger → delete (LEVERT goes home).
//! Refuses: nothing. An order that cannot be read is mailed as it came.
//! Cut short between 250 and the ledger, the same mail is sent again under the same
//! Message-ID, by which mail systems know it.

use bytes::Bytes;
use dokumentpakke::asice;
use noark::order::Order;
use noark::unescape;
use sbd::{BusinessMessage, Envelope, urn};

use crate::mail::Letter;
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
        let (letter, key) = letter(&envelope, id.as_str(), &package)?;
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
    package: &Bytes,
) -> Result<(Letter, String), Error> {
    let wrong = |what: String| Error::Message {
        id: id.to_owned(),
        what,
    };
    let BusinessMessage::Innsynskrav(krav) = &envelope.message else {
        return Err(wrong("it is no innsynskrav".into()));
    };
    let container = asice::read(package).map_err(|e| wrong(e.to_string()))?;
    let file = |names: &[&str]| {
        let found = container
            .files
            .iter()
            .find(|f| names.contains(&f.name.as_str()));
        found.map(|f| f.bytes.clone())
    };
    let order_xml = file(&["order.xml", "oep.xml"]);
    let text = file(&["emailtext"]).map(|b| String::from_utf8_lossy(&b).into_owned());
    let order = order_xml.as_deref().map(Order::read);
    let owner = krav.orgnr.clone().unwrap_or_default();
    let (reply_to, order_id, key) = match &order {
        Some(Ok(order)) => (
            Some(order.epost.clone()),
            order.id.clone(),
            order.key(&owner),
        ),
        _ => {
            tracing::warn!(
                message.id = id,
                "order.xml cannot be read; mailed as it came"
            );
            (None, id.to_owned(), format!("message {id}"))
        }
    };
    let to = krav.epost.clone().or_else(|| match &order {
        Some(Ok(order)) => Some(order.innsynskravepost.clone()),
        _ => None,
    });
    let letter = Letter {
        to: to.ok_or_else(|| wrong("it names no mailbox".into()))?,
        reply_to,
        id: format!("{order_id}.{owner}"),
        text: text.map_or_else(|| "Se order.xml.\n".into(), |t| unescape(&t)),
        order_xml,
    };
    Ok((letter, key))
}
