//! The message service.

use ambient::{Clock, Random};
use anyhow::{Context, bail};
use broker::Tls;
use broker::emulator::Emulated;
use tokio::sync::oneshot;

use crate::cli::{Broker, Role};
use crate::run::{self, Shutdown, Started, shown};

/// From settings of our own, or from the emulator's file.
pub(crate) fn run(options: &Broker) -> anyhow::Result<()> {
    let (file, data) = match (&options.config, &options.emulator_config) {
        (Some(config), _) => {
            let config = config.clone();
            return run::role(&Role { config }, start);
        }
        (None, Some(file)) => (file, options.data.clone().unwrap_or_default()),
        (None, None) => bail!("give --config or --emulator-config"),
    };
    crate::log::start();
    let place = || format!("the emulator's configuration {}", shown(file));
    let text = std::fs::read_to_string(file).with_context(place)?;
    let emulated = Emulated::read(&text).with_context(place)?;
    for words in &emulated.left_out {
        eprintln!("NOT IMPLEMENTED: {words}");
    }
    let both = options.tls_certificate.clone().zip(options.tls_key.clone());
    let settings = emulated.over(broker::Settings {
        amqp: options.amqp,
        http: options.http,
        amqps: both.as_ref().map(|_| options.amqps),
        https: options.https,
        tls: both.map(|(certificate, key)| Tls { certificate, key }),
        ..broker::Settings::new(data)
    });
    run::begin(settings, start)
}

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
