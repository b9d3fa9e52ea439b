//! The klient of one public body.

use std::sync::Arc;

use ambient::{Clock, Random};
use klient::Klient;

use crate::run::{Shutdown, Started, shown};

pub(crate) async fn start(
    settings: klient::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let listening = format!("folder {}", shown(&settings.folder.join("inn")));
    let klient = Klient::open(settings, Clock::system(), Random::system())?;
    let run = Arc::new(klient).run(shutdown);
    let ended = Box::pin(async move {
        run.await;
        Ok(())
    });
    Ok(Started { listening, ended })
}
