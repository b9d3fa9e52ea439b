//! Blobs in a folder and in S3: a server that others wrote stands in for Amazon's.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ambient::{Clock, Random};
use store::{Blobs, CONTENT_ROW_BYTES_MAX, Store, Vault};
use tempfile::TempDir;

const SERVER: &str = "\
import sys, urllib.request
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
at = 'http://%s:%d' % server.get_host_and_port()
bucket = urllib.request.Request(at + '/letters', method='PUT')
urllib.request.urlopen(bucket).close()
print(at, flush=True)
sys.stdin.read()
server.stop()
";

#[tokio::test]
async fn a_folder_keeps_blobs() {
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::folder(&folder.path().join("deep/content")).unwrap();
    keeps(blobs).await;
}

#[tokio::test]
async fn s3_keeps_blobs() {
    let (mut server, address) = s3();
    let settings = [
        ("AWS_ENDPOINT", address.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("REGION", "none of its business"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    keeps(Blobs::cloud("s3://letters/a/b", settings).unwrap()).await;
    drop(server.stdin.take());
    server.wait().unwrap();
}

#[test]
fn an_address_that_is_none_is_said_to_be_so() {
    for address in ["", "gs://bucket", "s3://", "az:///x", "letters"] {
        let error = Blobs::cloud(address, []).unwrap_err().to_string();
        assert!(error.contains("expected s3://"), "{address}: {error}");
    }
}

async fn keeps(blobs: Blobs) {
    let folder = TempDir::new().unwrap();
    let (clock, random) = (Clock::system(), Random::system());
    let store = Store::alone(folder.path(), blobs, &clock, &random).await;
    let (store, vault) = (store.unwrap(), Vault::new(&[7; 32], &random));
    let bytes: Vec<u8> = (0..=255).cycle().take(CONTENT_ROW_BYTES_MAX + 1).collect();
    let before = clock.now();
    let content = store.keep(&vault, "a", &bytes).await.unwrap();
    assert!(content.is_file());
    let fetched = store.fetch(&vault, "a", content.clone()).await.unwrap();
    assert_eq!(fetched, bytes);
    // One that a row may come to name is left alone; an old one that none names is not.
    let long_before = before - jiff::SignedDuration::from_hours(1);
    assert_eq!(store.sweep(long_before).await.unwrap(), 0);
    let later = before + jiff::SignedDuration::from_hours(1);
    assert_eq!(store.sweep(later).await.unwrap(), 1);
    let gone = store.fetch(&vault, "a", content.clone()).await.unwrap_err();
    assert_eq!(gone.fault(), fault::Fault::Ours);
    // What is gone already is as good as discarded.
    store.discard(content.spare()).await;
}

fn s3() -> (Child, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/sdk/s3/bin/python");
    assert!(
        python.exists(),
        "the S3 server is not installed: run `cargo xtask test`, or\n  \
         python3 -m venv target/sdk/s3\n  \
         target/sdk/s3/bin/pip install -r conformance/sdk/s3/requirements.txt"
    );
    let mut server = Command::new(python)
        .args(["-c", SERVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let said = server.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut address).unwrap();
    (server, address.trim().to_owned())
}
