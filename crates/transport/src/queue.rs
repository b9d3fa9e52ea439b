//! Names of queues, and which of them a message goes to.

use std::fmt;
use std::str::FromStr;

use sbd::{Orgnr, ReferanseType};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What all queues of the service begin with.
const PREFIX: &str = "nextbestqueue";

/// Which of its queues an access point reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A public body: innsynskrav come in.
    Innsyn,
    /// eInnsyn: publications come in.
    Data,
    /// eInnsyn: publications of meetings come in.
    Meeting,
}

impl Mode {
    /// As in a queue's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Innsyn => "innsyn",
            Self::Data => "data",
            Self::Meeting => "meeting",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = [Self::Innsyn, Self::Data, Self::Meeting];
        let found = known
            .into_iter()
            .find(|m| m.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            Error::Settings(format!("mode {text:?} is none of innsyn, data, meeting"))
        })
    }
}

/// The queue that an access point reads: `nextbestqueue<orgnr><mode>`.
pub fn own(orgnr: &Orgnr, mode: Mode) -> String {
    target(orgnr.as_str(), mode.as_str())
}

/// A queue of the receiver, by its organisation number and a suffix.
pub fn target(organisation: &str, suffix: &str) -> String {
    format!("{PREFIX}{organisation}{suffix}")
}

/// Where status messages go: it depends on our own mode, not on the message.
pub fn status_suffix(own: Mode) -> &'static str {
    match own {
        Mode::Innsyn => "data",
        Mode::Data | Mode::Meeting => "innsyn",
    }
}

/// Where kvitteringer go: to whoever sent what they answer.
pub fn kvittering_suffix(answers: Option<ReferanseType>) -> &'static str {
    match answers {
        Some(ReferanseType::Innsynskrav) => "data",
        Some(ReferanseType::Publisering) | None => "innsyn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // wire-format §2.3, row by row.
    #[test]
    fn names_and_suffixes_follow_the_table() {
        let orgnr: Orgnr = "910075918".parse().unwrap();
        assert_eq!(own(&orgnr, Mode::Innsyn), "nextbestqueue910075918innsyn");
        assert_eq!(target("991825827", "data"), "nextbestqueue991825827data");
        assert_eq!(status_suffix(Mode::Innsyn), "data");
        assert_eq!(status_suffix(Mode::Data), "innsyn");
        assert_eq!(status_suffix(Mode::Meeting), "innsyn");
        assert_eq!(kvittering_suffix(Some(ReferanseType::Innsynskrav)), "data");
        assert_eq!(
            kvittering_suffix(Some(ReferanseType::Publisering)),
            "innsyn"
        );
        assert_eq!(kvittering_suffix(None), "innsyn");
        assert_eq!("INNSYN".parse(), Ok(Mode::Innsyn));
        assert!("postmottak".parse::<Mode>().is_err());
    }
}
