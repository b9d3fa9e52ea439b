//! `sendebud validate`, as a person or a program runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn vector(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../../conformance/vectors/einnsyn").join(name);
    assert!(path.exists(), "the vector {name} is missing");
    path
}

fn sendebud(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sendebud");
    let mut command = Command::new(program);
    command.arg("validate").args(args).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_vector_has_its_verdict_its_line_and_its_exit_code() {
    for folder in ["publisering", "noark", "order", "kvittering"] {
        let cases = std::fs::read(vector(folder).join("expected.json")).unwrap();
        let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
        let paths: Vec<String> = cases
            .iter()
            .map(|case| vector(folder).join(case["file"].as_str().unwrap()))
            .map(|path| path.to_str().unwrap().to_owned())
            .collect();
        for profile in ["practical", "published-strict"] {
            let options = ["--format", "json", "--profile", profile];
            let names = paths.iter().map(String::as_str);
            let args: Vec<&str> = options.into_iter().chain(names).collect();
            let output = sendebud(&args);
            assert_eq!(output.status.code(), Some(1), "some are wrong");
            let lines = text(&output.stdout);
            assert_eq!(lines.lines().count(), cases.len());
            for (line, case) in lines.lines().zip(&cases) {
                let report: Value = serde_json::from_str(line).unwrap();
                assert_eq!(report["verdict"], case["profile"][profile], "{line}");
                assert_eq!(report["kind"], case["kind"], "{line}");
                for finding in report["findings"].as_array().unwrap() {
                    for name in ["level", "rule", "message"] {
                        assert!(finding[name].is_string(), "{name}: {line}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_exit_code_is_that_of_the_gravest_file() {
    for (name, code) in [
        ("publisering/form-kompakt.jsonld", 0),
        ("publisering/saksmappe-ikke-med.jsonld", 0),
        ("publisering/to-hoveddokument.jsonld", 1),
        ("publisering/json-avkuttet.jsonld", 1),
        ("order/v1-nbsp.xml", 0),
    ] {
        let path = vector(name);
        let output = sendebud(&[path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(code), "{name}");
        let sound = vector("publisering/form-kompakt.jsonld");
        let both = sendebud(&[sound.to_str().unwrap(), path.to_str().unwrap()]);
        assert_eq!(both.status.code(), Some(code), "{name} after a sound file");
    }
}

#[test]
fn text_points_at_the_place_and_shows_no_identity_number() {
    let path = vector("publisering/fnr-i-tittel.jsonld");
    let file = std::fs::read_to_string(&path).unwrap();
    let number = file
        .split(['(', ')'])
        .find(|part| part.len() == 11 && part.bytes().all(|b| b.is_ascii_digit()));
    let number = number.unwrap();
    for format in ["text", "json", "sarif", "html"] {
        let output = sendebud(&[path.to_str().unwrap(), "--format", format]);
        let page = text(&output.stdout);
        assert!(page.contains("identitetsnummer"), "{format}");
        assert!(page.contains("fødselsnummer"), "{format}");
        let extracted = format == "json"; // what is in the file, as it is in the file
        assert_eq!(page.contains(number), extracted, "{format}");
    }
    let line = file.lines().position(|line| line.contains(number)).unwrap() + 1;
    let output = sendebud(&[path.to_str().unwrap()]);
    assert!(text(&output.stdout).contains(&format!("fnr-i-tittel.jsonld:{line}:")));
}

#[test]
fn sarif_has_what_its_standard_requires() {
    let path = vector("publisering/vask-byttet.jsonld");
    let output = sendebud(&[path.to_str().unwrap(), "--format", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert!(run["tool"]["driver"]["name"].is_string());
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "vaskByttet");
    assert_eq!(result["level"], "error");
    let location = &result["locations"][0]["physicalLocation"];
    let uri = location["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.ends_with("publisering/vask-byttet.jsonld"));
    // The line of the title that is swapped, as `grep -n` counts.
    let file = std::fs::read_to_string(&path).unwrap();
    let wrong = "\"arkiv:offentligTittel\": \"Klage fra Taktfull";
    let line = file.lines().position(|line| line.contains(wrong)).unwrap() + 1;
    assert_eq!(location["region"]["startLine"], line);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "vaskByttet"));
}

#[test]
fn the_page_stands_by_itself_and_draws_what_is_in_the_files() {
    let names = [
        "publisering/tre-journalposter.jsonld",
        "publisering/mote-flere-saker.jsonld",
        "noark/n4-offjournal.xml",
        "noark/trekk-flere-typer.xml",
        "order/v2-vanlig.xml",
        "order/emailtext-vanlig",
        "kvittering/b-tre-feil.json",
    ];
    let paths = names.map(|name| vector(name).to_str().unwrap().to_owned());
    let mut args = vec!["--format", "html"];
    args.extend(paths.iter().map(String::as_str));
    let page = text(&sendebud(&args).stdout);
    assert_eq!(page.matches("<svg ").count(), names.len());
    for outside in ["<script", "<link", "<img", "src=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The pictures are XML, so that they can be taken out and used.
    for picture in page.split("<svg ").skip(1) {
        let picture = picture.split("</svg>").next().unwrap();
        let picture = format!("<svg {picture}</svg>");
        roxmltree::Document::parse(&picture).unwrap();
    }
}

#[test]
fn a_page_shows_texts_as_texts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emailtext");
    let body = "Til: <script>alert(1)</script>\nBestillingsdato: 05.02.2026\n";
    std::fs::write(&path, body).unwrap();
    let output = sendebud(&[path.to_str().unwrap(), "--format", "html"]);
    let page = text(&output.stdout);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_judged() {
    let sound = vector("publisering/form-kompakt.jsonld");
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("finnes-ikke.jsonld");
    for wrong in [folder.path(), missing.as_path()] {
        let wrong = wrong.to_str().unwrap();
        let output = sendebud(&[wrong, sound.to_str().unwrap(), "--format", "json"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(wrong), "{wrong}");
        assert_eq!(text(&output.stdout).lines().count(), 1, "{wrong}");
    }
    let output = sendebud(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("FILE"));
}

#[test]
fn one_long_line_is_shown_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lang.jsonld");
    let body = format!("{{\"@context\":{{}},\"a:b\":\"{}\",}}", "å".repeat(400_000));
    std::fs::write(&path, body).unwrap();
    let page = text(&sendebud(&[path.to_str().unwrap()]).stdout);
    assert!(page.contains("lang.jsonld 1:400025"), "{page}");
    assert!(page.len() < 2000, "{} bytes", page.len());
}

#[test]
fn standard_input_is_a_file_too() {
    let program = env!("CARGO_BIN_EXE_sendebud");
    let mut child = Command::new(program)
        .args(["validate", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let file = std::fs::read(vector("noark/n5-journalpost.xml")).unwrap();
    child.stdin.take().unwrap().write_all(&file).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["file"], &report["verdict"]),
        (&"-".into(), &"ok".into())
    );
}

#[test]
fn complaints_of_kvitteringer_become_advice() {
    let kvittering = vector("kvittering/b-advarsel-parent.json");
    let kvittering = kvittering.to_str().unwrap();
    for (name, advice) in [("saksmappe-ikke-med", 1), ("form-kompakt", 0)] {
        let path = vector(&format!("publisering/{name}.jsonld"));
        let args = [
            path.to_str().unwrap(),
            "--learn",
            kvittering,
            "--format",
            "json",
        ];
        let output = sendebud(&args);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = report["advice"].as_array().unwrap();
        let mine = found
            .iter()
            .filter(|a| a["rule"] == "meldtAvEinnsyn")
            .count();
        assert_eq!(mine, advice, "{name}");
    }
    let wrong = vector("publisering/form-kompakt.jsonld");
    let wrong = wrong.to_str().unwrap();
    let output = sendebud(&[wrong, "--learn", wrong]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("kvittering"));
}
