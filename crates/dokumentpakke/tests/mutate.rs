//! What the fuzz targets call, driven by a mutator that starts from the same seed each
//! time: more than a hundred thousand inputs near good ones. Nothing panics, nothing
//! hangs, and memory stays small. Alone in its process, for the memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the bag is shared with another test")]

#[path = "tamper/bag.rs"]
mod bag;
#[path = "../../../fuzz/src/packages.rs"]
pub mod packages;

use std::path::{Path, PathBuf};

use dokumentpakke::{Certificate, Identity};

const MEMORY_BYTES_MAX: u64 = 64 << 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of a target's corpus, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 2, "{target} has too few to begin with");
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

/// Marsaglia's xorshift64: the same numbers each time.
struct Mutator(u64);

impl Mutator {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap()
    }

    /// One of the seeds with one to four changes.
    fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut out = seeds[self.next(seeds.len())].clone();
        for _ in 0..=self.next(4) {
            self.change(&mut out, seeds);
        }
        out
    }

    fn change(&mut self, out: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xfe, 0xff];
        if out.is_empty() {
            return;
        }
        let at = self.next(out.len());
        let length = self.next(out.len() - at).min(self.next(64) + 1);
        match self.next(7) {
            0 => out[at] ^= 1 << self.next(8),
            1 => out[at] = EDGES[self.next(EDGES.len())],
            2 => drop(out.drain(at..at + length)),
            3 => out.truncate(at),
            4 => {
                let copy = out[at..at + length].to_vec();
                let to = self.next(out.len());
                out.splice(to..to, copy);
            }
            5 => {
                let fill = EDGES[self.next(EDGES.len())];
                out[at..at + length].fill(fill);
            }
            _ => {
                let other = &seeds[self.next(seeds.len())];
                let from = self.next(other.len());
                let piece = &other[from..(from + length).min(other.len())];
                out.splice(at..at, piece.iter().copied());
            }
        }
    }
}

#[test]
fn a_hundred_thousand_mutations_do_no_harm() {
    let (key, issuer) = (key(), issuer());
    let before = most();
    let mut mutator = Mutator(0x5e4d_eb0d);
    let mut count = 0;
    let mut each = |target: &str, rounds: usize, entry: &dyn Fn(&[u8])| {
        let seeds = corpus(target);
        for seed in &seeds {
            entry(seed);
        }
        for _ in 0..rounds {
            entry(&mutator.mutate(&seeds));
        }
        count += rounds;
    };
    each("cms", 25_000, &|bytes| packages::cms(bytes, &key));
    each("asic", 35_000, &packages::asic);
    each("certificate", 25_000, &|bytes| {
        packages::certificate(bytes, &issuer);
    });
    each("jks", 5_000, &packages::store);
    each("pkcs12", 5_000, &packages::store);
    assert_eq!(inside(&mut mutator, 10_000), 10_000);
    assert!(count + 10_000 >= 100_000);
    let grown = most() - before;
    assert!(grown <= MEMORY_BYTES_MAX, "{grown} bytes more than before");
}

/// Containers whose checksums fit although an entry was changed: what reads lists and
/// signatures sees them.
fn inside(mutator: &mut Mutator, rounds: usize) -> usize {
    let bags: Vec<bag::Bag> =
        corpus("asic").iter().map(|c| bag::Bag::read(c)).collect();
    for _ in 0..rounds {
        let bag = &bags[mutator.next(bags.len())];
        let names: Vec<&str> = bag.names().collect();
        let name = names[mutator.next(names.len())];
        let changed = mutator.mutate(&[bag.find(name).to_vec()]);
        packages::asic(&bag.with(name, &changed).write());
    }
    rounds
}

fn key() -> Identity {
    let keys = root().join("conformance/vectors/keys");
    let text = |name: &str| std::fs::read_to_string(keys.join(name)).unwrap();
    Identity::from_pem(&text("910076787.key"), &text("910076787.pem")).unwrap()
}

fn issuer() -> Certificate {
    let path = root().join("conformance/vectors/keys/root.pem");
    Certificate::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The most memory that this process has had, in bytes.
fn most() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes = line.split_whitespace().next().unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}
