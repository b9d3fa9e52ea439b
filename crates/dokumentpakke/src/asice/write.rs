//! Make a container: lists, files, signature, in the order that readers know.

use std::collections::HashSet;

use ambient::Random;

use super::manifest::{self, Listed};
use super::zip::{Method, Zip};
use super::{
    ASIC_MANIFEST_ENTRY, MANIFEST_ENTRY, MIME, MIMETYPE_ENTRY, ODF_MANIFEST_ENTRY,
};
use crate::{Attachment, Error, Sealing, check_name, cms};

pub(crate) fn write(
    sealing: &Sealing<'_>,
    files: &[Attachment<'_>],
    random: &Random,
) -> Result<Vec<u8>, Error> {
    names(files.iter().map(|file| file.name))?;
    let own = manifest::eformidling(sealing, files.first().map(|f| (f.name, f.mime)));
    let mut listed = vec![listed(MANIFEST_ENTRY, "application/xml", own.as_bytes())];
    listed.extend(files.iter().map(|f| self::listed(f.name, f.mime, f.bytes)));
    let signature_entry = format!("META-INF/signature-{}.p7s", random.uuid());
    let etsi = manifest::etsi(&signature_entry, &listed);
    let signature = cms::sign(etsi.as_bytes(), sealing.signer, sealing.now)?;
    let odf = manifest::odf(&listed);

    let mut zip = Zip::new();
    zip.add(MIMETYPE_ENTRY, MIME.as_bytes(), Method::Store)?;
    zip.add(MANIFEST_ENTRY, own.as_bytes(), Method::Deflate)?;
    for file in files {
        zip.add(file.name, file.bytes, method(file))?;
    }
    zip.add(ASIC_MANIFEST_ENTRY, etsi.as_bytes(), Method::Deflate)?;
    zip.add(&signature_entry, &signature, Method::Store)?;
    zip.add(ODF_MANIFEST_ENTRY, odf.as_bytes(), Method::Deflate)?;
    zip.finish(&format!("mimetype={MIME}"))
}

pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for name in names {
        check_name(name)?;
        if !seen.insert(name) {
            return Err(Error::Name {
                name: name.to_owned(),
                why: "another file has it already",
            });
        }
    }
    Ok(())
}

fn listed<'a>(name: &'a str, mime: &'a str, bytes: &[u8]) -> Listed<'a> {
    Listed {
        name,
        mime,
        digest: super::sha256(bytes),
    }
}

fn method(file: &Attachment<'_>) -> Method {
    if is_packed(file.bytes) {
        Method::Store
    } else {
        Method::Deflate
    }
}

/// What begins like something compressed is left as it is; all else is tried.
pub(super) fn is_packed(start: &[u8]) -> bool {
    const PACKED: [&[u8]; 6] = [
        b"PK\x03\x04",
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"\x1f\x8b",
        b"7z\xbc\xaf",
    ];
    PACKED.iter().any(|known| start.starts_with(known))
}
