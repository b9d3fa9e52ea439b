//! What credentials are good for: parts of the API, by path.

use std::str::FromStr;

/// A set of parts of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

/// The parts by name, each with the paths below which it begins.
const PARTS: [(&str, &[&str]); 5] = [
    (
        "out",
        &[
            "/api/messages/out",
            "/api/capabilities",
            "/servicerecord",
            "/noarkExchange",
        ],
    ),
    ("in", &["/api/messages/in"]),
    ("status", &["/api/statuses", "/api/conversations"]),
    ("webhooks", &["/api/subscriptions"]),
    ("manage", &["/manage"]),
];

impl Scopes {
    /// Every part.
    pub const ALL: Self = Self(u8::MAX);

    /// From a list of names; an empty list is every part.
    pub fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut all = 0;
        for name in names {
            all |= name.parse::<Self>()?.0;
        }
        Ok(if all == 0 { Self::ALL } else { Self(all) })
    }

    /// Whether they are good for this path. A path of no part asks for nothing.
    pub(crate) fn admit(self, path: &str) -> bool {
        let below = |start: &str| {
            let rest = path.strip_prefix(start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let part = PARTS
            .iter()
            .position(|(_, starts)| starts.iter().any(|s| below(s)));
        part.is_none_or(|part| self.0 & 1 << part != 0)
    }
}

impl FromStr for Scopes {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == "all" {
            return Ok(Self::ALL);
        }
        let known = PARTS.iter().position(|(known, _)| *known == name);
        known.map(|part| Self(1 << part)).ok_or_else(|| {
            let names = PARTS.map(|(name, _)| name).join(", ");
            format!("there is no scope {name}; there are {names} and all")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_good_for_its_part_alone() {
        let out = Scopes::read(["out"]).unwrap();
        for good in [
            "/api/messages/out",
            "/api/messages/out/1",
            "/noarkExchange",
            "/",
            "/console/x.js",
        ] {
            assert!(out.admit(good), "{good}");
        }
        for bad in ["/api/messages/in/peek", "/api/statuses", "/manage/info"] {
            assert!(!out.admit(bad), "{bad}");
            assert!(Scopes::ALL.admit(bad));
        }
        assert!(Scopes::read(["inn"]).unwrap_err().contains("manage"));
        assert_eq!(Scopes::read([]), Ok(Scopes::ALL));
    }
}
