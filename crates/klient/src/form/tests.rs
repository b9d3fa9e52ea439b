//! The forms against the published constraints, and what is found in them.

use ambient::Random;
use jiff::tz::TimeZone;
use noark::rules::{What as Value, rows};
use noark::vocabulary::lineage;
use noark::{Level, validate};
use pages::Language;

use super::*;

fn groups(groups: &'static [Group]) -> Vec<&'static Group> {
    let all = groups.iter().flat_map(|group| {
        let inner = self::groups(group.groups);
        std::iter::once(group).chain(inner)
    });
    all.collect()
}

fn every() -> Vec<&'static Group> {
    let kinds = [Kind::Journalpost, Kind::Moete].into_iter();
    kinds.flat_map(|kind| groups(kind.groups())).collect()
}

/// The published rows of a class and of those that it is a kind of.
fn published(class: &str) -> impl Iterator<Item = &'static noark::rules::Row> {
    let line: Vec<&str> = lineage(class).collect();
    rows().iter().filter(move |row| line.contains(&row.class))
}

// > Published constraints (einnsyn §4.4); videolink and moetesaksnummer are eInnsyn's own
// > (§4.2), administrativEnhet of a saksmappe is there
#[test]
fn fields_are_what_the_published_constraints_say() {
    for group in every() {
        for field in group.fields.iter().filter(|f| f.name != "video") {
            let class = match field.what {
                What::File => "Dokumentobjekt",
                _ => group.class,
            };
            let mut row = published(class).filter(|row| row.property == field.property);
            let row = row.next();
            let place = format!("{}.{}", group.name, field.name);
            let row = row.unwrap_or_else(|| panic!("{place} is in no constraint"));
            let fits = match (field.what, row.what) {
                (What::Text | What::Washed | What::File, Value::String)
                | (What::Number, Value::Integer)
                | (What::Date, Value::Date)
                | (What::Moment, Value::DateTime) => true,
                (What::Code(list), Value::Class(class)) => list == class,
                _ => false,
            };
            assert!(fits, "{place}: {:?} is not {:?}", field.what, row.what);
            let washed = format!("{}_SENSITIV", field.property);
            let pair = published(class).any(|row| row.property == washed);
            assert_eq!(field.what == What::Washed, pair, "{place}");
        }
    }
}

#[test]
fn whatever_is_required_is_asked_for() {
    for group in every() {
        for row in published(group.class).filter(|row| row.min > 0 && !row.is_list()) {
            let open = row.property.strip_suffix("_SENSITIV");
            let name = open.unwrap_or(row.property);
            let asked = group.fields.iter().any(|f| f.property == name && f.needed);
            let made =
                group.place == Some(name) || (name == "parent" && group.in_mappe);
            // Of an arkiv that a mappe may lie in; a person knows of none.
            let elsewhere = row.property == "arkivskaper";
            assert!(asked || made || elsewhere, "{}: {name}", group.class);
        }
    }
}

fn owner() -> Owner {
    Owner {
        orgnr: "310000019".into(),
        base: "https://fjordvik.example/id/".into(),
        zone: TimeZone::get("Europe/Oslo").unwrap(),
    }
}

fn typed(fields: &[(&str, &str)]) -> Typed {
    let pairs = fields
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let mut typed = Typed::of(&pairs.collect::<Vec<_>>());
    typed.name_rows(&Random::seeded(7));
    typed
}

const MEETING: &[(&str, &str)] = &[
    ("moete.0.utvalg", "Formannskapet"),
    ("moete.0.tittel_s", "Møte i formannskapet"),
    ("moete.0.dato", "2026-07-02"),
    ("moete.0.dato_kl", "17:30"),
    ("sak.0.type", "politiskSak"),
    ("sak.0.tittel_s", "Klage fra Kari Eksempel"),
    ("sak.0.aar", "2026"),
    ("sak.0.sekvens", "50"),
    ("sak.0.skjerming.0.restriksjon", "unntattOffentlighet"),
    ("sak.0.skjerming.0.hjemmel", "Offl. § 13"),
    ("sak.0.dok.0.tittel_s", "Saksframlegg"),
    ("sak.0.dok.0.rolle", "hoveddokument"),
    ("sak.0.dok.0.fil", "https://dok.fjordvik.example/a.pdf"),
];

fn judged(kind: Kind, typed: &Typed) -> (Built, Vec<Found>) {
    let settings = noark::Settings::default();
    let judge = Judge {
        settings: &settings,
        held: &["identitetsnummer".to_owned()],
        language: Language::Bokmaal,
    };
    let built = build(kind, typed, &owner());
    let found = judge.form(kind, typed, &built);
    (built, found)
}

#[test]
fn a_whole_form_becomes_a_publication_without_findings() {
    let mut form = typed(MEETING);
    let proposed = propose(Kind::Moete, &mut form);
    assert_eq!(
        proposed,
        ["moete.0.tittel", "sak.0.tittel", "sak.0.dok.0.tittel"]
    );
    let (built, found) = judged(Kind::Moete, &form);
    assert_eq!(found, []);
    let text = built.jsonld();
    let report = validate("a.jsonld", &text, &noark::Settings::default());
    assert_eq!(report.verdict(), Level::Ok, "{:?}", report.findings);
    let text = String::from_utf8(text).unwrap();
    // In summer.
    assert!(text.contains("2026-07-02T17:30:00+02:00"), "{text}");
    assert!(text.contains("\"Klage fra *****\""), "{text}");
    let heads = built.heads();
    assert_eq!(heads.len(), 1, "one message: {heads:?}");
    assert_eq!(heads[0].1, "Møtesaksregistrering");
}

#[test]
fn a_meeting_without_matters_is_published_by_itself_and_not_withdrawn_later() {
    let mut early = typed(&MEETING[..4]);
    propose(Kind::Moete, &mut early);
    let (before, found) = judged(Kind::Moete, &early);
    assert_eq!(found, []);
    assert_eq!(before.heads()[0].1, "Moetemappe");
    let mut late = typed(MEETING);
    let id = early.rows("moete")[0].text(ID).to_owned();
    late.at("moete.0").unwrap().set(ID, id);
    let after = build(Kind::Moete, &late, &owner());
    assert_eq!(
        after.gone(before.heads()),
        [],
        "it is there, inside the matter"
    );
    assert_eq!(before.gone(after.heads()), after.heads());
}

#[test]
fn what_is_wrong_is_said_at_its_field() {
    for (name, value, at, words) in [
        ("moete.0.dato", "2026-02-30", "moete.0.dato", "ingen dato"),
        ("moete.0.dato_kl", "femten", "moete.0.dato", "ingen dato"),
        ("sak.0.aar", "i fjor", "sak.0.aar", "helt tall"),
        ("sak.0.type", "tull", "sak.0.type", "Sakstype"),
        (
            "sak.0.tittel",
            "Ola Nordmann klager",
            "sak.0.tittel",
            "navn",
        ),
        (
            "sak.0.tittel_s",
            "Klage, *****",
            "sak.0.tittel",
            "byttet om",
        ),
        (
            "sak.0.tittel",
            "17858830001",
            "sak.0.tittel",
            "fødselsnummer",
        ),
        ("sak.0.dok.0.fil", "a.pdf", "sak.0.dok.0.fil", "nettadresse"),
        (
            "sak.0.dok.0.fil",
            "javascript:alert(1)",
            "sak.0.dok.0.fil",
            "nettadresse",
        ),
        ("sak.0.dok.0.rolle", "", "sak.0.dok.0.rolle", "ikke fylt ut"),
        (
            "sak.0.skjerming.0.hjemmel",
            "",
            "sak.0.skjerming.0.hjemmel",
            "hjemmel",
        ),
        (
            "sak.0.skjerming.0.restriksjon",
            "",
            "sak.0.skjerming.0.restriksjon",
            "fylt ut",
        ),
        (
            "sak.0.dok.1.rolle",
            "hoveddokument",
            "sak.0",
            "enn ett hoveddokument",
        ),
    ] {
        let mut fields: Vec<(&str, &str)> = MEETING.to_vec();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        if words == "byttet om" {
            fields.push(("sak.0.tittel", "Klage, Ola Eksempel"));
        }
        let mut form = typed(&fields);
        propose(Kind::Moete, &mut form);
        let (_, found) = judged(Kind::Moete, &form);
        let said = found.iter().any(|f| f.at == at && f.words.contains(words));
        assert!(said, "{name}={value}: {found:#?}");
        let held = value == "17858830001";
        let advice = words == "hjemmel" || words == "navn";
        assert_eq!(may_go(&found), held || advice, "{name}={value}: {found:#?}");
    }
}

/// > Always include the saksmappe (einnsyn §4.2); all of its journalposter lie in one
#[test]
fn journalposter_of_a_case_lie_in_one_saksmappe() {
    let one = |number: &str| {
        let form = typed(&[
            ("mappe.0.aar", "2026"),
            ("mappe.0.nummer", "417"),
            ("post.0.nummer", number),
        ]);
        let built = build(Kind::Journalpost, &form, &owner());
        let mut rows = built.rows.into_iter();
        rows.find(|(_, row)| row == "mappe.0").unwrap().0
    };
    assert_eq!(one("1"), one("2"));
    // As the old client named them, at its own base (einnsyn §3).
    let end = "/Saksmappe--310000019--417--2026";
    assert!(one("1").ends_with(end), "{}", one("1"));
}
