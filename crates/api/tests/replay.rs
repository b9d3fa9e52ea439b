//! The whole door against the record: two access points, a register and a message
//! service in one process, and the replayer that belongs to the recordings.

mod world;

use std::collections::BTreeSet;
use std::process::Stdio;

use world::World;

/// Answers that differ on purpose, with the reason. Everything else must agree.
const ON_PURPOSE: &[(&str, u32, &str)] = &[
    ("02", 23, "æ, ø and å arrive as they were sent"),
    ("02", 25, "æ, ø and å arrive as they were sent"),
    (
        "04",
        52,
        "the limit holds for chunked bodies too (rest-api §12, 28)",
    ),
    (
        "05",
        22,
        "a file without a name cannot be put into a package",
    ),
    ("08", 26, "a slash at the end is tolerated (rest-api §1.0)"),
    ("08", 27, "a slash at the end is tolerated (rest-api §1.0)"),
    ("08", 30, "an error body in JSON instead of a page in HTML"),
];

// Quirk 1: 05 steps 10 and 11, a message without files is created and refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_transcripts_agree() {
    let world = World::start().await;
    let vectors = world::vectors();
    let (mut different, mut report) = (BTreeSet::new(), String::new());
    for file in transcripts() {
        let run = tokio::process::Command::new("python3")
            .arg(vectors.join("replay.py"))
            .args(["--body", &world.body, "--portal", &world.portal])
            .arg(vectors.join("rest").join(&file))
            .stdin(Stdio::null())
            .output()
            .await
            .expect("python3 is needed to replay the transcripts");
        let words = String::from_utf8_lossy(&run.stdout).into_owned();
        let errors = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(
            run.status.code().is_some_and(|code| code < 2),
            "{file}: {errors}"
        );
        report.push_str(&words);
        let name = file.split('-').next().unwrap_or_default().to_owned();
        for line in words.lines().filter(|line| line.contains(".jsonl step ")) {
            let step = line
                .split(" step ")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap();
            different.insert((name.clone(), step.parse::<u32>().unwrap()));
        }
    }
    world.stop().await;
    let expected: BTreeSet<_> = ON_PURPOSE
        .iter()
        .map(|(file, step, _)| ((*file).to_owned(), *step))
        .collect();
    assert!(
        different == expected,
        "{report}\nexpected to differ: {expected:?}"
    );
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
