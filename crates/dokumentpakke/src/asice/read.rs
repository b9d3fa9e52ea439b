//! Look into a container: its files, and what its signature is worth.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{Read, Seek, Write};

use aws_lc_rs::digest::{Algorithm, digest};
use rawzip::ZipArchive;

use super::manifest::{self, Manifest, Reference};
use super::unzip::{
    Entry, Keep, Seeking, UNPACKED_BYTES_MAX, Unzipped, Wanted, damaged, entries,
};
use super::{MIME, MIMETYPE_ENTRY, ODF_MANIFEST_ENTRY, SIMPLE_MIME, simple};
use crate::cms::{self, Content};
use crate::{Certificate, Error, Signer, name};

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
    /// Who signed every file; the strongest first. Where nobody did, whoever signed a
    /// list of files, also if the files are not those of the list. Whether one of them
    /// is to be trusted is a question of its own, not answered here.
    pub signers: Vec<Signer>,
    /// Whether the lists name every file and have the digest of each.
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
        let signer = self.signers.first().map(|signer| &signer.certificate);
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
    let kind = kind.map(|at| outer.remove(at));
    let mut remarks = unzipped.remarks;
    if inner.iter().any(|e| is_stamp(&e.name)) {
        remarks.push("it has time stamps, which are not verified".into());
    }
    let lists = lists(&inner).map(|e| manifest::parse(&e.bytes).map(|m| (m, e)));
    let mut lists: Result<Vec<_>, _> = lists.collect();
    if let Ok(lists) = &mut lists {
        // What a time stamp is over, nobody has signed.
        lists.retain(|(list, _)| !is_stamp(&list.signature));
        let is_there = |name: &str| outer.iter().any(|e| e.name == name);
        let references = lists.iter_mut().flat_map(|(list, _)| &mut list.files);
        references.for_each(|r| r.resolve(is_there));
    }
    let is = |mime: &str| {
        let sum = kind.as_ref().map(|entry| entry.sha256);
        sum == Some(super::sha256(mime.as_bytes()))
    };
    let bare = kind.is_none() && outer.len() == 1 && !has_lists(&inner);
    let signature = match &lists {
        _ if is(SIMPLE_MIME) || bare => simple::judge(&outer, &inner),
        _ if kind.is_some() && !is(MIME) => {
            let why = "its mimetype is neither ASiC-E nor ASiC-S";
            report(Err(why.into()), Vec::new(), false)
        }
        Ok(lists) => judge(&outer, kind.as_ref(), lists, &inner),
        Err(error) => report(Err(error.to_string()), Vec::new(), false),
    };
    let files = files(outer, lists.as_deref().unwrap_or_default(), &inner);
    Ok(Container {
        files,
        signature,
        remarks,
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
    let signed = lists.iter().flat_map(|(list, _)| &list.files);
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

/// The rules of the reader that consumers use (wire-format §3.6), and one more: who
/// answers for a container has signed all of its files. To a container that somebody
/// signed, anybody could add a file with a list and a signature of his own.
fn judge(
    outer: &[Entry],
    kind: Option<&Entry>,
    lists: &[List<'_>],
    inner: &[Entry],
) -> SignatureReport {
    let rest: Vec<&Entry> = inner.iter().chain(kind).collect();
    let covered = |by: &[&List<'_>]| coverage(outer, &rest, by);
    let coverage = covered(&lists.iter().collect::<Vec<_>>());
    let covers = coverage.is_ok();
    let signatures = inner.iter().filter(|e| is_signature(&e.name)).count();
    if lists.is_empty() && signatures == 0 {
        if inner.iter().any(|e| is_stamp(&e.name)) {
            let why = "there are time stamps alone, which are not verified here";
            return report(Err(why.into()), Vec::new(), false);
        }
        return SignatureReport {
            verdict: Verdict::Unsigned,
            ..report(Ok(()), Vec::new(), false)
        };
    }
    let signed = match verify(lists, signatures, inner) {
        Ok(signed) => signed,
        Err(reason) => return report(Err(reason), Vec::new(), covers),
    };
    let verdict = structure(outer, inner).and(coverage);
    let answering = answering(&signed, covered);
    if verdict.is_ok() && answering.is_empty() {
        let why = "no signer has signed every file";
        return report(Err(why.into()), signers(&signed), covers);
    }
    let all = match verdict {
        Ok(()) => answering,
        Err(_) => signers(&signed),
    };
    report(verdict, all, covers)
}

/// Who signed a list.
type Signed<'a> = (&'a List<'a>, Vec<Signer>);

fn signers(signed: &[Signed<'_>]) -> Vec<Signer> {
    signed.iter().flat_map(|(_, by)| by).cloned().collect()
}

/// Those who have signed every file, by one list or by several.
fn answering(
    signed: &[Signed<'_>],
    covered: impl Fn(&[&List<'_>]) -> Result<(), String>,
) -> Vec<Signer> {
    let whole = signed.iter().filter(|(list, _)| covered(&[list]).is_ok());
    let mut all: Vec<Signer> = whole.flat_map(|(_, by)| by).cloned().collect();
    if all.is_empty() {
        for signer in signers(signed) {
            let known = |known: &Signer| known.certificate == signer.certificate;
            if !all.iter().any(known) {
                all.extend(together(&signer, signed, &covered));
            }
        }
    }
    all.sort_by_key(|signer| signer.digest == WEAK);
    all
}

/// What peers of today sign with, and nobody should any more.
const WEAK: &str = "SHA-1";

/// A signer of several lists that name every file only all together: as weak, and as
/// early, as the worst of its signatures.
fn together(
    signer: &Signer,
    signed: &[Signed<'_>],
    covered: impl Fn(&[&List<'_>]) -> Result<(), String>,
) -> Option<Signer> {
    let is_own = |by: &&Signer| by.certificate == signer.certificate;
    let own = signed
        .iter()
        .filter(|(_, by)| by.iter().any(|by| is_own(&by)));
    covered(&own.map(|(list, _)| *list).collect::<Vec<_>>()).ok()?;
    let all = signed.iter().flat_map(|(_, by)| by).filter(is_own);
    all.cloned().reduce(|one, other| Signer {
        signed_at: one.signed_at.min(other.signed_at),
        digest: if other.digest == WEAK {
            WEAK
        } else {
            one.digest
        },
        ..one
    })
}

/// Every list pairs with the signature that it names, and that holds.
fn verify<'a>(
    lists: &'a [List<'a>],
    signatures: usize,
    inner: &[Entry],
) -> Result<Vec<Signed<'a>>, String> {
    if lists.len() != signatures {
        return Err("signatures and lists do not pair up".into());
    }
    if lists.len() > LISTS_MAX {
        return Err(format!("there are more than {LISTS_MAX} lists"));
    }
    let mut signed = Vec::new();
    for list in lists {
        let (manifest, entry) = list;
        let signature = inner.iter().find(|e| e.name == manifest.signature);
        let signature = signature
            .ok_or("the list names a signature that is not there".to_owned())?;
        let by = cms::verify(&signature.bytes, &Content::Bytes(&entry.bytes));
        signed.push((list, by.map_err(|e| e.to_string())?));
    }
    Ok(signed)
}

/// How many signed lists a container may have.
const LISTS_MAX: usize = 16;

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

/// Every file is listed with its digest, and everything that is listed is there. A list
/// may name what is no file, too: the mimetype, or what is in META-INF.
fn coverage(
    outer: &[Entry],
    rest: &[&Entry],
    lists: &[&List<'_>],
) -> Result<(), String> {
    let mut listed: HashMap<&str, Vec<&Reference>> = HashMap::new();
    for reference in lists.iter().flat_map(|(list, _)| &list.files) {
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
        seen.insert(file.name.as_str());
    }
    for (name, references) in listed.iter().filter(|(name, _)| !seen.contains(*name)) {
        let Some(entry) = rest.iter().find(|entry| entry.name == *name) else {
            return Err("a file of the signed list is not there".into());
        };
        let differs = |r: &&Reference| match entry.digest(r.by) {
            Some(sum) => sum != r.digest,
            None => digest(r.by, &entry.bytes).as_ref() != r.digest,
        };
        if references.iter().any(differs) {
            return Err("a listed part was changed after signing".into());
        }
    }
    Ok(())
}

pub(super) fn report(
    verdict: Result<(), String>,
    signers: Vec<Signer>,
    covers_every_file: bool,
) -> SignatureReport {
    let verdict = match verdict {
        Ok(()) => Verdict::Valid,
        Err(reason) => Verdict::Invalid { reason },
    };
    SignatureReport {
        verdict,
        signers,
        covers_every_file,
    }
}

fn is_asic_manifest(name: &str) -> bool {
    is_named(name, "asicmanifest", ".xml")
}

/// > META-INF/*signature*.p7s (EN 319 162-1 §A.3)
pub(super) fn is_signature(name: &str) -> bool {
    is_named(name, "signature", ".p7s")
}

/// XAdES, which the standard allows and nobody in DPE sends.
fn is_xades(name: &str) -> bool {
    is_named(name, "signatures", ".xml")
}

/// A time stamp, or a list of what a later one is over: neither is verified, nor does
/// either take anything from the signature.
fn is_stamp(name: &str) -> bool {
    is_named(name, "timestamp", ".tst") || is_named(name, "asicarchivemanifest", ".xml")
}

/// What else EN 319 162-1 names, and nobody signs.
fn is_known(name: &str) -> bool {
    const OTHERS: [&str; 3] = [
        ODF_MANIFEST_ENTRY,
        "META-INF/container.xml",
        "META-INF/metadata.xml",
    ];
    let signing = is_asic_manifest(name) || is_signature(name) || is_stamp(name);
    signing || OTHERS.contains(&name)
}

fn is_named(name: &str, part: &str, end: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains(part) && lower.ends_with(end)
}
