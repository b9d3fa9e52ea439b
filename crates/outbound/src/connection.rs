//! A connection of one's own, for services that ask a connection who it is: requests go
//! over it one after the other, and over no other.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::Fuse;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::{CONNECT_TIME_MAX, Error};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection. What moves its bytes is in it: it moves while a request is waited for.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    moving: Fuse<Pin<Box<dyn Future<Output = ()> + Send>>>,
    host: HeaderValue,
}

impl Connection {
    /// To the host of this address; under TLS by `https`, believing these authorities
    /// (PEM) or else the machine's.
    pub async fn open(base: &Url, authorities: Option<&[u8]>) -> Result<Self, Error> {
        let wrong = |e: &dyn std::fmt::Display| Error::Connection(e.to_string());
        let host = base.host_str().ok_or_else(|| wrong(&"no host"))?;
        let port = base.port_or_known_default().unwrap_or(80);
        let dialled = timeout(CONNECT_TIME_MAX, TcpStream::connect((host, port))).await;
        let stream = dialled.map_err(|e| wrong(&e))?.map_err(|e| wrong(&e))?;
        // Someone waits for each answer.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = if base.scheme() == "https" {
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
            let name = name.map_err(|e| wrong(&e))?;
            let connector = TlsConnector::from(Arc::new(tls(authorities)?));
            let greeted =
                timeout(CONNECT_TIME_MAX, connector.connect(name, stream)).await;
            Box::new(greeted.map_err(|e| wrong(&e))?.map_err(|e| wrong(&e))?)
        } else {
            Box::new(stream)
        };
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|e| wrong(&e))?;
        let moving = connection.map(drop).boxed().fuse();
        let authority = match base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let host = HeaderValue::from_str(&authority).map_err(|e| wrong(&e))?;
        Ok(Self {
            sender,
            moving,
            host,
        })
    }

    /// Ask, and read the answer to its end, or fail when it has more bytes.
    pub async fn post(
        &mut self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        bytes_max: usize,
    ) -> Result<Response<Bytes>, Error> {
        let mut target = url.path().to_owned();
        if let Some(query) = url.query() {
            target = format!("{target}?{query}");
        }
        let mut request = Request::post(target).body(Full::new(body));
        if let Ok(request) = &mut request {
            *request.headers_mut() = headers;
            request.headers_mut().insert(HOST, self.host.clone());
        }
        let request = request.map_err(|e| Error::Connection(e.to_string()))?;
        let sender = &mut self.sender;
        let asked = async {
            sender
                .ready()
                .await
                .map_err(|e| Error::Connection(e.to_string()))?;
            let answer = sender.send_request(request).await;
            let (head, body) = answer
                .map_err(|e| Error::Connection(e.to_string()))?
                .into_parts();
            let body = Limited::new(body, bytes_max).collect().await;
            let body = body
                .map_err(|e| Error::Connection(e.to_string()))?
                .to_bytes();
            Ok(Response::from_parts(head, body))
        };
        let mut asked = std::pin::pin!(asked);
        let moving = &mut self.moving;
        poll_fn(|cx| match asked.poll_unpin(cx) {
            Poll::Ready(answer) => Poll::Ready(answer),
            // What it has moved is for the one who waits.
            Poll::Pending => match moving.poll_unpin(cx) {
                Poll::Ready(()) => asked.poll_unpin(cx),
                Poll::Pending => Poll::Pending,
            },
        })
        .await
    }
}

/// Whom we believe: these authorities alone, or those that the machine does.
fn tls(authorities: Option<&[u8]>) -> Result<ClientConfig, Error> {
    let Some(pem) = authorities else {
        let config = ClientConfig::with_platform_verifier();
        return config.map_err(|e| Error::Client(e.to_string()));
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|e| Error::Client(format!("{e:?}")))?;
        let added = roots.add(certificate);
        added.map_err(|e| Error::Client(e.to_string()))?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}
