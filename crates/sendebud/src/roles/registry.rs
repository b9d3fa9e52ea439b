//! The address register.

use anyhow::Context;
use registry::server::{Directory, Organisation, router};

use super::{http, listen};
use crate::run::{Shutdown, Started, shown};
use crate::settings;

pub(crate) async fn start(
    settings: settings::Registry,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    tracing::warn!(
        "the register's answers are UNSIGNED: for closed networks and tests"
    );
    let mut known = Vec::with_capacity(settings.organisations.len());
    for organisation in settings.organisations {
        let place = &organisation.certificate;
        let certificate = std::fs::read_to_string(place)
            .with_context(|| format!("certificate {}", shown(place)))?;
        dokumentpakke::Certificate::from_pem(&certificate)
            .with_context(|| format!("certificate {}", shown(place)))?;
        known.push(Organisation {
            orgnr: organisation.orgnr.to_string(),
            name: organisation.name,
            certificate,
            postadresse: organisation.postadresse,
            records: organisation.records,
        });
    }
    let listener = listen(settings.listen).await?;
    let listening = format!("http://{}", listener.local_addr()?);
    let ended = Box::pin(http(listener, router(Directory::new(known)), shutdown));
    Ok(Started { listening, ended })
}
