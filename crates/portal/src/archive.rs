//! What was published, to be found again.

mod index;
mod put;
mod read;
mod search;
mod terms;

pub(crate) use index::index;
pub(crate) use put::{By, Put, put_mappe, put_registrering, withdraw};
pub(crate) use read::{
    Agenda, Case, Full, Meeting, Newest, agenda, body, case, event_of, find, full,
    meetings, number_of,
};
pub(crate) use search::{Found, Hit, PAGE_HITS, PAGES_MAX, Search, search};

use jiff::SignedDuration;

/// > both fields are searched while publisertDato ≤ 1 year (einnsyn §4.3)
pub(crate) const NAMES_TIME_MAX: SignedDuration = SignedDuration::from_hours(24 * 365);
