//! Where clients connect, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::Error;
use crate::settings::Tls;

/// Who has not agreed on keys by then is gone.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// An address that is listened on. Cheap to clone.
#[derive(Clone)]
pub struct Port {
    listener: Arc<TcpListener>,
    keys: Option<Arc<Keys>>,
}

/// Certificate and key, read again when their files have changed.
pub struct Keys {
    files: Vec<PathBuf>,
    read: Box<dyn Fn() -> Result<Pem, Error> + Send + Sync>,
    current: Mutex<(Option<SystemTime>, TlsAcceptor)>,
}

/// The certificates, ours first, and the key, as PEM.
pub type Pem = (String, Zeroizing<String>);

impl Keys {
    /// Fails when the files cannot be read, or do not belong together.
    pub fn read(files: &Tls) -> Result<Self, Error> {
        let Tls { certificate, key } = files.clone();
        let places = vec![certificate.clone(), key.clone()];
        let text = |path: &Path| {
            let wrong = |e| Error::Settings(format!("tls: {}: {e}", path.display()));
            std::fs::read_to_string(path).map_err(wrong)
        };
        let read = move || Ok((text(&certificate)?, Zeroizing::new(text(&key)?)));
        Self::of(places, read)
    }

    /// The same from files in which they lie otherwise. Fails as [`Keys::read`].
    pub fn of(
        files: Vec<PathBuf>,
        read: impl Fn() -> Result<Pem, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let current = (changed(&files), acceptor(&files, &read()?)?);
        Ok(Self {
            files,
            read: Box::new(read),
            current: Mutex::new(current),
        })
    }

    /// What is to be used now. A renewed certificate needs no restart.
    fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().expect("nobody panics while holding it");
        let now = changed(&self.files);
        if now != current.0 {
            current.0 = now;
            let read = (self.read)().and_then(|pem| acceptor(&self.files, &pem));
            match read {
                Ok(acceptor) => current.1 = acceptor,
                Err(error) => {
                    tracing::error!(%error, "the renewed certificate cannot be used");
                }
            }
        }
        current.1.clone()
    }
}

/// When the last of the files was changed.
fn changed(files: &[PathBuf]) -> Option<SystemTime> {
    let time = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    files.iter().filter_map(time).max()
}

fn acceptor(files: &[PathBuf], (chain, key): &Pem) -> Result<TlsAcceptor, Error> {
    let (first, last) = (files.first(), files.last());
    let wrong = |file: Option<&PathBuf>, error: &dyn std::fmt::Display| {
        let file = file.map(|file| file.display().to_string());
        Error::Settings(format!("tls: {}: {error}", file.unwrap_or_default()))
    };
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| wrong(first, &e))?;
    let key =
        PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| wrong(last, &e))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| wrong(last, &e))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Port {
    /// Fails when the address is taken.
    pub async fn bind(
        address: SocketAddr,
        keys: Option<Arc<Keys>>,
    ) -> Result<Self, Error> {
        let bound = TcpListener::bind(address).await.map_err(|e| {
            Error::Settings(format!(
                "cannot listen on {address}: {e}; end what listens there, or give \
                 another address in the settings"
            ))
        })?;
        Ok(Self {
            listener: Arc::new(bound),
            keys,
        })
    }

    /// Where it is.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        let address = self.listener.local_addr();
        address.map_err(|e| Error::Log(e.to_string()))
    }

    /// Whether it speaks TLS.
    pub fn is_secure(&self) -> bool {
        self.keys.is_some()
    }

    /// The next who connects. Answers are small and someone waits for each.
    pub async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        drop(stream.set_nodelay(true));
        Ok(stream)
    }

    /// Agree on keys where that is wanted.
    pub async fn greet(&self, stream: TcpStream) -> io::Result<Stream> {
        let Some(keys) = &self.keys else {
            return Ok(Stream::Plain(stream));
        };
        let agree = keys.acceptor().accept(stream);
        let stream = tokio::time::timeout(HANDSHAKE_TIME_MAX, agree).await??;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// A connection.
pub enum Stream {
    /// In the clear.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
