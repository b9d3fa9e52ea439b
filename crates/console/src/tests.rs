//! The pages hold together: what they name is there, and nothing escapes the policy.

use super::FILES;

/// The addresses that stand between these two marks.
fn named<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let pieces = text.split(mark).skip(1);
    pieces.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_file_that_is_named_is_served() {
    let index = FILES[0].text;
    for mark in ["href=\"console", "src=\"console"] {
        for rest in named(index, mark) {
            let path = format!("/console{rest}");
            assert!(FILES.iter().any(|file| file.path == path), "{path}");
        }
    }
    for file in FILES {
        for name in named(file.text, "from \"./") {
            let path = format!("/console/{name}");
            assert!(FILES.iter().any(|file| file.path == path), "{path}");
        }
    }
}

#[test]
fn nothing_comes_from_elsewhere_and_nothing_is_inline() {
    for file in FILES {
        let outside = file.text.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http://"), "{}", file.path);
        assert!(!outside.contains("https://"), "{}", file.path);
        for mark in [
            "innerHTML",
            "style=\"",
            " onclick=",
            "eval(",
            "document.write",
        ] {
            assert!(!file.text.contains(mark), "{} has {mark}", file.path);
        }
    }
}

#[test]
fn the_script_asks_the_api_and_the_health_alone() {
    let script = FILES
        .iter()
        .find(|file| file.path.ends_with("console.js"))
        .unwrap();
    for path in named(script.text, " get(\"")
        .into_iter()
        .chain(named(script.text, " get(`"))
    {
        // What the page names is looked at below.
        let named = path.starts_with("${path}");
        let known = named || path.starts_with("api/") || path == "manage/health";
        assert!(known, "{path}");
    }
    for path in named(FILES[0].text, "data-count=\"") {
        assert!(path.starts_with("api/"), "{path}");
    }
}

// An organisation may have its pages below a path: none of them leads to the root.
#[test]
fn nothing_is_named_from_the_root() {
    for file in FILES {
        for mark in ["=\"/", "(\"/", "(`/", "= `/", "url(/"] {
            assert!(!file.text.contains(mark), "{} has {mark}", file.path);
        }
    }
}

#[test]
fn every_status_has_words() {
    let words = FILES
        .iter()
        .find(|file| file.path.ends_with("words.js"))
        .unwrap()
        .text;
    // reference-observed §3 and rest-api §6.1: the ten values.
    for status in [
        "OPPRETTET",
        "SENDT",
        "MOTTATT",
        "LEVERT",
        "LEST",
        "FEIL",
        "ANNET",
        "INNKOMMENDE_MOTTATT",
        "INNKOMMENDE_LEVERT",
        "LEVETID_UTLOPT",
    ] {
        assert!(words.contains(&format!("  {status}: [")), "{status}");
    }
}

/// What the script says of an answer of /manage/health, by Node.
fn said(function: &str, component: &str) -> String {
    let words = include_str!("../assets/words.js");
    let script = format!("{words}\nconsole.log({function}({component}));");
    let done = std::process::Command::new("node")
        .args(["--input-type=module", "--eval", &script])
        .output()
        .expect("node runs");
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).expect("text").trim().into()
}

#[test]
fn a_certificate_that_ends_soon_is_told_of() {
    let component = |status: &str, days: i64| {
        format!(
            "{{status: '{status}', details: {{serial: '42', warning: 'x', days: {days}}}}}"
        )
    };
    for (component, words) in [
        (component("UP", 59), "serienummer 42) går ut om 59 dager."),
        (component("UP", 1), "går ut om 1 dag."),
        (component("DOWN", -1), "har gått ut."),
        (component("DOWN", 900), "gjelder ikke ennå."),
    ] {
        let said = said("certificate", &component);
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(
        said("certificate", "{status: 'UP', details: {serial: '42'}}"),
        ""
    );
    assert_eq!(said("certificate", ""), "");
}

#[test]
fn a_register_that_does_not_answer_is_told_of() {
    assert!(said("register", "{details: {stale: true}}").contains("svarer ikke"));
    assert_eq!(said("register", "{details: {stale: false}}"), "");
}
