//! Make a container: lists, files, signature, in the order that readers know.

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
    names(files)?;
    let own = manifest::eformidling(sealing, files.first());
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

fn names(files: &[Attachment<'_>]) -> Result<(), Error> {
    for (i, file) in files.iter().enumerate() {
        check_name(file.name)?;
        if files[..i].iter().any(|earlier| earlier.name == file.name) {
            return Err(Error::Name {
                name: file.name.to_owned(),
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

/// What begins like something compressed is left as it is; all else is tried.
fn method(file: &Attachment<'_>) -> Method {
    const PACKED: [&[u8]; 6] = [
        b"PK\x03\x04",
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"\x1f\x8b",
        b"7z\xbc\xaf",
    ];
    if PACKED.iter().any(|start| file.bytes.starts_with(start)) {
        Method::Store
    } else {
        Method::Deflate
    }
}
