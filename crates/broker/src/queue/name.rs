//! Names of queues, addresses of what is in them, and patterns of names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// As on Azure.
const CHARS_MAX: usize = 260;
const DEAD_LETTER: &str = "$deadletterqueue";

/// A queue's name. Case is kept and does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueName(String);

impl QueueName {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for QueueName {
    type Err = Error;

    /// Fails on what Azure takes for no name either: empty parts, more than 260
    /// characters, and characters that mean something in an address.
    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim_matches('/');
        let wrong = |expected| Error::Name {
            name: name.chars().take(CHARS_MAX).collect(),
            expected,
        };
        if name.is_empty() || name.chars().count() > CHARS_MAX {
            return Err(wrong("1 to 260 characters"));
        }
        let bad =
            |c: char| c.is_control() || c.is_whitespace() || "?#*@$\\\"'".contains(c);
        if name.contains(bad) || name.split('/').any(str::is_empty) {
            return Err(wrong(
                "letters, digits and . - _ ~, in parts that / keeps apart",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for QueueName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<QueueName> for String {
    fn from(name: QueueName) -> Self {
        name.0
    }
}

/// What a client means by a name: a queue, or its dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) queue: QueueName,
    pub(crate) dead: bool,
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim_matches('/');
        let (queue, dead) = match text.rsplit_once('/') {
            Some((queue, last)) if last.eq_ignore_ascii_case(DEAD_LETTER) => {
                (queue, true)
            }
            _ => (text, false),
        };
        let last = queue.rsplit('/').next().unwrap_or_default();
        if last.eq_ignore_ascii_case("$transfer") {
            return Err(Error::NotImplemented("queues that forward to others"));
        }
        Ok(Self {
            queue: queue.parse()?,
            dead,
        })
    }
}

/// Names of queues, `*` for any characters. Case does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Pattern(Vec<String>);

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self(text.to_lowercase().split('*').map(str::to_owned).collect())
    }
}

impl Pattern {
    /// Whether the name is one of them.
    pub fn fits(&self, name: &QueueName) -> bool {
        let key = name.key();
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some((last, between)) = rest.split_last() else {
            return key == *first;
        };
        let Some(mut left) = key.strip_prefix(&**first) else {
            return false;
        };
        for part in between {
            match left.find(&**part) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_azure_takes() {
        for good in [
            "q",
            "/q/",
            "a/b/c",
            "nextbestqueue310000019innsyn",
            "a.b-c_d~e",
        ] {
            assert!(good.parse::<QueueName>().is_ok(), "{good}");
        }
        let long = "q".repeat(261);
        for bad in [
            "",
            "/",
            "a//b",
            "a b",
            "a?b",
            "$cbs",
            "q/$management",
            &long,
        ] {
            assert!(bad.parse::<QueueName>().is_err(), "{bad}");
        }
        assert_eq!("Q1".parse::<QueueName>().unwrap().to_string(), "Q1");
    }

    // > sub-queues {queue}/$DeadLetterQueue (compare case-insensitively)
    #[test]
    fn addresses_tell_dead_letters_apart() {
        let of = |text: &str| {
            let address: Address = text.parse().unwrap();
            (address.queue.to_string(), address.dead)
        };
        assert_eq!(of("a/b"), ("a/b".into(), false));
        assert_eq!(of("/Q/$DeadLetterQueue"), ("Q".into(), true));
        assert_eq!(of("q/$deadletterqueue/"), ("q".into(), true));
        let transfer = "q/$Transfer/$DeadLetterQueue".parse::<Address>();
        assert!(matches!(transfer, Err(Error::NotImplemented(_))));
        assert!(
            "q/$DeadLetterQueue/$DeadLetterQueue"
                .parse::<Address>()
                .is_err()
        );
    }

    #[test]
    fn patterns_fit_names() {
        let fits = |pattern: &str, name: &str| {
            Pattern::from(pattern.to_owned()).fits(&name.parse().unwrap())
        };
        assert!(fits("nextbestqueue*", "NextBestQueue1innsyn"));
        assert!(!fits("nextbestqueue*", "anextbestqueue"));
        assert!(fits("*", "a/b") && fits("q", "Q") && !fits("q", "q1"));
        assert!(fits("a*b*c", "aXbYc") && !fits("a*b*c", "acb"));
        assert!(!fits("ab*ba", "aba"), "the two ends do not overlap");
    }
}
