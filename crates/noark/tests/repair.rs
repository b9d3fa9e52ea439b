//! What is broken in known ways is read all the same, and it is said.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use noark::order::Order;
use noark::{Level, Report, Rule, Settings, validate};

fn vector(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../../conformance/vectors/einnsyn").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{name} is missing: {e}"))
}

fn judge(name: &str, bytes: &[u8]) -> Report {
    validate(name, bytes, &Settings::default())
}

fn rules(report: &Report) -> Vec<Rule> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

/// As a program writes it that takes ISO-8859-1 for granted.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

#[test]
fn an_order_in_another_encoding_than_it_says_is_not_dropped() {
    let sound = String::from_utf8(vector("order/v1-vanlig.xml")).unwrap();
    let sound = sound.replace(['–', '’'], "-");
    let report = judge("order.xml", &latin1(&sound));
    assert_eq!(rules(&report), [Rule::Tegnsett]);
    assert_eq!(report.verdict(), Level::Warning);
    let order = Order::read(&latin1(&sound)).unwrap();
    assert_eq!(order, Order::read(sound.as_bytes()).unwrap());
    assert!(sound.contains("forsendelsesmåte"));
}

#[test]
fn an_emailtext_in_another_encoding_is_not_dropped() {
    let sound = String::from_utf8(vector("order/emailtext-vanlig")).unwrap();
    let sound = sound.replace('–', "-");
    let report = judge("emailtext", &latin1(&sound));
    assert_eq!(rules(&report), [Rule::Tegnsett]);
    assert_eq!(
        report.extracted,
        judge("emailtext", sound.as_bytes()).extracted
    );
}

/// The journal goes out to the public; wrong letters there are for the body to mend.
#[test]
fn a_journal_in_another_encoding_is_refused() {
    let sound = String::from_utf8(vector("noark/n4-utf8-interne.xml")).unwrap();
    let report = judge("x.xml", &latin1(&sound.replace('–', "-")));
    assert_eq!(rules(&report), [Rule::Xml]);
}

#[test]
fn xml_is_read_in_two_bytes_a_character() {
    let sound = String::from_utf8(vector("noark/n5-journalpost.xml")).unwrap();
    let sound = sound.replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
    let little: Vec<u8> = std::iter::once(0xfeff)
        .chain(sound.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = std::iter::once(0xfeff)
        .chain(sound.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    let plain = judge("x.xml", &vector("noark/n5-journalpost.xml"));
    for bytes in [little, big] {
        let report = judge("x.xml", &bytes);
        assert_eq!(report.verdict(), Level::Ok);
        assert_eq!(report.extracted, plain.extracted);
    }
}

#[test]
fn a_noark_5_registrering_needs_its_system_id() {
    let sound = String::from_utf8(vector("noark/n5-journalpost.xml")).unwrap();
    let id = "<systemID>8909e516-202e-4bc0-b87d-9799148a4597</systemID>";
    assert!(sound.contains(id));
    let report = judge("x.xml", sound.replace(id, "").as_bytes());
    assert_eq!(rules(&report), [Rule::MinCount]);
    let finding = &report.findings[0];
    assert!(finding.path.as_deref().unwrap().ends_with("/systemID"));
    assert_eq!(finding.focus.as_deref(), Some("_:"));
}

#[test]
fn a_missing_title_is_said_once() {
    let sound = String::from_utf8(vector("noark/n4-utf8-interne.xml")).unwrap();
    let title = "<JP.OFFINNHOLD>Intern liste</JP.OFFINNHOLD>";
    assert!(sound.contains(title));
    let report = judge("x.xml", sound.replace(title, "").as_bytes());
    assert_eq!(rules(&report), [Rule::MinCount]);
}

#[test]
fn kvitteringer_of_odd_forms_say_something() {
    let status = |status: &str| {
        format!(
            r#"{{"einnsyn_kvittering":{{"dokumentId":"https://x.example/1",
                "status":{status},"referanseType":"publisering"}}}}"#
        )
    };
    for (text, state, rule) in [
        (r#"{"publisert":true}"#, "publisert", Rule::StatusIkkeTekst),
        (
            r#""{\"alvorlighetsgrad\":\"FEIL\",\"valideringsfeil\":[]}""#,
            "ukjent",
            Rule::UkjentAlvorlighetsgrad,
        ),
        (
            r#""{\"valideringsfeil\":[]}""#,
            "ukjent",
            Rule::UkjentAlvorlighetsgrad,
        ),
        (r#""{\"noe\":\"annet\"}""#, "ukjent", Rule::StatusIkkeJson),
        ("7", "ukjent", Rule::StatusIkkeTekst),
    ] {
        let report = judge("kvittering.json", status(text).as_bytes());
        assert_eq!(report.verdict(), Level::Warning, "{text}");
        assert!(
            rules(&report).contains(&rule),
            "{text}: {:?}",
            rules(&report)
        );
        assert_eq!(report.extracted["tilstand"], state, "{text}");
    }
    for text in ["[]", "{}", "null", r#"{"einnsyn_kvittering":[]}"#] {
        let report = judge("kvittering.json", text.as_bytes());
        assert_eq!(rules(&report), [Rule::IngenKvittering], "{text}");
    }
}

#[test]
fn an_order_that_can_be_answered_is_read_though_it_lacks_something() {
    let sound = String::from_utf8(vector("order/v2-vanlig.xml")).unwrap();
    let without = sound.replace("<dokumentnr>1</dokumentnr>", "<dokumentnr/>");
    assert_ne!(sound, without);
    let report = judge("order.xml", without.as_bytes());
    assert_eq!(rules(&report), [Rule::Antall]);
    assert_eq!(Order::read(without.as_bytes()).unwrap().documents.len(), 2);
    for broken in ["v1-uten-e-post", "v1-uten-dokumenter", "v1-avkuttet"] {
        let file = vector(&format!("order/{broken}.xml"));
        assert!(Order::read(&file).is_err(), "{broken}");
    }
}

/// > Aim below 1 MB (einnsyn §4.1); Base64 twice, about 1.78×
#[test]
fn a_heavy_publication_gets_advice_and_its_weight() {
    let sound = String::from_utf8(vector("publisering/form-kompakt.jsonld")).unwrap();
    let weigh = |text: &str| {
        let report = judge("x.jsonld", text.as_bytes());
        assert_eq!(report.verdict(), Level::Ok);
        let advice: Vec<Rule> = report.advice.iter().map(|a| a.rule).collect();
        (report.wire_bytes.unwrap(), advice)
    };
    let (wire, advice) = weigh(&sound);
    assert!(wire * 100 / sound.len() >= 177 && wire * 100 / sound.len() <= 179);
    assert_eq!(advice, []);
    let (_, advice) = weigh(&(sound.clone() + &" ".repeat(1_000_000)));
    assert_eq!(advice, [Rule::ForStorMelding]);
}

#[test]
fn what_is_withheld_without_a_law_gets_advice() {
    let sound =
        String::from_utf8(vector("publisering/nabomerknad-klage.jsonld")).unwrap();
    let without = sound.replace("arkiv:skjermingshjemmel", "arkiv:annet");
    assert_ne!(without, sound);
    let report = judge("x.jsonld", without.as_bytes());
    assert_eq!(report.verdict(), Level::Ok, "{:?}", report.findings);
    assert_eq!(report.advice.len(), 1);
    assert_eq!(report.advice[0].rule, Rule::SkjermingUtenHjemmel);
    assert!(judge("x.jsonld", sound.as_bytes()).advice.is_empty());
}

#[test]
fn a_bare_value_is_no_jsonld() {
    for text in ["null", "3", "\"tekst\""] {
        let report = judge("x.jsonld", text.as_bytes());
        assert_eq!(rules(&report), [Rule::Jsonld], "{text}");
    }
    for text in ["[]", "{}"] {
        let report = judge("x.jsonld", text.as_bytes());
        assert_eq!(rules(&report), [Rule::IngenRegistrering], "{text}");
    }
}
