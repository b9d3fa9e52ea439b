//! Innsynskrav: an order goes to whoever answers it.
//!
//! Order:   peek → pop → read → ledger (order) → each target, its yes → ledger
//!          (delivery) → delete (LEVERT goes home).
//! Refuses: nothing. An order that cannot be read is handed over as it came; one that the
//!          access point cannot open stays there, where its operator sees the reason.
//! Cut short between a target's yes and the ledger, the same goes there again under the
//! same name or Message-ID, by which it is known. An order that comes again under
//! another messageId is known by its id, owner and documents (einnsyn §1.6).

mod came;
mod hand;
pub(crate) mod letter;
mod secure;
mod target;

use bytes::Bytes;
use jiff::ToSpan;
use noark::order::Order;
use sbd::{BusinessMessage, Envelope, urn};

use crate::ledger::order::{self, Before, Krav};
use crate::{Error, Klient};

pub(crate) use came::Came;
pub(crate) use hand::{Hand, Held};
pub(crate) use target::{Targets, Webhook};

/// How long like orders are remembered as such.
const HINT_DAYS: i64 = 90;

/// What a target is given.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// eInnsyn's id of the order; the message's, where the order cannot be read.
    pub(crate) id: String,
    /// The organisation that owns the data.
    pub(crate) owner: String,
    /// The message that it came with.
    pub(crate) message_id: String,
    /// The way that it goes; none to postmottak.
    pub(crate) route: Option<String>,
    /// Which of its documents go this way, counted from 1; empty means all.
    pub(crate) which: Vec<usize>,
    /// How many documents it has.
    pub(crate) total: usize,
    /// The body's mailbox, as the message names it.
    pub(crate) mailbox: Option<String>,
    /// The date on which an answer is due.
    pub(crate) due: jiff::civil::Date,
    /// What came before that is like it.
    pub(crate) before: Before,
    /// What came.
    pub(crate) came: Came,
}

impl Parcel {
    /// A name that tells it from every other and is the same when it comes again.
    pub(crate) fn name(&self) -> String {
        let route = self.route.iter().map(String::as_str);
        let parts = [self.id.as_str(), self.owner.as_str()]
            .into_iter()
            .chain(route);
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let safe = |part: &str| -> String {
            part.chars()
                .map(|c| if plain(c) { c } else { '-' })
                .collect()
        };
        let name = parts.map(safe).collect::<Vec<_>>().join(".");
        name.trim_start_matches('.').to_owned()
    }
}

impl Klient {
    /// Hand over one innsynskrav, if one waits; answers whether there was one.
    pub async fn innsynskrav(&self) -> Result<bool, Error> {
        if !self.settings.innsynskrav || self.targets.is_empty() {
            return Ok(false);
        }
        let mut hand = self.hand.lock().await;
        let now = self.clock.now();
        let held = match hand.due(now) {
            Some(held) => held,
            None => match self.peek_order().await? {
                Some(held) => held,
                None => return Ok(false),
            },
        };
        match self.take_over(&held).await {
            // The lock has run out; it is peeked again.
            Err(error) if error.is("MessageNotLockedException") => Ok(true),
            Err(error) => {
                let id = held.id.as_str();
                tracing::warn!(message.id = id, %error, "an order is tried again");
                hand.keep(held, self.settings.poll(), now);
                Ok(true)
            }
            Ok(()) => Ok(true),
        }
    }

    async fn peek_order(&self) -> Result<Option<Held>, Error> {
        let filter = [("process", urn::INNSYNSKRAV_PROCESS)];
        let Some(envelope) = self.access_point.peek(&filter).await? else {
            return Ok(None);
        };
        let facts = envelope.facts().map_err(|e| Error::Message {
            id: "?".into(),
            what: e.to_string(),
        })?;
        Ok(Some(Held::new(
            facts.message_id,
            envelope,
            self.clock.now(),
        )))
    }

    async fn take_over(&self, held: &Held) -> Result<(), Error> {
        let package = self.access_point.pop(&held.id).await?.unwrap_or_default();
        self.hand_over(&held.envelope, held.id.as_str(), package)
            .await?;
        Ok(self.access_point.delete(&held.id).await?)
    }

    async fn hand_over(
        &self,
        envelope: &Envelope,
        id: &str,
        package: Bytes,
    ) -> Result<(), Error> {
        let BusinessMessage::Innsynskrav(message) = &envelope.message else {
            return Err(Error::Message {
                id: id.to_owned(),
                what: "it is no innsynskrav".into(),
            });
        };
        let owner = message.orgnr.clone().unwrap_or_default();
        let came = Came::of(id, package);
        let krav = self.krav(id, &owner, &came);
        let due = order::enter(&self.db, krav.clone()).await?;
        let since = self.clock.now() - (HINT_DAYS * 24).hours();
        let whole = Parcel {
            id: came.order.as_ref().map_or(id, |o| &o.id).to_owned(),
            owner,
            message_id: id.to_owned(),
            route: None,
            which: Vec::new(),
            total: krav.documents.len(),
            mailbox: message.epost.clone().or_else(|| came.mailbox()),
            due: self.calendar.date(due),
            before: order::before(&self.db, &krav, since).await?,
            came,
        };
        if krav.unanswerable {
            tracing::warn!(
                message.id = id,
                "the citizen's address in an order cannot be read"
            );
        }
        for parcel in self.routed(whole) {
            self.deliver(&krav.key, &parcel).await?;
        }
        order::done(&self.db, &krav.key, self.clock.now()).await
    }

    fn krav(&self, id: &str, owner: &str, came: &Came) -> Krav {
        let order = came.order.as_ref();
        let now = self.clock.now();
        let days = i64::from(self.settings.watch.answer_working_days);
        Krav {
            key: order.map_or_else(|| format!("message {id}"), |o| o.key(owner)),
            came: now,
            due: self.calendar.ahead(now, days),
            requester: order.map(|o| o.epost.clone()).unwrap_or_default(),
            documents: order.map(Order::document_keys).unwrap_or_default(),
            unanswerable: came.is_unanswerable(),
        }
    }

    /// One parcel for each way that some of the documents go.
    fn routed(&self, whole: Parcel) -> Vec<Parcel> {
        let routes = &self.settings.routes;
        let documents = whole.came.order.iter().flat_map(|o| &o.documents);
        let way = |document| routes.iter().position(|route| route.fits(document));
        let ways: Vec<Option<usize>> = documents.map(way).collect();
        let mut used = ways.clone();
        used.sort();
        used.dedup();
        if used.len() < 2 {
            let route = used.pop().flatten().map(|r| routes[r].name.clone());
            return vec![Parcel { route, ..whole }];
        }
        let of_way = |used: Option<usize>| {
            let numbered = (1..).zip(&ways);
            let which = numbered.filter(|(_, way)| **way == used).map(|(n, _)| n);
            Parcel {
                route: used.map(|r| routes[r].name.clone()),
                which: which.collect(),
                ..whole.clone()
            }
        };
        used.into_iter().map(of_way).collect()
    }

    async fn deliver(&self, key: &str, parcel: &Parcel) -> Result<(), Error> {
        let target = parcel.route.as_deref().unwrap_or("postmottak");
        if order::has(&self.db, key, target).await? {
            tracing::info!(
                message.id = parcel.message_id,
                to = target,
                "an order that was handed over before came again"
            );
            return Ok(());
        }
        let place = self.targets.deliver(parcel).await?;
        order::delivered(&self.db, key, target, place, self.clock.now()).await?;
        tracing::info!(
            message.id = parcel.message_id,
            to = target,
            "an innsynskrav was handed over"
        );
        Ok(())
    }
}
