//! The klient of one public body.

use std::sync::Arc;

use ambient::{Clock, Random};
use klient::{Klient, desk, page};

use super::{http, listen};
use crate::run::{Shutdown, Started, shown};

pub(crate) async fn start(
    settings: klient::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let mut listening = format!("folder {}", shown(&settings.folder.join("inn")));
    let (watch, form) = (settings.watch.listen, settings.form.clone());
    let klient = Arc::new(Klient::open(settings, Clock::system(), Random::system())?);
    let mut doors = Vec::new();
    if let Some(address) = watch {
        doors.push((listen(address).await?, page::router(Arc::clone(&klient))));
    }
    if let Some(form) = form {
        let router = desk::router(Arc::clone(&klient), &form)?;
        doors.push((listen(form.listen).await?, router));
    }
    let mut served = tokio::task::JoinSet::new();
    for (listener, router) in doors {
        listening += &format!(", http://{}", listener.local_addr()?);
        served.spawn(http(listener, router, shutdown.clone()));
    }
    let ended = Box::pin(async move {
        klient.run(shutdown).await;
        while let Some(ended) = served.join_next().await {
            ended??;
        }
        Ok(())
    });
    Ok(Started { listening, ended })
}
