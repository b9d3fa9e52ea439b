//! Private keys: where they are kept, and the ring of those that an organisation has.

mod identity;
mod jks;
mod ring;
mod store;

pub use identity::Identity;
pub(crate) use identity::encrypt_oaep;
pub use ring::{Notice, Ring, Stage};
pub use store::to_pem;
