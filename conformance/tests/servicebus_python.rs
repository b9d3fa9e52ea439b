//! Microsoft's Python client, unmodified, against our broker in this process.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{FirstUse, Listening, Policy, Right, Settings};
use tokio::process::Command;
use tokio::sync::{oneshot, watch};

const KEY: &str = "SAS_KEY_VALUE";
const POLICY: &str = "RootManageSharedAccessKey";

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_does_all_that_it_should() {
    let python = root().join("target/venv/bin/python");
    assert!(
        python.exists(),
        "the Python client is not installed: run `cargo xtask test`, or\n  \
         python3 -m venv target/venv\n  \
         target/venv/bin/pip install -r conformance/sdk/requirements.txt"
    );
    let folder = tempfile::tempdir().unwrap();
    let (stop, listening, broker) = start(folder.path()).await;
    let connection = format!(
        "Endpoint=sb://localhost:{};SharedAccessKeyName={POLICY};SharedAccessKey={KEY};\
         UseDevelopmentEmulator=true;",
        listening.amqp.port()
    );
    let script = root().join("conformance/sdk/servicebus_sdk.py");
    let run = Command::new(python)
        .arg(script)
        .arg(connection)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = run.await.unwrap();
    stop.send(true).unwrap();
    broker.await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (lines, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{lines}\n{errors}");
    println!("{lines}");
}

type Broker = tokio::task::JoinHandle<Result<(), broker::Error>>;

#[expect(clippy::disallowed_methods, reason = "the test owns the broker")]
async fn start(folder: &Path) -> (watch::Sender<bool>, Listening, Broker) {
    let settings = Settings {
        policies: vec![Policy {
            name: POLICY.into(),
            key: KEY.into(),
            secondary_key: None,
            rights: vec![Right::Manage],
        }],
        // As the script has them.
        lock_seconds: 3,
        max_delivery_count: 4,
        first_use: FirstUse {
            names: vec![Pattern::from("*".to_owned())],
            ..FirstUse::default()
        },
        ..Settings::new(folder)
    };
    let (stop, stopped) = watch::channel(false);
    let (ready, listening) = oneshot::channel();
    let (clock, random) = (Clock::system(), Random::system());
    let run = broker::run(settings, clock, random, ready, stopped);
    let broker = tokio::spawn(run);
    (stop, listening.await.unwrap(), broker)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
