//! A package far larger than the memory it takes: sealed, opened, surveyed, extracted.
//! Alone in its process, for the kernel counts the most that a process has had.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};

use ambient::Random;
use dokumentpakke::asice::{Archive, Verdict};
use dokumentpakke::issue::Authority;
use dokumentpakke::{Identity, KeyTransport, Sealing, Source, open_to, seal_to};

const FILE_BYTES: u64 = 256 << 20;
const MEMORY_BYTES_MAX: u64 = 16 << 20;

/// Bytes that repeat after a while, and begin as a PDF.
struct Film(u64);

impl Read for Film {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.0)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        for (at, byte) in buffer[..count].iter_mut().enumerate() {
            *byte = b"%PDF-1.7"[at % 8];
        }
        self.0 -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_large_package_takes_little_memory() {
    let (random, now) = (Random::system(), "2026-11-24T12:00:00Z".parse().unwrap());
    let authority = Authority::new("Test CA", now, &random).unwrap();
    let issued = authority.issue("910077473", "X", "x", &random).unwrap();
    let key = Identity::from_pkcs12(&issued.pkcs12, "x").unwrap();
    let sealing = Sealing {
        sender: "0192:910077473",
        receiver: "0192:910077473",
        signer: &key,
        recipient: key.certificate(),
        key_transport: KeyTransport::Pkcs1v15,
        now,
    };
    let before = most();
    let mut package = tempfile::tempfile().unwrap();
    let mut film = Film(FILE_BYTES);
    let source = Source {
        name: "film.pdf",
        mime: "application/pdf",
        reader: &mut film,
    };
    seal_to(&sealing, &mut [source], &mut package, &random).unwrap();
    package.rewind().unwrap();
    let mut asice = tempfile::tempfile().unwrap();
    open_to(&mut package, &[key], &mut asice).unwrap();
    let archive = Archive::new(BufReader::new(asice)).unwrap();
    let survey = archive.survey().unwrap();
    assert_eq!(survey.signature.verdict, Verdict::Valid);
    assert_eq!(survey.files[1].size, FILE_BYTES);
    let mut sink = Counted(0);
    archive.extract("film.pdf", &mut sink).unwrap();
    assert_eq!(sink.0, FILE_BYTES);
    let grown = most() - before;
    assert!(grown <= MEMORY_BYTES_MAX, "{grown} bytes more than before");
}

struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The most memory that this process has had, in bytes.
fn most() -> u64 {
    let mut text = String::new();
    File::open("/proc/self/status")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}
