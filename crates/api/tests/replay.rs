//! The whole door against the record: two access points, a register and a message
//! service in one process, and the replayer that belongs to the recordings.

mod world;

use std::collections::BTreeSet;
use std::process::Stdio;

use world::World;

/// Answers that differ on purpose, with the reason. Everything else must agree.
const ON_PURPOSE: &[(&str, u32, &str)] = &[
];

#[tokio::test(flavor = "multi_thread")]
async fn the_transcripts_agree() {
    let world = World::start().await;
    let vectors = world::vectors();
    let (mut different, mut report) = (BTreeSet::new(), String::new());
    for file in world::transcripts() {
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
        assert!(run.status.code().is_some_and(|code| code < 2), "{file}: {errors}");
        report.push_str(&words);
        let name = file.split('-').next().unwrap_or_default().to_owned();
        for line in words.lines().filter(|line| line.contains(".jsonl step ")) {
            let step = line.split(" step ").nth(1).unwrap().split(' ').next().unwrap();
            different.insert((name.clone(), step.parse::<u32>().unwrap()));
        }
    }
    world.stop().await;
    let expected: BTreeSet<(String, u32)> =
        ON_PURPOSE.iter().map(|(file, step, _)| ((*file).to_owned(), *step)).collect();
    assert!(different == expected, "{report}\nexpected to differ: {expected:?}");
}
