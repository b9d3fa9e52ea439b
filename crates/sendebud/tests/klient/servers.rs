//! Those who take orders: a mail server, a WebDAV server, and an address that takes JSON.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::world::{free_ports, until};

/// `aiosmtpd`, which takes mail from who logs in under TLS.
pub(crate) struct Mailserver {
    folder: TempDir,
    child: Child,
    pub(crate) port: u16,
}

impl Mailserver {
    pub(crate) const USER: &str = "sendebud";
    pub(crate) const PASSWORD: &str = "hemmelig-epost";

    pub(crate) fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let program = here.join("target/sdk/smtp/bin/python");
        let (folder, port) = (TempDir::new().unwrap(), free_ports());
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let rcgen::CertifiedKey { cert, signing_key } = made.unwrap();
        let place = |name| folder.path().join(name);
        std::fs::write(place("certificate.pem"), cert.pem()).unwrap();
        std::fs::write(place("key.pem"), signing_key.serialize_pem()).unwrap();
        let child = Command::new(&program)
            .arg(here.join("conformance/sdk/smtp/server.py"))
            .arg(port.to_string())
            .args([place("maildir"), place("certificate.pem"), place("key.pem")])
            .args([Self::USER, Self::PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|e| {
            panic!("{}: {e}; `cargo xtask test` installs it", program.display())
        });
        let mut said = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        Self {
            folder,
            child,
            port,
        }
    }

    /// Who trusts this trusts the server.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        let new = self.folder.path().join("maildir/new");
        let entries = std::fs::read_dir(new).unwrap();
        let read = |path| std::fs::read_to_string(path).unwrap();
        entries.map(|entry| read(entry.unwrap().path())).collect()
    }
}

impl Drop for Mailserver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `WsgiDAV`, serving a folder.
pub(crate) struct Webdav {
    folder: TempDir,
    child: Child,
    pub(crate) url: Url,
}

impl Webdav {
    pub(crate) async fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let program = here.join("target/sdk/webdav/bin/wsgidav");
        let folder = TempDir::new().unwrap();
        let port = free_ports().to_string();
        let child = Command::new(&program)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port,
                "--auth",
                "anonymous",
            ])
            .arg("--root")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|e| {
            panic!("{}: {e}; `cargo xtask test` installs it", program.display())
        });
        let url: Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
        until("the WebDAV server answers", async || {
            reqwest::get(url.clone()).await.ok()
        })
        .await;
        Self { folder, child, url }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

impl Drop for Webdav {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What was posted: the body, the header that signs it, and the one that lets it in.
type Taken = (Vec<u8>, String, String);

#[derive(Clone)]
struct Posted {
    answers: Arc<Mutex<Vec<u16>>>,
    tell: mpsc::UnboundedSender<Taken>,
}

/// An address that answers each post with the next status, and the last for ever.
pub(crate) struct Hook {
    pub(crate) url: Url,
    taken: tokio::sync::Mutex<mpsc::UnboundedReceiver<Taken>>,
    _served: JoinSet<()>,
}

impl Hook {
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let (tell, taken) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.to_vec()));
        let state = Posted { answers, tell };
        let router = Router::new().route("/", post(Self::post)).with_state(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let served = JoinSet::from_iter([async move {
            axum::serve(listener, router).await.unwrap();
        }]);
        Self {
            url: url.parse().unwrap(),
            taken: tokio::sync::Mutex::new(taken),
            _served: served,
        }
    }

    #[expect(clippy::unused_async, reason = "axum's handlers are")]
    async fn post(
        State(state): State<Posted>,
        headers: HeaderMap,
        body: Bytes,
    ) -> StatusCode {
        let header = |name| {
            let value = headers.get(name);
            value.map_or("", |v| v.to_str().unwrap()).to_owned()
        };
        let (signature, token) =
            (header("X-Sendebud-Signature"), header("Authorization"));
        state.tell.send((body.to_vec(), signature, token)).unwrap();
        let mut answers = state.answers.lock().unwrap();
        let answer = match answers.len() {
            1 => answers[0],
            _ => answers.remove(0),
        };
        StatusCode::from_u16(answer).unwrap()
    }

    /// The next that was posted.
    pub(crate) async fn taken(&self) -> Taken {
        self.taken.lock().await.recv().await.unwrap()
    }

    pub(crate) fn verify(key: &str, body: &[u8], signature: &str) {
        let hex = signature.strip_prefix("sha256=").unwrap();
        let tag = (0..hex.len()).step_by(2);
        let tag = tag.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        let tag: Vec<u8> = tag.collect();
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        hmac::verify(&key, body, &tag).unwrap();
    }
}
