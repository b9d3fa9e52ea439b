//! The roles: each from its settings to something that listens.

pub(crate) mod broker;
pub(crate) mod keyring;
pub(crate) mod klient;
pub(crate) mod portal;
pub(crate) mod postmottak;
mod record;
pub(crate) mod register;
pub(crate) mod registry;
pub(crate) mod rekeyed;
pub(crate) mod serve;
pub(crate) mod trust;

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::run::Shutdown;

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        anyhow::anyhow!(
            "cannot listen on {address}: {e}; end what listens there, or give another \
             address in the settings"
        )
    })
}

/// Serve until the shutdown, then finish what was begun.
async fn http(
    listener: TcpListener,
    router: Router,
    mut shutdown: Shutdown,
) -> anyhow::Result<()> {
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let told = async move { drop(shutdown.wait_for(|stop| *stop).await) };
    Ok(axum::serve(listener, router)
        .with_graceful_shutdown(told)
        .await?)
}
