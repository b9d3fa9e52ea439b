//! The types of business messages.

use std::fmt;
use std::str::FromStr;

use crate::Error;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The type of a business message: the name of its member in the SBD.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum MessageType { $($(#[$doc])* $variant,)* }

        impl MessageType {
            /// All of them, in the order in which the Java access point names them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// Tells a sender what became of a message.
    Status = "status",
    /// Not of our service; carried.
    Arkivmelding = "arkivmelding",
    /// Not of our service; carried.
    ArkivmeldingKvittering = "arkivmelding_kvittering",
    /// Not of our service; carried.
    Avtalt = "avtalt",
    /// Not of our service; carried.
    Digital = "digital",
    /// Not of our service; carried.
    DigitalDpv = "digital_dpv",
    /// Not of our service; carried.
    Print = "print",
    /// Not of our service; carried.
    Dialogmelding = "dialogmelding",
    /// Not of our service; carried.
    DialogmeldingKvittering = "dialogmelding_kvittering",
    /// A citizen's request to see documents.
    Innsynskrav = "innsynskrav",
    /// Journal entries or meetings for publication.
    Publisering = "publisering",
    /// eInnsyn's answer to a publisering.
    EinnsynKvittering = "einnsyn_kvittering",
}

impl MessageType {
    /// Whether it is a kvittering of some kind: a message that carries no files.
    pub fn is_kvittering(self) -> bool {
        self.as_str().ends_with("_kvittering")
    }

    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
        names.join(",")
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MessageType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.iter().find(|kind| kind.as_str() == text);
        known
            .copied()
            .ok_or_else(|| Error::UnknownType(Some(text.to_owned())))
    }
}
