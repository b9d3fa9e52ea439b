//! Find a part of DER by its path, and put another in its place.

use std::ops::Range;

/// Children, from the outermost element in.
pub(crate) type Route<'a> = &'a [usize];

const ENVELOPED: [usize; 2] = [1, 0];
pub(crate) const RECIPIENT: Route<'_> = &[1, 0, 1, 0];
pub(crate) const RECIPIENT_ID: Route<'_> = &[1, 0, 1, 0, 1];
pub(crate) const ENCRYPTED_KEY: Route<'_> = &[1, 0, 1, 0, 3];
pub(crate) const IV: Route<'_> = &[1, 0, 2, 1, 1];
pub(crate) const CIPHERTEXT: Route<'_> = &[1, 0, 2, 2];
pub(crate) const CERTIFICATE: Route<'_> = &[1, 0, 3, 0];
pub(crate) const SIGNER_ID: Route<'_> = &[1, 0, 4, 0, 1];
pub(crate) const ATTRIBUTES: Route<'_> = &[1, 0, 4, 0, 3];
pub(crate) const SIGNATURE_VALUE: Route<'_> = &[1, 0, 4, 0, 5];

/// Where the element that begins here has its content.
fn element(bytes: &[u8], at: usize) -> Range<usize> {
    let first = usize::from(bytes[at + 1]);
    if first < 0x80 {
        return at + 2..at + 2 + first;
    }
    let octets = first & 0x7f;
    let field = &bytes[at + 2..at + 2 + octets];
    let length = field.iter().fold(0, |n, b| n << 8 | usize::from(*b));
    at + 2 + octets..at + 2 + octets + length
}

/// The starts of the elements in a content.
fn children(bytes: &[u8], content: &Range<usize>) -> Vec<usize> {
    let (mut at, mut all) = (content.start, Vec::new());
    while at < content.end {
        all.push(at);
        at = element(bytes, at).end;
    }
    all
}

fn find(bytes: &[u8], route: Route<'_>) -> Range<usize> {
    let mut content = element(bytes, 0);
    for step in route {
        content = element(bytes, children(bytes, &content)[*step]);
    }
    content
}

/// The content of the element at the end of the route.
pub(crate) fn content<'a>(bytes: &'a [u8], route: Route<'_>) -> &'a [u8] {
    assert!(route.starts_with(&ENVELOPED));
    &bytes[find(bytes, route)]
}

/// Another content there, whatever the lengths say.
pub(crate) fn splice(bytes: &[u8], route: Route<'_>, content: &[u8]) -> Vec<u8> {
    let place = find(bytes, route);
    [&bytes[..place.start], content, &bytes[place.end..]].concat()
}

/// Another content there, and every length around it mended.
pub(crate) fn replace(bytes: &[u8], route: Route<'_>, content: &[u8]) -> Vec<u8> {
    rebuild(bytes, 0, route, content)
}

fn rebuild(bytes: &[u8], at: usize, route: Route<'_>, content: &[u8]) -> Vec<u8> {
    let inside = match route.split_first() {
        None => content.to_vec(),
        Some((step, rest)) => {
            let old = element(bytes, at);
            let starts = children(bytes, &old);
            let child = starts[*step];
            let end = element(bytes, child).end;
            let new = rebuild(bytes, child, rest, content);
            [&bytes[old.start..child], &new, &bytes[end..old.end]].concat()
        }
    };
    wrapped(bytes[at], &inside)
}

/// The element at the end of the route, whole.
pub(crate) fn element_of(bytes: &[u8], route: Route<'_>) -> Vec<u8> {
    let (last, above) = route.split_last().expect("it leads somewhere");
    let start = children(bytes, &find(bytes, above))[*last];
    bytes[start..element(bytes, start).end].to_vec()
}

/// An element with this tag around a content.
pub(crate) fn wrapped(tag: u8, inside: &[u8]) -> Vec<u8> {
    let length = inside.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap());
    } else {
        let octets = length.to_be_bytes();
        let zeros = octets.iter().take_while(|b| **b == 0).count();
        out.push(0x80 | u8::try_from(octets.len() - zeros).unwrap());
        out.extend_from_slice(&octets[zeros..]);
    }
    out.extend_from_slice(inside);
    out
}
