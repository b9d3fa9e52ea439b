//! Which mail server, as settings have it.

use std::fs;
use std::io;
use std::path::PathBuf;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

/// A mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port; 25, 587 or 465 after `security` where none is given.
    #[serde(default)]
    pub port: Option<u16>,
    /// From whom: an address in the writer's own domain, so that it is not taken for
    /// spam.
    pub from: String,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// With which name and password, if it asks for them.
    #[serde(default)]
    pub user: Option<User>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Not at all: a server on the same machine or network.
    #[default]
    None,
    /// By STARTTLS, or there is no mail.
    Starttls,
    /// By TLS from the first byte.
    Tls,
}

/// A name and the file that its password is in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name.
    pub name: String,
    /// The file.
    pub password_file: PathBuf,
}

impl Server {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::None => 25,
            Security::Starttls => 587,
            Security::Tls => 465,
        })
    }

    /// Every path, so that relative ones can be made to start from the settings' folder.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.user.iter_mut().map(|user| &mut user.password_file)
    }
}

impl User {
    /// The password, without the line's end.
    pub(crate) fn password(&self) -> io::Result<SecretString> {
        let text = Zeroizing::new(fs::read_to_string(&self.password_file)?);
        Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_follows_from_the_protection() {
        // RFC 5321, RFC 6409 and RFC 8314.
        for (security, port) in [("none", 25), ("starttls", 587), ("tls", 465)] {
            let text =
                format!("host = \"h\"\nfrom = \"a@b\"\nsecurity = \"{security}\"");
            assert_eq!(toml::from_str::<Server>(&text).unwrap().port(), port);
        }
    }
}
