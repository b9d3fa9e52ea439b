//! Look into a container: its files, and what its signature is worth.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use super::manifest::{self, Manifest};
use super::unzip::{Entry, entries};
use super::{MIME, MIMETYPE_ENTRY, ODF_MANIFEST_ENTRY};
use crate::{Certificate, Error, cms, name};

/// A container that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Its data files in their order, `manifest.xml` among them.
    pub files: Vec<File>,
    /// What its signature is worth.
    pub signature: SignatureReport,
}

/// A file in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, as it stands there. It may lead out of a folder: see [`File::escapes`].
    pub name: String,
    /// Its media type, as the container states it; empty when it does not.
    pub mime: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl File {
    /// Whether the name would leave the folder that it is unpacked into.
    pub fn escapes(&self) -> bool {
        name::escapes(&self.name)
    }
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureReport {
    /// Whether it holds for every file.
    pub verdict: Verdict,
    /// Who signed, as the certificate inside says. Whether it is to be trusted is a
    /// question of its own, not answered here.
    pub signer: Option<Certificate>,
    /// When, by the signer's word.
    pub signed_at: Option<Timestamp>,
}

/// Whether a signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, and covers every file.
    Valid,
    /// There is none.
    Unsigned,
    /// It does not, and why.
    Invalid(String),
}

impl fmt::Display for SignatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signer = self.signer.as_ref();
        let who = signer
            .and_then(Certificate::orgnr)
            .unwrap_or("somebody unnamed");
        match &self.verdict {
            Verdict::Valid => write!(f, "valid; signed by {who}; chain not verified"),
            Verdict::Unsigned => f.write_str("unsigned"),
            Verdict::Invalid(reason) => write!(f, "invalid: {reason}"),
        }
    }
}

/// Read a container. Fails when it is damaged; a signature that does not hold is told
/// in the report, and the files can be read all the same.
pub fn read(container: &[u8]) -> Result<Container, Error> {
    let entries = entries(container)?;
    if entries.is_empty() {
        return Err(Error::Container("it is empty".into()));
    }
    let kind = entries.iter().find(|e| e.name == MIMETYPE_ENTRY);
    if kind.is_some_and(|e| e.bytes != MIME.as_bytes()) {
        return Err(Error::Container("its mimetype is not ASiC-E".into()));
    }
    let (inner, outer): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|e| is_meta(&e.name));
    let manifests: Result<Vec<_>, _> = inner
        .iter()
        .filter(|e| is_asic_manifest(&e.name))
        .map(|e| manifest::parse(&e.bytes).map(|m| (m, e)))
        .collect();
    let files = files(outer, manifests.as_deref().unwrap_or_default(), &inner);
    let signature = match manifests {
        Ok(manifests) => judge(&files, &manifests, &inner),
        Err(error) => invalid(error.to_string()),
    };
    Ok(Container { files, signature })
}

type Read<'a> = (Manifest, &'a Entry);

fn files(outer: Vec<Entry>, manifests: &[Read<'_>], inner: &[Entry]) -> Vec<File> {
    let odf = inner.iter().find(|e| e.name == ODF_MANIFEST_ENTRY);
    let odf = odf.map_or(Vec::new(), |e| manifest::parse_odf(&e.bytes));
    let listed = manifests.iter().flat_map(|(m, _)| &m.files);
    let mut mimes: Vec<(&str, &str)> = listed
        .map(|(name, mime, _)| (name.as_str(), mime.as_str()))
        .collect();
    mimes.extend(
        odf.iter()
            .map(|(name, mime)| (name.as_str(), mime.as_str())),
    );
    let data = outer.into_iter().filter(|e| e.name != MIMETYPE_ENTRY);
    data.map(|entry| {
        let mime = mimes.iter().find(|(name, _)| *name == entry.name);
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, &entry.bytes).as_ref());
        let mime = mime.map_or(String::new(), |(_, mime)| (*mime).to_owned());
        File {
            name: entry.name,
            mime,
            bytes: entry.bytes,
            sha256,
        }
    })
    .collect()
}

fn judge(files: &[File], manifests: &[Read<'_>], inner: &[Entry]) -> SignatureReport {
    if let Some(odd) = inner.iter().find(|e| !is_known(&e.name)) {
        return invalid(format!("an unknown file in META-INF: {}", odd.name));
    }
    let signatures = inner.iter().filter(|e| is_signature(&e.name)).count();
    if manifests.is_empty() && signatures == 0 {
        let (verdict, signer, signed_at) = (Verdict::Unsigned, None, None);
        return SignatureReport {
            verdict,
            signer,
            signed_at,
        };
    }
    if manifests.len() != signatures || signatures == 0 {
        return invalid("signatures and lists do not pair up".into());
    }
    let mut report = None;
    for (manifest, entry) in manifests {
        let signature = inner.iter().find(|e| e.name == manifest.signature);
        let Some(signature) = signature else {
            return invalid("the list names a signature that is not there".into());
        };
        match cms::verify(&signature.bytes, &entry.bytes) {
            Ok(signer) => report = Some(signer),
            Err(error) => return invalid(error.to_string()),
        }
    }
    match (covered(files, manifests), report) {
        (Err(reason), _) => invalid(reason),
        (Ok(()), Some(signer)) => SignatureReport {
            verdict: Verdict::Valid,
            signer: Some(signer.certificate),
            signed_at: signer.signed_at,
        },
        (Ok(()), None) => invalid("nobody signed".into()),
    }
}

/// Every file is listed with its digest, and every listed file is there.
fn covered(files: &[File], manifests: &[Read<'_>]) -> Result<(), String> {
    let listed = || manifests.iter().flat_map(|(m, _)| &m.files);
    for file in files {
        match listed().find(|(name, ..)| *name == file.name) {
            None => return Err("a file is not in the signed list".into()),
            Some((.., sum)) if sum.as_slice() != file.sha256 => {
                return Err("a file was changed after signing".into());
            }
            Some(_) => {}
        }
    }
    if listed().any(|(name, ..)| !files.iter().any(|f| f.name == *name)) {
        return Err("a file of the signed list is not there".into());
    }
    Ok(())
}

fn invalid(reason: String) -> SignatureReport {
    let verdict = Verdict::Invalid(reason);
    SignatureReport {
        verdict,
        signer: None,
        signed_at: None,
    }
}

fn is_meta(name: &str) -> bool {
    name.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("META-INF/"))
}

fn is_asic_manifest(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("meta-inf/asicmanifest") && lower.ends_with(".xml")
}

fn is_signature(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("meta-inf/signature") && lower.ends_with(".p7s")
}

fn is_known(name: &str) -> bool {
    is_asic_manifest(name) || is_signature(name) || name == ODF_MANIFEST_ENTRY
}
