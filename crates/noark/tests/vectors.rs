//! Files of eInnsyn's, read as their verdicts say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use noark::order::{Order, Version};
use noark::publisering;
use noark::sample::{Sample, journalpost, moete};
use serde_json::Value;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors/einnsyn")
        .join(folder)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn expected(folder: &str) -> Vec<Value> {
    serde_json::from_slice(&bytes(&vectors(folder).join("expected.json"))).unwrap()
}

#[test]
fn sound_orders_are_read() {
    let mut seen = 0;
    for case in expected("order") {
        let kind = case["kind"].as_str().unwrap();
        if case["verdict"] != "ok" || !kind.starts_with("order") {
            continue;
        }
        let name = case["file"].as_str().unwrap();
        let order = Order::read(&bytes(&vectors("order").join(name)));
        let order = order.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(order.epost.contains('@'), "{name}");
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} orders");
}

#[test]
fn sound_publications_are_read() {
    let mut seen = 0;
    for case in expected("publisering") {
        if case["verdict"] != "ok" || case["kind"] != "publisering" {
            continue;
        }
        let name = case["file"].as_str().unwrap();
        match publisering::read(&bytes(&vectors("publisering").join(name))) {
            Ok(all) => assert!(!all.is_empty(), "{name}"),
            // A file of a møtemappe or an archive structure alone is sound too.
            Err(noark::Error::NoRegistrering) => {}
            Err(error) => panic!("{name}: {error}"),
        }
        seen += 1;
    }
    assert!(seen >= 40, "only {seen} publications");
}

const SAMPLE: Sample<'_> = Sample {
    base: "https://arkiv.fiktiv.example/id/",
    ids: [
        "44444444-4444-4444-8444-444444444444",
        "33333333-3333-4333-8333-333333333333",
        "77777777-7777-4777-8777-777777777777",
        "66666666-6666-4666-8666-666666666666",
    ],
    year: 2026,
    number: (417, 3),
    date: "2026-11-24",
    mappe: "Vann & \"avløp\" <nord>",
    title: "Søknad om tilkobling",
};

#[test]
fn samples_are_read_as_they_were_meant() {
    let post = &publisering::read(journalpost(&SAMPLE).as_bytes()).unwrap()[0];
    assert_eq!(post.iri, format!("{}{}", SAMPLE.base, SAMPLE.ids[1]));
    assert_eq!(
        (post.saksnr.as_str(), post.dokumentnr.as_str()),
        ("2026/417", "3")
    );
    assert_eq!(post.journalnr, "41703/26");
    assert_eq!(post.mappe, SAMPLE.mappe);
    assert_eq!(post.dato.as_deref(), Some("2026-11-24"));
    let sak = &publisering::read(moete(&SAMPLE).as_bytes()).unwrap()[0];
    assert_eq!(sak.kind, publisering::Kind::Moetesak);
    assert_eq!(sak.saksnr, "2026/417");
    assert!(sak.dokumenter[0].1.is_some());
}

#[test]
fn an_order_comes_back_as_it_was_written() {
    let path = vectors("order/v2-femti-dokumenter.xml");
    let order = Order::read(&bytes(&path)).unwrap();
    assert_eq!(order.documents.len(), 50);
    assert_eq!(
        Order::read(order.write(Version::V2).as_bytes()).unwrap(),
        order
    );
    let first = Order::read(&bytes(&vectors("order/v1-femti-dokumenter.xml"))).unwrap();
    let again = Order::read(first.write(Version::V1).as_bytes()).unwrap();
    assert_eq!(again, first);
    assert_eq!(again.key("310000000"), first.key("310000000"));
}
