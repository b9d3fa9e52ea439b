//! Trust lists: files that name the authorities to believe, with dates.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use dokumentpakke::Certificate;
use dokumentpakke::trust::Trust;
use jiff::civil::Date;
use serde::Deserialize;

use crate::run::shown;

/// A list in TOML, as those in the folder `trust`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// When somebody last held it against what the authorities publish.
    checked: Day,
    authorities: Vec<Authority>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    /// The name in its certificate.
    name: String,
    /// First and last day on which its certificate is valid.
    from: Day,
    until: Day,
    /// Its certificate's fingerprint.
    sha256: String,
    /// The last day on which it is believed, if that comes before.
    #[serde(default)]
    believed_until: Option<Day>,
    certificate: String,
}

/// A date as TOML writes it, without quotes.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
struct Day(Date);

impl TryFrom<toml::value::Datetime> for Day {
    type Error = jiff::Error;

    fn try_from(written: toml::value::Datetime) -> Result<Self, jiff::Error> {
        written.to_string().parse().map(Self)
    }
}

/// The authorities of every file, as of today; none without files.
pub(crate) fn read(paths: &[PathBuf], today: Date) -> anyhow::Result<Option<Trust>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(authorities(path, today)?);
    }
    match all.is_empty() {
        true if paths.is_empty() => Ok(None),
        true => anyhow::bail!("the trust lists name nobody who is believed today"),
        false => Ok(Some(Trust::new(all)?)),
    }
}

fn authorities(path: &Path, today: Date) -> anyhow::Result<Vec<Certificate>> {
    let name = || format!("the trust list {}", shown(path));
    let text = std::fs::read_to_string(path).with_context(name)?;
    if path.extension().is_none_or(|end| end != "toml") {
        return Certificate::all_from_pem(&text).with_context(name);
    }
    let list: List = toml::from_str(&text).with_context(name)?;
    let age = list
        .checked
        .0
        .until(today)
        .map_or(0, |span| span.get_days());
    if age > 365 {
        tracing::warn!(list = %shown(path), checked = %list.checked.0, "a trust list is old");
    }
    let mut all = Vec::new();
    for authority in list.authorities {
        let certificate = authority.read().with_context(|| {
            format!("the trust list {}: {}", shown(path), authority.name)
        })?;
        if authority.believed_until.is_none_or(|last| today <= last.0) {
            all.push(certificate);
        }
    }
    Ok(all)
}

impl Authority {
    /// What is written about it must be what its certificate says.
    fn read(&self) -> anyhow::Result<Certificate> {
        let certificate = Certificate::from_pem(&self.certificate)?;
        let sum = certificate.fingerprint();
        let wanted = self.sha256.replace(':', "").to_ascii_lowercase();
        ensure!(sum == wanted, "its certificate has the fingerprint {sum}");
        let subject = certificate.subject();
        ensure!(
            subject.contains(&self.name),
            "its certificate is that of {subject}"
        );
        let day = |at: jiff::Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let dates = (day(certificate.not_before()), day(certificate.not_after()));
        ensure!(
            dates == (self.from.0, self.until.0),
            "its certificate is valid from {} until {}",
            dates.0,
            dates.1
        );
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../trust")
            .join(name)
    }

    #[test]
    fn the_lists_that_come_along_are_what_their_certificates_say() {
        let today = Date::constant(2026, 11, 25);
        for name in ["test.toml", "staging.toml", "production.toml"] {
            let trust = read(&[list(name)], today).unwrap().unwrap();
            assert!(!trust.anchors().is_empty(), "{name}");
        }
    }

    /// A package may bring its signer's certificate and no other.
    #[test]
    fn authorities_under_a_root_are_listed_and_lead_to_it() {
        let at = "2026-11-25T12:00:00Z".parse().unwrap();
        for (name, roots, under) in [("staging.toml", 4, 4), ("production.toml", 4, 4)]
        {
            let all = authorities(&list(name), Date::constant(2026, 11, 25)).unwrap();
            let trust = Trust::new(all.clone()).unwrap();
            let paths: Vec<usize> = all
                .iter()
                .map(|one| trust.path(one, &[], at).unwrap().len())
                .collect();
            let count = |length| paths.iter().filter(|n| **n == length).count();
            assert_eq!((count(1), count(2)), (roots, under), "{name}");
        }
    }

    #[test]
    fn a_list_that_says_otherwise_than_the_certificate_is_refused() {
        let good = std::fs::read_to_string(list("test.toml")).unwrap();
        let folder = std::env::temp_dir().join(format!("trust-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("list.toml");
        for (from, to, words) in [
            ("sha256 = \"", "sha256 = \"00", "fingerprint"),
            ("until = 20", "until = 21", "valid from"),
            ("name = \"", "name = \"Ikke ", "is that of"),
        ] {
            std::fs::write(&path, good.replacen(from, to, 1)).unwrap();
            let error = read(std::slice::from_ref(&path), Date::constant(2026, 11, 25))
                .unwrap_err();
            assert!(format!("{error:#}").contains(words), "{error:#}");
        }
        let gone = good.replace(
            "certificate = ",
            "believed_until = 2026-01-01\ncertificate = ",
        );
        std::fs::write(&path, gone).unwrap();
        let error = read(&[path], Date::constant(2026, 11, 25)).unwrap_err();
        assert!(error.to_string().contains("nobody"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
