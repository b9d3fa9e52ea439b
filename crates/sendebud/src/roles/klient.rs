//! The klient of one public body.

use std::sync::Arc;

use ambient::{Clock, Random};
use klient::{Klient, page};

use super::{http, listen};
use crate::run::{Shutdown, Started, shown};

pub(crate) async fn start(
    settings: klient::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let mut listening = format!("folder {}", shown(&settings.folder.join("inn")));
    let address = settings.watch.listen;
    let klient = Arc::new(Klient::open(settings, Clock::system(), Random::system())?);
    let Some(address) = address else {
        let run = klient.run(shutdown);
        let ended = Box::pin(async move {
            run.await;
            Ok(())
        });
        return Ok(Started { listening, ended });
    };
    let listener = listen(address).await?;
    listening += &format!(", http://{}", listener.local_addr()?);
    let ended = Box::pin(async move {
        let served = http(
            listener,
            page::router(Arc::clone(&klient)),
            shutdown.clone(),
        );
        let ((), served) = tokio::join!(klient.run(shutdown), served);
        served
    });
    Ok(Started { listening, ended })
}
