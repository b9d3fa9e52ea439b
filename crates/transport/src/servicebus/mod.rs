//! Azure Service Bus, or whatever speaks as it does.

mod rest;
mod settings;
mod token;

pub use rest::Rest;
pub use settings::Settings;
pub use token::sign;
