//! In: from the message service to the case system.

mod adopt;
mod find;
mod hand_over;
mod open;
mod peek;
mod pop;
mod quarantine;
pub(crate) mod receive;
mod remove;
mod restore;

pub use adopt::{Adopted, adopt};
pub use find::list;
pub use hand_over::{let_go, put_back};
pub use peek::{Peeked, look, peek};
pub use pop::{Popped, pop};
pub use quarantine::{quarantined, throw_away, unread};
pub use remove::remove;
pub use restore::{expired, restore};
