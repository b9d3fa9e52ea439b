//! The message service.

use ambient::{Clock, Random};
use tokio::sync::oneshot;

use crate::run::{Shutdown, Started};

pub(crate) async fn start(
    settings: broker::Settings,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let (tell, ready) = oneshot::channel();
    let run = broker::run(settings, Clock::system(), Random::system(), tell, shutdown);
    let mut ended = Box::pin(async { Ok(run.await?) });
    let listening = tokio::select! {
        listening = ready => listening?,
        early = &mut ended => {
            early?;
            anyhow::bail!("the broker ended before it listened");
        }
    };
    let mut words = format!("http://{} amqp://{}", listening.http, listening.amqp);
    for (scheme, address) in [("https", listening.https), ("amqps", listening.amqps)] {
        if let Some(address) = address {
            words += &format!(" {scheme}://{address}");
        }
    }
    let listening = words;
    Ok(Started { listening, ended })
}
