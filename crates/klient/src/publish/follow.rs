//! Ask the access point what became of what was sent, and move the file when all of it
//! has come to an end.

use std::time::Duration;

use sbd::{MessageId, Status};
use serde_json::{Value, json};

use crate::files::Folder;
use crate::ledger::part::{self, Heard, Part, State};
use crate::{Error, Klient};

/// Longest time between two questions about one message.
const LOOK_TIME_MAX: Duration = Duration::from_secs(60);

impl Klient {
    /// Ask after what is on its way; answers whether anything was heard.
    pub(super) async fn follow(&self) -> Result<bool, Error> {
        let mut heard = false;
        for part in part::travelling(&self.db, self.clock.now()).await? {
            heard |= self.ask_after(&part).await?;
        }
        let days = self.settings.publish.kvittering_working_days;
        let now = self.clock.now();
        let before = self.calendar.back(now, i64::from(days));
        for part in part::unanswered(&self.db, before).await? {
            let word = json!({"fra": "klienten", "tekst": NO_ANSWER});
            self.note_to(&part, State::Levert, Some(word), |all| ended(all, false))
                .await?;
            heard = true;
        }
        Ok(heard)
    }

    async fn ask_after(&self, part: &Part) -> Result<bool, Error> {
        let wrong = |e: sbd::Error| Error::Ledger(e.to_string());
        let id: MessageId = part.message_id.parse().map_err(wrong)?;
        let lines = self.access_point.statuses(&id).await?;
        let mut newest = (part.state, None);
        for line in lines {
            let words = line.description.unwrap_or_default();
            match line.status {
                Status::Mottatt => newest.0 = newest.0.max(State::Mottatt),
                Status::Levert | Status::Lest => newest.0 = newest.0.max(State::Levert),
                Status::Feil | Status::LevetidUtlopt => {
                    let status = line.status.as_str();
                    let word = json!({"fra": "aksesspunktet", "status": status, "tekst": words});
                    newest = (State::Avvist, Some(word));
                }
                _ => {}
            }
        }
        if newest.0 == part.state {
            let age = self.clock.now().duration_since(part.changed);
            let age = Duration::try_from(age).unwrap_or_default();
            let pause = (age / 4).clamp(self.settings.poll(), LOOK_TIME_MAX);
            part::postpone(&self.db, part, self.clock.now() + pause).await?;
            return Ok(false);
        }
        self.note(part, newest.0, newest.1).await?;
        Ok(true)
    }

    /// Note what was heard of a part, and move its file when that ends it.
    pub(super) async fn note(
        &self,
        part: &Part,
        state: State,
        word: Option<Value>,
    ) -> Result<(), Error> {
        let kvittering = self.settings.publish.kvittering;
        self.note_to(part, state, word, move |parts| ended(parts, kvittering))
            .await
    }

    async fn note_to(
        &self,
        part: &Part,
        state: State,
        word: Option<Value>,
        ended: impl FnOnce(&[Part]) -> Option<Folder> + Send + 'static,
    ) -> Result<(), Error> {
        let at = self.clock.now();
        let heard = Heard { state, word, at };
        let of = part.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move { part::hear(tx, &of, heard, ended).await })
            })
            .await?;
        self.settle(&part.file).await
    }
}

/// Where a file belongs whose parts have all come to an end.
fn ended(parts: &[Part], kvittering: bool) -> Option<Folder> {
    // A withdrawal gets no kvittering (einnsyn §5: one a published document).
    let is_end = |part: &Part| match part.state {
        State::Avvist | State::Publisert => true,
        State::Levert => part.withdraws || !kvittering,
        _ => false,
    };
    if !parts.iter().all(is_end) {
        return None;
    }
    let refused = parts.iter().any(|part| part.state == State::Avvist);
    Some(match refused {
        true => Folder::Avvist,
        false => Folder::Publisert,
    })
}

/// What is said where eInnsyn says nothing.
const NO_ANSWER: &str = "eInnsyn har fått den, men ingen kvittering er kommet. \
                         Kvitteringer slås på i eInnsyns administrasjon \
                         (skalMottaKvittering).";
