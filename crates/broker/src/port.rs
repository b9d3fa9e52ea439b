//! Where clients connect, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
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
    files: Tls,
    current: Mutex<(Option<SystemTime>, TlsAcceptor)>,
}

impl Keys {
    /// Fails when the files cannot be read, or do not belong together.
    pub fn read(files: &Tls) -> Result<Self, Error> {
        let current = (changed(files), acceptor(files)?);
        Ok(Self {
            files: files.clone(),
            current: Mutex::new(current),
        })
    }

    /// What is to be used now. A renewed certificate needs no restart.
    fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().expect("nobody panics while holding it");
        let now = changed(&self.files);
        if now != current.0 {
            current.0 = now;
            match acceptor(&self.files) {
                Ok(acceptor) => current.1 = acceptor,
                Err(error) => {
                    tracing::error!(%error, "the renewed certificate cannot be used");
                }
            }
        }
        current.1.clone()
    }
}

/// When either file was changed last.
fn changed(files: &Tls) -> Option<SystemTime> {
    let time = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    time(&files.certificate).max(time(&files.key))
}

fn acceptor(files: &Tls) -> Result<TlsAcceptor, Error> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| {
        Error::Settings(format!("tls: {}: {error}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong(&files.certificate, &e))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|e| wrong(&files.key, &e))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| wrong(&files.key, &e))?;
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
