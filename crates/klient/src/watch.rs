//! The watchdog: what stands still is said, once, to whoever can mend it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, ToSpan};
use serde_json::json;

use crate::files::Folder;
use crate::ledger::{file, order, part, watch};
use crate::{Error, Klient};

/// How long an access point may be away before it is told of: a restart is nothing.
const AWAY_TIME: SignedDuration = SignedDuration::from_mins(5);

impl Klient {
    /// Look at everything that may stand still, and tell the operator what is new.
    pub async fn watch(&self) -> Result<bool, Error> {
        self.see_taken().await?;
        let alerts = self.alerts().await?;
        let now = self.clock.now();
        let new = watch::stand(&self.db, alerts, now).await?;
        if new.is_empty() {
            return Ok(false);
        }
        for (name, words) in &new {
            tracing::error!(alert = name, words, "something stands still");
        }
        self.tell(&new).await?;
        let names = new.into_iter().map(|(name, _)| name).collect();
        watch::told(&self.db, names, now).await?;
        Ok(false)
    }

    async fn tell(&self, new: &[(String, String)]) -> Result<(), Error> {
        if let (Some(to), Some(writer)) = (&self.settings.watch.mail, &self.writer) {
            let words = new.iter().map(|(_, words)| words.as_str());
            let words = words.collect::<Vec<_>>().join("\n\n");
            writer.alert(to, &format!("{words}\n")).await?;
        }
        if let Some(webhook) = &self.alert_webhook {
            let alerts = new.iter();
            let alerts =
                alerts.map(|(name, words)| json!({"navn": name, "tekst": words}));
            let body = json!({"orgnr": self.settings.orgnr, "varsler": alerts.collect::<Vec<_>>()});
            webhook.post(&body).await?;
        }
        Ok(())
    }

    /// What stands still: a name that stays the same while it does, and words.
    async fn alerts(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut alerts = BTreeMap::new();
        let mut say = |name: &str, words: String| alerts.insert(name.to_owned(), words);
        let (now, set) = (self.clock.now(), &self.settings.watch);
        let days = i64::from(set.publish_working_days);
        if days > 0 {
            let latest = file::latest(&self.db).await?;
            let since = latest.unwrap_or(self.opened);
            let passed = self.calendar.between(since, now);
            if passed >= days {
                let words = format!("Ingenting er publisert på {passed} virkedager.");
                say("publisering", words);
            }
        }
        if let Some((since, error)) = self.away(now).await
            && now.duration_since(since) >= AWAY_TIME
        {
            let words = format!(
                "Aksesspunktet svarer ikke som det skal: {error}. Ingenting blir \
                 publisert eller hentet."
            );
            say("aksesspunkt", words);
        }
        let before = self.calendar.back(now, 1);
        let silent = part::unanswered(&self.db, before).await?.len();
        if silent > 0 {
            say(
                "kvittering",
                format!(
                    "{silent} publiseringer er levert uten at kvittering er kommet på en \
                 virkedag. Kvitteringer slås på i eInnsyns administrasjon."
                ),
            );
        }
        let held = file::of_folder(&self.db, Folder::Karantene, 1000)
            .await?
            .len();
        if held > 0 {
            say(
                "karantene",
                format!("{held} filer i karantene venter på et menneske."),
            );
        }
        let late = order::unfinished(&self.db, now - 1.hour()).await?;
        if late > 0 {
            say(
                "levering",
                format!(
                    "{late} innsynskrav er ikke levert på en time. Loggen sier hvorfor."
                ),
            );
        }
        let untaken = i64::from(set.untaken_working_days);
        for one in order::untaken(&self.db).await? {
            if self.calendar.between(one.came, now) >= untaken {
                let due = self.calendar.date(one.due).strftime("%d.%m.%Y");
                let place = one.place.rsplit('/').next().unwrap_or_default();
                say(
                    &format!("urørt {place}"),
                    format!(
                        "Innsynskravet i mappen {place} er ikke hentet. Det bør besvares innen {due}."
                    ),
                );
            }
        }
        Ok(alerts)
    }

    /// Since when the access point does not answer that it is well, and what it says.
    async fn away(
        &self,
        now: jiff::Timestamp,
    ) -> Option<(jiff::Timestamp, fagsystem::Error)> {
        let answer = self.access_point.health().await;
        let mut away = self.away.lock().await;
        match answer {
            Ok(()) => {
                *away = None;
                None
            }
            Err(error) => Some((*away.get_or_insert(now), error)),
        }
    }

    /// What no longer lies where it was laid has been taken.
    async fn see_taken(&self) -> Result<(), Error> {
        for one in order::untaken(&self.db).await? {
            if !Path::new(&one.place).exists() {
                order::taken(&self.db, &one, self.clock.now()).await?;
            }
        }
        Ok(())
    }
}
