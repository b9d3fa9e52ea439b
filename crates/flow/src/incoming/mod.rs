//! In: from the message service to the case system.

mod find;
mod open;
mod peek;
mod pop;
pub(crate) mod receive;
mod remove;

pub use find::list;
pub use peek::{look, peek};
pub use pop::{Popped, pop};
pub use remove::remove;
