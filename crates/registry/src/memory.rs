//! What a register said before: good for a while without asking, and for longer while it
//! is down, also across a restart.

use std::collections::HashMap;
use std::sync::Mutex;

use ambient::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::Error;
use crate::question::Question;

/// Answers by what was asked.
pub(crate) struct Memory<T> {
    fresh: SignedDuration,
    answers: Mutex<HashMap<Question, Known<T>>>,
}

#[derive(Clone)]
struct Known<T> {
    value: T,
    /// When it was given.
    at: Timestamp,
    /// Until when nobody asks again.
    until: Timestamp,
}

/// How a register has answered of late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// When it last gave an answer.
    pub answered: Option<Timestamp>,
    /// Since when it has given none, if so; answers of before are used meanwhile.
    pub stale_since: Option<Timestamp>,
    /// Why.
    pub failure: Option<String>,
}

impl<T: Clone> Memory<T> {
    /// Answers stay fresh so long.
    pub(crate) fn new(fresh: SignedDuration) -> Self {
        Self {
            fresh,
            answers: Mutex::default(),
        }
    }

    /// None is fresh any more; each is still good for when the register is down.
    pub(crate) fn doubt(&self) {
        for known in locked(&self.answers).values_mut() {
            known.until = Timestamp::MIN;
        }
    }

    /// Take in what was said before a restart, unless more is known by now. It is good for
    /// when the register is down, and not fresh: whoever starts anew asks anew.
    pub(crate) fn recall(&self, question: Question, value: T, at: Timestamp) {
        let until = Timestamp::MIN;
        let known = Known { value, at, until };
        locked(&self.answers).entry(question).or_insert(known);
    }

    /// A fresh answer from memory, else a new one, else the old one while the register is
    /// down. What the register denies is not remembered and is not hidden by memory.
    pub(crate) async fn answer(
        &self,
        clock: &Clock,
        state: &Mutex<State>,
        question: &Question,
        ask: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let known = locked(&self.answers).get(question).cloned();
        let now = clock.now();
        if let Some(known) = &known
            && now < known.until
        {
            return Ok(known.value.clone());
        }
        let answer = ask.await;
        note(state, answer.as_ref().err(), now);
        match (answer, known) {
            (Ok(value), _) => {
                let known = Known {
                    value: value.clone(),
                    at: now,
                    until: now + self.fresh,
                };
                locked(&self.answers).insert(question.clone(), known);
                Ok(value)
            }
            (Err(error), Some(known)) if error.fault().is_passing() => {
                let at = known.at;
                tracing::warn!(%error, %at, "an older answer of the address register is used");
                Ok(known.value)
            }
            (Err(error), _) => {
                if let Error::NotFound { .. } = error {
                    locked(&self.answers).remove(question);
                }
                Err(error)
            }
        }
    }
}

fn note(state: &Mutex<State>, error: Option<&Error>, now: Timestamp) {
    let mut state = locked(state);
    match error {
        Some(error) if error.fault().is_passing() => {
            state.stale_since.get_or_insert(now);
            state.failure = Some(error.to_string());
        }
        // Also one that says no has answered.
        _ => {
            *state = State {
                answered: Some(now),
                ..State::default()
            };
        }
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while holding it")
}
