//! Azure Service Bus, or whatever speaks as it does; over AMQP, also what does not.

mod amqp;
mod broker;
pub mod desk;
mod dial;
mod rest;
mod settings;
mod token;
mod websocket;

pub use self::amqp::{Amqp, PREFETCH};
pub use broker::Broker;
pub use rest::Rest;
pub use settings::Settings;
pub use token::sign;
