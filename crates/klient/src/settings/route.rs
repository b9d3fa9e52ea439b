//! Where orders go, by what they ask for.

use std::path::PathBuf;
use std::str::FromStr;

use noark::order::Ordered;
use serde::Deserialize;
use url::Url;

use super::User;

/// A way for some documents. Every field that is given must fit; of a list, one entry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What it is called in the ledger; not to be changed while orders are on their way.
    pub name: String,
    /// systemID of the documents.
    #[serde(default)]
    pub system_id: Vec<String>,
    /// systemID of the archive that they were published from (`fagsysteminfo/id`).
    #[serde(default)]
    pub arkiv: Vec<String>,
    /// systemID of the part of the archive (`fagsysteminfo/delId`).
    #[serde(default)]
    pub arkivdel: Vec<String>,
    /// The unit that handles them.
    #[serde(default)]
    pub adm_enhet: Vec<String>,
    /// Case numbers: `2025/1-2025/499`, or one, `2025/17`.
    #[serde(default)]
    pub saksnr: Vec<Range>,
    /// Where they go.
    pub to: Destination,
}

/// A target for orders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Destination {
    /// A mailbox.
    Mail(String),
    /// A folder, in which each order has one of its own.
    Folder(PathBuf),
    /// A WebDAV collection, in which each order has one of its own.
    Webdav {
        /// The collection.
        url: Url,
        /// With which name and password, if it asks for them.
        #[serde(default)]
        user: Option<User>,
    },
    /// An address that takes orders as JSON: a case system's API, or a program before
    /// it. Any 2xx is a yes.
    Webhook {
        /// The address.
        url: Url,
        /// The file with the key that requests are signed with.
        #[serde(default)]
        secret_file: Option<PathBuf>,
        /// The file with the token that lets us in there, sent as `Bearer`.
        #[serde(default)]
        token_file: Option<PathBuf>,
    },
}

impl Destination {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let [one, other] = match self {
            Self::Mail(_) => [None, None],
            Self::Folder(path) => [Some(path), None],
            Self::Webdav { user, .. } => {
                [user.as_mut().map(|u| &mut u.password_file), None]
            }
            Self::Webhook {
                secret_file,
                token_file,
                ..
            } => [secret_file.as_mut(), token_file.as_mut()],
        };
        one.into_iter().chain(other)
    }
}

impl Route {
    /// Whether a document goes this way.
    pub fn fits(&self, document: &Ordered) -> bool {
        let one_of = |list: &[String], value: &Option<String>| {
            list.is_empty() || value.as_ref().is_some_and(|v| list.contains(v))
        };
        one_of(&self.system_id, &document.system_id)
            && one_of(&self.arkiv, &document.arkiv)
            && one_of(&self.arkivdel, &document.arkivdel)
            && one_of(&self.adm_enhet, &document.adm_enhet)
            && (self.saksnr.is_empty()
                || document.case().is_some_and(|case| {
                    self.saksnr.iter().any(|range| range.holds(case))
                }))
    }
}

/// Case numbers from one to another, both among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Range {
    from: (i64, i64),
    to: (i64, i64),
}

impl Range {
    fn holds(&self, case: (i64, i64)) -> bool {
        (self.from..=self.to).contains(&case)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let case = |text: &str| -> Option<(i64, i64)> {
            let (year, number) = text.trim().split_once('/')?;
            Some((year.parse().ok()?, number.parse().ok()?))
        };
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        match (case(from), case(to)) {
            (Some(from), Some(to)) if from <= to => Ok(Self { from, to }),
            _ => Err(format!(
                "{text:?} is no case numbers: `2025/17`, or `2025/1-2025/499`"
            )),
        }
    }
}

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
