//! Where callers connect, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use axum::Router;
use axum::serve::Listener;
use broker::port::{Keys, Port, Stream};
use tokio::task::JoinSet;

use zeroize::Zeroizing;

use crate::run::{Shutdown, shown};
use crate::settings::either;
use crate::settings::serve::Tls;

/// Handshakes that go on at once; further callers wait.
const HANDSHAKES_MAX: usize = 256;

/// An address that is listened on.
pub(super) struct Front {
    port: Port,
    /// Callers that are still agreeing on keys: none waits for another.
    greeting: JoinSet<io::Result<Stream>>,
}

impl Front {
    pub(super) async fn bind(
        address: SocketAddr,
        tls: Option<&Tls>,
    ) -> anyhow::Result<Self> {
        let keys = keys(tls)?.map(Arc::new);
        Ok(Self {
            port: Port::bind(address, keys).await?,
            greeting: JoinSet::new(),
        })
    }

    pub(super) fn url(&self) -> anyhow::Result<String> {
        let scheme = if self.port.is_secure() {
            "https"
        } else {
            "http"
        };
        Ok(format!("{scheme}://{}", self.port.address()?))
    }

    /// Serve until the shutdown, then finish what was begun.
    pub(super) async fn serve(
        self,
        router: Router,
        mut shutdown: Shutdown,
    ) -> anyhow::Result<()> {
        let told = async move { drop(shutdown.wait_for(|stop| *stop).await) };
        let served = axum::serve(self, router).with_graceful_shutdown(told);
        Ok(served.await?)
    }
}

/// Certificate and key, read.
pub(super) fn keys(tls: Option<&Tls>) -> anyhow::Result<Option<Keys>> {
    let Some(tls) = tls else {
        return Ok(None);
    };
    let keys = match (&tls.certificate, &tls.key, &tls.keystore) {
        (Some(certificate), Some(key), None) => Keys::read(&broker::Tls {
            certificate: certificate.clone(),
            key: key.clone(),
        }),
        (None, None, Some(store)) => in_store(tls, store.clone()),
        _ => bail!("tls: give certificate and key, or keystore"),
    };
    Ok(Some(keys?))
}

/// Both in one file. The password is read again with it: whoever renews a key store may
/// give it a new one.
fn in_store(tls: &Tls, store: PathBuf) -> Result<Keys, broker::Error> {
    let (given, file) = (tls.password.clone(), tls.password_file.clone());
    let files = [store.clone()].into_iter().chain(file.clone()).collect();
    let read = move || {
        let wrong = |words: String| {
            broker::Error::Settings(format!("tls.keystore {}: {words}", shown(&store)))
        };
        let password = match (&given, &file) {
            (None, None) => Ok(Zeroizing::default()),
            (given, file) => either("tls.password", given.as_ref(), file.as_deref()),
        };
        let password = password.map_err(|e| wrong(format!("{e:#}")))?;
        let bytes = std::fs::read(&store).map_err(|e| wrong(e.to_string()))?;
        let pem = dokumentpakke::to_pem(&bytes, &password);
        pem.map_err(|e| wrong(e.to_string()))
    };
    Keys::of(files, read)
}

impl Listener for Front {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            tokio::select! {
                Some(greeted) = self.greeting.join_next() => {
                    if let Ok(Ok(stream)) = greeted
                        && let Ok(address) = self.port.address()
                    {
                        return (stream, address);
                    }
                }
                taken = self.port.accept(), if self.greeting.len() < HANDSHAKES_MAX => {
                    match taken {
                        Ok(stream) => {
                            let port = self.port.clone();
                            self.greeting.spawn(async move { port.greet(stream).await });
                        }
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be taken");
                            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                        }
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.port.address().map_err(io::Error::other)
    }
}
