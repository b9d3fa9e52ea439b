//! Secrets and personal data that every world has in it: nothing that a process has said
//! holds one of them, whatever the test was about.

use std::fs;
use std::path::Path;

use super::World;

/// Those that are the same in every test, and that `cargo xtask test` looks for, too.
pub(crate) fn known() -> impl Iterator<Item = String> {
    let lines = include_str!("../../../../conformance/planted.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
}

impl World {
    /// What `init` made up for this world: the password of the keys, the key of the
    /// message service, and that key as it is kept by the broker.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let read =
            |name: &str| fs::read_to_string(self.place(name)).unwrap_or_default();
        let connection = read("keys/tilkobling-amqp");
        let key = connection.split("SharedAccessKey=").nth(1);
        let key = key
            .and_then(|rest| rest.split(';').next())
            .unwrap_or_default();
        let password = read("keys/passord").trim().to_owned();
        let all = vec![password, key.to_owned()];
        assert!(
            all.iter().all(|secret| secret.len() > 16),
            "init makes secrets"
        );
        all
    }

    /// Look through everything that the processes have said.
    pub(super) fn said_no_secret(&self) {
        let planted: Vec<String> = self.secrets().into_iter().chain(known()).collect();
        let logs = self.folder.path().join("logg");
        for entry in fs::read_dir(logs).into_iter().flatten().flatten() {
            assert_free(&entry.path(), &planted);
        }
    }
}

/// No file at this place, or below it, holds any of them.
pub(crate) fn assert_free(place: &Path, planted: &[String]) {
    if place.is_dir() {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            assert_free(&entry.path(), planted);
        }
        return;
    }
    let bytes = fs::read(place).unwrap_or_default();
    for secret in planted {
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{} holds {secret}", place.display());
    }
}
