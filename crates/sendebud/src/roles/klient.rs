//! The klient of one public body.

use std::sync::Arc;

use ambient::{Clock, Random};
use axum::Router;
use klient::{Klient, desk, page};
use tokio::net::TcpListener;

use super::{http, listen};
use crate::run::{Shutdown, Started, shown};

pub(crate) async fn start(
    settings: klient::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let mut listening = format!("folder {}", shown(&settings.folder.join("inn")));
    let (watch, form) = (settings.watch.listen, settings.form.clone());
    let klient = Arc::new(Klient::open(settings, Clock::system(), Random::system())?);
    let watch = match watch {
        Some(address) => {
            let router = page::router(Arc::clone(&klient));
            Some((listen(address).await?, router))
        }
        None => None,
    };
    let form = match form {
        Some(form) => {
            let router = desk::router(Arc::clone(&klient), &form)?;
            Some((listen(form.listen).await?, router))
        }
        None => None,
    };
    for (listener, _) in [&watch, &form].into_iter().flatten() {
        listening += &format!(", http://{}", listener.local_addr()?);
    }
    let served =
        async |door: Option<(TcpListener, Router)>, shutdown: Shutdown| match door {
            Some((listener, router)) => http(listener, router, shutdown).await,
            None => Ok(()),
        };
    let ended = Box::pin(async move {
        let (watch, form) = (
            served(watch, shutdown.clone()),
            served(form, shutdown.clone()),
        );
        let ((), watch, form) = tokio::join!(klient.run(shutdown), watch, form);
        watch.and(form)
    });
    Ok(Started { listening, ended })
}
