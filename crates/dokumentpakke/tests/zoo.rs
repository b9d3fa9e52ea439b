//! A zoo of certificates: what we say of each, and what OpenSSL says, as docs/trust.md
//! has it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dokumentpakke::asice::{SignatureReport, Verdict};
use dokumentpakke::trust::{Crl, Revocation, Trust, Untrusted, ocsp};
use dokumentpakke::{Certificate, Refusal, Rules, Signer, judge};
use jiff::Timestamp;
use tempfile::TempDir;

/// 2026-11-24T12:00:00Z, a time at which everything in the vectors that should be valid
/// is.
const NOW: &str = "2026-11-24T12:00:00Z";

/// How each animal is made: name, its key, its issuer, its extensions.
const ANIMALS: &[(&str, &str, &str, &str)] = &[
    ("RSA-2048", "rsa:2048", "ca", LEAF),
    ("RSA-1024", "rsa:1024", "ca", LEAF),
    ("RSA-4096", "rsa:4096", "ca", LEAF),
    ("ECDSA P-256", "ec:P-256", "ca", LEAF),
    ("revoked by CRL", "rsa:2048", "ca", LEAF),
    ("revoked by OCSP", "rsa:2048", "ca", LEAF),
    ("CA without keyCertSign", "rsa:2048", "nosign", LEAF),
    ("issued by no CA", "rsa:2048", "leafca", LEAF),
    ("below a CA of path length 0", "rsa:2048", "deep", LEAF),
    ("name outside the constraints", "rsa:2048", "named", LEAF),
    ("unknown critical extension", "rsa:2048", "ca", CRITICAL),
    ("wrong key usage", "rsa:2048", "ca", AGREES),
    ("self-signed", "rsa:2048", "", LEAF),
];

const LEAF: &str = "basicConstraints=critical,CA:false\n\
    keyUsage=critical,digitalSignature,keyEncipherment\n\
    certificatePolicies=2.16.578.1.26.1.3.2,0.4.0.2042.1.1\n";
const AGREES: &str = "basicConstraints=critical,CA:false\n\
    keyUsage=critical,keyAgreement\n";
const CRITICAL: &str = "basicConstraints=critical,CA:false\n\
    1.2.3.4=critical,DER:0500\n";

const AUTHORITIES: &[(&str, &str, &str)] = &[
    (
        "root",
        "",
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n",
    ),
    (
        "ca",
        "root",
        "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n",
    ),
    (
        "nosign",
        "root",
        "basicConstraints=critical,CA:true\nkeyUsage=critical,digitalSignature\n",
    ),
    (
        "leafca",
        "root",
        "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n",
    ),
    (
        "deep",
        "ca",
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n",
    ),
    (
        "named",
        "root",
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n\
        nameConstraints=critical,permitted;dirName:only\n[only]\nC=SE\n",
    ),
];

struct Zoo {
    folder: TempDir,
}

impl Zoo {
    fn new() -> Self {
        let zoo = Self {
            folder: TempDir::new().unwrap(),
        };
        for (name, issuer, extensions) in AUTHORITIES {
            zoo.make(name, "rsa:2048", issuer, extensions);
        }
        for (name, key, issuer, extensions) in ANIMALS {
            zoo.make(name, key, issuer, extensions);
        }
        zoo
    }

    fn path(&self, name: &str, ending: &str) -> PathBuf {
        let plain = name.replace(' ', "-");
        self.folder.path().join(format!("{plain}.{ending}"))
    }

    fn make(&self, name: &str, key: &str, issuer: &str, extensions: &str) {
        let text = |ending| self.path(name, ending).display().to_string();
        let (config, file) = (self.path(name, "cnf"), text("key"));
        std::fs::write(&config, format!("[ext]\n{extensions}")).unwrap();
        let (kind, size) = key.split_once(':').unwrap();
        match kind {
            "ec" => self.openssl(&[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                &format!("ec_paramgen_curve:{size}"),
                "-out",
                &file,
            ]),
            _ => self.openssl(&[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                &format!("rsa_keygen_bits:{size}"),
                "-out",
                &file,
            ]),
        };
        let subject = format!("/C=NO/O={name}/serialNumber=910077473/CN={name}");
        let request = text("csr");
        self.openssl(&[
            "req", "-new", "-key", &file, "-subj", &subject, "-out", &request,
        ]);
        let (config, out) = (config.display().to_string(), text("pem"));
        let own = file.clone();
        let mut args = vec![
            "x509",
            "-req",
            "-in",
            &request,
            "-days",
            "3650",
            "-sha256",
            "-extfile",
            &config,
            "-extensions",
            "ext",
            "-out",
            &out,
        ];
        let issuers =
            ["pem", "key"].map(|e| self.path(issuer, e).display().to_string());
        if issuer.is_empty() {
            args.extend(["-signkey", &own]);
        } else {
            args.extend(["-CA", &issuers[0], "-CAkey", &issuers[1], "-CAcreateserial"]);
        }
        self.openssl(&args);
    }

    fn openssl(&self, args: &[&str]) -> Vec<u8> {
        let done = run(self.folder.path(), args);
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "openssl {args:?}: {words}");
        done.stdout
    }

    fn certificate(&self, name: &str) -> Certificate {
        read(&self.path(name, "pem"))
    }

    /// What OpenSSL says: `OK`, or its words.
    fn theirs(&self, name: &str, crl: bool) -> String {
        let text = |name, ending| self.path(name, ending).display().to_string();
        let between = self.folder.path().join("between.pem");
        let all = AUTHORITIES.iter().skip(1);
        let all: String = all
            .map(|(name, ..)| std::fs::read_to_string(self.path(name, "pem")).unwrap())
            .collect();
        std::fs::write(&between, all).unwrap();
        let between = between.display().to_string();
        let (root, leaf, list) =
            (text("root", "pem"), text(name, "pem"), text("ca", "crl"));
        let mut args = vec![
            "verify",
            "-x509_strict",
            "-CAfile",
            &root,
            "-untrusted",
            &between,
        ];
        // Its level 2 is what refuses short keys.
        args.extend(["-auth_level", "2"]);
        if crl {
            args.extend(["-crl_check", "-CRLfile", &list]);
        }
        args.push(&leaf);
        said(&run(self.folder.path(), &args))
    }

    fn trust(&self) -> Trust {
        let all = AUTHORITIES.iter().map(|(name, ..)| self.certificate(name));
        Trust::new(all.collect()).unwrap()
    }

    /// A list that names one of them, and a responder's index that names another.
    fn revoke(&self) {
        let folder = self.folder.path();
        let config = "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=number\n\
            default_md=sha256\ndefault_crl_days=30\n";
        std::fs::write(folder.join("ca.cnf"), config).unwrap();
        std::fs::write(folder.join("index.txt"), "").unwrap();
        std::fs::write(folder.join("number"), "01").unwrap();
        let ca = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"];
        let leaf = self.path("revoked by CRL", "pem").display().to_string();
        self.openssl(&[&["ca"], &ca[..], &["-revoke", &leaf]].concat());
        self.openssl(&[&["ca"], &ca[..], &["-gencrl", "-out", "ca.crl"]].concat());
        let leaf = self.path("revoked by OCSP", "pem").display().to_string();
        self.openssl(&[&["ca"], &ca[..], &["-revoke", &leaf]].concat());
        let good = self.path("RSA-2048", "pem").display().to_string();
        self.openssl(&[&["ca"], &ca[..], &["-valid", &good]].concat());
    }

    /// A responder's answer to our question, made by OpenSSL.
    fn answer(&self, name: &str) -> Vec<u8> {
        let question = ocsp::request(&self.certificate(name), &self.certificate("ca"));
        std::fs::write(self.folder.path().join("question"), question).unwrap();
        self.openssl(&[
            "ocsp",
            "-index",
            "index.txt",
            "-CA",
            "ca.pem",
            "-rsigner",
            "ca.pem",
            "-rkey",
            "ca.key",
            "-reqin",
            "question",
            "-respout",
            "answer",
            "-ndays",
            "1",
        ]);
        std::fs::read(self.folder.path().join("answer")).unwrap()
    }
}

impl Zoo {
    /// What OpenSSL reads out of the same answer.
    fn theirs_online(&self, name: &str) -> String {
        let leaf = self.path(name, "pem").display().to_string();
        let args = [
            "ocsp",
            "-respin",
            "answer",
            "-issuer",
            "ca.pem",
            "-cert",
            &leaf,
            "-CAfile",
            "root.pem",
            "-no_nonce",
        ];
        let said = String::from_utf8(self.openssl(&args)).unwrap();
        let status = said
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{leaf}: ")));
        status.unwrap_or(&said).to_owned()
    }
}

fn run(folder: &Path, args: &[&str]) -> std::process::Output {
    Command::new("openssl")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|e| panic!("openssl is needed for this test: {e}"))
}

fn said(output: &std::process::Output) -> String {
    if output.status.success() {
        return "OK".into();
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors = words.lines().filter_map(|l| l.strip_prefix("error "));
    let mut reasons = errors.filter_map(|l| l.split_once("lookup: "));
    let first = reasons.next();
    first.map_or(words.clone(), |(_, why)| why.to_owned())
}

fn read(path: &Path) -> Certificate {
    Certificate::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn now() -> Timestamp {
    // What OpenSSL makes begins at the machine's time.
    #[expect(
        clippy::disallowed_methods,
        reason = "OpenSSL reads the machine's clock"
    )]
    Timestamp::now()
}

/// Of a signature that holds, from this sender.
fn verdict(trust: &Trust, leaf: &Certificate, sender: &str, at: Timestamp) -> String {
    let signer = Signer {
        certificate: leaf.clone(),
        signed_at: Some(at),
        digest: "SHA-256",
        beside: Vec::new(),
    };
    let report = SignatureReport {
        verdict: Verdict::Valid,
        signers: vec![signer],
        covers_every_file: true,
    };
    let rules = Rules {
        trust: Some(trust),
        senders: &[sender],
        ..Rules::none(at)
    };
    match judge(&report, &rules).refusal {
        None => "trusted".into(),
        Some(Refusal::Untrusted(why)) => why.to_string(),
        Some(Refusal::Usage) => "may not sign".into(),
        Some(refusal) => refusal.to_string(),
    }
}

/// The vectors' own animals, judged at a time when the CA was valid.
fn from_vectors(rows: &mut String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let keys = folder
        .join("../../conformance/vectors/keys")
        .canonicalize()
        .unwrap();
    let list = ["root.pem", "intermediate.pem"]
        .map(|name| std::fs::read_to_string(keys.join(name)).unwrap())
        .concat();
    let trust = Trust::from_pem(&list).unwrap();
    let at: Timestamp = NOW.parse().unwrap();
    for (name, file) in [
        ("expired", "910076787-expired.pem"),
        ("not yet valid", "910076787-notyet.pem"),
        ("wrong CA", "910076787-wrongca.pem"),
        ("another organisation", "910075918.pem"),
        ("a chain of three", "910076787.pem"),
    ] {
        let ours = verdict(&trust, &read(&keys.join(file)), "910076787", at);
        let time = at.as_second().to_string();
        let args = [
            "verify",
            "-attime",
            &time,
            "-CAfile",
            "root.pem",
            "-untrusted",
            "intermediate.pem",
            file,
        ];
        let theirs = said(&run(&keys, &args));
        writeln!(rows, "| {name} | {ours} | {theirs} |").unwrap();
    }
}

#[test]
fn the_zoo_is_as_the_docs_have_it() {
    let zoo = Zoo::new();
    zoo.revoke();
    let (trust, at) = (zoo.trust(), now());
    let mut rows = String::new();
    from_vectors(&mut rows);
    let ca = zoo.certificate("ca");
    let crl = Crl::parse(&std::fs::read(zoo.path("ca", "crl")).unwrap()).unwrap();
    for (name, ..) in ANIMALS {
        let leaf = zoo.certificate(name);
        let mut ours = verdict(&trust, &leaf, "910077473", at);
        let listed = *name == "revoked by CRL";
        let mut theirs = zoo.theirs(name, listed);
        if listed {
            assert!(matches!(crl.status(&leaf, &ca, at), Revocation::Revoked(_)));
            ours = "revoked".into();
        }
        if *name == "revoked by OCSP" {
            let answer = ocsp::read(&zoo.answer(name), &leaf, &ca, at).unwrap();
            assert!(
                matches!(answer.status, Revocation::Revoked(_)),
                "{answer:?}"
            );
            ours = "revoked".into();
            theirs = zoo.theirs_online(name);
        }
        writeln!(rows, "| {name} | {ours} | {theirs} |").unwrap();
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/trust.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    assert!(docs.contains(&rows), "docs/trust.md should have:\n{rows}");
}

/// > Buypass virksomhetssertifikat: 2.16.578.1.26.1.3.2 (wire-format §4.4)
#[test]
fn a_certificate_must_be_issued_under_one_of_the_policies_that_are_asked_for() {
    let zoo = Zoo::new();
    let leaf = zoo.certificate("RSA-2048");
    assert!(leaf.policies().contains(&"2.16.578.1.26.1.3.2".into()));
    for (policies, good) in [
        (&[][..], true),
        (&["2.16.578.1.26.1.3.2"], true),
        (&["2.16.578.1.29.13.1.1.0", "0.4.0.2042.1.1"], true),
        (&["2.16.578.1.26.1.3"], false),
        (&["2.16.578.1.29.13.1.1.0"], false),
    ] {
        let asked = policies.iter().map(ToString::to_string).collect();
        let path = zoo.trust().with_policies(asked).path(&leaf, &[], now());
        assert_eq!(path.is_ok(), good, "{policies:?}");
        assert!(good || path == Err(Untrusted::Policy));
    }
}

#[test]
fn lists_and_answers_are_held_to_their_signer_time_and_certificate() {
    let zoo = Zoo::new();
    zoo.revoke();
    let at = now();
    let (ca, root) = (zoo.certificate("ca"), zoo.certificate("root"));
    let (good, bad) = (
        zoo.certificate("RSA-2048"),
        zoo.certificate("revoked by CRL"),
    );
    let list = std::fs::read(zoo.path("ca", "crl")).unwrap();
    let crl = Crl::parse(&list).unwrap();
    assert_eq!(crl.status(&good, &ca, at), Revocation::Good);
    assert_eq!(
        crl.status(&good, &root, at),
        Revocation::Unknown,
        "another's list"
    );
    let late = crl.next_update().unwrap() + jiff::SignedDuration::from_secs(1);
    assert_eq!(
        crl.status(&good, &ca, late),
        Revocation::Unknown,
        "out of date"
    );
    assert!(matches!(
        crl.status(&bad, &ca, late),
        Revocation::Revoked(_)
    ));
    let der = run(
        zoo.folder.path(),
        &["crl", "-in", "ca.crl", "-outform", "DER"],
    )
    .stdout;
    for at_byte in (0..der.len()).step_by(7) {
        let mut forged = der.clone();
        forged[at_byte] ^= 0x01;
        let status = Crl::parse(&forged).map(|crl| crl.status(&good, &ca, at));
        assert_ne!(status, Ok(Revocation::Good), "flipped at {at_byte}");
    }
    let answer = zoo.answer("RSA-2048");
    let said = ocsp::read(&answer, &good, &ca, at).unwrap();
    assert_eq!(said.status, Revocation::Good);
    ocsp::read(&answer, &bad, &ca, at).unwrap_err();
    ocsp::read(&answer, &good, &root, at).unwrap_err();
    ocsp::read(
        &answer,
        &good,
        &ca,
        said.until + jiff::SignedDuration::from_secs(1),
    )
    .unwrap_err();
    for at_byte in (0..answer.len()).step_by(11) {
        let mut forged = answer.clone();
        forged[at_byte] ^= 0x01;
        let read = ocsp::read(&forged, &bad, &ca, at);
        assert!(read.is_err(), "flipped at {at_byte}");
    }
}
