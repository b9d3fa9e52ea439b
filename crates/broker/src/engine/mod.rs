//! The queues: what waits, who holds what, and since when.
//!
//! Every change goes to the log first and is applied here when it is on stable storage,
//! at run time and at start by the same function. Only locks live in memory alone: they
//! end with the process, as they would have ended anyhow.

mod queues;
mod settle;
mod state;
mod upkeep;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ambient::{Clock, Random};
use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

pub use crate::log::Origin;

use crate::Error;
use crate::log::{Applied, Log, Op, Put, Segments, recover};
use crate::queue::{Address, Pattern, QueueSettings, Register};
use state::{State, Taken};

/// What an engine works by.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// Largest message in bytes, head and body, whatever a queue says.
    pub message_bytes_max: usize,
    /// Size of one file of the log.
    pub segment_bytes: u64,
    /// Queues that are made when they are first used.
    pub first_use: Vec<Pattern>,
    /// What they are like.
    pub first_use_settings: QueueSettings,
    /// The time.
    pub clock: Clock,
    /// Names of locks and messages.
    pub random: Random,
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its id; made when there is none.
    pub id: Option<String>,
    /// By which protocol it came.
    pub origin: Origin,
    /// What that protocol says beside the body.
    pub head: Bytes,
    /// The body.
    pub body: Bytes,
    /// For how long it is of use.
    pub time_to_live: Option<Duration>,
}

/// A message as a receiver gets it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Number in its queue.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// By which protocol it came.
    pub origin: Origin,
    /// What that protocol says beside the body.
    pub head: Bytes,
    /// The body.
    pub body: Bytes,
    /// When it was sent, in microseconds since 1970.
    pub enqueued_at: i64,
    /// When it ends, or 0.
    pub expires_at: i64,
    /// 1 at the first delivery.
    pub delivery_count: u32,
    /// The lock, if it is locked for this receiver.
    pub lock: Option<Lock>,
    /// Why it lies in a dead-letter queue: reason, description, source.
    pub dead: Option<[String; 3]>,
}

/// A lock on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Its name.
    pub token: Uuid,
    /// Until when, in microseconds since 1970.
    pub until: i64,
}

/// What becomes of a message that was locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done with.
    Complete,
    /// Not now; it counts as a delivery in vain.
    Abandon,
    /// Not now, and it does not count: it was never looked at.
    Release,
    /// Never: to the dead-letter queue, with reason and description.
    DeadLetter(String, String),
}

/// The queues of a broker. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    log: Mutex<Option<Log>>,
    segments: Segments,
    setup: Setup,
    /// Held while a queue is made, changed or deleted: one at a time.
    making: tokio::sync::Mutex<()>,
}

/// What must run for the engine to write: see [`Engine::open`].
pub type Work = Box<dyn FnOnce() + Send>;

impl Engine {
    /// Open what the folder holds. The work must run on a thread of its own; it ends
    /// after [`Engine::close`].
    pub fn open(setup: Setup) -> Result<(Self, Work), Error> {
        let segments = Segments::open(&setup.folder, setup.segment_bytes)?;
        let (register, known) = Register::open(&setup.folder)?;
        let mut state = State::default();
        state.begin(known);
        recover(&segments, |written| drop(state.apply(written)))?;
        let engine = Self(Arc::new(Inner {
            state: Mutex::new(state),
            log: Mutex::new(None),
            segments: segments.clone(),
            setup,
            making: tokio::sync::Mutex::default(),
        }));
        let weak = Arc::downgrade(&engine.0);
        let apply = Box::new(move |applied: Applied| {
            if let Some(inner) = weak.upgrade() {
                Engine(inner).apply(applied);
            }
        });
        let (log, writer) = Log::new(segments, register, apply);
        *engine.log() = Some(log);
        engine.free();
        Ok((engine, Box::new(move || writer.run())))
    }

    /// Take nothing more; what was handed over is still written.
    pub fn close(&self) {
        *self.log() = None;
    }

    /// Send messages, all or none; answers their numbers when they are durable.
    pub async fn send(
        &self,
        address: &str,
        messages: Vec<Message>,
    ) -> Result<Vec<u64>, Error> {
        let address = self.reach(address).await?;
        if address.dead {
            return Err(Error::NotImplemented("sending to a dead-letter queue"));
        }
        let now = self.now();
        let (ops, numbers) = {
            let mut state = self.state();
            let queue = state.find(&address)?;
            let settings = state.settings(queue)?;
            if !settings.status.sends() {
                return Err(disabled(&address, settings));
            }
            let max = self.largest(settings);
            for message in &messages {
                let bytes = message.head.len() + message.body.len();
                if bytes > max {
                    return Err(Error::TooLarge { bytes, max });
                }
            }
            state.used(queue, now);
            let (mut ops, mut numbers) = (Vec::new(), Vec::new());
            for message in messages {
                let sequence = state.next_sequence(queue);
                numbers.push(sequence);
                ops.push(Op::Put(self.put(queue, sequence, message, now)));
            }
            // Handed over before the lock is let go: the log's order is the numbers'.
            (self.append(ops), numbers)
        };
        ops.await?;
        Ok(numbers)
    }

    /// Take up to so many messages that wait, locked; none is an answer.
    pub fn take(&self, address: &str, max: usize) -> Result<Vec<Delivery>, Error> {
        let (address, now) = (address.parse()?, self.now());
        let taken = {
            let mut state = self.state();
            let queue = state.find(&address)?;
            let settings = state.settings(queue)?;
            if !settings.status.receives() {
                return Err(disabled(&address, settings));
            }
            let until = now.saturating_add(micros(settings.lock_time));
            state.used(queue, now);
            state.take(queue, max, now, until, || self.0.setup.random.uuid())
        };
        taken
            .into_iter()
            .map(|taken| self.delivery(taken))
            .collect()
    }

    /// Take up to so many messages for good: they are gone when this answers.
    pub async fn take_away(
        &self,
        queue: &str,
        max: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let mut taken = self.take(queue, max)?;
        for delivery in &mut taken {
            if let Some(lock) = delivery.lock.take() {
                self.settle(queue, lock.token, Settlement::Complete).await?;
            }
        }
        Ok(taken)
    }

    /// Look at messages from this number on without taking them.
    pub fn peek(
        &self,
        queue: &str,
        from: u64,
        max: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let address = queue.parse()?;
        let seen = {
            let state = self.state();
            let queue = state.find(&address)?;
            state.peek(queue, from, max)
        };
        seen.into_iter().map(|taken| self.delivery(taken)).collect()
    }

    /// Told once for each message that comes to wait in the queue. Whoever is told and
    /// finds nothing has lost a race, and waits again.
    pub fn arrivals(&self, address: &str) -> Result<Arc<Notify>, Error> {
        let address = address.parse()?;
        let state = self.state();
        let queue = state.find(&address)?;
        Ok(state.arrivals(queue))
    }

    fn put(&self, queue: u32, sequence: u64, message: Message, now: i64) -> Put {
        let id = message.id.filter(|id| !id.is_empty());
        let live = message
            .time_to_live
            .map(|time| now.saturating_add(micros(time)));
        Put {
            queue,
            sequence,
            enqueued_at: now,
            expires_at: live.unwrap_or(0),
            count: 0,
            origin: message.origin,
            id: id.unwrap_or_else(|| self.0.setup.random.uuid().simple().to_string()),
            dead: None,
            head: message.head,
            body: message.body,
        }
    }

    fn delivery(&self, taken: Taken) -> Result<Delivery, Error> {
        let put = match taken.put {
            Some(put) => put,
            None => Arc::new(self.0.segments.read(taken.at, taken.sequence)?),
        };
        Ok(Delivery {
            sequence: taken.sequence,
            id: put.id.clone(),
            origin: put.origin,
            head: put.head.clone(),
            body: put.body.clone(),
            enqueued_at: put.enqueued_at,
            expires_at: put.expires_at,
            delivery_count: taken.count + 1,
            lock: taken.lock,
            dead: put.dead.clone(),
        })
    }

    /// Hand operations to the log; the future answers when they are durable. Call it
    /// with the state locked where their order matters.
    fn append(&self, ops: Vec<Op>) -> impl Future<Output = Result<(), Error>> + use<> {
        let (answer, answered) = oneshot::channel();
        match &*self.log() {
            // A record of nothing would read as the end of its file.
            Some(_) if ops.is_empty() => drop(answer.send(Ok(()))),
            Some(log) => log.append(ops, |result| drop(answer.send(result))),
            None => drop(answer.send(Err(Error::Closed))),
        }
        async { answered.await.unwrap_or(Err(Error::Closed)) }
    }

    fn apply(&self, applied: Applied) {
        match applied {
            Applied::Ops(written) => {
                let arrived = self.state().apply(written);
                arrived.iter().for_each(|queue| queue.notify_one());
            }
            Applied::Change(change) => self.state().change(change),
        }
        self.free();
    }

    fn now(&self) -> i64 {
        self.0.setup.clock.now().as_microsecond()
    }

    /// Let go of files in which nothing is waited for any longer.
    fn free(&self) {
        let free = self.state().free(&self.0.segments.numbers());
        free.into_iter()
            .for_each(|number| self.0.segments.free(number));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panics while holding it")
    }

    fn log(&self) -> MutexGuard<'_, Option<Log>> {
        self.0.log.lock().expect("nobody panics while holding it")
    }
}

fn disabled(address: &Address, settings: &QueueSettings) -> Error {
    Error::Disabled(address.queue.to_string(), settings.status.as_str())
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
