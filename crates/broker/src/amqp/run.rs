//! Take connections, one task each.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Front;
use super::peer::Peer;
use super::wire::carry;

/// Beyond these, further connections wait to be taken.
const CONNECTIONS_MAX: usize = 10_000;
/// When none can be taken for want of files, the wait before the next attempt.
const BREATH: Duration = Duration::from_millis(100);

/// Serve whoever connects, until dropped, which cuts all of them off.
pub(crate) async fn serve(listener: TcpListener, front: Front) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            taken = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                match taken {
                    Ok((stream, _)) => {
                        // Answers are small and someone waits for each.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(carry(stream, Peer::new(front.clone())));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(BREATH).await;
                    }
                }
            }
        }
    }
}
