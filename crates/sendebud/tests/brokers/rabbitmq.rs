//! RabbitMQ: where `RABBITMQ_HOME` says, or where Debian puts it. Before version 4 a plugin
//! of its speaks AMQP 1.0.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::json;

use crate::server::{ASIDE, QUEUES, USER, heard};

pub(crate) const VIRTUAL_HOST: &str = "post";
/// The program itself: the one on the path changes the user and forgets our settings.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// The name server of Erlang, and then the broker.
pub(crate) fn start(folder: &Path, port: u16, password: &str) -> Vec<Child> {
    let program = program();
    settings(folder, port, password, &program);
    let names = (port + 2).to_string();
    let mut epmd = Command::new("epmd");
    epmd.args(["-port", &names, "-address", "127.0.0.1"]);
    let epmd = heard(&mut epmd, folder);
    let mut command = Command::new(program);
    command
        // The machine of Erlang in the place of the shell, so that a signal reaches it.
        .env("RUNNING_UNDER_SYSTEMD", "1")
        .env("RABBITMQ_NODENAME", "sendebud@localhost")
        .env("RABBITMQ_DIST_PORT", (port + 1).to_string())
        .env("ERL_EPMD_PORT", names)
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder.join("logs"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("none"))
        .env("HOME", folder);
    vec![epmd, heard(&mut command, folder)]
}

fn program() -> PathBuf {
    let home = std::env::var_os("RABBITMQ_HOME").map(PathBuf::from);
    let program = home.map_or(DEBIAN.into(), |home| home.join("sbin/rabbitmq-server"));
    assert!(
        program.exists(),
        "{} is not there: run `cargo xtask test`, which installs it",
        program.display()
    );
    program
}

fn is_before_4(program: &Path) -> bool {
    let place = program.canonicalize().unwrap();
    place.to_str().unwrap().contains("rabbitmq_server-3.")
}

/// Whether its quorum queues have a leader again after SIGKILL. In 3.10.8 now and then one
/// has none, and says "leader not known" for good.
pub(crate) fn outlives_a_kill() -> bool {
    !is_before_4(&program())
}

fn settings(folder: &Path, port: u16, password: &str, program: &Path) {
    let definitions = folder.join("definitions.json");
    let aside = json!({
        "x-queue-type": "quorum",
        // Dropped otherwise, while the other queue has no leader.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": ASIDE,
    });
    let queue = |name: &str, arguments: &serde_json::Value| {
        json!({"name": name, "vhost": VIRTUAL_HOST, "durable": true,
            "auto_delete": false, "arguments": arguments})
    };
    let mut queues: Vec<_> = QUEUES.iter().map(|name| queue(name, &aside)).collect();
    // Classic: in 3.10.8 a quorum queue that nobody has used finds no leader after a kill.
    queues.push(queue(ASIDE, &json!({"x-queue-type": "classic"})));
    let all = json!({
        "vhosts": [{"name": VIRTUAL_HOST}],
        "users": [{"name": USER, "password": password, "tags": []}],
        "permissions": [{"user": USER, "vhost": VIRTUAL_HOST,
            "configure": "", "write": ".*", "read": ".*"}],
        "queues": queues,
    });
    fs::write(&definitions, all.to_string()).unwrap();
    let text = format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\nload_definitions = {}\n",
        definitions.display()
    );
    fs::write(folder.join("rabbitmq.conf"), text).unwrap();
    let plugins = if is_before_4(program) {
        "[rabbitmq_amqp1_0].\n"
    } else {
        "[].\n"
    };
    fs::write(folder.join("plugins"), plugins).unwrap();
}
