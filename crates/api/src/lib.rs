//! The eFormidling 2 REST API, wire for wire.
//!
//! [`router`] is the whole of it for one organisation's access point: `route` has the
//! table of paths, `finish` stands around every request, and each noun of the API has
//! a file of its handlers. A handler reads the request, asks `flow`, and writes the
//! answer; what `flow` refuses becomes an error body by `error` and `label`.

mod bestedu;
mod body;
mod capability;
mod conversation;
mod credentials;
mod disposition;
mod door;
mod error;
mod expired;
mod filter;
mod finish;
mod form;
mod guard;
mod incoming;
mod label;
mod manage;
mod metrics;
mod mime;
mod negotiate;
mod openapi;
mod outgoing;
mod paging;
mod quarantine;
mod query;
mod refusal;
mod reply;
mod route;
mod scope;
mod status;
mod subscription;
mod syntax;
#[cfg(test)]
mod transcript;
mod trust;
mod unreadable;
mod validate;
mod violation;

pub use credentials::Credentials;
pub use door::{Door, SetLevel};
pub use guard::Pace;
pub use route::router;
pub use scope::Scopes;

/// Bytes of an SBD, files apart. They are some thousand as a rule.
pub(crate) const SBD_BYTES_MAX: u64 = 4 * 1024 * 1024;
