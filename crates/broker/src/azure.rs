//! What Azure imposes and we do not, for tests of whoever is to run against it: limits of
//! a tier, throttling, and an end to what is not used (servicebus §1.1, §2.1, §4).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use amqp::Message as Sections;
use jiff::Timestamp;
use serde::Deserialize;

use crate::Error;
use crate::engine::Message;

const KILOBYTE: usize = 1024;
const MEGABYTE: usize = 1024 * KILOBYTE;
/// > message/session id 128 chars, all properties 64 KB (servicebus §4)
const ID_CHARS_MAX: usize = 128;
const PROPERTIES_BYTES_MAX: usize = 64 * KILOBYTE;
/// > a namespace of Standard has 1000 credits a second; one is an operation on messages
const STANDARD_OPERATIONS: u32 = 1000;

/// Azure's limits and habits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    /// What is paid for.
    pub tier: Tier,
    /// Operations in a second, on all queues together; who comes later is told to wait.
    #[serde(default)]
    pub operations_per_second: Option<u32>,
    /// Connections over AMQP at once.
    #[serde(default = "connections_max")]
    pub connections_max: usize,
    /// A link ends after so many messages, as when Azure moves a queue.
    #[serde(default)]
    pub detach_after: Option<u32>,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 256 KB of a message, 1000 operations a second.
    Standard,
    /// 1 MB, and over AMQP 100 MB where a queue says so.
    Premium,
}

fn connections_max() -> usize {
    5000
}

impl Azure {
    /// As the tier has it.
    pub fn new(tier: Tier) -> Self {
        Self {
            tier,
            operations_per_second: None,
            connections_max: connections_max(),
            detach_after: None,
        }
    }

    /// Largest message of any queue, over AMQP.
    pub(crate) fn message_bytes_max(&self) -> usize {
        match self.tier {
            Tier::Standard => 256 * KILOBYTE,
            Tier::Premium => 100 * MEGABYTE,
        }
    }

    /// Largest message of a queue that does not say, and over HTTP of all of them.
    pub(crate) fn usual_bytes_max(&self) -> usize {
        match self.tier {
            Tier::Standard => 256 * KILOBYTE,
            Tier::Premium => MEGABYTE,
        }
    }

    fn operations(&self) -> Option<u32> {
        let usual = (self.tier == Tier::Standard).then_some(STANDARD_OPERATIONS);
        self.operations_per_second.or(usual)
    }
}

/// The limits of a namespace, and how much of them is used.
pub(crate) struct Imposed {
    pub(crate) azure: Azure,
    /// A second, and operations in it.
    second: Mutex<(i64, u32)>,
    connections: AtomicUsize,
}

/// A connection's place among those that there may be.
pub(crate) struct Seat(Arc<Imposed>);

impl Imposed {
    pub(crate) fn new(azure: Azure) -> Arc<Self> {
        Arc::new(Self {
            azure,
            second: Mutex::new((0, 0)),
            connections: AtomicUsize::new(0),
        })
    }

    /// Count an operation. Fails when there were too many in this second.
    pub(crate) fn charge(&self, now: Timestamp) -> Result<(), Error> {
        let Some(most) = self.azure.operations() else {
            return Ok(());
        };
        let mut second = self.second.lock().expect("nobody panics while holding it");
        if second.0 != now.as_second() {
            *second = (now.as_second(), 0);
        }
        if second.1 >= most {
            return Err(Error::Busy);
        }
        second.1 += 1;
        Ok(())
    }

    /// Whether a message is as Azure takes it, its size apart.
    pub(crate) fn fits(message: &Message) -> Result<(), Error> {
        let id = message.id.as_deref().unwrap_or_default();
        if id.chars().count() > ID_CHARS_MAX {
            let what = "MessageId has more than 128 characters";
            return Err(Error::Argument(what));
        }
        let sections = Sections::read_front(&message.body).unwrap_or_default();
        let front = sections.bare.len() - sections.body.len();
        if front + message.notes.len() > PROPERTIES_BYTES_MAX {
            let what = "the properties take more than 64 KB";
            return Err(Error::Argument(what));
        }
        Ok(())
    }

    /// A place for a connection, if there is one left.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Seat> {
        let seat = Seat(Arc::clone(self));
        let before = self.connections.fetch_add(1, Ordering::SeqCst);
        (before < self.azure.connections_max).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}
