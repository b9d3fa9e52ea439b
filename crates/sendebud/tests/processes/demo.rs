//! `demo --once` from outside: it ends well, and what it leaves can be looked at with
//! tools that are not ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::world::{EINNSYN, KOMMUNE, free_ports, run, sendebud};

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn demo_ends_well_and_leaves_packages_that_others_open() {
    let folder = TempDir::new().unwrap();
    let demo = folder.path().join("demo");
    let base = free_ports().to_string();
    let said = run(sendebud()
        .args(["demo", "--once", "--port-base", &base, "--dir"])
        .arg(&demo));
    assert!(!said.contains('✗'), "{said}");
    assert!(said.contains(demo.to_str().unwrap()), "{said}");

    let mut names = Vec::new();
    for (sender, receiver) in [("kommune", EINNSYN), ("einnsyn", KOMMUNE)] {
        for package in packages(&demo.join("artefakter").join(sender)) {
            names.push(look_inside(&demo, &package, receiver));
        }
    }
    names.sort();
    let payload = ["manifest.xml", "payload.jsonld"];
    let order = ["emailtext", "manifest.xml", "order.xml"];
    assert_eq!(names, [&order[..], &payload, &payload]);
}

/// Open a package with our command, and with OpenSSL and unzip: the same files, byte for
/// byte. Answers their names.
fn look_inside(demo: &Path, package: &Path, receiver: &str) -> Vec<String> {
    let ours = package.with_extension("ours");
    let key = demo.join(format!("keys/{receiver}.p12"));
    let report = run(sendebud()
        .args(["package", "open", "--json", "--key"])
        .arg(&key)
        .arg("--password-file")
        .arg(demo.join("keys/passord"))
        .arg("--out")
        .arg(&ours)
        .arg(package));
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["verdict"], "ok", "{report}");
    let ours = read(&ours);

    let mut theirs = decrypted(demo, package, receiver);
    assert_eq!(
        theirs.remove("mimetype").unwrap(),
        b"application/vnd.etsi.asic-e+zip",
    );
    theirs.retain(|name, _| !name.starts_with("META-INF/"));
    assert_eq!(ours, theirs, "{}", package.display());
    listed(&report, &ours);
    ours.into_keys().collect()
}

/// The report tells of every file: its name and its size.
fn listed(report: &Value, files: &Files) {
    let told = report["files"].as_array().unwrap().iter();
    let told: BTreeMap<&str, u64> = told
        .map(|file| {
            (
                file["name"].as_str().unwrap(),
                file["size"].as_u64().unwrap(),
            )
        })
        .collect();
    let here = files.iter();
    let here = here.map(|(name, bytes)| (name.as_str(), bytes.len() as u64));
    assert_eq!(told, here.collect());
}

fn decrypted(demo: &Path, package: &Path, receiver: &str) -> Files {
    let (key, zip) = (package.with_extension("key"), package.with_extension("zip"));
    run(Command::new("openssl")
        .args(["pkcs12", "-nocerts", "-nodes", "-in"])
        .arg(demo.join(format!("keys/{receiver}.p12")))
        .arg("-passin")
        .arg(format!("file:{}", demo.join("keys/passord").display()))
        .arg("-out")
        .arg(&key));
    run(Command::new("openssl")
        .args(["cms", "-decrypt", "-binary", "-inform", "DER", "-inkey"])
        .arg(&key)
        .arg("-recip")
        .arg(demo.join(format!("keys/{receiver}.pem")))
        .arg("-in")
        .arg(package)
        .arg("-out")
        .arg(&zip));
    let theirs = package.with_extension("theirs");
    run(Command::new("unzip")
        .arg("-qq")
        .arg(&zip)
        .arg("-d")
        .arg(&theirs));
    read(&theirs)
}

fn packages(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "p7m"))
        .collect()
}

/// Every file below the folder, by its path from there.
fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}
