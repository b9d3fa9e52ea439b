//! ASiC-E containers (ETSI EN 319 162-1): a ZIP of files, a list of their digests, and a
//! signature over the list. ASiC-S, one file and a signature over it, is read too.

mod manifest;
mod pour;
mod read;
mod simple;
mod unzip;
mod write;
mod zip;

pub use pour::Source;
pub(crate) use pour::pour;
pub use read::{Archive, Container, File, SignatureReport, Verdict, check, read};
pub(crate) use write::write;

use aws_lc_rs::digest::{SHA256, digest};

/// The media type of the container itself.
pub const MIME: &str = "application/vnd.etsi.asic-e+zip";

/// That of a container of one file, which is only read.
const SIMPLE_MIME: &str = "application/vnd.etsi.asic-s+zip";

const MIMETYPE_ENTRY: &str = "mimetype";
const MANIFEST_ENTRY: &str = "manifest.xml";
const ASIC_MANIFEST_ENTRY: &str = "META-INF/ASiCManifest.xml";
const ODF_MANIFEST_ENTRY: &str = "META-INF/manifest.xml";

fn is_meta(name: &str) -> bool {
    name.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("META-INF/"))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}
