//! Run the tests, and look through all that they say, also those that pass, for the
//! secrets and personal data that were planted in them.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::command;

/// One stream, so that lines stay in their order.
const TESTS: &str = "exec cargo test --workspace --locked -- --show-output 2>&1";

pub(super) fn tests() -> Result<()> {
    println!("$ {TESTS}");
    let place = crate::root().join("conformance/planted.txt");
    let planted = std::fs::read_to_string(place).context("conformance/planted.txt")?;
    let mut ear = Ear::new(&planted);
    let mut cargo = command("sh", &["-c", TESTS])
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo could not be started")?;
    let said = cargo.stdout.take().context("it was asked for")?;
    for line in BufReader::new(said).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if ear.hears(&line) {
            println!("{line}");
        }
    }
    let status = cargo.wait()?;
    ensure!(status.success(), "the tests ended with {status}");
    ensure!(
        ear.heard.is_empty(),
        "tests have said what they must not: {:#?}",
        ear.heard
    );
    Ok(())
}

/// Listens to tests.
struct Ear<'a> {
    planted: Vec<&'a str>,
    /// Whose words these are.
    who: String,
    /// Whether they are those of tests that passed, which nobody needs to see.
    passed: bool,
    /// Which line of the list was said by whom. The words themselves are not said again.
    heard: Vec<String>,
}

impl<'a> Ear<'a> {
    fn new(list: &'a str) -> Self {
        let planted = list.lines().filter(|line| !line.starts_with('#'));
        Self {
            planted: planted.collect(),
            who: String::new(),
            passed: false,
            heard: Vec::new(),
        }
    }

    /// Take in a line; whether it is to be shown.
    fn hears(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        if trimmed.starts_with("Running ") || line.starts_with("---- ") {
            trimmed.clone_into(&mut self.who);
        }
        match line {
            "successes:" => self.passed = true,
            "failures:" => self.passed = false,
            _ if line.starts_with("test result:") => self.passed = false,
            _ => {}
        }
        for (number, word) in self.planted.iter().enumerate() {
            if line.contains(word) {
                let who = &self.who;
                self.heard.push(format!("word {}: {who}", number + 1));
            }
        }
        !self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::Ear;

    #[test]
    fn words_of_tests_that_pass_are_heard_and_not_shown() {
        let mut ear = Ear::new("# what it is\nhemmelig\nkari@eksempel.example\n");
        let lines = "     Running tests/a.rs (target/debug/deps/a-1)\n\
            test one ... ok\n\nsuccesses:\n\n---- one stdout ----\n\
            skriv til kari@eksempel.example\n\nsuccesses:\n    one\n\n\
            test result: ok. 1 passed";
        let shown: Vec<&str> = lines.lines().filter(|line| ear.hears(line)).collect();
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(ear.heard, ["word 2: ---- one stdout ----"]);
    }
}
