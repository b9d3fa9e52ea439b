//! A folder with what a Java integrasjonspunkt has in its own, and commands on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use fagsystem::Fagsystem;
use tempfile::TempDir;

use crate::player::Player;
use crate::record::vector;
use crate::world::{free_ports, sendebud, until};

pub(crate) const ORGNR: &str = "910076787";

/// The folder.
pub(crate) struct Place {
    folder: TempDir,
    port: u16,
}

impl Place {
    /// With the settings of the set-up in which the answers were recorded; neighbours
    /// that do not answer.
    pub(crate) fn new() -> Self {
        Self::beside("http://127.0.0.1:1", "127.0.0.1:2", "n0kkel")
    }

    /// The same with this register, message service and key.
    pub(crate) fn beside(register: &str, service: &str, key: &str) -> Self {
        let place = Self {
            folder: TempDir::new().unwrap(),
            port: free_ports(),
        };
        let store = vector("keys").join(format!("{ORGNR}.p12"));
        fs::copy(store, place.path("ip.p12")).unwrap();
        let text = format!(
            "server.port={}\n\
             spring.profiles.active=staging\n\
             difi.move.org.number={ORGNR}\n\
             difi.move.org.keystore.path=file:ip.p12\n\
             difi.move.org.keystore.password=changeit\n\
             difi.move.org.keystore.alias={ORGNR}\n\
             difi.move.serviceregistryEndpoint={register}\n\
             difi.move.sign.enable=false\n\
             difi.move.oidc.enable=false\n\
             difi.move.feature.enableDPE=true\n\
             difi.move.nextmove.serviceBus.baseUrl={service}\n\
             difi.move.nextmove.serviceBus.useHttps=false\n\
             difi.move.nextmove.serviceBus.sasKeyName=Alle\n\
             difi.move.nextmove.serviceBus.sasToken={key}\n\
             difi.security.enable=false\n\
             difi.ssl.enabled=false\n\
             difi.datasource.url=jdbc:h2:file:./integrasjonspunkt\n",
            place.port
        );
        fs::write(place.properties(), text).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn properties(&self) -> PathBuf {
        self.path("integrasjonspunkt-local.properties")
    }

    /// Where our own access point answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Add lines to the Java one's settings.
    pub(crate) fn set(&self, lines: &str) {
        let text = fs::read_to_string(self.properties()).unwrap();
        fs::write(self.properties(), text + lines).unwrap();
    }

    pub(crate) fn move_in(&self, player: Option<&Player>) -> Command {
        let mut command = sendebud();
        command
            .arg("move-in")
            .arg("--properties")
            .arg(self.properties())
            .arg("--out")
            .arg(self.path("sendebud.toml"));
        if let Some(player) = player {
            command.args(["--api", &player.url]);
        }
        command
    }

    /// Our access point, as its case system sees it, for as long as it is kept.
    pub(crate) async fn serve(&self) -> Serving {
        let log = fs::File::create(self.path("serve.log")).unwrap();
        let child = sendebud()
            .args(["serve", "--config"])
            .arg(self.path("sendebud.toml"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let fagsystem = Fagsystem::new(&self.url().parse().unwrap(), None).unwrap();
        let serving = Serving { child, fagsystem };
        until("our access point answers", async || {
            serving.fagsystem.inbox().await.ok()
        })
        .await;
        serving
    }
}

pub(crate) struct Serving {
    child: Child,
    pub(crate) fagsystem: Fagsystem,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Run to its end, told of as the player's caller.
pub(crate) fn run(command: &mut Command, player: &Player) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    player.state().caller = Some(child.id());
    child.wait_with_output().unwrap()
}

/// What was said, both ways.
pub(crate) fn said(done: &Output) -> String {
    let out = String::from_utf8_lossy(&done.stdout);
    format!("{out}{}", String::from_utf8_lossy(&done.stderr))
}
