//! The queues: what waits, who holds what, and since when.
//!
//! Every change goes to the log first and is applied in memory when it is on stable
//! storage, at run time and at start by the same function. Only locks live in memory
//! alone: they end with the process, as they would have ended anyhow.

mod calendar;
mod clean;
mod history;
mod index;
mod lane;
mod ledger;
mod locks;
mod message;
mod numbers;
mod open;
mod queues;
mod rewrite;
mod seats;
mod send;
mod settle;
mod state;
mod take;
mod totals;
mod upkeep;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

pub use message::{Delivery, Lock, Message, Settlement};
pub use open::{Setup, Work};
pub use queues::Place;
pub use send::Sent;
pub use take::Receiver;
pub use totals::{LogSize, Measured, Totals};

pub use crate::log::{Disk, Event, Kept, Reading, Spool, Stage, Tail};

use crate::Error;
use crate::log::{Answer, Files, Log, Op, Purpose, Tails};
use message::Taken;
use state::State;

/// The queues of a broker. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    log: Mutex<Option<Log>>,
    files: Files,
    tails: Tails,
    setup: Setup,
    /// Held while a queue is made, changed or deleted: one at a time.
    making: tokio::sync::Mutex<()>,
    /// Told when something is due earlier than was thought.
    alarm: Notify,
    /// Told when what was being written is, or is not.
    written: Notify,
}

impl Engine {
    /// Take nothing more; what was handed over is still written.
    pub fn close(&self) {
        *self.log() = None;
        self.0.alarm.notify_one();
    }

    /// Begin to keep the rest of a message that is large.
    pub fn spool(&self) -> Result<Spool, Error> {
        self.0.tails.begin()
    }

    /// Read the rest of a message that is large.
    pub fn tail(&self, tail: Tail) -> Result<Reading, Error> {
        self.0.tails.read(tail)
    }

    /// Do something with the state; whoever waits for what it brings is told.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock().expect("nobody panics while holding it");
        let answer = act(&mut state);
        if !state.stirred.is_empty() {
            state.serve(self.now(), &self.0.setup.random);
        }
        let dropped = std::mem::take(&mut state.dropped);
        let wake = std::mem::take(&mut state.wake);
        let early = state.next_due().is_some_and(|due| due < state.asleep_until);
        drop(state);
        wake.into_iter().for_each(std::task::Waker::wake);
        dropped
            .into_iter()
            .for_each(|tail| self.0.tails.remove(tail));
        if early {
            self.0.alarm.notify_one();
        }
        answer
    }

    /// Hand operations to the log. Call it with the state locked where their order
    /// matters. When the engine is closed the answer is dropped unasked: it may want
    /// the state, which is locked.
    fn append(&self, ops: Vec<Op>, purpose: Purpose, answer: Answer) {
        if let Some(log) = &*self.log() {
            log.append(ops, purpose, answer);
        }
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Option<Log>> {
        self.0.log.lock().expect("nobody panics while holding it")
    }

    fn now(&self) -> i64 {
        self.0.setup.clock.now().as_microsecond()
    }
}

/// An answer to wait for.
fn later<T: Send + 'static>() -> (
    impl FnOnce(Result<T, Error>) + Send + 'static,
    impl Future<Output = Result<T, Error>>,
) {
    let (answer, answered) = oneshot::channel();
    let tell = |result| drop(answer.send(result));
    let wait = async { answered.await.unwrap_or(Err(Error::Closed)) };
    (tell, wait)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
