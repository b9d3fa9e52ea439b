//! How long one package takes, in µs: `cargo run --release --example speed -p
//! dokumentpakke`. One thread; the median and the best of many rounds.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement looks at the machine's clock and may stop at anything"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ambient::Random;
use dokumentpakke::issue::Authority;
use dokumentpakke::{Attachment, Identity, KeyTransport, Sealing, asice, open, seal};

const ROUNDS: usize = 2_000;
const FILE_BYTES: usize = 10_000;

fn main() {
    let (random, now) = (Random::system(), "2026-11-24T12:00:00Z".parse().unwrap());
    let authority = Authority::new("Test CA", now, &random).unwrap();
    let issue = |orgnr| {
        let issued = authority.issue(orgnr, orgnr, "x", &random).unwrap();
        Identity::from_pkcs12(&issued.pkcs12, "x").unwrap()
    };
    let (signer, receiver) = (issue("910077473"), issue("910076787"));
    let sealing = Sealing {
        sender: "0192:910077473",
        receiver: "0192:910076787",
        signer: &signer,
        recipient: receiver.certificate(),
        key_transport: KeyTransport::Pkcs1v15,
        now,
    };
    for (label, bytes) in [("text", text()), ("noise", noise(&random))] {
        let mime = if label == "text" {
            "text/xml"
        } else {
            "application/pdf"
        };
        let file = Attachment {
            name: "file",
            mime,
            bytes: &bytes,
        };
        let package = seal(&sealing, &[file], &random).unwrap();
        let keys = [receiver.clone()];
        let asice = open(&package, &keys).unwrap().asice;
        println!(
            "{label}: file {FILE_BYTES} bytes, package {}",
            package.len()
        );
        let first = seal(&sealing, &[file], &random).unwrap();
        black_box(first);
        report("seal", || drop(black_box(seal(&sealing, &[file], &random))));
        report("open", || drop(black_box(open(&package, &keys))));
        report("read", || drop(black_box(asice::read(&asice))));
    }
    let wrapped = signer.wrap_key(&[7; 32], &random).unwrap();
    report("RSA-2048 unwrap", || {
        drop(black_box(signer.unwrap_key(&wrapped)));
    });
}

fn report(label: &str, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    let micros = |at: usize| times[at].as_nanos() / 100;
    let (median, best) = (micros(ROUNDS / 2), micros(0));
    println!(
        "  {label:<16} median {:>5}.{} µs   best {:>5}.{} µs",
        median / 10,
        median % 10,
        best / 10,
        best % 10
    );
}

fn text() -> Vec<u8> {
    let line =
        |n: usize| format!("<dokument nr=\"{n}\">Byggesak {}</dokument>\n", n * 37);
    (0..)
        .flat_map(|n| line(n).into_bytes())
        .take(FILE_BYTES)
        .collect()
}

fn noise(random: &Random) -> Vec<u8> {
    let mut bytes = vec![0; FILE_BYTES];
    random.fill(&mut bytes);
    bytes[..4].copy_from_slice(b"%PDF");
    bytes
}
