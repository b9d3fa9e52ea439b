//! What pages of ours have in common, whoever serves them: languages and their words,
//! the guard at the door, the style, the answer that holds a page.

mod answer;
mod codes;
pub mod guard;
mod language;
mod place;
mod words;

pub use answer::{asset, page};
pub use codes::label;
pub use language::{Language, fill};
pub use place::{LANGUAGE_COOKIE, Place, cookie};
pub use words::faults;

/// The style of every page.
pub const STYLE: &str = include_str!("stil.css");

/// The mark in the corner of every page.
pub const MARK: &str = include_str!("merke.svg");
