//! The whole door against the record: two access points, a register and a message
//! service in one process, and the replayer that belongs to the recordings.
//!
//! The answers that differ on purpose are the table of docs/quirks.md. One that is not
//! there, or one that is there and agrees, fails the test.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use world::World;

// Quirk 1: 05 steps 10 and 11, a message without files is created and refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_transcripts_agree() {
    let world = World::start().await;
    let (mut seen, mut report) = (Seen::default(), String::new());
    for file in transcripts() {
        let words = replay(&world, &file).await;
        seen.read(&file, &words);
        report.push_str(&words);
    }
    world.stop().await;
    let all = seen.same + seen.better + seen.different.len();
    // Past the test's own output, so that every run says it.
    writeln!(
        std::io::stderr(),
        "transcripts: {} of {all} answers agree, {} are better, {} differ as listed",
        seen.same,
        seen.better,
        seen.different.len()
    )
    .unwrap();
    let listed = listed();
    assert_eq!(all, 424, "not every recorded answer was compared");
    assert!(
        seen.different == listed,
        "{report}\nlisted in docs/quirks.md: {listed:?}"
    );
}

/// What the replayer says of one transcript.
async fn replay(world: &World, file: &str) -> String {
    let vectors = world::vectors();
    let run = tokio::process::Command::new("python3")
        .arg(vectors.join("replay.py"))
        .args(["--body", &world.body, "--portal", &world.portal])
        .arg(vectors.join("rest").join(file))
        .stdin(Stdio::null())
        .output()
        .await
        .expect("python3 is needed to replay the transcripts");
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    let code = run.status.code();
    assert!(code.is_some_and(|code| code < 2), "{file}: {errors}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// A transcript's number and a step in it.
type Step = (String, u32);

#[derive(Default)]
struct Seen {
    same: usize,
    better: usize,
    different: BTreeSet<Step>,
}

impl Seen {
    fn read(&mut self, file: &str, words: &str) {
        let name = file.split('-').next().unwrap_or_default();
        for line in words.lines() {
            if let Some((_, rest)) = line.split_once(".jsonl step ") {
                let step = rest.split(' ').next().unwrap();
                self.different
                    .insert((name.to_owned(), step.parse().unwrap()));
            }
        }
        // The last line: `N same, B better, D different…`.
        let last = words.lines().last().unwrap_or_default();
        let mut counts = last.split(", ").map(|part| {
            let number = part.split(' ').next().unwrap_or_default();
            number
                .parse::<usize>()
                .unwrap_or_else(|_| panic!("{file}: {last}"))
        });
        self.same += counts.next().unwrap();
        self.better += counts.next().unwrap();
    }
}

/// The rows `| transcript, step | …` of docs/quirks.md.
fn listed() -> BTreeSet<Step> {
    let text = std::fs::read_to_string(world::docs().join("quirks.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cell = line.strip_prefix("| ")?.split(" | ").next()?;
        let (name, step) = cell.split_once(", ")?;
        let step = step.parse().ok()?;
        (name.len() == 2).then(|| (name.to_owned(), step))
    });
    rows.collect()
}

/// The names of the transcripts, in order.
fn transcripts() -> Vec<String> {
    let folder =
        std::fs::read_dir(world::vectors().join("rest")).expect("in the clone");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("a readable folder").file_name();
        name.into_string().expect("ours are plain names")
    };
    let mut names: Vec<String> = folder.map(name).collect();
    names.sort();
    names
}
