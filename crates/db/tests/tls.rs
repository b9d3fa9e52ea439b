//! A server that is spoken to under TLS alone: whose certificate is good is believed, and
//! nobody else is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use ambient::Clock;
use cluster::Cluster;
use db::{Db, Error, Migration};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

const ONE: Migration = Migration {
    number: 1,
    name: "things",
    sql: "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;",
};

/// An authority, and a server's certificate and key by it.
struct Trust {
    authority: String,
    certificate: String,
    key: String,
}

fn trust(host: &str) -> Trust {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
    let server = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = server.signed_by(&key, &authority).unwrap();
    Trust {
        authority: authority.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

async fn open(address: &str) -> Result<Db, Error> {
    Db::connect(address, &[ONE], &Clock::system()).await
}

fn kept(folder: &TempDir, name: &str, pem: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, pem).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_is_believed_by_its_authority_and_its_name() {
    let (own, other, folder) = (
        trust("localhost"),
        trust("localhost"),
        TempDir::new().unwrap(),
    );
    let (cluster, port) = Cluster::secure(&own.certificate, &own.key).unwrap();
    let ours = kept(&folder, "ours.pem", &own.authority);
    let theirs = kept(&folder, "theirs.pem", &other.authority);
    let at = |host: &str, rest: &str| {
        format!("postgresql://sendebud@{host}:{port}/postgres?{rest}")
    };
    let full = |file: &str| format!("sslmode=verify-full&sslrootcert={file}");
    let db = open(&at("localhost", &full(&ours))).await.unwrap();
    let secure = db
        .read::<_, Error, _>(|tx| {
            Box::pin(async move {
                let sql = "SELECT version FROM pg_stat_ssl
                           WHERE pid = pg_backend_pid() AND ssl";
                let row = tx.one(sql, &[]).await?;
                Ok(row.unwrap().text(0)?.to_owned())
            })
        })
        .await
        .unwrap();
    assert!(secure.starts_with("TLSv1."), "{secure}");
    for (address, words) in [
        (at("localhost", &full(&theirs)), "invalid peer certificate"),
        (at("127.0.0.1", &full(&ours)), "not valid for name"),
        // The machine does not know our authority.
        (at("localhost", "sslmode=require"), "certificate"),
        (at("localhost", "sslmode=disable"), "no encryption"),
    ] {
        let refused = open(&address).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{address}: {refused}");
    }
    drop(cluster);
}

#[tokio::test]
async fn a_file_of_authorities_that_is_none_is_named() {
    let folder = TempDir::new().unwrap();
    let empty = kept(&folder, "tom.pem", "");
    for file in [empty.as_str(), "/finnes/ikke.pem"] {
        let address = format!("host=localhost user=x sslrootcert={file}");
        let refused = open(&address).await.unwrap_err().to_string();
        let named = Path::new(file).file_name().unwrap().to_str().unwrap();
        assert!(refused.contains(named), "{refused}");
    }
}
