//! ASiC-E containers (ETSI EN 319 162-1): a ZIP of files, a list of their digests, and a
//! signature over the list.

mod manifest;
mod read;
mod unzip;
mod write;
mod zip;

pub use read::{Container, File, SignatureReport, Verdict, read};
pub(crate) use write::write;

/// The media type of the container itself.
pub const MIME: &str = "application/vnd.etsi.asic-e+zip";

const MIMETYPE_ENTRY: &str = "mimetype";
const MANIFEST_ENTRY: &str = "manifest.xml";
const ASIC_MANIFEST_ENTRY: &str = "META-INF/ASiCManifest.xml";
const ODF_MANIFEST_ENTRY: &str = "META-INF/manifest.xml";
