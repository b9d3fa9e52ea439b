//! How files are published.

use std::time::Duration;

use serde::Deserialize;

/// How files are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// By which rules files are judged.
    pub profile: Profile,
    /// Rules whose breach sends a file to `karantene`, until a person lets it go.
    pub karantene: Vec<String>,
    /// Whether a person must let every file go.
    pub godkjenning: bool,
    /// Minutes between a file's coming and its sending, in which it can be taken back.
    pub delay_minutes: u32,
    /// Whether eInnsyn answers with kvitteringer (`skalMottaKvittering` in its
    /// administration) and they are fetched here.
    pub kvittering: bool,
    /// Working days after which a file without a kvittering counts as published, with a
    /// word about it.
    pub kvittering_working_days: u32,
}

impl Default for Publish {
    fn default() -> Self {
        let rules = ["identitetsnummer", "vaskByttet", "uvasketNavn"];
        Self {
            profile: Profile::Practical,
            karantene: rules.map(str::to_owned).to_vec(),
            godkjenning: false,
            delay_minutes: 0,
            kvittering: true,
            kvittering_working_days: 2,
        }
    }
}

impl Publish {
    /// Time between a file's coming and its sending.
    pub fn delay(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.delay_minutes))
    }
}

/// By which rules files are judged.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// What eInnsyn takes in practice.
    #[default]
    Practical,
    /// The published constraints as they stand.
    PublishedStrict,
}

impl From<Profile> for noark::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Practical => Self::Practical,
            Profile::PublishedStrict => Self::PublishedStrict,
        }
    }
}
