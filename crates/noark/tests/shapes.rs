//! Each row of the published constraints has a case that passes and cases that fail.

use std::collections::BTreeSet;

use noark::graph::Graph;
use noark::rules::rows;
use noark::sample::{FOCUS, failing, passing};
use noark::vocabulary::expand;
use noark::{Document, Profile, Report, Rule, Settings, validate};

/// Judged as a file, all the way from JSON-LD.
fn judge(graph: &Graph, profile: Profile) -> Report {
    let document = Document {
        graph: graph.clone(),
        ..Document::default()
    };
    let settings = Settings {
        profile,
        ..Settings::default()
    };
    let text = noark::write_jsonld(&document);
    validate("sample.jsonld", text.as_bytes(), &settings)
}

/// The rules that are broken at the sample's node and property.
fn broken(graph: &Graph, path: &str, profile: Profile) -> BTreeSet<Rule> {
    let report = judge(graph, profile);
    let here = report.findings.iter().filter(|finding| {
        let focus = finding.focus.as_deref();
        focus == Some(FOCUS) && finding.path.as_deref() == Some(path)
    });
    here.map(|finding| finding.rule).collect()
}

#[test]
fn each_row_passes_what_it_should() {
    for row in rows() {
        let path = expand(row.property);
        let broken = broken(&passing(row), &path, Profile::PublishedStrict);
        assert!(
            broken.is_empty(),
            "{}.{}: {broken:?}",
            row.class,
            row.property
        );
    }
}

#[test]
fn each_row_fails_what_it_should() {
    let mut cases = 0;
    for row in rows() {
        let path = expand(row.property);
        let all = failing(row);
        let free = row.min == 0 && row.max.is_none();
        assert!(!all.is_empty() || free, "{}.{}", row.class, row.property);
        for flawed in all {
            let strict = broken(&flawed.graph, &path, Profile::PublishedStrict);
            assert!(strict.contains(&flawed.rule), "{}: {strict:?}", flawed.what);
            let lenient = broken(&flawed.graph, &path, Profile::Practical);
            if row.is_list() {
                assert!(lenient.is_empty(), "{}: {lenient:?}", flawed.what);
            } else if row.property != "parent" {
                assert!(lenient.contains(&flawed.rule), "{}", flawed.what);
            }
            cases += 1;
        }
    }
    assert!(cases > 1000, "{cases} cases");
}

#[test]
fn a_sound_node_of_each_class_breaks_nothing() {
    let classes: BTreeSet<&str> = rows().iter().map(|row| row.class).collect();
    for class in classes {
        let mut graph = Graph::default();
        noark::sample::sound(&mut graph, class, FOCUS);
        let report = judge(&graph, Profile::PublishedStrict);
        let first = report.findings.iter().find(|finding| {
            finding.rule != Rule::IngenRegistrering // most classes are none
        });
        assert!(
            first.is_none(),
            "{class}: {}",
            first.unwrap().message(noark::Language::English)
        );
    }
}
