//! A mailbox for demonstrations and tests.

use super::listen;
use crate::run::{Shutdown, Started};
use crate::settings::Postmottak;

pub(crate) async fn start(
    settings: Postmottak,
    mut shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let listener = listen(settings.listen).await?;
    let listening = format!("smtp://{}", listener.local_addr()?);
    let ended = async move {
        tokio::select! {
            served = klient::postmottak::serve(listener, settings.folder) => Ok(served?),
            _ = async { shutdown.wait_for(|stop| *stop).await.is_ok() } => Ok(()),
        }
    };
    Ok(Started {
        listening,
        ended: Box::pin(ended),
    })
}
