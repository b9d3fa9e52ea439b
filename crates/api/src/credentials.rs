//! Who may enter: users by HTTP Basic (RFC 7617), programs by an API key (RFC 6750).

use std::fmt;

use password::Secret;

use crate::scope::Scopes;

/// Someone who is known at the door. Never printed but by name.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) name: String,
    pub(crate) secret: Secret,
    pub(crate) scopes: Scopes,
    pub(crate) kind: Kind,
}

/// How someone says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Name and password.
    User,
    /// A key alone.
    Key,
}

impl Credentials {
    /// A user: from a password in the clear, from `sha256:` and 64 hexadecimal digits, or
    /// from `$argon2id$…`. None when a part is empty or not well formed.
    pub fn user(name: &str, password: &str, scopes: Scopes) -> Option<Self> {
        let sound = !name.is_empty() && !name.contains(':');
        Some(Self {
            name: name.to_owned(),
            secret: password.parse().ok()?,
            scopes,
            kind: Kind::User,
        })
        .filter(|_| sound)
    }

    /// A program that carries a key: the key, or `sha256:` and its digest.
    pub fn key(name: &str, key: &str, scopes: Scopes) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            secret: key.parse().ok()?,
            scopes,
            kind: Kind::Key,
        })
        .filter(|_| !name.is_empty())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials of {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_broken_ones_are_refused() {
        for (user, password) in [
            ("", "x"),
            ("u", ""),
            ("u:v", "x"),
            ("u", "sha256:12"),
            ("u", "$argon2id$x"),
        ] {
            let made = Credentials::user(user, password, Scopes::ALL);
            assert!(made.is_none(), "{user} {password}");
        }
    }
}
