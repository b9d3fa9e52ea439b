//! What a register said before: good for a while without asking, and for longer while it
//! is down.

use std::collections::HashMap;
use std::sync::Mutex;

use ambient::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::Error;

/// Answers by what was asked.
pub(crate) struct Memory<T> {
    fresh: SignedDuration,
    answers: Mutex<HashMap<String, (T, Timestamp)>>,
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
        for (_, at) in locked(&self.answers).values_mut() {
            *at = at.checked_sub(self.fresh).unwrap_or(Timestamp::MIN);
        }
    }

    /// A fresh answer from memory, else a new one, else the old one while the register is
    /// down. What the register denies is not remembered and is not hidden by memory.
    pub(crate) async fn answer(
        &self,
        clock: &Clock,
        state: &Mutex<State>,
        question: &str,
        ask: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let known = locked(&self.answers).get(question).cloned();
        let now = clock.now();
        if let Some((value, at)) = &known
            && now.duration_since(*at) < self.fresh
        {
            return Ok(value.clone());
        }
        let answer = ask.await;
        note(state, answer.as_ref().err(), now);
        match (answer, known) {
            (Ok(value), _) => {
                let kept = (value.clone(), now);
                locked(&self.answers).insert(question.to_owned(), kept);
                Ok(value)
            }
            (Err(error), Some((value, at))) if error.fault().is_passing() => {
                tracing::warn!(%error, %at, "an older answer of the address register is used");
                Ok(value)
            }
            (Err(error), _) => Err(error),
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
