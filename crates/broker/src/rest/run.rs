//! Take HTTP connections, one task each.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::tap::{HEARD_BYTES_MAX, Tap, Tapped, carry};
use crate::port::Port;

/// Beyond these, further connections wait to be taken.
const CONNECTIONS_MAX: usize = 10_000;
/// When none can be taken for want of files, the wait before the next attempt.
const BREATH: Duration = Duration::from_millis(100);
/// Who has not sent a whole head by then is gone; so is who sends nothing for as long
/// between requests.
const HEAD_TIME_MAX: Duration = Duration::from_mins(2);

/// Serve whoever connects, until dropped, which cuts all of them off.
pub(crate) async fn serve(port: Port, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            taken = port.accept(), if connections.len() < CONNECTIONS_MAX => {
                match taken {
                    Ok(stream) => {
                        let (port, router) = (port.clone(), router.clone());
                        connections.spawn(async move {
                            if let Ok(stream) = port.greet(stream).await {
                                carry_on(stream, router, port.is_secure()).await;
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
}

/// Whether a request came over TLS.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secure(pub(super) bool);

/// Serve one connection to its end. When the client hangs up, what it waited for is
/// dropped at once.
async fn carry_on(stream: crate::port::Stream, router: Router, secure: bool) {
    let tap = Tap::default();
    let tapped = Tapped::new(stream, tap.clone());
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (router, tap) = (router.clone(), tap.clone());
        async move {
            let mut request = request.map(Body::new);
            let spelling = tap.spelling(request.headers());
            request.extensions_mut().insert(spelling);
            request.extensions_mut().insert(Secure(secure));
            let answer = router.oneshot(request).await;
            answer.map(|answer| carry(answer, &tap))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEARD_BYTES_MAX)
        .serve_connection(TokioIo::new(tapped), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
