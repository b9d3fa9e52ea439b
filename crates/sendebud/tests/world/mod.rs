//! A chain of processes in a folder of its own, as an operator would start it.

#![allow(dead_code, reason = "each test crate uses a part of it")]

pub(crate) mod planted;
mod role;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ambient::Random;
use fagsystem::{Correspondence, Fagsystem};
use sbd::{Envelope, MessageId};
use tempfile::TempDir;
use url::Url;

pub(crate) use role::Role;

/// The body of every world that `init` writes, and eInnsyn in it.
pub(crate) const KOMMUNE: &str = "310000019";
pub(crate) const EINNSYN: &str = "310000027";

/// An innsynskrav from eInnsyn to the body, without its files, and its id.
pub(crate) fn innsynskrav() -> (MessageId, Envelope) {
    let random = Random::system();
    let who = Correspondence {
        sender: EINNSYN.parse().expect("nine digits"),
        receiver: KOMMUNE.parse().expect("nine digits"),
        message_id: random.uuid().to_string().parse().expect("an id"),
        conversation_id: random.uuid().to_string(),
        expires: None,
    };
    let mailbox = "innsyn@fjordvik.example";
    let message = fagsystem::innsynskrav(&who, &who.receiver, mailbox);
    (who.message_id, message)
}

/// How long anything may take before it is said not to have happened.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(90);
/// Between two looks at something that tells nobody when it changes.
const LOOK_TIME: Duration = Duration::from_millis(20);
/// Ports that `init` writes into the settings, in a row.
const PORTS: u16 = 8;

/// Look until there is something to see. The only place where a test waits.
pub(crate) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        let waited = begun.elapsed();
        assert!(waited < TIME_MAX, "{what}: not within {waited:?}");
        tokio::time::sleep(LOOK_TIME).await;
    }
}

/// The program under test.
pub(crate) fn sendebud() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendebud"));
    command.env_remove("SENDEBUD_LOG").stdin(Stdio::null());
    command
}

/// Run a program to its end; what it said when it did not like its task.
pub(crate) fn run(command: &mut Command) -> String {
    let done = command.output();
    let done = done.unwrap_or_else(|e| panic!("{command:?} is needed here: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{command:?} {}: {words}",
        done.status
    );
    String::from_utf8(done.stdout).expect("programs here speak UTF-8")
}

/// First of a row of ports that nobody listens on. Below those that the kernel gives
/// to outgoing connections, so that a role finds its own again after a kill.
pub(crate) fn free_ports() -> u16 {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().expect("nobody panics while holding it");
    let free = |base: u16| {
        (base..base + PORTS).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    };
    loop {
        if *next < 10_000 || *next > 31_000 {
            let chance = u16::try_from(Random::system().number() % 2_000);
            *next = 10_000 + 10 * chance.expect("below 2 000");
        }
        let base = *next;
        *next += 10;
        if free(base) {
            return base;
        }
    }
}

/// Roles as processes. Dropped, it kills them and forgets the folder, which it keeps
/// when the test fails.
pub(crate) struct World {
    folder: TempDir,
    running: BTreeMap<Role, Child>,
    starts: usize,
    environment: Vec<(&'static str, String)>,
}

impl World {
    /// What `sendebud init` writes, on free ports. Nothing runs yet.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let base = free_ports().to_string();
        run(sendebud()
            .args(["init", "--port-base", &base])
            .arg(folder.path().join("kjede")));
        fs::create_dir(folder.path().join("logg")).expect("a folder for what is said");
        Self {
            folder,
            running: BTreeMap::new(),
            starts: 0,
            environment: Vec::new(),
        }
    }

    /// A place in the folder that `init` wrote.
    pub(crate) fn place(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("kjede").join(name)
    }

    pub(crate) fn settings(&self, role: Role) -> PathBuf {
        self.place(role.file())
    }

    /// Put lines before a role's settings, where they belong to no table.
    pub(crate) fn set(&self, role: Role, lines: &str) {
        let place = self.settings(role);
        let text = fs::read_to_string(&place).expect("init wrote it");
        fs::write(place, format!("{lines}\n{text}")).expect("it is ours");
    }

    /// What has come to postmottak.
    pub(crate) fn mails(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place("postmottak")).into_iter().flatten();
        let paths = entries.map(|entry| entry.expect("it is there").path());
        let mails = paths.filter(|path| path.extension().is_some_and(|e| e == "eml"));
        mails
            .map(|path| fs::read_to_string(path).expect("a mail is text"))
            .collect()
    }

    /// Have this in the environment of roles that are started from now on.
    pub(crate) fn tell(&mut self, name: &'static str, value: String) {
        self.environment.push((name, value));
    }

    /// An address in a role's settings, by its name there.
    pub(crate) fn address(&self, role: Role, name: &str) -> String {
        let text = fs::read_to_string(self.settings(role)).expect("init wrote it");
        let settings: toml::Table = text.parse().expect("init wrote TOML");
        let address = settings.get(name).and_then(toml::Value::as_str);
        address.expect("the role listens there").to_owned()
    }

    /// A role's page over HTTP.
    pub(crate) fn url(&self, role: Role, path: &str) -> Url {
        let address = self.address(role, role.http());
        let url = format!("http://{address}{path}").parse();
        url.expect("an address and a path")
    }

    /// An access point as its case system sees it.
    pub(crate) fn fagsystem(&self, role: Role) -> Fagsystem {
        Fagsystem::new(&self.url(role, "/"), None).expect("a client")
    }

    /// Start a role, and wait until it says that it listens.
    pub(crate) async fn start(&mut self, role: Role) {
        self.starts += 1;
        let said = format!("{}.{}", role.file(), self.starts);
        let place =
            |kind: &str| self.folder.path().join("logg").join(said.clone() + kind);
        let (out, err) = (place(".out"), place(".err"));
        let child = sendebud()
            .arg(role.command())
            .arg("--config")
            .arg(self.settings(role))
            .envs(self.environment.iter().cloned())
            .stdout(File::create(&out).expect("a file for its words"))
            .stderr(File::create(&err).expect("a file for its log"))
            .spawn()
            .expect("the program starts");
        let child = self.running.entry(role).or_insert(child);
        let words = |place| fs::read_to_string(place).unwrap_or_default();
        until(&format!("{role:?} listens"), async || {
            let ended = child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "{role:?} {ended:?}: {}", words(&err));
            let lines = words(&out);
            lines.ends_with('\n').then_some(lines)
        })
        .await;
    }

    /// Start these, each when what it needs listens.
    pub(crate) async fn start_all(&mut self, roles: &[Role]) {
        for role in roles {
            self.start(*role).await;
        }
    }

    /// What a role has said in its log, in every start of it.
    pub(crate) fn said(&self, role: Role) -> String {
        let logs = fs::read_dir(self.folder.path().join("logg")).expect("it is there");
        let places = logs.map(|entry| entry.expect("it is ours").path());
        let own = places.filter(|place| {
            let name = place.file_name().and_then(|name| name.to_str());
            name.is_some_and(|n| n.starts_with(role.file()) && n.ends_with(".err"))
        });
        own.map(|place| fs::read_to_string(place).expect("it is text"))
            .collect()
    }

    /// The id of each process that runs.
    pub(crate) fn ids(&self) -> Vec<(Role, u32)> {
        let running = self.running.iter();
        running.map(|(role, child)| (*role, child.id())).collect()
    }

    /// SIGKILL: it is not asked, and does not get to say goodbye.
    pub(crate) fn kill(&mut self, role: Role) {
        let mut child = self.running.remove(&role).expect("it runs");
        let ended = child.try_wait().expect("it is our child");
        assert!(ended.is_none(), "{role:?} had ended by itself: {ended:?}");
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("everything lies in {}", self.folder.path().display());
            return;
        }
        self.said_no_secret();
    }
}
