//! The way over from the Java integrasjonspunkt, and back.

mod history;
mod incoming;
mod java;
#[cfg(test)]
mod known;
mod out;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use history::copy;
pub(crate) use incoming::{Trouble, fetch};
pub(crate) use java::{explained, waiting};
pub(crate) use out::hand_over;
pub(crate) use settings::{Java, Made, make};

/// What of a neighbour's we take: the service that we carry.
pub(crate) const DPE: [(&str, &str); 1] = [("serviceIdentifier", "DPE")];

/// Something that was left where it was: its id, and why.
pub(crate) type Left = (String, String);
