//! The three lists in a container: eFormidling's, ETSI's and OpenDocument's.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{ASIC_MANIFEST_ENTRY, MIME};
use crate::{Error, Sealing};

const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const ASIC_NAMESPACE: &str = "http://uri.etsi.org/02918/v1.2.1#";
const DSIG_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// `manifest.xml`: receiver, sender, first file (wire-format §3.2).
pub(super) fn eformidling(
    sealing: &Sealing<'_>,
    first: Option<(&str, &str)>,
) -> String {
    let party = |name: &str, value: &str| {
        format!(
            "   <{name}>\n      <organisasjon authority=\"iso6523-actorid-upis\">{}\
             </organisasjon>\n   </{name}>\n",
            escape(value)
        )
    };
    let main = first.map_or(String::new(), |(name, mime)| {
        format!(
            "   <hoveddokument href=\"{}\" mime=\"{}\">\n      \
             <tittel lang=\"no\">Hoveddokument</tittel>\n   </hoveddokument>\n",
            escape(name),
            escape(mime)
        )
    });
    format!(
        "{PROLOG}<manifest>\n{}{}{main}</manifest>\n",
        party("mottaker", sealing.receiver),
        party("avsender", sealing.sender),
    )
}

/// A file with its digest, as the signature covers it.
pub(super) struct Listed<'a> {
    pub(super) name: &'a str,
    pub(super) mime: &'a str,
    pub(super) digest: [u8; 32],
}

/// `META-INF/ASiCManifest.xml` (wire-format §3.3).
pub(super) fn etsi(signature: &str, files: &[Listed<'_>]) -> String {
    let mut text = format!(
        "{PROLOG}<ASiCManifest xmlns=\"{ASIC_NAMESPACE}\" xmlns:ds=\"{DSIG_NAMESPACE}\">\
         <SigReference URI=\"{signature}\" MimeType=\"application/x-pkcs7-signature\"/>"
    );
    for file in files {
        text += &format!(
            "<DataObjectReference URI=\"{}\" MimeType=\"{}\">\
             <ds:DigestMethod Algorithm=\"{SHA256_URI}\"/>\
             <ds:DigestValue>{}</ds:DigestValue></DataObjectReference>",
            escape(file.name),
            escape(file.mime),
            STANDARD.encode(file.digest)
        );
    }
    text + "</ASiCManifest>"
}

/// `META-INF/manifest.xml` (wire-format §3.5).
pub(super) fn odf(files: &[Listed<'_>]) -> String {
    let entry = |path: &str, mime: &str| {
        let (path, mime) = (escape(path), escape(mime));
        format!(
            "<manifest:file-entry manifest:full-path=\"{path}\" \
             manifest:media-type=\"{mime}\"/>"
        )
    };
    let all: String = files
        .iter()
        .map(|file| entry(file.name, file.mime))
        .collect();
    format!(
        "{PROLOG}<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\
         {}{all}</manifest:manifest>",
        entry("/", MIME)
    )
}

/// Text that is safe between tags and between quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(c))),
            // > Char (XML 1.0 §2.2): there is no way at all to write these
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// An ASiCManifest as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The entry that holds the signature over it.
    pub(super) signature: String,
    /// The files that it lists.
    pub(super) files: Vec<Reference>,
}

/// A DataObjectReference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) mime: String,
    /// By which algorithm its digest is.
    pub(super) by: &'static Algorithm,
    /// As long as that makes it.
    pub(super) digest: Vec<u8>,
}

/// Read one, in today's namespace or one of the older (wire-format §3.6).
pub(super) fn parse(xml: &[u8]) -> Result<Manifest, Error> {
    let wrong = |what: &str| Error::Container(format!("{ASIC_MANIFEST_ENTRY}: {what}"));
    let text = std::str::from_utf8(xml).map_err(|_| wrong("it is not UTF-8"))?;
    let document =
        roxmltree::Document::parse(text).map_err(|e| wrong(&e.to_string()))?;
    let root = document.root_element();
    let known = [
        ASIC_NAMESPACE,
        "http://uri.etsi.org/2918/v1.2.1#",
        "http://uri.etsi.org/02918/v1.1.1#",
    ];
    let namespace = root.tag_name().namespace().unwrap_or_default();
    if root.tag_name().name() != "ASiCManifest" || !known.contains(&namespace) {
        return Err(wrong("its root is another"));
    }
    let mut manifest = Manifest {
        signature: "META-INF/signature.p7s".into(),
        files: Vec::new(),
    };
    for child in root.children().filter(roxmltree::Node::is_element) {
        let uri = child.attribute("URI");
        match child.tag_name().name() {
            "SigReference" => {
                if let Some(uri) = uri {
                    uri.clone_into(&mut manifest.signature);
                }
            }
            "DataObjectReference" => {
                let uri = uri.ok_or_else(|| wrong("a file without URI"))?;
                let mime = child.attribute("MimeType").unwrap_or_default();
                let (by, digest) = digest(&child).map_err(wrong)?;
                manifest.files.push(Reference {
                    name: uri.to_owned(),
                    mime: mime.to_owned(),
                    by,
                    digest,
                });
            }
            _ => {}
        }
    }
    Ok(manifest)
}

/// Digest methods beside SHA-256 that a list may name, and how each is written.
pub(super) const OTHERS: [(&str, &Algorithm); 2] = [
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", &SHA384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", &SHA512),
];

type Digested = (&'static Algorithm, Vec<u8>);

fn digest(file: &roxmltree::Node<'_, '_>) -> Result<Digested, &'static str> {
    let child = |name| file.children().find(|c| c.tag_name().name() == name);
    let method = child("DigestMethod").and_then(|m| m.attribute("Algorithm"));
    let method = method.unwrap_or_default();
    // > xmldsig#sha… digest URIs → xmlenc#sha… (wire-format §3.6)
    let by = match method {
        SHA256_URI | "http://www.w3.org/2000/09/xmldsig#sha256" => &SHA256,
        _ => {
            let known = OTHERS.iter().find(|(uri, _)| *uri == method);
            known.ok_or("an unknown digest method")?.1
        }
    };
    let value = child("DigestValue")
        .and_then(|v| v.text())
        .unwrap_or_default();
    let value: String = value.split_whitespace().collect();
    let value = STANDARD
        .decode(value)
        .map_err(|_| "a digest that is not Base64")?;
    if value.len() != by.output_len() {
        return Err("a digest of another length than its digest method makes");
    }
    Ok((by, value))
}

impl Reference {
    /// A URI may be written with escapes (RFC 3986 §2.1), though no peer does: if only
    /// so it names a file that is there, it is that.
    pub(super) fn resolve(&mut self, is_there: impl Fn(&str) -> bool) {
        if is_there(&self.name) {
            return;
        }
        if let Some(plain) = unescaped(&self.name).filter(|name| is_there(name)) {
            self.name = plain;
        }
    }
}

fn unescaped(uri: &str) -> Option<String> {
    let mut parts = uri.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (octet, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(octet, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Media types by the OpenDocument manifest, for containers without the other.
pub(super) fn parse_odf(xml: &[u8]) -> Vec<(String, String)> {
    const NAMESPACE: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";
    let Ok(text) = std::str::from_utf8(xml) else {
        return Vec::new();
    };
    let Ok(document) = roxmltree::Document::parse(text) else {
        return Vec::new();
    };
    let entries = document.root_element().children();
    let pair = |entry: roxmltree::Node<'_, '_>| {
        let path = entry.attribute((NAMESPACE, "full-path"))?;
        let mime = entry.attribute((NAMESPACE, "media-type"))?;
        Some((path.to_owned(), mime.to_owned()))
    };
    entries.filter_map(pair).collect()
}
