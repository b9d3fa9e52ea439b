//! The brokers that are compared: ours, RabbitMQ with a quorum queue, Apache Artemis.
//!
//! Each keeps a message on disk before it confirms it. RabbitMQ's classic queues do not,
//! so they are not compared. The others are found by `RABBITMQ_HOME` and `ARTEMIS_HOME`,
//! or on the path.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use amqp::sasl::Login;
use anyhow::{Result, ensure};

use super::line::Line;
use super::server::Server;

/// No broker takes longer to start, unless it is broken.
const START_TIME_MAX: Duration = Duration::from_secs(120);
/// How often it is asked whether it is up.
const LOOK_TIME: Duration = Duration::from_micros(500);
/// Each broker has ten ports from here on, the first for AMQP.
const PORT_BASE: u16 = 29_400;

fn address(broker: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], PORT_BASE + broker * 10))
}

/// A broker that can be measured.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    /// What its queue is called on the wire.
    pub(super) queue: &'static str,
    login: Option<(&'static str, &'static str)>,
    start: fn(&Peer, &Path) -> Result<Command>,
    program: PathBuf,
}

/// All that are to be compared; a name alone where one is not installed.
pub(super) fn all(own: &Path) -> Vec<Result<Peer, &'static str>> {
    let rabbitmq = installed("RABBITMQ_HOME", "sbin", "rabbitmq-server");
    let rabbitmq = rabbitmq.map(|program| Peer {
        name: "RabbitMQ",
        address: address(8),
        queue: "/queues/bench",
        login: Some(("guest", "guest")),
        start: start_rabbitmq,
        program,
    });
    let artemis = installed("ARTEMIS_HOME", "bin", "artemis").map(|program| Peer {
        name: "Artemis",
        address: address(9),
        queue: "bench",
        login: None,
        start: start_artemis,
        program,
    });
    vec![
        Ok(ours(own, 0)),
        rabbitmq.ok_or("RabbitMQ"),
        artemis.ok_or("Artemis"),
    ]
}

/// Ours; several with different numbers can run at once.
pub(super) fn ours(own: &Path, number: u16) -> Peer {
    Peer {
        name: "Sendebud",
        address: address(number),
        queue: "bench",
        login: None,
        start: start_ours,
        program: own.to_owned(),
    }
}

/// The program, in its home if that is said, else on the path.
fn installed(home: &str, folder: &str, name: &str) -> Option<PathBuf> {
    let home = std::env::var_os(home).map(|home| Path::new(&home).join(folder));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = home.into_iter().chain(std::env::split_paths(&path));
    folders.map(|f| f.join(name)).find(|p| p.is_file())
}

impl Peer {
    /// Start it with empty queues; it runs when it has answered a client's open.
    pub(super) fn start(&self, folder: &Path) -> Result<Server> {
        fs::create_dir_all(folder)?;
        let command = (self.start)(self, folder)?;
        self.go_on(command, folder)
    }

    /// Start it again with what is in the folder.
    pub(super) fn again(&self, folder: &Path) -> Result<Server> {
        let mut command = Command::new(&self.program);
        command.arg("broker").arg("--config");
        command.arg(folder.join("broker.toml"));
        self.go_on(command, folder)
    }

    fn go_on(&self, mut command: Command, folder: &Path) -> Result<Server> {
        let log = File::create(folder.join("log.txt"))?;
        command.stdin(Stdio::null()).stderr(log.try_clone()?);
        command.stdout(log);
        let begun = Instant::now();
        let mut server = Server::start(self.name, command)?;
        while self.line().is_err() {
            server.runs()?;
            ensure!(
                begun.elapsed() < START_TIME_MAX,
                "{} does not answer; {} has what it says",
                self.name,
                folder.join("log.txt").display()
            );
            std::thread::sleep(LOOK_TIME);
        }
        server.start_time = begun.elapsed();
        Ok(server)
    }

    /// A connection to it.
    pub(super) fn line(&self) -> Result<Line> {
        let login = match self.login {
            Some((name, word)) => Login::Plain(name.into(), word.into()),
            None => Login::Anonymous,
        };
        Line::open(self.address, login)
    }
}

fn start_ours(peer: &Peer, folder: &Path) -> Result<Command> {
    let settings = folder.join("broker.toml");
    let (amqp, mut http) = (peer.address, peer.address);
    http.set_port(amqp.port() + 1);
    let text = format!(
        "data = \"data\"\namqp = \"{amqp}\"\nhttp = \"{http}\"\n\
         authentication = \"none\"\nfirst_use = {{ names = [\"*\"], \
         properties = {{ MaxSizeInMegabytes = 1048576 }} }}\n"
    );
    fs::write(&settings, text)?;
    let mut command = Command::new(&peer.program);
    command.arg("broker").arg("--config").arg(settings);
    Ok(command)
}

fn start_rabbitmq(peer: &Peer, folder: &Path) -> Result<Command> {
    let definitions = folder.join("definitions.json");
    let text = r#"{
        "vhosts": [{"name": "/"}],
        "users": [{"name": "guest", "password": "guest", "tags": ["administrator"]}],
        "permissions": [{"user": "guest", "vhost": "/",
            "configure": ".*", "write": ".*", "read": ".*"}],
        "queues": [{"name": "bench", "vhost": "/", "durable": true,
            "auto_delete": false, "arguments": {"x-queue-type": "quorum"}}]
    }"#;
    fs::write(&definitions, text)?;
    let settings = folder.join("rabbitmq.conf");
    let text = format!(
        "listeners.tcp.1 = {}\nload_definitions = {}\n",
        peer.address,
        definitions.display()
    );
    fs::write(&settings, text)?;
    fs::write(folder.join("plugins"), "[].\n")?;
    let port = |next: u16| (peer.address.port() + next).to_string();
    let mut command = Command::new(&peer.program);
    command
        .env("RABBITMQ_NODENAME", "bench@localhost")
        .env("RABBITMQ_DIST_PORT", port(1))
        .env("ERL_EPMD_PORT", port(2))
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder.join("logs"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
        .env("RABBITMQ_CONFIG_FILE", settings)
        .env("HOME", folder);
    Ok(command)
}

fn start_artemis(peer: &Peer, folder: &Path) -> Result<Command> {
    let place = folder.join("instance");
    let mut create = Command::new(&peer.program);
    create.arg("create").arg(&place);
    create.args(["--silent", "--user", "bench", "--password", "bench"]);
    create.args(["--allow-anonymous", "--no-web", "--host", "127.0.0.1"]);
    create.args(["--no-hornetq-acceptor", "--no-mqtt-acceptor"]);
    create.args(["--no-stomp-acceptor", "--no-amqp-acceptor"]);
    create.args(["--queues", "bench:anycast", "--default-port"]);
    let made = create.arg(peer.address.port().to_string()).output()?;
    let words = String::from_utf8_lossy(&made.stdout);
    ensure!(made.status.success(), "artemis create: {words}");
    // How full the disk is otherwise is no matter here.
    let settings = place.join("etc/broker.xml");
    let text = fs::read_to_string(&settings)?;
    fs::write(
        &settings,
        text.replace("<max-disk-usage>90<", "<max-disk-usage>100<"),
    )?;
    let mut command = Command::new(place.join("bin/artemis"));
    command.arg("run");
    Ok(command)
}
