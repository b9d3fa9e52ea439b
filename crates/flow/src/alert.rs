//! Tell the operator, by mail, of messages that end in FEIL.
//!
//! Twice:   harmless. The second mail has the same Message-ID.
//!
//! It is called by the pushes that tell of statuses, so a mail is laid in the transaction
//! that records FEIL, and sent until the server has taken it.

use mail::Mailer;
use mail::lettre::message::{Mailbox, SinglePart};
use sbd::Status;
use store::push::{Event, Push};
use store::subscription::{self, Own};

use crate::push::Failed;
use crate::{Error, Point};

/// A way to the operator.
pub struct Alert {
    mailer: Mailer,
    to: Mailbox,
}

impl Alert {
    /// By this server, to this address. Fails when that is none.
    pub fn new(mailer: Mailer, to: &str) -> Result<Self, String> {
        let to = to.parse().map_err(|_| format!("{to:?} is no address"))?;
        Ok(Self { mailer, to })
    }

    /// See whether the mail server answers, and lets us in.
    pub async fn knock(&self) -> Result<bool, mail::Error> {
        self.mailer.knock().await
    }
}

impl Point {
    /// The same access point, telling the operator of FEIL or not.
    pub async fn alerting(mut self, alert: Option<Alert>) -> Result<Self, Error> {
        let filter = alert.as_ref().map(|_| format!("status={}", Status::Feil));
        let owner = self.orgnr().clone();
        let work = self.setup.store.write(move |tx| {
            Box::pin(async move {
                subscription::tell(tx, &owner, Own::Mail, filter.as_deref()).await
            })
        });
        work.await?;
        self.alert = alert;
        Ok(self)
    }
}

/// Mail what happened; answers when the server has said 250.
pub(crate) async fn tell(
    point: &Point,
    push: &Push,
    event: &Event,
) -> Result<(), Failed> {
    let Some(alert) = &point.alert else {
        return Ok(());
    };
    let subject = format!("Sendebud: {} endte i {}", event.message_id, event.status);
    let id = format!("{}-{}", point.orgnr(), push.id);
    let message = alert.mailer.write(alert.to.clone(), &subject, Some(&id));
    let message = message.singlepart(SinglePart::plain(words(point, push, event)));
    let message = message.map_err(|e| Failed::Forbidden(e.to_string()))?;
    let bytes = message.formatted();
    let sent = alert.mailer.send(message.envelope(), &bytes).await;
    sent.map_err(|error| match error.fault().is_passing() {
        true => Failed::Closed(error.to_string()),
        false => Failed::Forbidden(error.to_string()),
    })
}

fn words(point: &Point, push: &Push, event: &Event) -> String {
    let why = event.description.as_deref().unwrap_or("ikke oppgitt");
    format!(
        "En melding endte i {}.\n\nVirksomhet: {}\nMelding: {}\nSamtale: {}\n\
         Retning: {}\nTid: {}\nGrunn: {why}\n",
        event.status,
        point.orgnr(),
        event.message_id,
        event.conversation_id,
        event.direction,
        push.at,
    )
}
