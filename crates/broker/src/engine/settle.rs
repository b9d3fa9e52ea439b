//! Settle what was locked: complete, abandon, release, defer, dead-letter, renew.

use bytes::Bytes;
use uuid::Uuid;

use super::lane;
use super::locks::Held;
use super::message::Settlement;
use super::queues::Place;
use super::rewrite::Back;
use super::state::State;
use super::{Engine, later, micros};
use crate::Error;
use crate::log::{Answer, Head, Note, Op, Stage};

impl Engine {
    /// Settle a message by its lock; durable when this answers. A lock that has run
    /// out or was settled before is lost, and says so.
    pub async fn settle(
        &self,
        place: Place,
        token: Uuid,
        settlement: Settlement,
    ) -> Result<(), Error> {
        let (answer, answered) = later();
        self.post_settlement(place, token, settlement, Box::new(answer))?;
        answered.await
    }

    /// The same, told when it is done.
    pub(crate) fn post_settlement(
        &self,
        place: Place,
        token: Uuid,
        settlement: Settlement,
        answer: Answer,
    ) -> Result<(), Error> {
        let now = self.now();
        let held = self.with(|state| {
            state.used(place, now, |_| true)?;
            let held = state.find_lock(token, place, now)?;
            state.locks.remove(token);
            state.total(place.0, |totals| match settlement {
                Settlement::Complete => totals.completed += 1,
                Settlement::Abandon(_) => totals.abandoned += 1,
                Settlement::Defer(_) => totals.deferred += 1,
                Settlement::Release | Settlement::DeadLetter { .. } => {}
            });
            Ok::<_, Error>(held)
        })?;
        match settlement {
            Settlement::Complete => self.end(held, answer),
            Settlement::Release => {
                self.with(|state| state.give_back(held.lane, held.sequence));
                answer(Ok(()));
            }
            Settlement::Abandon(changes) => self.count(held, changes, answer),
            Settlement::Defer(changes) => {
                self.mark(held, Some(Stage::Deferred), changes, answer);
            }
            Settlement::DeadLetter {
                reason,
                description,
                changes,
            } => {
                let words = [reason, description];
                self.put_aside(held.lane, held.sequence, words, changes, answer);
            }
        }
        Ok(())
    }

    /// Fails when the lock holds another message than the one of this id or number.
    pub fn check_lock(
        &self,
        place: Place,
        token: Uuid,
        named: &str,
    ) -> Result<(), Error> {
        let now = self.now();
        let taken = self.with(|state| {
            let held = state.find_lock(token, place, now)?;
            let slot = state.slot(held.lane, held.sequence).copied();
            let slot = slot.ok_or(Error::LockLost)?;
            Ok::<_, Error>(state.taken(held.lane, slot, None))
        })?;
        if named == taken.slot.sequence.to_string() {
            return Ok(());
        }
        let own = self.reload(&taken)?.content.id;
        if *own == *named {
            Ok(())
        } else {
            Err(Error::LockLost)
        }
    }

    /// Move the end of a lock; answers the new end in microseconds since 1970.
    pub fn renew(&self, place: Place, token: Uuid) -> Result<i64, Error> {
        let now = self.now();
        self.with(|state| {
            let settings = state.used(place, now, |_| true)?;
            let until = now.saturating_add(micros(settings.lock_time));
            state.find_lock(token, place, now)?;
            state.locks.renew(token, until);
            Ok(until)
        })
    }

    /// The message is gone once that is written.
    fn end(&self, held: Held, answer: Answer) {
        let Held { lane, sequence, .. } = held;
        self.note(lane, sequence, Back::OnFailure, answer, |slot| Note::End {
            lane,
            sequence,
            file: slot.at.file,
        });
    }

    /// Count a delivery in vain and give the message back, or put it aside when that
    /// was one too many.
    pub(super) fn count(&self, held: Held, changes: Bytes, answer: Answer) {
        let Held { lane, sequence, .. } = held;
        let counted = self.with(|state| {
            let max = state.settings(Place(lane)).ok()?.max_delivery_count;
            let count = state.slot(lane, sequence)?.count.saturating_add(1);
            state.change(lane, sequence, |slot| slot.count = count);
            // A dead letter is counted and stays.
            (u32::from(count) >= max && !lane::is_dead(lane)).then_some(count)
        });
        let Some(count) = counted else {
            return self.mark(held, None, changes, answer);
        };
        let description =
            format!("Message could not be consumed after {count} delivery attempts.");
        let words = ["MaxDeliveryCountExceeded".to_owned(), description];
        self.put_aside(lane, sequence, words, changes, answer);
    }

    /// Write what is new of a message, and give it back then.
    fn mark(&self, held: Held, stage: Option<Stage>, changes: Bytes, answer: Answer) {
        let Held { lane, sequence, .. } = held;
        if changes.is_empty() {
            self.note(lane, sequence, Back::Always, answer, |slot| Note::Mark {
                lane,
                sequence,
                count: slot.count,
                stage: stage.unwrap_or(slot.stage),
            });
            return;
        }
        self.rewrite(
            lane,
            sequence,
            Back::Always,
            answer,
            |state, slot, content| {
                let head = Head {
                    stage: stage.unwrap_or(slot.stage),
                    ..state.head(lane, slot)
                };
                vec![Op::put(head, content.with(&changes))]
            },
        );
    }

    /// To the dead-letter queue and out of its own, together or not at all.
    pub(super) fn put_aside(
        &self,
        lane: u32,
        sequence: u64,
        words: [String; 2],
        changes: Bytes,
        answer: Answer,
    ) {
        let [reason, description] = words;
        self.rewrite(
            lane,
            sequence,
            Back::OnFailure,
            answer,
            |state, slot, content| {
                let source = state.queue_name(lane);
                state.total(lane, |totals| totals.dead_lettered += 1);
                let mut content = content.with(&changes);
                content.dead = Some(Box::new([reason, description, source]));
                // Dead letters are of use for ever.
                content.time_to_live = 0;
                let aside = lane::number(lane::queue(lane), true);
                let head = Head {
                    lane: aside,
                    sequence: state.next_number(aside),
                    due: 0,
                    stage: Stage::Active,
                    from: 0,
                    ..state.head(lane, slot)
                };
                let end = Note::End {
                    lane,
                    sequence,
                    file: slot.at.file,
                };
                vec![Op::put(head, content), Op::Note(end)]
            },
        );
    }
}

impl State {
    /// What the token holds here. Whoever comes too late is counted.
    fn find_lock(
        &mut self,
        token: Uuid,
        place: Place,
        now: i64,
    ) -> Result<Held, Error> {
        let found = self.locks.find(token, place.0, now);
        if found.is_err() {
            self.total(place.0, |totals| totals.locks_lost += 1);
        }
        found
    }
}
