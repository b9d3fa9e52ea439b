//! Look after an access point's keys by hand.

use std::path::Path;
use std::process::ExitCode;

use ambient::Clock;
use anyhow::{Context, ensure};
use dokumentpakke::{Identity, Stage};
use serde_json::{Value, json};

use super::package::identities_of;
use crate::cli::{Keys, NewKey, Ring};
use crate::run::shown;
use crate::settings::{self, Serve};

pub(crate) fn run(command: &Keys) -> ExitCode {
    let done = match command {
        Keys::List(options) => list(options),
        Keys::Add(options) => add(options, Place::Last),
        Keys::Renew(options) => add(options, Place::First),
        Keys::Test(options) => test(options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where on the ring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Last,
}

/// Every key that the settings name, with the file that it is in.
fn ring(settings: &Serve) -> anyhow::Result<Vec<(String, Identity)>> {
    let mut all = Vec::new();
    for key in &settings.keys {
        let found = identities_of(key)?;
        all.extend(
            found
                .into_iter()
                .map(|identity| (shown(&key.file), identity)),
        );
    }
    Ok(all)
}

fn list(options: &Ring) -> anyhow::Result<bool> {
    let settings: Serve = settings::load(&options.config)?;
    let all = ring(&settings)?;
    let now = Clock::system().now();
    let keys = all.iter().map(|(_, key)| key.clone()).collect();
    let keys = dokumentpakke::Ring::new(keys).context("the settings name no key")?;
    let current = keys.current(now).certificate().clone();
    let rows: Vec<Value> = all
        .iter()
        .map(|(file, key)| {
            let certificate = key.certificate();
            json!({
                "file": file,
                "orgnr": certificate.orgnr(),
                "serial": certificate.serial(),
                "from": certificate.not_before().to_string(),
                "until": certificate.not_after().to_string(),
                "state": state(Stage::of(certificate, now)),
                "inUse": *certificate == current,
            })
        })
        .collect();
    show(&rows, options.json, |row| {
        let mark = if row["inUse"] == true { "*" } else { " " };
        let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{mark} {}  {}  until {}  {}  {}",
            text("orgnr"),
            text("serial"),
            text("until"),
            text("state"),
            text("file")
        )
    });
    if let Some(notice) = keys.notice(now) {
        eprintln!("{notice}; put the next one on the ring with `sendebud keys renew`");
    }
    Ok(true)
}

fn state(stage: Stage) -> &'static str {
    match stage {
        Stage::Fine => "ok",
        Stage::Soon => "60 days or less",
        Stage::Near => "30 days or less",
        Stage::Urgent => "7 days or less",
        Stage::NotYet => "not valid yet",
        Stage::Expired => "expired",
    }
}

/// Sign and open with every key; and the first must be valid and the organisation's.
fn test(options: &Ring) -> anyhow::Result<bool> {
    let settings: Serve = settings::load(&options.config)?;
    let now = Clock::system().now();
    let mut rows = Vec::new();
    for (at, (file, key)) in ring(&settings)?.iter().enumerate() {
        let fault = fault(key, settings.orgnr.as_str(), at == 0, now);
        let serial = key.certificate().serial();
        rows.push(json!({"file": file, "serial": serial, "fault": fault}));
    }
    ensure!(!rows.is_empty(), "the settings name no key");
    show(&rows, options.json, |row| {
        let text = |name: &str| row[name].as_str().unwrap_or("ok").to_owned();
        format!("{}  {}  {}", text("serial"), text("fault"), text("file"))
    });
    Ok(rows.iter().all(|row| row["fault"].is_null()))
}

fn fault(
    key: &Identity,
    orgnr: &str,
    first: bool,
    now: jiff::Timestamp,
) -> Option<String> {
    let certificate = key.certificate();
    if let Err(error) = key.test() {
        return Some(error.to_string());
    }
    let stage = Stage::of(certificate, now);
    match () {
        () if certificate.orgnr().is_some_and(|own| own != orgnr) => {
            Some(format!("the certificate is not that of {orgnr}"))
        }
        () if !certificate.signs() => Some("the certificate may not sign".into()),
        () if !certificate.takes_keys() => {
            Some("nothing may be encrypted to the certificate".into())
        }
        () if first && stage >= Stage::NotYet => Some(state(stage).into()),
        () => None,
    }
}

fn show(rows: &[Value], json: bool, line: impl Fn(&Value) -> String) {
    if json {
        println!("{:#}", Value::from(rows));
        return;
    }
    rows.iter().for_each(|row| println!("{}", line(row)));
}

/// Write the key into the settings, after it has been tried.
fn add(options: &NewKey, place: Place) -> anyhow::Result<bool> {
    let settings: Serve = settings::load(&options.config)?;
    let now = Clock::system().now();
    let new = identities_of(&options.as_key())?;
    for key in &new {
        let first = place == Place::First;
        if let Some(fault) = fault(key, settings.orgnr.as_str(), first, now) {
            anyhow::bail!("the key is not taken: {fault}");
        }
        let same =
            |(_, old): &(String, Identity)| old.certificate() == key.certificate();
        ensure!(
            !ring(&settings)?.iter().any(same),
            "the key is on the ring already"
        );
    }
    let text = std::fs::read_to_string(&options.config)?;
    let text = insert(&text, &block(options)?, place)?;
    let draft = options.config.with_extension("toml.new");
    std::fs::write(&draft, text)?;
    // Nothing half-written, and nothing that cannot be read again, takes its place.
    let read: anyhow::Result<Serve> = settings::load(&draft);
    if let Err(error) = read {
        std::fs::remove_file(&draft)?;
        return Err(error.context("the settings are left as they were"));
    }
    std::fs::rename(&draft, &options.config)?;
    println!(
        "written to {}; the access point reads it when it is started anew",
        shown(&options.config)
    );
    Ok(true)
}

fn block(options: &NewKey) -> anyhow::Result<String> {
    let quoted = |path: &Path| {
        let path = std::path::absolute(path)?;
        Ok::<_, anyhow::Error>(toml::Value::from(shown(&path)).to_string())
    };
    let (file, password) = (quoted(&options.key)?, quoted(&options.password_file)?);
    let token = options.token.as_ref().map_or(String::new(), |label| {
        format!("token = {}\n", toml::Value::from(label.as_str()))
    });
    Ok(format!(
        "[[keys]]\nfile = {file}\npassword_file = {password}\n{token}\n"
    ))
}

/// The settings with one more `[[keys]]`, all else as it stands.
fn insert(text: &str, block: &str, place: Place) -> anyhow::Result<String> {
    const HEAD: &str = "[[keys]]";
    let mut at = 0;
    let (mut first, mut end, mut inside) = (None, None, false);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with(HEAD) {
            first = first.or(Some(at));
            (inside, end) = (true, None);
        } else if inside && trimmed.starts_with('[') {
            (inside, end) = (false, Some(at));
        }
        at += line.len();
    }
    let first = first.with_context(|| {
        format!("the settings have no {HEAD}; add this by hand:\n\n{block}")
    })?;
    let at = match place {
        Place::First => first,
        Place::Last => end.unwrap_or(text.len()),
    };
    let (before, after) = text.split_at(at);
    let gap = if before.is_empty() || before.ends_with("\n\n") {
        ""
    } else {
        "\n"
    };
    let line = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Ok(format!("{before}{line}{gap}{block}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_first_or_last_and_nothing_else_moves() {
        let text = "a = 1\n\n[[keys]]\nfile = \"x\"\n\n[[keys]]\nfile = \"y\"\n\n[register]\nurl = 1\n";
        let new = "[[keys]]\nfile = \"z\"\n\n";
        let order = |place| {
            let text = insert(text, new, place).unwrap();
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(table["register"]["url"].as_integer(), Some(1));
            let keys = table["keys"].as_array().unwrap().iter();
            keys.map(|key| key["file"].as_str().unwrap().to_owned())
                .collect::<String>()
        };
        assert_eq!(order(Place::First), "zxy");
        assert_eq!(order(Place::Last), "xyz");
        let end = "[[keys]]\nfile = \"x\"";
        let table: toml::Table =
            insert(end, new, Place::Last).unwrap().parse().unwrap();
        assert_eq!(table["keys"].as_array().unwrap().len(), 2);
        assert!(insert("keys = []\n", new, Place::Last).is_err());
    }
}
