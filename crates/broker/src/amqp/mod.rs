//! AMQP 1.0 as Azure Service Bus speaks it, on the engine.
//!
//! One task for each connection: [`wire`] moves bytes, [`peer`] reacts to what the
//! other side does, and the rest is one file for each thing that it may want: a link
//! ([`attach`]), to send ([`incoming`]), to receive and settle ([`outgoing`]), to show
//! a token or look after locks ([`request`], [`management`]).

mod attach;
mod compose;
mod gather;
mod idle;
mod incoming;
mod mailbox;
mod management;
mod outgoing;
mod peer;
mod request;
mod run;
mod wire;

use std::sync::Arc;

use ambient::{Clock, Random};
use amqp::{Condition, condition};

pub(crate) use compose::{encoded, map, properties};
pub(crate) use run::{Upgraded, serve};

use crate::Error;
use crate::azure::Imposed;
use crate::engine::Engine;
use crate::sas::Guard;

/// What a connection is served from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) engine: Engine,
    pub(crate) guard: Guard,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    /// What of Azure is imposed.
    pub(crate) imposed: Option<Arc<Imposed>>,
}

impl Front {
    /// Count an operation, where they are counted.
    fn charge(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let imposed = self.imposed.as_ref();
        imposed.map_or(Ok(()), |imposed| imposed.charge(now))
    }
}

/// The engine's refusals in the words that clients know (servicebus §2.7).
fn condition(error: &Error) -> Condition {
    let name = match error {
        Error::NoQueue(_) | Error::Name { .. } => condition::NOT_FOUND,
        Error::NotImplemented(_) => condition::NOT_IMPLEMENTED,
        Error::Disabled(..) => condition::ENTITY_DISABLED,
        Error::LockLost => condition::LOCK_LOST,
        Error::NoMessage(_) => condition::MESSAGE_NOT_FOUND,
        Error::TooLarge { .. } => condition::MESSAGE_SIZE,
        Error::Full(_) | Error::Quota { .. } => condition::RESOURCE_LIMIT,
        Error::Argument(_) => condition::ARGUMENT_ERROR,
        Error::Busy | Error::Closed => condition::SERVER_BUSY,
        _ => condition::INTERNAL_ERROR,
    };
    Condition::new(name, error.to_string())
}
