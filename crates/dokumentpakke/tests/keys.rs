//! Key files of every form that the vectors have, and the ring.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use dokumentpakke::{Error, Identity, Ring, Stage};
use jiff::{SignedDuration, Timestamp};

fn vector(name: &str) -> Vec<u8> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn one(name: &str) -> Identity {
    let all = Identity::all(&vector(name), "changeit").unwrap();
    assert_eq!(all.len(), 1, "{name}");
    all.into_iter().next().unwrap()
}

#[test]
fn every_key_of_the_vectors_reads_the_same_from_every_form() {
    for name in [
        "910075918",
        "910076787",
        "910076787-expired",
        "910076787-leafonly",
        "910076787-next",
        "910076787-notyet",
        "910076787-rsa3072",
        "910076787-wrongca",
        "910077473",
        "910077473-rsa4096",
    ] {
        let (p12, jks) = (one(&format!("{name}.p12")), one(&format!("{name}.jks")));
        assert_eq!(p12.certificate(), jks.certificate(), "{name}");
        assert_eq!(p12.chain().len(), jks.chain().len(), "{name}");
        jks.test().unwrap();
        let certificate = match name.ends_with("leafonly") {
            true => format!("{name}.pem"),
            false => format!("{name}.chain.pem"),
        };
        let text = [vector(&format!("{name}.key")), vector(&certificate)].concat();
        let pem = Identity::all(&text, "").unwrap();
        assert_eq!(pem[0].certificate(), p12.certificate(), "{name}");
        pem[0].test().unwrap();
    }
}

#[test]
fn a_wrong_password_or_a_damaged_store_is_said() {
    for name in ["910076787.p12", "910076787.jks"] {
        let bytes = vector(name);
        let wrong = Identity::all(&bytes, "feil").unwrap_err();
        assert!(matches!(wrong, Error::Key(_)), "{name}: {wrong}");
        for end in (0..bytes.len()).step_by(97) {
            Identity::all(&bytes[..end], "changeit").unwrap_err();
        }
        for at in (0..bytes.len()).step_by(101) {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            Identity::all(&bad, "changeit").unwrap_err();
        }
    }
    let jceks = Identity::all(&[0xce; 100], "x").unwrap_err().to_string();
    assert!(jceks.contains("keytool -importkeystore"), "{jceks}");
}

/// A store as keytool of this machine makes it today, with two keys in it.
#[test]
fn keytool_s_own_stores_open_with_all_their_keys() {
    // Java's PKCS#12 takes only ASCII, its JKS takes anything.
    for (kind, password) in [("JKS", "pæøå-12"), ("PKCS12", "hemmelig")] {
        let folder = tempfile::TempDir::new().unwrap();
        for alias in ["old", "new"] {
            let made = Command::new("keytool")
                .args(["-genkeypair", "-keyalg", "RSA", "-keysize", "2048"])
                .args(["-alias", alias, "-storetype", kind, "-storepass", password])
                .args(["-keypass", password, "-keystore", "store"])
                .args(["-dname", "CN=x, SERIALNUMBER=910077473, C=NO"])
                .env("LC_ALL", "C.UTF-8")
                .current_dir(folder.path())
                .output()
                .unwrap_or_else(|e| panic!("keytool is needed for this test: {e}"));
            let words = String::from_utf8_lossy(&made.stdout).into_owned();
            assert!(made.status.success(), "{kind}: {words}");
        }
        let store = std::fs::read(folder.path().join("store")).unwrap();
        let keys = Identity::all(&store, password).unwrap();
        assert_eq!(keys.len(), 2, "{kind}");
        for key in keys {
            assert_eq!(key.certificate().orgnr(), Some("910077473"), "{kind}");
            key.test().unwrap();
        }
    }
}

#[test]
fn a_ring_warns_at_60_30_and_7_days_until_there_is_a_successor() {
    let key = one("910076787.p12"); // until 2046-01-01
    let end = key.certificate().not_after();
    let ring = Ring::new(vec![key.clone()]).unwrap();
    let before = |days: i64| end - SignedDuration::from_hours(24 * days);
    let stage = |at: Timestamp| ring.notice(at).map(|n| (n.stage, n.days));
    assert_eq!(stage(before(61)), None);
    assert_eq!(stage(before(60)), Some((Stage::Soon, 60)));
    assert_eq!(stage(before(31)), Some((Stage::Soon, 31)));
    assert_eq!(stage(before(30)), Some((Stage::Near, 30)));
    assert_eq!(stage(before(7)), Some((Stage::Urgent, 7)));
    assert_eq!(stage(end), Some((Stage::Urgent, 0)));
    assert_eq!(stage(before(-1)), Some((Stage::Expired, -1)));
    let expired = one("910076787-expired.p12"); // 2020 to 2023
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let ring = Ring::new(vec![expired.clone(), key.clone()]).unwrap();
    assert_eq!(ring.current(now).certificate(), key.certificate());
    let near = expired.certificate().not_after() - SignedDuration::from_hours(24);
    let alone = Ring::new(vec![expired.clone()]).unwrap();
    assert_eq!(alone.notice(near).unwrap().stage, Stage::Urgent);
    let next = one("910076787-next.p12"); // from 2026: no successor to 2023
    let gap = Ring::new(vec![expired, next]).unwrap();
    assert_eq!(gap.notice(near).unwrap().stage, Stage::Urgent);
    assert!(Ring::new(Vec::new()).is_none());
}
