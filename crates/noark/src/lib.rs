//! What eInnsyn carries: publication data (JSON-LD), order.xml, kvittering.
//!
//! Pure: bytes in, types out, and back. Section numbers are those of the notes on
//! eInnsyn that the project was started from; docs/noark.md has what of them is used.

mod advice;
mod context;
mod emailtext;
mod error;
mod extract;
mod finding;
pub mod graph;
mod html;
mod html_names;
mod intake;
mod json;
mod jsonld;
pub mod kvittering;
pub mod model;
mod noark4;
mod noark5;
pub mod order;
mod overlay;
mod place;
pub mod publisering;
mod report;
pub mod rules;
pub mod sample;
mod shown;
mod size;
mod split;
mod tagged;
mod validate;
pub mod vocabulary;
mod write;
mod xml;

pub use emailtext::{Emailtext, unescape, write as write_emailtext};
pub use error::Error;
pub use finding::{Finding, Language, Level, Profile, Rule};
pub use intake::{document, withdrawal, withdrawal_graph, withdrawn_by};
pub use json::DEPTH_MAX;
pub use jsonld::Document;
pub use overlay::{completed, missing, overlay};
pub use report::{Kind, Report};
pub use rules::washed::wash;
pub use shown::{line_and_column, shown};
pub use size::{PAYLOAD_BYTES_RECOMMENDED, wire_bytes};
pub use split::{Part, split};
pub use validate::{Settings, oversized, validate};
pub use write::jsonld as write_jsonld;
