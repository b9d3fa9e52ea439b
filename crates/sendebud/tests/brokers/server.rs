//! A broker of others as a process, and access points that use it.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ambient::Clock;
use secrecy::SecretString;
use tempfile::TempDir;
use transport::servicebus::{Amqp, Broker, Settings};

use crate::world::{Role, World, free_ports, until};
use crate::{artemis, rabbitmq};

/// Who may use it; the password is one of the world's, which nothing may say.
pub(crate) const USER: &str = "sendebud";
/// Where it puts what was rejected.
pub(crate) const ASIDE: &str = "DLQ";
/// The queues of the chain.
pub(crate) const QUEUES: [&str; 2] =
    ["nextbestqueue310000019innsyn", "nextbestqueue310000027data"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    RabbitMq,
    Artemis,
}

/// A broker. Dropped, it is killed and its messages are gone.
pub(crate) struct Server {
    kind: Kind,
    folder: TempDir,
    pub(crate) port: u16,
    password: PathBuf,
    running: Vec<Child>,
}

impl Server {
    /// For the access points of this world. It does not run yet.
    pub(crate) fn new(kind: Kind, world: &World) -> Self {
        Self {
            kind,
            folder: TempDir::new().unwrap(),
            port: free_ports(),
            password: world.place("keys/passord"),
            running: Vec::new(),
        }
    }

    /// Start it, with the messages that it had, and wait until it speaks AMQP.
    pub(crate) async fn start(&mut self) {
        let folder = self.folder.path();
        let password = fs::read_to_string(&self.password).unwrap();
        self.running = match self.kind {
            Kind::RabbitMq => rabbitmq::start(folder, self.port, password.trim()),
            Kind::Artemis => artemis::start(folder, self.port, password.trim()),
        };
        until(&format!("{:?} answers", self.kind), async || {
            let child = self.running.last_mut().unwrap();
            let ended = child.try_wait().unwrap();
            let words = || fs::read_to_string(folder.join("said")).unwrap();
            assert!(ended.is_none(), "{:?} {ended:?}: {}", self.kind, words());
            speaks(self.port).then_some(())
        })
        .await;
    }

    /// Whether it is as good as before after [`Server::kill`].
    pub(crate) fn outlives_a_kill(&self) -> bool {
        self.kind != Kind::RabbitMq || rabbitmq::outlives_a_kill()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        for mut child in self.running.drain(..).rev() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Put it in the message service's place.
    pub(crate) fn serve(&self, world: &World, role: Role, dead_letters: bool) {
        let place = world.settings(role);
        let text = fs::read_to_string(&place).unwrap();
        let old = "connection_file = \"keys/tilkobling-amqp\"\n";
        assert!(text.contains(old), "init wrote it");
        let host = match self.kind {
            Kind::RabbitMq => {
                format!("virtual_host = \"{}\", ", rabbitmq::VIRTUAL_HOST)
            }
            Kind::Artemis => String::new(),
        };
        let new = format!(
            "host = \"127.0.0.1:{}\"\nhttps = false\nbroker = {{ {host}user = \
             \"{USER}\", password_file = \"keys/passord\", dead_letters = \
             {dead_letters} }}\n",
            self.port
        );
        fs::write(place, text.replace(old, &new)).unwrap();
    }

    /// An end that reads this queue.
    pub(crate) fn end(&self, own: &str) -> Amqp {
        let password = fs::read_to_string(&self.password).unwrap();
        let host = (self.kind == Kind::RabbitMq).then(|| rabbitmq::VIRTUAL_HOST.into());
        let settings = Settings {
            base: format!("http://127.0.0.1:{}/", self.port).parse().unwrap(),
            policy: None,
            authorities: None,
            websocket: None,
            broker: Some(Broker {
                user: Some((USER.into(), SecretString::from(password.trim()))),
                virtual_host: host,
                dead_letters: true,
                address: None,
            }),
        };
        Amqp::new(settings, own.into(), Clock::system()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("the broker's are in {}", self.folder.path().display());
        }
    }
}

/// Whether somebody answers a protocol header there.
fn speaks(port: u16) -> bool {
    use std::io::{Read, Write};
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    // While it starts it may take a connection and say nothing.
    let patience = Some(Duration::from_secs(5));
    if stream.set_read_timeout(patience).is_err() {
        return false;
    }
    let mut answer = [0; 8];
    stream.write_all(&amqp::SASL_HEADER).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer == amqp::SASL_HEADER
}

/// A program whose words go to a file of the folder.
pub(crate) fn heard(command: &mut Command, folder: &Path) -> Child {
    let said = File::options()
        .create(true)
        .append(true)
        .open(folder.join("said"))
        .unwrap();
    command.stderr(said.try_clone().unwrap()).stdout(said);
    let child = command.stdin(Stdio::piped()).spawn();
    child.unwrap_or_else(|e| panic!("{command:?} is needed here: {e}"))
}
