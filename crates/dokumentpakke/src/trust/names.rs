//! Name constraints (RFC 5280 §4.2.1.10): to whom an authority may issue.

use super::Untrusted;
use crate::Certificate;
use crate::tlv::{OID, Reader, SEQUENCE, SET, Tlv, context};

/// Whether the constraints allow the certificate's subject.
///
/// Only directory names are compared. Constraints on other kinds of names bind nobody
/// who has no such name; who has one is refused, as they are not compared here.
pub(super) fn permitted(constraints: &[u8], of: &Certificate) -> Result<(), Untrusted> {
    check(constraints, of).unwrap_or(Err(Untrusted::Unreadable))
}

fn check(constraints: &[u8], of: &Certificate) -> Option<Result<(), Untrusted>> {
    let mut fields = Reader::new(constraints).expect(SEQUENCE).ok()?.inside();
    let permitted = fields.optional(context(0, true)).ok()?;
    let excluded = fields.optional(context(1, true)).ok()?;
    let subject = parts(Reader::new(of.subject_der()).expect(SEQUENCE).ok()?)?;
    let (bases, foreign) = permitted.map_or(Some((Vec::new(), false)), bases)?;
    let (banned, strange) = excluded.map_or(Some((Vec::new(), false)), self::bases)?;
    if (foreign || strange) && of.details().ok()?.other_names {
        return Some(Err(Untrusted::Name));
    }
    let under = |base: &Vec<Part>| subject.starts_with(base);
    let inside = bases.is_empty() || bases.iter().any(under);
    if inside && !banned.iter().any(under) {
        return Some(Ok(()));
    }
    Some(Err(Untrusted::Name))
}

/// An attribute of a name: its kind and its value, as they are compared.
type Part = Vec<(Vec<u8>, Vec<u8>)>;

/// The directory names of GeneralSubtrees, and whether there are names of other kinds.
fn bases(trees: Tlv<'_>) -> Option<(Vec<Vec<Part>>, bool)> {
    let (mut names, mut foreign) = (Vec::new(), false);
    let mut all = trees.inside();
    while !all.is_empty() {
        let base = all.expect(SEQUENCE).ok()?.inside().next().ok()?;
        if base.tag == context(4, true) {
            names.push(parts(base.inside().expect(SEQUENCE).ok()?)?);
        } else {
            foreign = true;
        }
    }
    Some((names, foreign))
}

fn parts(name: Tlv<'_>) -> Option<Vec<Part>> {
    let (mut parts, mut all) = (Vec::new(), name.inside());
    while !all.is_empty() {
        let (mut part, mut set) = (Vec::new(), all.expect(SET).ok()?.inside());
        while !set.is_empty() {
            let mut one = set.expect(SEQUENCE).ok()?.inside();
            let kind = one.expect(OID).ok()?.content.to_vec();
            part.push((kind, fold(one.next().ok()?.content)));
        }
        part.sort();
        parts.push(part);
    }
    Some(parts)
}

/// Case and runs of blanks make no difference, nor does the type of the string (§7.1).
fn fold(value: &[u8]) -> Vec<u8> {
    let lower = value.to_ascii_lowercase();
    let words = lower.split(|b| *b == b' ').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}
