//! The address register.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use registry::desk::{self, Desk};
use registry::server::{Directory, Organisation, Register, routes};
use secrecy::SecretString;

use super::{http, listen};
use crate::command::package::identities_of;
use crate::run::{Shutdown, Started, shown};
use crate::settings::{self, secret};

/// How often the file is looked at.
const LOOK_TIME: Duration = Duration::from_secs(2);

pub(crate) async fn start(
    settings: settings::Registry,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let directory = directory(&settings)?;
    let signer = match &settings.signing_key {
        Some(key) => identities_of(key)?.into_iter().next(),
        None => {
            tracing::warn!(
                "the register's answers are UNSIGNED: for closed networks and tests"
            );
            None
        }
    };
    let read =
        |path: &PathBuf| secret(path).map(|text| SecretString::from(text.as_str()));
    let sas_key = settings.sas_key_file.as_ref().map(read).transpose()?;
    let password = settings.desk_password_file.as_ref().map(read).transpose()?;
    let register = Arc::new(Register {
        directory: directory.into(),
        signer,
        sas_key,
    });
    let mut router = routes(Arc::clone(&register));
    if let Some(password) = password {
        let data = settings.data.clone();
        let data =
            data.context("desk_password_file: a desk needs `data` to keep in")?;
        router = router.merge(desk::routes(Arc::new(Desk {
            register: Arc::clone(&register),
            password,
            keep: Box::new(move |directory| keep(&data, directory)),
        })));
    }
    let listener = listen(settings.listen).await?;
    let listening = format!("http://{}", listener.local_addr()?);
    let ended = Box::pin(async move {
        let served = http(listener, router, shutdown.clone());
        let (served, ()) =
            tokio::join!(served, watch(register, settings.data, shutdown));
        served
    });
    Ok(Started { listening, ended })
}

/// Whom the settings name: those in the file, or, while there is none, those beside it.
pub(crate) fn directory(settings: &settings::Registry) -> anyhow::Result<Directory> {
    if let Some(data) = settings.data.as_ref().filter(|data| data.exists()) {
        return stored(data);
    }
    let mut known = Vec::with_capacity(settings.organisations.len());
    for organisation in &settings.organisations {
        let place = &organisation.certificate;
        let certificate = std::fs::read_to_string(place)
            .with_context(|| format!("certificate {}", shown(place)))?;
        dokumentpakke::Certificate::from_pem(&certificate)
            .with_context(|| format!("certificate {}", shown(place)))?;
        known.push(Organisation {
            orgnr: organisation.orgnr.to_string(),
            name: organisation.name.clone(),
            certificate,
            postadresse: organisation.postadresse.clone(),
            records: organisation.records.clone(),
        });
    }
    Ok(Directory::new(known))
}

fn stored(data: &Path) -> anyhow::Result<Directory> {
    let text = std::fs::read_to_string(data)
        .with_context(|| format!("the register {}", shown(data)))?;
    Directory::from_json(&text).with_context(|| format!("the register {}", shown(data)))
}

/// Write it beside, and put it in its place whole.
pub(crate) fn keep(data: &Path, directory: &Directory) -> std::io::Result<()> {
    let draft = data.with_extension("json.new");
    let file = std::fs::File::create(&draft)?;
    std::io::Write::write_all(&mut &file, directory.json().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, data)
}

/// Answer by the file when it changes; by what was known while it cannot be read.
async fn watch(register: Arc<Register>, data: Option<PathBuf>, mut shutdown: Shutdown) {
    let Some(data) = data else { return };
    let stamp = || {
        let meta = std::fs::metadata(&data).ok()?;
        Some((meta.len(), meta.modified().ok()?))
    };
    let (mut tick, mut known) = (tokio::time::interval(LOOK_TIME), stamp());
    loop {
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            _ = tick.tick() => {}
        }
        let now = stamp();
        if now == known || now.is_none() {
            continue;
        }
        known = now;
        match stored(&data) {
            Ok(directory) => {
                *register
                    .directory
                    .write()
                    .expect("nobody panics while holding it") = directory;
                tracing::info!("the register was read anew");
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the changed register cannot be read");
            }
        }
    }
}
