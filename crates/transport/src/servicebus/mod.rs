//! Azure Service Bus, or whatever speaks as it does.

mod amqp;
pub mod desk;
mod dial;
mod rest;
mod settings;
mod token;
mod websocket;

pub use self::amqp::{Amqp, PREFETCH};
pub use rest::Rest;
pub use settings::Settings;
pub use token::sign;
