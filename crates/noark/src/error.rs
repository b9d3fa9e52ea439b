//! What makes a file of eInnsyn's unreadable.

use fault::Fault;

/// Why a file was refused: what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not UTF-8.
    #[error("the file is not UTF-8: byte {0} cannot be; save it as UTF-8")]
    Utf8(usize),
    /// Not JSON-LD.
    #[error("the file is no JSON-LD: {0}")]
    JsonLd(String),
    /// A context that would have to be fetched.
    #[error(
        "the file names a context by address; write the context itself into the file"
    )]
    RemoteContext,
    /// Nothing in it to publish.
    #[error(
        "the file holds no registrering: it needs an object of type arkiv:Journalpost, \
         arkiv:Møtesaksregistrering or arkiv:Møtedokumentregistrering"
    )]
    NoRegistrering,
    /// A registrering that lacks what makes it one.
    #[error("{iri}: {property} is missing")]
    Missing {
        /// Which.
        iri: String,
        /// What it lacks.
        property: &'static str,
    },
    /// Not XML.
    #[error("the file is no XML: {0}")]
    Xml(String),
    /// XML of another kind.
    #[error("the root element is {0}; bestilling is expected")]
    Root(String),
    /// An order that lacks what makes it one.
    #[error("order.xml: {0} is missing")]
    Order(&'static str),
}

impl Error {
    /// Whoever wrote the file must mend it.
    pub fn fault(&self) -> Fault {
        Fault::Caller
    }
}
