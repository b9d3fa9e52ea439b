//! From settings to the door of one organisation: who enters, and how often.

use std::sync::Arc;

use anyhow::{Context, bail};
use api::{Credentials, Door, Pace, Scopes};
use flow::Point;

use crate::settings::either;
use crate::settings::serve::Serve;

/// What a door is made of, read before anything is opened.
pub(super) struct Made {
    known: Vec<Credentials>,
    pace: Pace,
}

impl Made {
    pub(super) fn words(&self) -> String {
        match self.known.len() {
            0 => "the API is open to whoever reaches it".to_owned(),
            known => format!("{known} user(s) and keys are known"),
        }
    }

    pub(super) fn on(self, point: Arc<Point>) -> Door {
        let door = Door::new(point).paced(self.pace);
        if self.known.is_empty() {
            return door;
        }
        door.locked(self.known)
    }
}

/// Refuses to be open by mistake: no credentials of ours, no empty ones.
pub(super) fn settings(settings: &Serve) -> anyhow::Result<Made> {
    let default = Pace::default();
    let pace = Pace {
        per_second: settings.requests_per_second.filter(|rate| *rate > 0),
        at_once: settings.requests_max.unwrap_or(default.at_once),
    };
    let mut known = known(settings)?;
    let orgnr = settings.orgnr.as_str();
    match (settings.login, known.is_empty()) {
        (Some(true), true) => bail!(
            "login is on and nobody is named: give users or api_keys, or login = false"
        ),
        (Some(false), false) => {
            tracing::warn!(orgnr, "login is off: users and keys are not asked for");
            known.clear();
        }
        (_, true) => tracing::warn!(orgnr, "the API is open to whoever reaches it"),
        (_, false) => {}
    }
    Ok(Made { known, pace })
}

fn known(settings: &Serve) -> anyhow::Result<Vec<Credentials>> {
    let scopes = |names: &[String]| {
        let read = Scopes::read(names.iter().map(String::as_str));
        read.map_err(anyhow::Error::msg)
    };
    let mut all = Vec::new();
    for user in &settings.users {
        let whose = format!("users: {}", user.name);
        let password = either(
            &whose,
            user.password.as_ref(),
            user.password_file.as_deref(),
        )?;
        let scopes = scopes(&user.scopes).with_context(|| whose.clone())?;
        let made = Credentials::user(&user.name, &password, scopes);
        all.push(
            made.with_context(|| format!("{whose}: name or password is of no use"))?,
        );
    }
    for key in &settings.api_keys {
        let whose = format!("api_keys: {}", key.name);
        let text = either(&whose, key.key.as_ref(), key.key_file.as_deref())?;
        let scopes = scopes(&key.scopes).with_context(|| whose.clone())?;
        let made = Credentials::key(&key.name, &text, scopes);
        all.push(made.with_context(|| format!("{whose}: name or key is of no use"))?);
    }
    Ok(all)
}
