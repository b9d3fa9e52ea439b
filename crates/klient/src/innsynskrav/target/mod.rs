//! Targets: whoever takes orders and says yes.

mod folder;
mod webdav;
mod webhook;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::Parcel;
use super::letter::Writer;
use crate::Error;
use crate::settings::{Destination, Settings};
use webdav::Webdav;
pub(crate) use webhook::Webhook;

/// The ways that orders go, by name.
pub(crate) struct Targets {
    writer: Option<Arc<Writer>>,
    routes: HashMap<String, Target>,
}

enum Target {
    Mail(String),
    Folder(std::path::PathBuf),
    Webdav(Webdav),
    Webhook(Webhook),
}

impl Targets {
    pub(crate) fn new(
        settings: &Settings,
        writer: Option<Arc<Writer>>,
    ) -> Result<Self, Error> {
        let mut routes = HashMap::new();
        for route in &settings.routes {
            let target = match &route.to {
                Destination::Mail(_) if writer.is_none() => {
                    let name = &route.name;
                    let words =
                        format!("route {name:?} is by mail, and there is no [mail]");
                    return Err(Error::Settings(words));
                }
                Destination::Mail(address) => Target::Mail(address.clone()),
                Destination::Folder(path) => Target::Folder(path.clone()),
                Destination::Webdav { url, user } => {
                    Target::Webdav(Webdav::new(url, user.as_ref())?)
                }
                Destination::Webhook {
                    url,
                    secret_file,
                    token_file,
                } => {
                    let webhook = Webhook::new(url, secret_file.as_deref())?;
                    Target::Webhook(webhook.with_token(token_file.as_deref())?)
                }
            };
            if route.name == POSTMOTTAK
                || routes.insert(route.name.clone(), target).is_some()
            {
                let words = format!("there are two routes named {:?}", route.name);
                return Err(Error::Settings(words));
            }
        }
        Ok(Self { writer, routes })
    }

    /// Whether there is nowhere to go.
    pub(crate) fn is_empty(&self) -> bool {
        self.writer.is_none() && self.routes.is_empty()
    }

    /// Hand over, and answer when the target has said yes: the place that a person takes
    /// it from, where that is known.
    pub(crate) async fn deliver(
        &self,
        parcel: &Parcel,
    ) -> Result<Option<String>, Error> {
        let route = parcel.route.as_ref().and_then(|name| self.routes.get(name));
        match route {
            None => self.mail(parcel.mailbox.as_deref(), parcel).await,
            Some(Target::Mail(to)) => self.mail(Some(to), parcel).await,
            Some(Target::Folder(path)) => folder::deliver(path, parcel).map(Some),
            Some(Target::Webdav(webdav)) => webdav.deliver(parcel).await.map(|()| None),
            Some(Target::Webhook(webhook)) => {
                webhook.post(&letter(parcel)).await.map(|()| None)
            }
        }
    }

    async fn mail(
        &self,
        to: Option<&str>,
        parcel: &Parcel,
    ) -> Result<Option<String>, Error> {
        let wrong = |what: &str| Error::Message {
            id: parcel.message_id.clone(),
            what: what.to_owned(),
        };
        let writer = self.writer.as_ref();
        let writer =
            writer.ok_or_else(|| wrong("no route fits it, and there is no [mail]"))?;
        let to = to.filter(|to| !to.is_empty());
        let to = to.ok_or_else(|| wrong("it names no mailbox"))?;
        writer.order(to, parcel).await.map(|()| None)
    }
}

/// What the way to the body's mailbox is called.
const POSTMOTTAK: &str = "postmottak";

/// An order as JSON, with the files in Base64.
fn letter(parcel: &Parcel) -> serde_json::Value {
    use base64::Engine;
    let base64 = &base64::engine::general_purpose::STANDARD;
    let files = parcel.came.file.iter().map(|file| {
        json!({"navn": file.name, "type": file.mime, "innhold": base64.encode(&file.bytes)})
    });
    let mut letter = facts(parcel);
    letter["tekst"] = json!(parcel.came.text);
    letter["filer"] = files.collect();
    letter
}

/// What is known of an order, for machines.
fn facts(parcel: &Parcel) -> serde_json::Value {
    json!({
        "id": parcel.id,
        "nokkel": parcel.name(),
        "messageId": parcel.message_id,
        "orgnr": parcel.owner,
        "svarTil": parcel.came.order.as_ref().map(|order| &order.epost),
        "svarfrist": parcel.due.to_string(),
        "gjelderDokument": parcel.which,
        "kravFraSamme": parcel.before.same_requester,
        "kravOmSamme": parcel.before.same_document,
        "bestilling": parcel.came.extracted,
    })
}
