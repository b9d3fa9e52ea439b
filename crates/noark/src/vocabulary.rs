//! Names that eInnsyn's data use, and which class is a kind of which.

/// Namespace of classes, properties and codes in JSON-LD.
pub const ARKIV: &str = "http://www.arkivverket.no/standarder/noark5/arkivstruktur/";
/// The same in XML, without the slash.
pub const ARKIV_XML: &str = "http://www.arkivverket.no/standarder/noark5/arkivstruktur";
/// Namespace of eInnsyn's graphs.
pub const EINNSYN: &str = "http://data.einnsyn.no/";
/// The graph that says what the other graphs are.
pub const META_GRAPH: &str = "http://data.einnsyn.no/graf/meta";
/// What a graph of things to withdraw is; the ontology makes the two equal.
pub const WITHDRAWALS: [&str; 2] = [
    "http://data.einnsyn.no/graftype/TrekkeTilbakeGraf",
    "http://data.einnsyn.no/graftype/SletteGraf",
];

pub(crate) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// The property that says of which class a node is.
pub const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
pub(crate) const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
pub(crate) const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
pub(crate) const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
pub(crate) const FOAF: &str = "http://xmlns.com/foaf/0.1/";

/// Sub-class and class (ontology.ttl of difi/einnsyn-klient, 11f51f8).
pub(crate) const KINDS: &[(&str, &str)] = &[
    ("Basisregistrering", "Registrering"),
    ("Journalpost", "Basisregistrering"),
    ("Møtesaksregistrering", "Basisregistrering"),
    (
        "KommerTilBehandlingMøtesaksregistrering",
        "Møtesaksregistrering",
    ),
    ("Møtedokumentregistrering", "Basisregistrering"),
    ("Saksmappe", "Mappe"),
    ("SaksmappeForMøte", "Saksmappe"),
    ("Moetemappe", "Mappe"),
];

/// A class and all that it is a kind of, nearest first.
pub fn lineage(class: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(class), |class| {
        let row = KINDS.iter().find(|(sub, _)| sub == class);
        row.map(|(_, class)| *class)
    })
}

/// Whether a class is another or a kind of it.
pub fn is_a(class: &str, other: &str) -> bool {
    lineage(class).any(|c| c == other)
}

/// The IRI of a name as our tables write it: a local name, `rdf:` or `foaf:` and one.
pub fn expand(name: &str) -> String {
    match name.split_once(':') {
        Some(("rdf", local)) => format!("{RDF}{local}"),
        Some(("foaf", local)) => format!("{FOAF}{local}"),
        _ => format!("{ARKIV}{name}"),
    }
}

/// A name as our tables write it, of an IRI.
pub fn shorten(iri: &str) -> String {
    let spaces = [
        (ARKIV, "arkiv:"),
        (RDF, "rdf:"),
        (FOAF, "foaf:"),
        (EINNSYN, "einnsyn:"),
    ];
    let short = spaces.iter().find_map(|(space, prefix)| {
        let local = iri.strip_prefix(space).filter(|l| !l.contains('/'))?;
        Some(format!("{prefix}{local}"))
    });
    short.unwrap_or_else(|| iri.to_owned())
}
