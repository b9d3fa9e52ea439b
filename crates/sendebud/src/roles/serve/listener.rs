//! Where callers connect, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::serve::Listener;
use broker::port::{Keys, Port, Stream};
use tokio::task::JoinSet;

use crate::run::Shutdown;
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
    let keys = tls.map(|tls| {
        Keys::read(&broker::Tls {
            certificate: tls.certificate.clone(),
            key: tls.key.clone(),
        })
    });
    keys.transpose().context("tls")
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
