//! Blobs in a folder, in S3 and in Azure Blob Storage: servers that others wrote stand in
//! for Amazon's and Microsoft's.

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

/// The account that Microsoft's own server has, with the key that all the world knows.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

#[tokio::test]
async fn azure_keeps_blobs() {
    let (mut server, address) = azure();
    let settings = [
        ("AZURE_STORAGE_ENDPOINT", address.as_str()),
        ("AZURE_ALLOW_HTTP", "true"),
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY),
        ("ACCOUNT_NAME", "none of its business"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    keeps(Blobs::cloud("az://letters/a/b", settings).unwrap()).await;
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

fn azure() -> (Child, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let modules = root.join("target/sdk/azurite/node_modules");
    let program = modules.join("azurite/dist/src/blob/main.js");
    assert!(
        program.exists(),
        "Azure's server is not installed: run `cargo xtask test`, or\n  \
         cp -r conformance/sdk/azurite target/sdk && \
         npm ci --ignore-scripts --prefix target/sdk/azurite"
    );
    let mut node = Command::new("node");
    node.arg(root.join("crates/store/tests/keep/azurite.mjs"));
    started(node.arg(program).args([ACCOUNT_KEY, "letters"]))
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
    started(Command::new(python).args(["-c", SERVER]))
}

/// A server that says where it is.
fn started(command: &mut Command) -> (Child, String) {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = piped.spawn().unwrap();
    let mut address = String::new();
    let said = server.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut address).unwrap();
    (server, address.trim().to_owned())
}
