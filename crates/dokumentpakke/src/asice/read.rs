//! Look into a container: its files, and what its signature is worth.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{Read, Seek, Write};

use aws_lc_rs::digest::Algorithm;
use jiff::Timestamp;
use rawzip::ZipArchive;

use super::manifest::{self, Manifest, Reference};
use super::unzip::{
    Entry, Keep, Seeking, UNPACKED_BYTES_MAX, Unzipped, Wanted, damaged, entries,
};
use super::{MIME, MIMETYPE_ENTRY, ODF_MANIFEST_ENTRY, SIMPLE_MIME, simple};
use crate::cms::{self, Content, SignerReport};
use crate::{Certificate, Error, name};

/// How large a container may be, unpacked, that is not in memory.
const STREAMED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// A container that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Its data files in their order, `manifest.xml` among them.
    pub files: Vec<File>,
    /// What its signature is worth.
    pub signature: SignatureReport,
    /// What is odd about it though whole: what readers built on Java's ZIP refuse.
    pub remarks: Vec<String>,
}

/// A file in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, as it stands there. It may lead out of a folder: see [`File::escapes`].
    pub name: String,
    /// Its media type, as the container states it; empty when it does not.
    pub mime: String,
    /// Its bytes; empty where only their sum was asked for.
    pub bytes: Vec<u8>,
    /// How many bytes it has.
    pub size: u64,
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
    /// Who signed the list of files, as the certificate inside says. There whenever
    /// that signature holds, also if the files are not those of the list. Whether the
    /// certificate is to be trusted is a question of its own, not answered here.
    pub signer: Option<Certificate>,
    /// When, by the signer's word.
    pub signed_at: Option<Timestamp>,
    /// The digest algorithm of the signature, as `SHA-256`.
    pub digest: Option<&'static str>,
    /// The certificates that came with the signature.
    pub beside: Vec<Certificate>,
    /// Whether the list names every file and has the digest of each.
    pub covers_every_file: bool,
}

/// Whether a signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, and covers every file.
    Valid,
    /// There is none.
    Unsigned,
    /// It does not.
    Invalid {
        /// Why, in words without file names.
        reason: String,
    },
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
            Verdict::Invalid { reason } => write!(f, "invalid: {reason}"),
        }
    }
}

/// Read a container. Fails when it is damaged; a signature that does not hold is told
/// in the report, and the files can be read all the same.
pub fn read(container: &[u8]) -> Result<Container, Error> {
    look(container, Keep::All)
}

/// As [`read`], without keeping the bytes of the files: what their signature is worth.
pub fn check(container: &[u8]) -> Result<SignatureReport, Error> {
    look(container, Keep::Meta).map(|container| container.signature)
}

fn look(container: &[u8], keep: Keep) -> Result<Container, Error> {
    let archive = ZipArchive::from_slice(container).map_err(damaged)?;
    let archive = archive.into_cursor_archive();
    judged(entries(&archive, keep, None, others, UNPACKED_BYTES_MAX)?)
}

/// A container that is not in memory, such as one in a file.
pub struct Archive<R>(ZipArchive<Seeking<R>>);

impl<R: Read + Seek> Archive<R> {
    /// Look for its list of entries.
    pub fn new(reader: R) -> Result<Self, Error> {
        Seeking::archive(reader).map(Self)
    }

    /// As [`read`], without keeping the bytes of the files.
    pub fn survey(&self) -> Result<Container, Error> {
        judged(entries(
            &self.0,
            Keep::Meta,
            None,
            others,
            STREAMED_BYTES_MAX,
        )?)
    }

    /// Write one file's bytes. They are what [`Archive::survey`] judged as long as the
    /// container does not change; the sum of what was written is answered, to see.
    pub fn extract(&self, name: &str, sink: &mut dyn Write) -> Result<[u8; 32], Error> {
        let wanted = Some(Wanted { name, sink });
        let all = entries(&self.0, Keep::Meta, wanted, others, STREAMED_BYTES_MAX)?;
        let mut all = all.outer.iter().chain(&all.inner);
        let found = all.find(|entry| entry.name == name);
        let none = || Error::Container("there is no such file in it".into());
        found.map(|entry| entry.sha256).ok_or_else(none)
    }
}

fn judged(unzipped: Unzipped) -> Result<Container, Error> {
    let (inner, mut outer) = (unzipped.inner, unzipped.outer);
    if inner.is_empty() && outer.is_empty() {
        return Err(Error::Container("it is empty".into()));
    }
    let kind = outer.iter().position(|e| e.name == MIMETYPE_ENTRY);
    let kind = kind.map(|at| outer.remove(at).sha256);
    let mut lists = lists(&inner).map(|e| manifest::parse(&e.bytes).map(|m| (m, e)));
    let mut lists: Result<Vec<_>, _> = lists.by_ref().collect();
    for (list, _) in lists.iter_mut().flatten() {
        let is_there = |name: &str| outer.iter().any(|e| e.name == name);
        list.files.iter_mut().for_each(|r| r.resolve(is_there));
    }
    let is = |mime: &str| kind == Some(super::sha256(mime.as_bytes()));
    let bare = kind.is_none() && outer.len() == 1 && !has_lists(&inner);
    let signature = match &lists {
        _ if is(SIMPLE_MIME) || bare => simple::judge(&outer, &inner),
        _ if kind.is_some() && !is(MIME) => {
            let why = "its mimetype is neither ASiC-E nor ASiC-S";
            report(Err(why.into()), None, false)
        }
        Ok(lists) => judge(&outer, lists, &inner),
        Err(error) => report(Err(error.to_string()), None, false),
    };
    let files = files(outer, lists.as_deref().unwrap_or_default(), &inner);
    Ok(Container {
        files,
        signature,
        remarks: unzipped.remarks,
    })
}

fn lists(inner: &[Entry]) -> impl Iterator<Item = &Entry> {
    inner.iter().filter(|e| is_asic_manifest(&e.name))
}

fn has_lists(inner: &[Entry]) -> bool {
    lists(inner).next().is_some()
}

/// The digests that the files are held against, beside SHA-256.
fn others(inner: &[Entry]) -> Vec<&'static Algorithm> {
    if !has_lists(inner) {
        return simple::DIGESTS.to_vec();
    }
    let named = |uri: &str| {
        lists(inner).any(|e| e.bytes.windows(uri.len()).any(|w| w == uri.as_bytes()))
    };
    let all = manifest::OTHERS.iter().filter(|(uri, _)| named(uri));
    all.map(|(_, by)| *by).collect()
}

/// A list of files, and the entry that it was read from.
type List<'a> = (Manifest, &'a Entry);

fn files(outer: Vec<Entry>, lists: &[List<'_>], inner: &[Entry]) -> Vec<File> {
    let odf = inner.iter().find(|e| e.name == ODF_MANIFEST_ENTRY);
    let odf = odf.map_or(Vec::new(), |e| manifest::parse_odf(&e.bytes));
    let signed = references(lists);
    let signed = signed.map(|r| (r.name.as_str(), r.mime.as_str()));
    let other = odf
        .iter()
        .map(|(name, mime)| (name.as_str(), mime.as_str()));
    // The signed list comes last, so that its word stands.
    let mimes: HashMap<&str, &str> = other.chain(signed).collect();
    let file = |entry: Entry| File {
        mime: mimes.get(entry.name.as_str()).copied().unwrap_or("").into(),
        name: entry.name,
        bytes: entry.bytes,
        size: entry.size,
        sha256: entry.sha256,
    };
    outer.into_iter().map(file).collect()
}

fn references<'a>(lists: &'a [List<'_>]) -> impl Iterator<Item = &'a Reference> {
    lists.iter().flat_map(|(list, _)| &list.files)
}

/// The rules of the reader that consumers use (wire-format §3.6).
fn judge(outer: &[Entry], lists: &[List<'_>], inner: &[Entry]) -> SignatureReport {
    let coverage = coverage(outer, lists);
    let covers = coverage.is_ok();
    let signatures = inner.iter().filter(|e| is_signature(&e.name)).count();
    if lists.is_empty() && signatures == 0 {
        return SignatureReport {
            verdict: Verdict::Unsigned,
            ..report(Ok(()), None, false)
        };
    }
    let signer = match verify(lists, signatures, inner) {
        Ok(signer) => signer,
        Err(reason) => return report(Err(reason), None, covers),
    };
    let verdict = structure(outer, inner).and(coverage);
    report(verdict, Some(signer), covers)
}

/// Every list pairs with the signature that it names, and that holds.
fn verify(
    lists: &[List<'_>],
    signatures: usize,
    inner: &[Entry],
) -> Result<SignerReport, String> {
    if lists.len() != signatures {
        return Err("signatures and lists do not pair up".into());
    }
    let mut first = None;
    for (list, entry) in lists {
        let signature = inner.iter().find(|e| e.name == list.signature);
        let signature = signature
            .ok_or("the list names a signature that is not there".to_owned())?;
        let signer = cms::verify(&signature.bytes, &Content::Bytes(&entry.bytes));
        first = first.or(Some(signer.map_err(|e| e.to_string())?));
    }
    first.ok_or_else(|| "nobody signed".into())
}

/// No name that leads astray, none twice, nothing in META-INF that nobody knows.
pub(super) fn structure(outer: &[Entry], inner: &[Entry]) -> Result<(), String> {
    if outer.iter().any(|e| name::escapes(&e.name)) {
        return Err(
            "a file's name leads out of the folder that it is unpacked to".into(),
        );
    }
    if inner.iter().any(|e| is_xades(&e.name)) {
        return Err("a signature in XML, which is not verified here".into());
    }
    if inner.iter().any(|e| !is_known(&e.name)) {
        return Err("an unknown file in META-INF".into());
    }
    let mut names: Vec<_> = outer.iter().chain(inner).map(|e| &e.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("two files have the same name".into());
    }
    Ok(())
}

/// Every file is listed with its digest, and every listed file is there.
fn coverage(outer: &[Entry], lists: &[List<'_>]) -> Result<(), String> {
    let mut listed: HashMap<&str, Vec<&Reference>> = HashMap::new();
    for reference in references(lists) {
        listed.entry(&reference.name).or_default().push(reference);
    }
    let mut seen = HashSet::new();
    for file in outer {
        let Some(references) = listed.get(file.name.as_str()) else {
            return Err("a file is not in the signed list".into());
        };
        let differs = |r: &&Reference| file.digest(r.by) != Some(r.digest.as_slice());
        if references.iter().any(differs) {
            return Err("a file was changed after signing".into());
        }
        seen.insert(&file.name);
    }
    if seen.len() != listed.len() {
        return Err("a file of the signed list is not there".into());
    }
    Ok(())
}

pub(super) fn report(
    verdict: Result<(), String>,
    signer: Option<SignerReport>,
    covers_every_file: bool,
) -> SignatureReport {
    let verdict = match verdict {
        Ok(()) => Verdict::Valid,
        Err(reason) => Verdict::Invalid { reason },
    };
    SignatureReport {
        verdict,
        signed_at: signer.as_ref().and_then(|s| s.signed_at),
        digest: signer.as_ref().map(|s| s.digest),
        beside: signer.as_ref().map_or(Vec::new(), |s| s.beside.clone()),
        signer: signer.map(|s| s.certificate),
        covers_every_file,
    }
}

fn is_asic_manifest(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("meta-inf/asicmanifest") && lower.ends_with(".xml")
}

pub(super) fn is_signature(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    // > META-INF/*signature*.p7s (EN 319 162-1 §A.3)
    lower.contains("signature") && lower.ends_with(".p7s")
}

/// XAdES, which the standard allows and nobody in DPE sends.
fn is_xades(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("meta-inf/signatures") && lower.ends_with(".xml")
}

fn is_known(name: &str) -> bool {
    is_asic_manifest(name) || is_signature(name) || name == ODF_MANIFEST_ENTRY
}
