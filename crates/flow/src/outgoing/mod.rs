//! Out: from the case system's request to the message service.

mod accept;
mod attach;
mod deliver;
mod discard;
mod find;
mod fit;
mod hand_over;
mod submit;
mod whole;

pub use accept::accept;
pub use attach::{NewFile, attach};
pub(crate) use deliver::{Load, deliver, give_up};
pub use discard::discard;
pub use find::{find, list};
pub use hand_over::{Stage, Unsent, hold_back, let_go, take_out, unsent};
pub use submit::submit;
pub(crate) use whole::send_melding;
pub use whole::send_whole;
