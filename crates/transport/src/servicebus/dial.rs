//! A stream to the message service: in the clear, or TLS on it.

use std::sync::Arc;
use std::time::Duration;

use ambient::Random;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::websocket::upgrade;
use crate::Error;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(20);

/// Where AMQP is spoken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// Certificates (PEM) of authorities that are believed in place of the system's.
    pub(super) authorities: Option<&'a [u8]>,
    /// Whether it is inside a WebSocket.
    pub(super) websocket: Option<&'a Random>,
}

/// Where AMQP is when no port is given.
pub(super) fn amqp_port(tls: bool) -> u16 {
    if tls { 5671 } else { 5672 }
}

/// Bytes both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) async fn dial(address: Address<'_>) -> Result<Box<dyn Stream>, Error> {
    let dialling = timeout(CONNECT_TIME_MAX, connect(address));
    let late = |_| Error::Unreachable("no connection in time".into());
    dialling.await.map_err(late)?
}

async fn connect(address: Address<'_>) -> Result<Box<dyn Stream>, Error> {
    let (host, port) = (address.host, address.port);
    let failed =
        |e: std::io::Error| Error::Unreachable(format!("{host}, port {port}: {e}"));
    let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
    // Someone waits for each answer.
    let _ = stream.set_nodelay(true);
    if !address.tls {
        return inside(address, stream).await.map_err(failed);
    }
    let config = config(address.authorities)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|e| Error::Settings(format!("host {host}: {e}")))?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(failed)?;
    inside(address, stream).await.map_err(failed)
}

/// The stream itself, or one inside a WebSocket on it.
async fn inside(
    address: Address<'_>,
    stream: impl Stream + 'static,
) -> std::io::Result<Box<dyn Stream>> {
    Ok(match address.websocket {
        None => Box::new(stream),
        Some(random) => Box::new(upgrade(stream, address.host, random.clone()).await?),
    })
}

/// Whom we believe: these authorities alone, or those that the system does.
fn config(authorities: Option<&[u8]>) -> Result<ClientConfig, Error> {
    let wrong = |e: String| Error::Settings(format!("certificates: {e}"));
    let Some(pem) = authorities else {
        return ClientConfig::with_platform_verifier()
            .map_err(|e| wrong(e.to_string()));
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|e| wrong(format!("{e:?}")))?;
        roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there are none; expected PEM".into()));
    }
    Ok(ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth())
}
