//! Bytes that others have written, changed at random: a bounded part of what `fuzz/`
//! does for as long as it is let, from the same beginnings.
//!
//! `SENDEBUD_SEED` repeats a run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use ambient::Random;
use broker::raw;

/// How many changed copies are tried of each beginning.
const COPIES: usize = 2_000;
/// Values at which counts and lengths turn over.
const EDGES: [u32; 8] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    u32::MAX,
];

#[test]
fn no_frames_do_harm() {
    run("frames", raw::frames);
}

#[test]
fn no_entry_does_harm() {
    run("atom", raw::atom);
}

#[test]
fn no_headers_do_harm() {
    run("headers", raw::headers);
}

#[test]
fn no_file_of_the_log_does_harm() {
    run("segment", raw::segment);
}

fn run(name: &str, target: fn(&[u8]) -> usize) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("../../fuzz/corpus").join(name);
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let all: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!all.is_empty(), "{name} has no beginnings");
    let seed = std::env::var("SENDEBUD_SEED").map(|seed| seed.parse().unwrap());
    let seed = seed.unwrap_or_else(|_| Random::system().number());
    println!("SENDEBUD_SEED={seed} repeats {name}");
    let chance = Chance(Random::seeded(seed));
    for (file, bytes) in files.iter().zip(&all) {
        // Else it has gone stale, and leads nowhere.
        assert!(target(bytes) > 0, "{} is not understood", file.display());
        for _ in 0..COPIES {
            let mut bytes = bytes.clone();
            for _ in 0..=chance.below(4) {
                chance.change(&mut bytes, &all);
            }
            target(&bytes);
        }
    }
}

struct Chance(Random);

impl Chance {
    fn below(&self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap();
        usize::try_from(self.0.number() % limit).unwrap()
    }

    /// A part of so many bytes.
    fn part(&self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(64) + 1)
    }

    fn change(&self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        match self.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
            1 if !bytes.is_empty() => bytes[at] = self.0.number().to_le_bytes()[0],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(self.part(bytes.len()))),
            4 => {
                let part = self.part(bytes.len());
                let copy = bytes[part].to_vec();
                bytes.splice(at..at, copy);
            }
            5 => {
                let other = &others[self.below(others.len())];
                let part = other[self.part(other.len())].to_vec();
                let over = self.part(bytes.len());
                bytes.splice(over, part);
            }
            6 => {
                let edge = EDGES[self.below(EDGES.len())].to_be_bytes();
                let end = (at + 4).min(bytes.len());
                bytes.splice(at..end, edge);
            }
            _ => {
                let edge = EDGES[self.below(EDGES.len())].to_le_bytes();
                let end = (at + 4).min(bytes.len());
                bytes.splice(at..end, edge);
            }
        }
    }
}
