//! The stand-in for einnsyn.no.

use std::sync::Arc;

use ambient::{Clock, Random};
use portal::{Portal, router};

use super::{http, listen};
use crate::run::{Shutdown, Started};

pub(crate) async fn start(
    settings: portal::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let listener = listen(settings.listen).await?;
    let listening = format!("http://{}", listener.local_addr()?);
    let portal = Arc::new(Portal::open(settings, Clock::system(), Random::system())?);
    let ended = async move {
        let served = http(listener, router(Arc::clone(&portal)), shutdown.clone());
        let ((), served) = tokio::join!(portal.run(shutdown), served);
        served
    };
    Ok(Started {
        listening,
        ended: Box::pin(ended),
    })
}
