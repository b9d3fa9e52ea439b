//! What time does to queues: locks run out, messages outlive their use or come to
//! theirs, queues are forgotten.

use std::time::Duration;

use bytes::Bytes;

use super::lane;
use super::queues::Place;
use super::rewrite::Back;
use super::state::Due;
use super::{Engine, later, micros};
use crate::Error;
use crate::log::{Answer, Head, Note, Op, Stage};
use crate::queue::QueueName;

/// What is dealt with at once.
const DUE_MAX: usize = 256;
/// Nobody sleeps longer, whatever is due: idle queues and old files are looked at too.
const SLEEP_TIME_MAX: Duration = Duration::from_secs(1);

impl Engine {
    /// Do what is due by now. What could not be done is still due: wait before the next
    /// try.
    pub async fn upkeep(&self) -> Result<(), Error> {
        while self.expire().await? {}
        self.forget().await?;
        self.clean().await
    }

    /// Wait until something is due, but not for long.
    pub async fn idle(&self) {
        let now = self.now();
        let until = now.saturating_add(micros(SLEEP_TIME_MAX));
        let (alarm, wait) = self.with(|state| {
            let until = state.next_due().unwrap_or(until).min(until);
            state.asleep_until = until;
            let wait = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
            (self.0.alarm.notified(), Duration::from_micros(wait))
        });
        drop(tokio::time::timeout(wait, alarm).await);
        self.with(|state| state.asleep_until = i64::MIN);
    }

    /// Deal with some of what is due; whether there was any.
    async fn expire(&self) -> Result<bool, Error> {
        let now = self.now();
        let Due { run_out, over } = self.with(|state| state.due(now, DUE_MAX));
        let any = !run_out.is_empty() || !over.is_empty();
        let mut answers = Vec::new();
        for held in run_out {
            let (answer, answered) = later();
            self.count(held, Bytes::new(), Box::new(answer));
            answers.push(answered);
        }
        for (lane, slot) in over {
            let (answer, answered) = later();
            match slot.stage {
                Stage::Scheduled => {
                    self.activate(lane, slot.sequence, now, Box::new(answer));
                }
                _ => self.retire(lane, slot.sequence, Box::new(answer)),
            }
            answers.push(answered);
        }
        let mut failed = None;
        for answered in answers {
            match answered.await {
                // Settled in the same moment, by whoever was faster.
                Ok(()) | Err(Error::LockLost) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(any), Err)
    }

    /// A message has outlived its use: aside with it, or away.
    pub(super) fn retire(&self, lane: u32, sequence: u64, answer: Answer) {
        let kept = self.with(|state| {
            state.total(lane, |totals| totals.expired += 1);
            let settings = state.settings(Place(lane));
            settings.is_ok_and(|s| s.dead_letters_expired) && !lane::is_dead(lane)
        });
        if kept {
            let reason = "TTLExpiredException".to_owned();
            let description = "The message expired and was dead lettered.".to_owned();
            let words = [reason, description];
            self.put_aside(lane, sequence, words, Bytes::new(), answer);
        } else {
            self.note(lane, sequence, Back::OnFailure, answer, |slot| Note::End {
                lane,
                sequence,
                file: slot.at.file,
            });
        }
    }

    /// The message is as if it had been sent now, number and all.
    fn activate(&self, lane: u32, sequence: u64, now: i64, answer: Answer) {
        self.rewrite(
            lane,
            sequence,
            Back::OnFailure,
            answer,
            |state, slot, content| {
                let mut content = content;
                let new = state.next_number(lane);
                content.enqueued_at = now;
                content.origin = new;
                let due = match content.time_to_live {
                    0 => 0,
                    time => now.saturating_add(time),
                };
                let head = Head {
                    sequence: new,
                    due,
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

    /// Forget ids whose window is over, and queues that nobody has used for too long.
    async fn forget(&self) -> Result<(), Error> {
        let now = self.now();
        let idle: Vec<QueueName> = self.with(|state| {
            state.forget_ids(now);
            let idle = state.queues.values().filter(|owned| {
                let time = owned.described.settings.idle_time_max;
                time.is_some_and(|time| {
                    owned.used_at.saturating_add(micros(time)) <= now
                })
            });
            idle.map(|owned| owned.described.name.clone()).collect()
        });
        for name in idle {
            tracing::info!(queue = %name, "nobody has used it: it is deleted");
            match self.delete(&name).await {
                Ok(()) | Err(Error::NoQueue(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl super::state::State {
    fn forget_ids(&mut self, now: i64) {
        for (number, lane) in &mut self.lanes {
            let Some(history) = &mut lane.history else {
                continue;
            };
            let Some(owned) = self.queues.get(&lane::queue(*number)) else {
                continue;
            };
            let window = owned.described.settings.duplicate_window;
            for file in history.forget(now.saturating_sub(micros(window))) {
                self.ledger.forget(file, *number);
            }
        }
    }
}
