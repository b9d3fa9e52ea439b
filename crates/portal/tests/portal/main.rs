//! The portal against an access point that does what it is told.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod browser;
mod imports;
mod orders;
mod pages;
mod point;
mod search;
mod trial;
mod world;
