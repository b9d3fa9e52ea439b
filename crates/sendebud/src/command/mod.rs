//! Things done by hand.

pub(crate) mod check;
pub(crate) mod keys;
pub(crate) mod klient;
pub(crate) mod message;
pub(crate) mod moving;
pub(crate) mod package;
pub(crate) mod queue;
pub(crate) mod register;
pub(crate) mod serve;
pub(crate) mod validate;
