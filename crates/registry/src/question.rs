//! What a register is asked, and its answer as it came.

use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;

/// A question that is remembered with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// What an organisation receives, all of it or under one process.
    Records {
        receiver: String,
        process: Option<String>,
    },
    /// The certificate of an organisation.
    Certificate(String),
    /// The message service's key.
    Key,
}

impl Question {
    /// Where it is asked, below the register's address.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Records { receiver, process } => match process {
                None => format!("/identifier/{receiver}"),
                Some(process) => format!("/identifier/{receiver}/process/{process}"),
            },
            Self::Certificate(orgnr) => format!("/virksert/{orgnr}"),
            Self::Key => "/sastoken".into(),
        }
    }

    /// Which one is asked there.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path == "/sastoken" {
            return Some(Self::Key);
        }
        if let Some(orgnr) = path.strip_prefix("/virksert/") {
            return Some(Self::Certificate(orgnr.into()));
        }
        let receiver = path.strip_prefix("/identifier/")?;
        Some(match receiver.split_once("/process/") {
            None => Self::Records {
                receiver: receiver.into(),
                process: None,
            },
            Some((receiver, process)) => Self::Records {
                receiver: receiver.into(),
                process: Some(process.into()),
            },
        })
    }
}

/// An answer as it came: what is kept of it is believed, later, for the same reasons.
pub(crate) struct Answer {
    /// When.
    pub(crate) at: Timestamp,
    /// Whether it came as JWS.
    pub(crate) signed: bool,
    pub(crate) text: Zeroizing<String>,
}

impl Answer {
    /// As it is kept.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let kind = if self.signed { "jws" } else { "plain" };
        let (at, text) = (self.at, self.text.as_str());
        Zeroizing::new(format!("{at}\n{kind}\n{text}").into_bytes())
    }

    /// What [`Answer::bytes`] wrote.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (at, rest) = text.split_once('\n')?;
        let (kind, text) = rest.split_once('\n')?;
        Some(Self {
            at: at.parse().ok()?,
            signed: kind == "jws",
            text: Zeroizing::new(text.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_known_by_its_path_and_an_answer_by_its_bytes() {
        let records = |process: Option<&str>| Question::Records {
            receiver: "910076787".into(),
            process: process.map(str::to_owned),
        };
        for question in [
            records(None),
            records(Some("urn:no:difi:profile:einnsyn:innsynskrav:ver1.0")),
            Question::Certificate("910076787".into()),
            Question::Key,
        ] {
            assert_eq!(Question::of(&question.path()), Some(question));
        }
        assert_eq!(Question::of("/info/910076787"), None);
        let answer = Answer {
            at: "2026-11-24T12:00:00Z".parse().unwrap(),
            signed: true,
            text: Zeroizing::new("a\nb\n".into()),
        };
        let read = Answer::read(&answer.bytes()).unwrap();
        assert_eq!((read.at, read.signed), (answer.at, true));
        assert_eq!(read.text, answer.text);
        assert!(Answer::read(b"something else").is_none());
    }
}
