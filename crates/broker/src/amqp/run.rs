//! Take connections, one task each.

use std::time::Duration;

use futures_util::future::select_all;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Front;
use super::peer::Peer;
use super::wire::carry;
use crate::port::{Port, Stream};
use crate::websocket::WebSocket;

/// Beyond these, further connections wait to be taken.
const CONNECTIONS_MAX: usize = 10_000;
/// When none can be taken for want of files, the wait before the next attempt.
const BREATH: Duration = Duration::from_millis(100);

/// A connection that began as a request.
pub(crate) type Upgraded = hyper::upgrade::OnUpgrade;

/// Serve whoever connects, until dropped, which cuts all of them off.
pub(crate) async fn serve(
    ports: Vec<Port>,
    mut upgrades: mpsc::Receiver<Upgraded>,
    front: Front,
) {
    let mut connections = JoinSet::new();
    loop {
        let room = connections.len() < CONNECTIONS_MAX;
        tokio::select! {
            Some(_) = connections.join_next() => {}
            Some(upgrade) = upgrades.recv(), if room => {
                let peer = Peer::new(front.clone());
                connections.spawn(async move {
                    // It is one when the answer to the request has gone.
                    if let Ok(stream) = upgrade.await {
                        carry(WebSocket::new(TokioIo::new(stream)), peer).await;
                    }
                });
            }
            (taken, port) = any(&ports), if room => match taken {
                Ok(stream) => {
                    let (port, peer) = (port.clone(), Peer::new(front.clone()));
                    connections.spawn(async move {
                        match port.greet(stream).await {
                            Ok(Stream::Plain(stream)) => carry(stream, peer).await,
                            Ok(stream @ Stream::Tls(_)) => carry(stream, peer).await,
                            Err(error) => tracing::debug!(%error, "no agreement on keys"),
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

/// The next who connects, at any of the ports.
async fn any(ports: &[Port]) -> (std::io::Result<TcpStream>, &Port) {
    let accepts = ports
        .iter()
        .map(|port| Box::pin(async move { (port.accept().await, port) }));
    let (taken, ..) = select_all(accepts).await;
    taken
}
