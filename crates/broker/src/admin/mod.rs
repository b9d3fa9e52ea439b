//! Administration as Azure's clients speak it: queues as ATOM entries (servicebus §1.3).

mod description;
mod feed;
mod handlers;

pub(crate) use description::read as described;
pub(crate) use handlers::{Asked, answer};
