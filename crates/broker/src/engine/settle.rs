//! Settle what was locked: complete, abandon, release, dead-letter, renew.

use std::sync::Arc;

use uuid::Uuid;

use super::state::{Held, Taken};
use super::{Engine, Settlement, micros};
use crate::Error;
use crate::log::{Op, Put};

impl Engine {
    /// Settle a message by its lock; durable when this answers. A lock that has run
    /// out or was settled before is lost, and says so.
    pub async fn settle(
        &self,
        queue: &str,
        token: Uuid,
        settlement: Settlement,
    ) -> Result<(), Error> {
        let (address, now) = (queue.parse()?, self.now());
        let held = {
            let mut state = self.state();
            let queue = state.find(&address)?;
            state.used(queue, now);
            state.unlock_in(queue, token, now)?
        };
        match settlement {
            Settlement::Complete => self.complete(held).await,
            Settlement::Release => {
                self.give_back(held);
                Ok(())
            }
            Settlement::Abandon => self.count_and_return(held).await,
            Settlement::DeadLetter(reason, description) => {
                self.put_aside(held, &reason, &description).await
            }
        }
    }

    /// Move the end of a lock; answers the new end in microseconds since 1970.
    pub fn renew(&self, queue: &str, token: Uuid) -> Result<i64, Error> {
        let (address, now) = (queue.parse()?, self.now());
        let mut state = self.state();
        let queue = state.find(&address)?;
        let until = now.saturating_add(micros(state.settings(queue)?.lock_time));
        state.renew(queue, token, now, until)?;
        Ok(until)
    }

    async fn complete(&self, held: Held) -> Result<(), Error> {
        let Held {
            queue, sequence, ..
        } = held;
        let written = {
            let mut state = self.state();
            if state.leaving(queue, sequence).is_none() {
                return Err(Error::LockLost);
            }
            self.append(vec![Op::Drop { queue, sequence }])
        };
        let written = written.await;
        if written.is_err() {
            self.give_back(held);
        }
        written
    }

    /// Count the delivery and give the message back, or put it aside when that was
    /// one too many.
    pub(super) async fn count_and_return(&self, held: Held) -> Result<(), Error> {
        let Held {
            queue, sequence, ..
        } = held;
        let (count, max, written) = {
            let mut state = self.state();
            let max = state.settings(queue)?.max_delivery_count;
            let count = state.count(held);
            let counted = vec![Op::Count {
                queue,
                sequence,
                count,
            }];
            (count, max, self.append(counted))
        };
        // A dead letter is counted and stays.
        if count >= max && queue % 2 == 0 {
            let words = format!(
                "Message could not be consumed after {count} delivery attempts."
            );
            return self
                .put_aside(held, "MaxDeliveryCountExceeded", &words)
                .await;
        }
        self.give_back(held);
        written.await
    }

    pub(super) fn give_back(&self, held: Held) {
        let arrived = self.state().ready(held);
        if let Some(arrived) = arrived {
            arrived.notify_one();
        }
    }

    /// To the dead-letter queue and out of its own, together or not at all.
    pub(super) async fn put_aside(
        &self,
        held: Held,
        reason: &str,
        description: &str,
    ) -> Result<(), Error> {
        let Held {
            queue, sequence, ..
        } = held;
        let leaving = self.state().leaving(queue, sequence);
        let Some(taken) = leaving else {
            return Err(Error::LockLost);
        };
        let moved = self.move_aside(held, taken, reason, description).await;
        if moved.is_err() {
            self.give_back(held);
        }
        moved
    }

    async fn move_aside(
        &self,
        held: Held,
        taken: Taken,
        reason: &str,
        description: &str,
    ) -> Result<(), Error> {
        let Held {
            queue, sequence, ..
        } = held;
        let count = taken.count;
        let put = match taken.put {
            Some(put) => put,
            None => Arc::new(self.0.segments.read(taken.at, sequence)?),
        };
        let written = {
            let mut state = self.state();
            let (source, aside) = (state.queue_name(queue), queue | 1);
            let words = [reason.to_owned(), description.to_owned(), source];
            let moved = Put {
                queue: aside,
                sequence: state.next_sequence(aside),
                expires_at: 0,
                count,
                dead: Some(words),
                ..(*put).clone()
            };
            self.append(vec![Op::Put(moved), Op::Drop { queue, sequence }])
        };
        written.await
    }
}
