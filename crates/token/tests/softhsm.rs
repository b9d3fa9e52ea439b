//! Keys on a token, through SoftHSM: they sign and open as the same keys in a file do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use ambient::Random;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use dokumentpakke::asice::{self, Verdict};
use dokumentpakke::{Attachment, Error, Identity, KeyTransport, Sealing, open, seal};
use secrecy::SecretString;
use tempfile::TempDir;

const PIN: &str = "1234";

fn module() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ];
    let found = places.iter().map(Path::new).find(|path| path.exists());
    found
        .unwrap_or_else(|| panic!("SoftHSM is needed: apt-get install softhsm2"))
        .to_owned()
}

fn vector(name: &str) -> String {
    let keys =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    keys.join(name).display().to_string()
}

/// This process's own tokens, with a key and its certificate on one.
fn token(folder: &TempDir) {
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let settings = folder.path().join("softhsm2.conf");
    std::fs::write(
        &settings,
        format!("directories.tokendir = {}\n", tokens.display()),
    )
    .unwrap();
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program)
            .args(args)
            .env("SOFTHSM2_CONF", &settings)
            .output()
            .unwrap_or_else(|e| panic!("{program} is needed: {e}"));
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{program} {args:?}: {words}");
    };
    let init = [
        "--init-token",
        "--free",
        "--label",
        "virksomhet",
        "--so-pin",
        "9876",
    ];
    run("softhsm2-util", &[&init[..], &["--pin", PIN]].concat());
    let import = [
        "--import",
        &vector("910076787.key"),
        "--token",
        "virksomhet",
    ];
    let named = ["--label", "nøkkel", "--id", "a1", "--pin", PIN];
    run("softhsm2-util", &[&import[..], &named].concat());
}

/// Lay the certificate beside its key, as an enrolment does.
fn lay_certificate() {
    let module = Pkcs11::new(module()).unwrap();
    let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    module.initialize(threads).unwrap();
    let slots = module.get_slots_with_initialized_token().unwrap();
    let session = module.open_rw_session(slots[0]).unwrap();
    let pin = SecretString::from(PIN);
    session.login(UserType::User, Some(&pin)).unwrap();
    let own = from_file();
    let certificate = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Id(vec![0xa1]),
        Attribute::Subject(own.certificate().subject_der().to_vec()),
        Attribute::Value(own.certificate().der().to_vec()),
    ];
    session.create_object(&certificate).unwrap();
}

fn from_file() -> Identity {
    let store = std::fs::read(vector("910076787.p12")).unwrap();
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

fn main() {
    if std::env::var_os("SOFTHSM2_CONF").is_some() {
        return with_token();
    }
    let folder = TempDir::new().unwrap();
    token(&folder);
    let status = Command::new(std::env::current_exe().unwrap())
        .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
        .status()
        .unwrap();
    assert!(status.success(), "the tests with a token failed");
    println!("test result: ok. a key on a token signs and opens");
}

fn with_token() {
    let none = token::identities(&module(), "virksomhet", PIN);
    says(none, "no RSA key with a certificate");
    lay_certificate();
    says(
        token::identities(&module(), "annet", PIN),
        "there are: virksomhet",
    );
    says(
        token::identities(&module(), "virksomhet", "4321"),
        "PKCS#11",
    );
    says(
        token::identities(Path::new("/nowhere.so"), "virksomhet", PIN),
        "PKCS#11",
    );
    let all = token::identities(&module(), "virksomhet", PIN).unwrap();
    let [key] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(key.certificate(), from_file().certificate());
    opens(key);
}

fn says(found: Result<Vec<Identity>, Error>, words: &str) {
    let error = found.expect_err(words).to_string();
    assert!(error.contains(words), "{error}");
}

/// It opens what is sent to it, and what it signs is taken by who has its certificate.
fn opens(key: &Identity) {
    for transport in [KeyTransport::Pkcs1v15, KeyTransport::OaepSha256] {
        let sealing = Sealing {
            sender: "0192:910076787",
            receiver: "0192:910076787",
            signer: key,
            recipient: key.certificate(),
            key_transport: transport,
            now: "2026-11-24T12:00:00Z".parse().unwrap(),
        };
        let file = Attachment {
            name: "a.txt",
            mime: "text/plain",
            bytes: b"hei",
        };
        let package = seal(&sealing, &[file], &Random::system()).unwrap();
        let by_token = open(&package, std::slice::from_ref(key)).unwrap();
        assert_eq!(by_token, open(&package, &[from_file()]).unwrap());
        let container = asice::read(&by_token.asice).unwrap();
        assert_eq!(container.signature.verdict, Verdict::Valid);
        // An encrypted key that was changed: the same one error as always.
        let mut bad = package.clone();
        let middle = bad.windows(2).position(|w| w == [0x04, 0x82]).unwrap() + 100;
        bad[middle] ^= 1;
        let refused = open(&bad, std::slice::from_ref(key));
        assert_eq!(refused, Err(Error::Decrypt));
    }
}
