//! Issuers that are asked: certificates, lists and answers made by OpenSSL, fetched over
//! HTTP, remembered, and done without while nobody answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::Clock;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use dokumentpakke::Certificate;
use dokumentpakke::trust::Revocation;
use revocation::Checker;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// An authority that is asked; both of its doors can be shut.
struct Authority {
    folder: Arc<TempDir>,
    doors: Arc<Mutex<Doors>>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Doors {
    list: Option<Vec<u8>>,
    ocsp: bool,
    asked: Vec<&'static str>,
}

fn openssl(folder: &Path, line: &str) {
    let done = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap_or_else(|e| panic!("openssl is needed: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "openssl {line}: {words}");
}

impl Authority {
    async fn new() -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let doors = Arc::new(Mutex::new(Doors::default()));
        let router = Router::new()
            .route("/crl", get(list))
            .route("/ocsp", post(ocsp))
            .with_state((Arc::clone(&folder), Arc::clone(&doors)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let path = folder.path();
        let write =
            |name: &str, text: &str| std::fs::write(path.join(name), text).unwrap();
        write("index.txt", "");
        write("serial", "1000\n");
        write("crlnumber", "01\n");
        write(
            "ca.cnf",
            &format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\n\
                 crlnumber=crlnumber\nnew_certs_dir=.\ndefault_md=sha256\n\
                 default_days=3650\npolicy=p\nx509_extensions=leaf\ncrl_extensions=crl\n\
                 unique_subject=no\n[p]\ncommonName=supplied\n[crl]\n\
                 authorityKeyIdentifier=keyid:always\n[leaf]\n\
                 keyUsage=critical,digitalSignature\n\
                 crlDistributionPoints=URI:{base}/crl\n\
                 authorityInfoAccess=OCSP;URI:{base}/ocsp\n[req]\ndistinguished_name=n\n[n]\n\
                 [root]\nbasicConstraints=critical,CA:true\n\
                 keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
            ),
        );
        openssl(
            path,
            "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3650 \
             -subj /CN=Rot -config ca.cnf -extensions root",
        );
        Self {
            folder,
            doors,
            _serving: serving,
        }
    }

    fn issue(&self, name: &str) -> Certificate {
        let path = self.folder.path();
        let asked = format!(
            "req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name} \
             -config ca.cnf"
        );
        openssl(path, &asked);
        let signed = format!(
            "ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -in {name}.csr \
             -out {name}.pem"
        );
        openssl(path, &signed);
        self.read(name)
    }

    fn read(&self, name: &str) -> Certificate {
        let path = self.folder.path().join(format!("{name}.pem"));
        Certificate::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn revoke(&self, name: &str) {
        let line = "ca -config ca.cnf -cert root.pem -keyfile root.key -revoke";
        openssl(self.folder.path(), &format!("{line} {name}.pem"));
    }

    /// Publish a list, good for so many hours.
    fn publish(&self, hours: u32) {
        let path = self.folder.path();
        let line =
            "ca -gencrl -config ca.cnf -cert root.pem -keyfile root.key -crlhours";
        openssl(path, &format!("{line} {hours} -out list.pem"));
        openssl(path, "crl -in list.pem -outform DER -out list.der");
        let list = std::fs::read(path.join("list.der")).unwrap();
        self.doors.lock().unwrap().list = Some(list);
    }

    fn answers(&self, so: bool) {
        self.doors.lock().unwrap().ocsp = so;
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.doors.lock().unwrap().asked)
    }
}

type Served = State<(Arc<TempDir>, Arc<Mutex<Doors>>)>;

async fn list(State((_, doors)): Served) -> (StatusCode, Vec<u8>) {
    let mut doors = doors.lock().unwrap();
    doors.asked.push("crl");
    match &doors.list {
        Some(list) => (StatusCode::OK, list.clone()),
        None => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
    }
}

async fn ocsp(
    State((folder, doors)): Served,
    question: Bytes,
) -> (StatusCode, Vec<u8>) {
    let mut doors = doors.lock().unwrap();
    doors.asked.push("ocsp");
    if !doors.ocsp {
        return (StatusCode::SERVICE_UNAVAILABLE, Vec::new());
    }
    let path = folder.path();
    std::fs::write(path.join("question"), &question).unwrap();
    openssl(
        path,
        "ocsp -index index.txt -CA root.pem -rsigner root.pem -rkey root.key -reqin question \
         -respout answer -nmin 60",
    );
    (StatusCode::OK, std::fs::read(path.join("answer")).unwrap())
}

async fn status(checker: &Checker, of: &Certificate, root: &Certificate) -> Revocation {
    let path = [of.clone(), root.clone()];
    checker.check(&path).await.of(of, root)
}

#[tokio::test(flavor = "multi_thread")]
async fn ocsp_is_asked_first_and_its_answer_remembered() {
    let authority = Authority::new().await;
    let (good, bad) = (authority.issue("god"), authority.issue("kalt"));
    let root = authority.read("root");
    authority.revoke("kalt");
    authority.publish(48);
    authority.answers(true);
    let checker = Checker::new(Clock::system());
    for _ in 0..3 {
        assert_eq!(status(&checker, &good, &root).await, Revocation::Good);
        let revoked = status(&checker, &bad, &root).await;
        assert!(matches!(revoked, Revocation::Revoked(_)), "{revoked:?}");
    }
    assert_eq!(authority.asked(), ["ocsp", "ocsp"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_stand_in_and_outages_are_survived_as_long_as_a_list_holds() {
    let authority = Authority::new().await;
    let (good, bad) = (authority.issue("god"), authority.issue("kalt"));
    let root = authority.read("root");
    authority.revoke("kalt");
    authority.publish(48);
    let now = Clock::system().now();
    let clock = Clock::manual(now);
    let checker = Checker::new(clock.clone());
    assert_eq!(status(&checker, &good, &root).await, Revocation::Good);
    assert_eq!(authority.asked(), ["ocsp", "crl"]);
    // The responder is left alone for a while, and one list is about all.
    let revoked = status(&checker, &bad, &root).await;
    assert!(matches!(revoked, Revocation::Revoked(_)), "{revoked:?}");
    assert_eq!(authority.asked(), [""; 0]);
    // Nobody answers any more: after a day they are asked in vain, and the list holds on.
    authority.doors.lock().unwrap().list = None;
    clock.advance(Duration::from_secs(25 * 3600));
    assert_eq!(status(&checker, &good, &root).await, Revocation::Good);
    assert_eq!(authority.asked(), ["ocsp", "crl"]);
    // After two days it does not hold, and nothing is known.
    clock.advance(Duration::from_secs(30 * 3600));
    assert_eq!(status(&checker, &good, &root).await, Revocation::Unknown);
    // They are back.
    authority.publish(24 * 90);
    clock.advance(Duration::from_secs(6 * 60));
    assert_eq!(status(&checker, &good, &root).await, Revocation::Good);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_or_an_answer_of_somebody_else_says_nothing() {
    let authority = Authority::new().await;
    let good = authority.issue("god");
    let root = authority.read("root");
    let other = Authority::new().await;
    other.issue("god");
    other.publish(48);
    let list = other.doors.lock().unwrap().list.clone();
    authority.doors.lock().unwrap().list = list;
    let checker = Checker::new(Clock::system());
    assert_eq!(status(&checker, &good, &root).await, Revocation::Unknown);
    authority.doors.lock().unwrap().list = Some(b"no list".to_vec());
    let checker = Checker::new(Clock::system());
    assert_eq!(status(&checker, &good, &root).await, Revocation::Unknown);
}
