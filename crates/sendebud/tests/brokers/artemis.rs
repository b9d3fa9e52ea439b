//! Apache Artemis, from the libraries that Maven has.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command};

use crate::server::{USER, heard};

/// Its queues are made when they are first used.
pub(crate) fn start(folder: &Path, port: u16, password: &str) -> Vec<Child> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let libraries = root.join("target/sdk/artemis/lib");
    assert!(
        libraries.exists(),
        "{} is not there: run `cargo xtask test`, which installs it",
        libraries.display()
    );
    let mut command = Command::new("java");
    command
        .args([
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
        ])
        .arg(libraries.join("*"))
        .arg(root.join("conformance/sdk/artemis/Broker.java"))
        .arg(port.to_string())
        .arg(folder.join("data"))
        .arg(USER);
    let mut child = heard(&mut command, folder);
    let input = child.stdin.as_mut().unwrap();
    writeln!(input, "{password}").unwrap();
    vec![child]
}
