//! What an operator sets of a klient.

mod form;
mod letter;
mod publish;
mod route;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use sbd::Orgnr;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use url::Url;

pub use form::{Form, FormRole, FormUser};
pub use letter::{KeyFile, Language, Letter, Smime};
pub use publish::{Profile, Publish};
pub use route::{Destination, Range, Route};
pub use watch::Watch;

/// A klient's settings, as its TOML file has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The body whose data it is.
    pub orgnr: Orgnr,
    /// The access point's organisation, where that is another: a supplier's, or one that
    /// several share.
    #[serde(default)]
    pub sender: Option<Orgnr>,
    /// eInnsyn's organisation number.
    #[serde(default = "einnsyn")]
    pub receiver: Orgnr,
    /// The access point's API.
    pub access_point: Url,
    /// With which name and password, if it asks for them.
    #[serde(default)]
    pub access_point_user: Option<User>,
    /// Certificates (PEM) of the authorities that are believed of it; the machine's when
    /// none.
    #[serde(default)]
    pub access_point_authorities: Option<PathBuf>,
    /// Other clients stand on the same access point: kvitteringer that answer none of
    /// our files are left to them.
    #[serde(default)]
    pub shared: bool,
    /// Whether innsynskrav are fetched here; on for one client of an access point.
    #[serde(default = "yes")]
    pub innsynskrav: bool,
    /// The folder with `inn`, `sending`, `publisert`, `avvist`, `karantene`,
    /// `kvittering`.
    pub folder: PathBuf,
    /// Where the ledger is.
    pub data: PathBuf,
    /// Milliseconds between looks at folder and in-tray. What the file system tells of
    /// is seen at once; a network share tells of nothing.
    #[serde(default = "poll")]
    pub poll_milliseconds: u64,
    /// How files are published.
    #[serde(default)]
    pub publish: Publish,
    /// How to reach postmottak. Without it, and without routes, innsynskrav are left at
    /// the access point.
    #[serde(default)]
    pub mail: Option<mail::Server>,
    /// What is written to postmottak.
    #[serde(default)]
    pub letter: Letter,
    /// Where orders go, by what they ask for; the first that fits, for each document.
    /// What fits none goes to postmottak.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    /// What the operator is told of.
    #[serde(default)]
    pub watch: Watch,
    /// The page on which people fill in what is to be published; there is none without.
    #[serde(default)]
    pub form: Option<Form>,
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

impl Settings {
    /// Time between looks.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_milliseconds.max(10))
    }

    /// Who sends: the access point's organisation.
    pub fn sender(&self) -> &Orgnr {
        self.sender.as_ref().unwrap_or(&self.orgnr)
    }

    /// Every path, so that relative ones can be made to start from the settings' folder.
    pub fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.folder, &mut self.data];
        let users = self.access_point_user.iter_mut();
        all.extend(users.map(|user| &mut user.password_file));
        all.extend(&mut self.access_point_authorities);
        all.extend(self.mail.iter_mut().flat_map(mail::Server::paths));
        all.extend(self.letter.paths());
        all.extend(self.routes.iter_mut().flat_map(|r| r.to.paths()));
        all.extend(self.watch.webhook_secret_file.as_mut());
        let users = self.form.iter_mut().flat_map(|form| &mut form.users);
        all.extend(users.filter_map(|user| user.password_file.as_mut()));
        all
    }
}

/// A secret from its file, without the line's end.
pub(crate) fn secret(path: &std::path::Path) -> Result<SecretString, crate::Error> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|e| {
        crate::Error::Settings(format!(
            "the secret in {} cannot be read: {e}",
            path.display()
        ))
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

fn einnsyn() -> Orgnr {
    "991825827".parse().expect("nine digits")
}

fn poll() -> u64 {
    500
}

fn yes() -> bool {
    true
}
