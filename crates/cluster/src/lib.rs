//! A PostgreSQL server of our own, for as long as a test or a bench runs.
//!
//! It listens on a socket in a folder under the machine's temporary one. A shell keeps
//! it and ends it when we are gone, however we went; see `start.sh`.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const SCRIPT: &str = include_str!("start.sh");
/// The Debian package that has the server.
const PACKAGE: &str = "postgresql";

/// A server that runs. Dropped, it ends.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    databases: AtomicU32,
    shell: Child,
}

impl Cluster {
    /// Start one. `durable` syncs every commit, as in production; tests have no need.
    ///
    /// Fails with what the server said, and what to install if it is not there.
    pub fn start(durable: bool) -> Result<Self, String> {
        let durable = if durable { "on" } else { "off" };
        Self::spawn(&[durable, "", "", ""])
    }

    /// Start one that takes callers by TLS alone, on a port of 127.0.0.1, with this
    /// certificate and key (PEM); answers the port too.
    ///
    /// Fails as [`Cluster::start`].
    pub fn secure(certificate: &str, key: &str) -> Result<(Self, u16), String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let port = free.map_err(|e| format!("no port is free: {e}"))?.port();
        let cluster = Self::spawn(&["off", &port.to_string(), certificate, key])?;
        Ok((cluster, port))
    }

    fn spawn(args: &[&str; 4]) -> Result<Self, String> {
        let mut command = as_nobody_special("sh");
        command.args(["-c", SCRIPT, "sh"]).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let spawned = command.stderr(Stdio::piped()).spawn();
        let mut shell = spawned.map_err(|e| format!("sh cannot be started: {e}"))?;
        let mut folder = String::new();
        let said = shell.stdout.take().expect("it is piped");
        let read = BufReader::new(said).read_line(&mut folder);
        if read.is_err() || !folder.ends_with('\n') {
            let mut words = String::new();
            let said = shell.stderr.take().expect("it is piped");
            let _ = BufReader::new(said).read_to_string(&mut words);
            return Err(format!(
                "PostgreSQL cannot be started; install the Debian package {PACKAGE}: \
                 {words}"
            ));
        }
        Ok(Self {
            folder: folder.trim_end().into(),
            databases: AtomicU32::new(0),
            shell,
        })
    }

    /// The one that the tests of this process share.
    ///
    /// # Panics
    /// Where it cannot be started: a test that cannot run has failed.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| match Self::start(false) {
            Ok(cluster) => cluster,
            Err(why) => panic!("{why}"),
        })
    }

    /// Make an empty database; answers its address.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let (folder, name) = (self.folder.display(), format!("t{number}"));
        self.sql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        );
        format!("host={folder} user=sendebud dbname={name}")
    }

    /// Run statements in a database; answers what `psql` prints of the last one.
    ///
    /// # Panics
    /// Where they fail.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--username=sendebud", "--set=ON_ERROR_STOP=1"]);
        psql.arg(format!("--host={}", self.folder.display()));
        psql.args(["--dbname", database, "--command", statements]);
        let done = psql.stdin(Stdio::null()).output();
        let done = done.expect("psql comes with the server");
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "psql: {words}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Bytes that a database takes, as the server counts them.
    ///
    /// # Panics
    /// Where there is no such database.
    pub fn bytes(&self, address: &str) -> u64 {
        let name = address.rsplit('=').next().unwrap_or_default();
        let size = self.sql(name, "SELECT pg_database_size(current_database())");
        size.parse().expect("a size is a number")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The server refuses to run as root: then it runs as the user that came with it.
fn as_nobody_special(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output();
    let root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program);
    command
}
