//! Files that were not meant well, or were broken on the way: judged, never a panic, and
//! never at a cost that grows faster than the file.

use std::path::Path;

use noark::order::Order;
use noark::{Kind, Level, Settings, kvittering, publisering, shown, validate};
use proptest::prelude::*;

/// Names by which a file may come.
const NAMES: &[&str] = &["x.jsonld", "x.json", "x.xml", "emailtext", "x", ""];

/// Everything that reads bytes, on the same bytes.
fn survive(bytes: &[u8]) {
    for name in NAMES {
        let report = validate(name, bytes, &Settings::default());
        let text = shown(bytes);
        for finding in report.findings.iter().chain(&report.advice) {
            if let Some(place) = &finding.place {
                assert!(place.start <= place.end, "{finding:?}");
                let _ = noark::line_and_column(&text, place.start);
            }
        }
        // What is refused has said why.
        assert_eq!(report.verdict() == Level::Ok, report.findings.is_empty());
    }
    let _ = Order::read(bytes);
    if let Ok(document) = publisering::parse(bytes) {
        let _ = noark::split(&document.graph);
        let text = noark::write_jsonld(&document);
        assert!(publisering::parse(text.as_bytes()).is_ok(), "{text}");
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (kvittering::read(&text), noark::unescape(&text));
}

/// Files to break: of each folder, spread over it.
fn seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for folder in ["publisering", "noark", "order", "kvittering"] {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = here.join("../../conformance/vectors/einnsyn").join(folder);
        let files = std::fs::read_dir(&path).unwrap_or_else(|e| {
            panic!("the vectors {} are missing: {e}", path.display())
        });
        let mut files: Vec<_> =
            files.map(|file| file.expect("a file").path()).collect();
        files.sort();
        let step = files.len() / 12 + 1;
        let some = files.iter().step_by(step);
        all.extend(some.map(|path| std::fs::read(path).expect("a file that is there")));
    }
    assert!(all.len() > 30);
    all
}

/// Something done to a file.
#[derive(Debug, Clone)]
enum Blow {
    Cut(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Double(usize, usize),
}

impl Blow {
    fn strike(&self, file: &mut Vec<u8>) {
        let within = |at: usize, file: &Vec<u8>| at % (file.len() + 1);
        match self {
            Self::Cut(at) => file.truncate(within(*at, file)),
            Self::Flip(at, by) => {
                let at = within(*at, file);
                if let Some(byte) = file.get_mut(at) {
                    *byte ^= by;
                }
            }
            Self::Insert(at, bytes) => {
                let at = within(*at, file);
                file.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, length) => {
                let at = within(*at, file);
                let end = (at + length).min(file.len());
                file.drain(at..end);
            }
            Self::Double(at, length) => {
                let at = within(*at, file);
                let piece = file[at..(at + length).min(file.len())].to_vec();
                file.splice(at..at, piece);
            }
        }
    }
}

fn blow() -> impl Strategy<Value = Blow> {
    let at = 0_usize..100_000;
    let pieces = prop_oneof![
        Just(b"<![CDATA[".to_vec()),
        Just(b"&nbsp;".to_vec()),
        Just(b"<!DOCTYPE a [<!ENTITY b \"c\">]>".to_vec()),
        Just(b"{\"@context\":".to_vec()),
        Just(b"\"@graph\":[{".to_vec()),
        Just(b"\"@id\":\"_:\"".to_vec()),
        Just(b"\\ud800".to_vec()),
        Just(b"}]".to_vec()),
        Just("a\u{30a}".as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..8),
    ];
    prop_oneof![
        at.clone().prop_map(Blow::Cut),
        (at.clone(), 1_u8..=255).prop_map(|(at, by)| Blow::Flip(at, by)),
        (at.clone(), pieces).prop_map(|(at, bytes)| Blow::Insert(at, bytes)),
        (at.clone(), 1_usize..200).prop_map(|(at, length)| Blow::Remove(at, length)),
        (at, 1_usize..200).prop_map(|(at, length)| Blow::Double(at, length)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&bytes);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        survive(text.as_bytes());
    }

    #[test]
    fn pieces_of_the_formats(text in "([{}\\[\\]:,\"@a-e0-9 \\\\]|\"@id\"|\"@context\"|\"@graph\"|\"@list\"|\"@value\"|\"arkiv:parent\"){0,60}") {
        survive(text.as_bytes());
    }

    #[test]
    fn pieces_of_xml(text in "(<arkiv>|</arkiv>|<bestilling>|</bestilling>|<a b='|'/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&amp;|&x;|<!DOCTYPE|\\[|\\]>|<\\?xml|\\?>|å| ){0,40}") {
        survive(text.as_bytes());
        survive(format!("<bestilling>{text}</bestilling>").as_bytes());
    }

    #[test]
    fn vectors_broken_on_the_way(
        seed in 0_usize..1000,
        blows in prop::collection::vec(blow(), 1..6),
    ) {
        let seeds = seeds();
        let mut file = seeds[seed % seeds.len()].clone();
        for blow in &blows {
            blow.strike(&mut file);
        }
        survive(&file);
    }
}

#[test]
fn deep_files_are_refused_for_that() {
    let deep = 200_000;
    let json = "[".repeat(deep) + &"]".repeat(deep);
    let report = validate("x.jsonld", json.as_bytes(), &Settings::default());
    assert_eq!(report.findings[0].rule, noark::Rule::ForDypt);
    let objects = "{\"a\":".repeat(deep) + "1" + &"}".repeat(deep);
    let report = validate("x.jsonld", objects.as_bytes(), &Settings::default());
    assert_eq!(report.findings[0].rule, noark::Rule::ForDypt);
    let xml = "<a>".repeat(deep) + &"</a>".repeat(deep);
    let report = validate("x.xml", xml.as_bytes(), &Settings::default());
    assert_eq!(report.findings[0].rule, noark::Rule::ForDypt);
    for open in [
        "[",
        "{\"a\":",
        "<a>",
        "<",
        "&",
        "<!--",
        "<![CDATA[",
        "\"",
        "<a b='",
    ] {
        survive(open.repeat(50_000).as_bytes());
    }
}

/// Inputs of a megabyte that are cheap to write; a cost that grows with the square of
/// them would keep this test for hours.
#[test]
fn wide_files_cost_what_they_weigh() {
    let many = 60_000;
    let list = |item: &dyn Fn(usize) -> String| {
        (0..many).map(item).collect::<Vec<_>>().join(",")
    };
    let values = format!(
        r#"{{"@id":"https://x.example/1","https://x.example/p":[{}]}}"#,
        list(&|i| format!("\"{i}\""))
    );
    let properties = format!(
        r#"{{"@id":"https://x.example/1",{}}}"#,
        list(&|i| format!("\"https://x.example/p{i}\":1"))
    );
    let blanks = format!(
        r#"{{"@context":{{"@vocab":"http://www.arkivverket.no/standarder/noark5/arkivstruktur/"}},"@graph":[{}]}}"#,
        list(&|_| r#"{"@type":"Skjerming"}"#.to_owned())
    );
    for (text, kind) in [
        (values, Kind::Publisering),
        (properties, Kind::Publisering),
        (blanks, Kind::Publisering),
    ] {
        let report = validate("x.jsonld", text.as_bytes(), &Settings::default());
        assert_eq!(report.kind, kind);
    }
    let attributes: String = (0..many).map(|i| format!(" a{i}=''")).collect();
    let xml = format!("<bestilling{attributes}/>");
    let report = validate("x.xml", xml.as_bytes(), &Settings::default());
    assert_eq!(report.verdict(), Level::Refuse);
    let order = format!(
        "<bestilling><dokumenter>{}</dokumenter></bestilling>",
        "<dokument><saksnr>2026/1</saksnr></dokument>".repeat(many / 4)
    );
    let report = validate("order.xml", order.as_bytes(), &Settings::default());
    assert_eq!(report.kind, Kind::OrderV1);
}

#[test]
fn a_file_larger_than_is_read_is_refused_for_that() {
    let settings = Settings {
        bytes_max: 10,
        ..Settings::default()
    };
    let report = validate("x.jsonld", &[b' '; 11], &settings);
    assert_eq!(report.findings[0].rule, noark::Rule::ForStor);
    let words = report.findings[0].message(noark::Language::English);
    assert!(words.contains("11"), "{words}");
}
