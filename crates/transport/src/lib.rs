//! Carry a parcel to another access point and fetch ours: Service Bus over AMQP and
//! REST, other AMQP brokers, loopback.
//!
//! Four verbs and a last resort: send, receive, complete, abandon, dead-letter. What is
//! received stays locked on the other side until it is completed, which the caller does
//! after its own commit and not before.

mod error;
pub mod loopback;
mod parcel;
pub mod queue;
pub mod servicebus;
mod throttled;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use error::Error;
pub use parcel::{DeadLettered, Lock, Parcel, Received};
pub use queue::Mode;
pub use throttled::{PAUSE_TIME, Throttled};

/// What a transport does takes time and may fail.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A road to other access points, and the end of it where ours arrive.
pub trait Transport: Send + Sync {
    /// Hand the parcel over; answers when the other side has it on stable storage.
    fn send(&self, parcel: Parcel) -> Pending<'_, ()>;

    /// Fetch what waits in our own queue, locked: at least one as soon as there is one,
    /// at most `max`, none when `wait` is over.
    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>>;

    /// Done with it: it will not be delivered again.
    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()>;

    /// Not now: deliver it again, and count.
    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()>;

    /// Never: put it aside with the reason, where the road has a place for that.
    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered>;
}
