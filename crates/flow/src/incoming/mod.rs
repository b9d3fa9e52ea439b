//! In: from the message service to the case system.

mod find;
mod open;
mod peek;
mod pop;
pub(crate) mod receive;
mod remove;
mod restore;

pub use find::list;
pub use peek::{Peeked, look, peek};
pub use pop::{Popped, pop};
pub use remove::remove;
pub use restore::{expired, restore};
