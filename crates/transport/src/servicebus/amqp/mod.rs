//! AMQP 1.0: one connection, a link to each queue that is sent to, one from our own.
//!
//! What is asked of it goes to a task that owns the connection ([`run`], [`road`],
//! [`wire`]) and comes back when the message service has said what became of it. When
//! the connection breaks, whoever waits is told, and it is made again: at once, then
//! more and more seldom.

mod inbox;
mod locks;
mod parcel;
mod road;
mod run;
mod token;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use amqp::Condition;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::settings::Settings;
use crate::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};
use inbox::Inbox;

/// Messages that are fetched ahead of being asked for.
pub const PREFETCH: u32 = 64;
/// An answer that takes longer than this is lost.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// Commands that may wait for the task.
const COMMANDS_MAX: usize = 1024;

/// A message service over AMQP, and our queue on it.
pub struct Amqp {
    commands: mpsc::Sender<Command>,
    inbox: Arc<Inbox>,
    clock: Clock,
    /// Whether what is rejected is put aside.
    dead_letters: bool,
}

/// Who waits for what became of it.
type Answer = oneshot::Sender<Result<(), Error>>;

/// What is to become of a message that we hold.
enum Settlement {
    Complete,
    Abandon,
    DeadLetter { reason: String, description: String },
}

/// What the task is asked to do.
enum Command {
    Send(Parcel, Answer),
    Settle(u128, Settlement, Answer),
    /// Open the link from our own queue, and fetch nothing.
    Knock(Answer),
    /// There may be room for further messages.
    Fetch,
}

impl Amqp {
    /// The end of the access point that reads this queue. Its task starts here, so
    /// this must be called within a tokio runtime; it ends when this is dropped.
    ///
    /// Host and port are those of the connection string; the port is 5671 when none is
    /// given, under TLS, and 5672 in the clear. Fails when there is no host.
    pub fn new(settings: Settings, own: String, clock: Clock) -> Result<Self, Error> {
        Self::fetching(settings, own, clock, PREFETCH)
    }

    /// The same, with so many messages fetched ahead, at least one.
    pub fn fetching(
        settings: Settings,
        own: String,
        clock: Clock,
        prefetch: u32,
    ) -> Result<Self, Error> {
        let (commands, taken) = mpsc::channel(COMMANDS_MAX);
        let dead_letters = settings.broker.as_ref().is_none_or(|b| b.dead_letters);
        let inbox = Arc::new(Inbox::default());
        let run = run::Run {
            service: run::Service::new(settings)?,
            own,
            prefetch: prefetch.max(1),
            clock: clock.clone(),
            inbox: Arc::clone(&inbox),
        };
        run.start(taken);
        Ok(Self {
            commands,
            inbox,
            clock,
            dead_letters,
        })
    }

    /// Log in and see that we may receive from our queue. Nothing is fetched.
    pub async fn knock(&self) -> Result<(), Error> {
        self.ask(Command::Knock).await
    }

    async fn ask(&self, command: impl FnOnce(Answer) -> Command) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            let sent = self.commands.send(command(answer)).await;
            sent.map_err(|_| ended())?;
            answered.await.unwrap_or_else(|_| Err(ended()))
        };
        let late = |_| Error::Unreachable("no answer in time".into());
        timeout(ANSWER_TIME_MAX, asked).await.map_err(late)?
    }

    async fn settle(&self, lock: &Lock, settlement: Settlement) -> Result<(), Error> {
        let name = u128::from_str_radix(&lock.token, 16);
        let name = name.map_err(|_| Error::LockLost)?;
        self.ask(|answer| Command::Settle(name, settlement, answer))
            .await
    }

    async fn fetch(&self, max: usize, wait: Duration) -> Result<Vec<Received>, Error> {
        let end = Instant::now() + wait;
        loop {
            let mut arrived = std::pin::pin!(self.inbox.arrived.notified());
            // First wait, then look: what comes in between is told.
            arrived.as_mut().enable();
            let taken = self.inbox.take(max, self.clock.now());
            // Full means that the task has enough to wake up for.
            let _ = self.commands.try_send(Command::Fetch);
            let taken = taken?;
            if !taken.is_empty() || timeout_at(end, arrived).await.is_err() {
                return Ok(taken);
            }
        }
    }
}

impl Transport for Amqp {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(self.ask(|answer| Command::Send(parcel, answer)))
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(self.fetch(max, wait))
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.settle(lock, Settlement::Complete))
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.settle(lock, Settlement::Abandon))
    }

    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered> {
        Box::pin(async move {
            if !self.dead_letters {
                return Ok(DeadLettered::Unsupported);
            }
            let (reason, description) = (reason.to_owned(), description.to_owned());
            let aside = Settlement::DeadLetter {
                reason,
                description,
            };
            self.settle(lock, aside).await?;
            Ok(DeadLettered::Done)
        })
    }
}

fn ended() -> Error {
    Error::Unreachable("the connection's task has ended".into())
}

/// The service's refusal in our words. The status is the nearest that HTTP has.
pub(super) fn refused(condition: Option<&Condition>, bytes: usize) -> Error {
    use amqp::condition as known;
    let Some(condition) = condition else {
        let detail = "it gave no reason".into();
        return Error::Refused {
            status: 500,
            detail,
        };
    };
    let status = match &*condition.name {
        known::LOCK_LOST => return Error::LockLost,
        known::MESSAGE_SIZE => return Error::TooLarge { bytes },
        known::NOT_FOUND => 404,
        known::UNAUTHORIZED | known::AUTH_FAILED => 401,
        known::RESOURCE_LIMIT => 403,
        known::SERVER_BUSY => 503,
        _ => 500,
    };
    Error::Refused {
        status,
        detail: condition.to_string().chars().take(300).collect(),
    }
}
