//! Messages by their numbers: those that were put off, and those that wait for their
//! time.

use std::sync::{Arc, Mutex};

use super::index::Slot;
use super::message::Delivery;
use super::queues::Place;
use super::rewrite::Back;
use super::{Engine, later, micros};
use crate::Error;
use crate::log::{Answer, Note, Stage};

impl Engine {
    /// Take messages that were put off, locked; all or none. One that has outlived its
    /// use goes the way of such messages now: by itself it does not.
    pub async fn take_deferred(
        &self,
        place: Place,
        numbers: &[u64],
    ) -> Result<Vec<Delivery>, Error> {
        let now = self.now();
        let mut over = Vec::new();
        let taken = self.with(|state| {
            let settings = state.used(place, now, |s| s.status.receives())?;
            let until = now.saturating_add(micros(settings.lock_time));
            let find = |number: &u64| state.at_stage(place.0, *number, Stage::Deferred);
            let found = numbers
                .iter()
                .map(find)
                .collect::<Result<Vec<_>, Error>>()?;
            let ends = |slot: &&Slot| slot.due > 0 && slot.due <= now;
            over.extend(found.iter().filter(ends).map(|slot| slot.sequence));
            if let Some(first) = over.first() {
                return Err(Error::NoMessage(*first));
            }
            let random = &self.0.setup.random;
            let lock = |slot| state.lock(place.0, slot, until, random);
            Ok(found.into_iter().map(lock).collect())
        });
        for sequence in over {
            let (answer, answered) = later();
            self.retire(place.0, sequence, Box::new(answer));
            answered.await?;
        }
        Ok(self.load(taken?))
    }

    /// Take back messages that wait for their time; none if one of them is not there.
    pub async fn cancel(&self, place: Place, numbers: &[u64]) -> Result<(), Error> {
        self.with(|state| {
            state.used(place, self.now(), |s| s.status.sends())?;
            for number in numbers {
                state.at_stage(place.0, *number, Stage::Scheduled)?;
            }
            Ok::<_, Error>(())
        })?;
        let (answer, answered) = later();
        let each = shared(numbers.len(), Box::new(answer));
        for number in numbers {
            let (lane, sequence) = (place.0, *number);
            self.note(lane, sequence, Back::OnFailure, each(), |slot| Note::End {
                lane,
                sequence,
                file: slot.at.file,
            });
        }
        drop(each);
        answered.await
    }
}

/// Answers for so many parts: the whole is answered with the last of them, and with the
/// first that failed.
fn shared(count: usize, answer: Answer) -> impl Fn() -> Answer {
    let state = Arc::new(Mutex::new((count, Some(answer))));
    if count == 0
        && let Some(answer) = state.lock().ok().and_then(|mut state| state.1.take())
    {
        answer(Ok(()));
    }
    move || {
        let state = Arc::clone(&state);
        Box::new(move |result| {
            let done = state.lock().ok().and_then(|mut state| {
                state.0 -= 1;
                let last = state.0 == 0 || result.is_err();
                last.then(|| state.1.take()).flatten()
            });
            if let Some(answer) = done {
                answer(result);
            }
        })
    }
}
