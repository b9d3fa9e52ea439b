//! AMQP 1.0 as bytes and states: no sockets, no clock.
//!
//! From the ground up: [`Value`]s and their encoding, frames and performatives, SASL,
//! message sections, and [`Connection`], which holds sessions and links for either end.
//! Whoever owns the socket reads into a buffer, asks for [`Event`]s, and writes what
//! has gathered in [`Connection::output`].
//!
//! Section numbers in this crate are those of OASIS AMQP 1.0 part 1 (types), 2
//! (transport), 3 (messaging) and 5 (security).

mod code;
pub mod condition;
mod connection;
mod decode;
pub mod encode;
mod error;
mod frame;
mod link;
pub mod message;
mod outcome;
mod performative;
pub mod sasl;
mod session;
mod tag;
mod terminus;
mod value;

pub use condition::Condition;
pub use connection::{Connection, Event, Settings};
pub use decode::{List, Reader};
pub use error::Error;
pub use frame::{AMQP_HEADER, SASL_HEADER};
pub use link::{Delivery, LinkId, Outgoing};
pub use message::Message;
pub use outcome::Outcome;
pub use performative::{
    Attach, Begin, Close, Detach, Disposition, End, Flow, Open, Role, Transfer,
};
pub use session::SessionId;
pub use tag::Tag;
pub use terminus::Terminus;
pub use value::Value;
