//! The settings of a Java integrasjonspunkt, made into a settings file of ours.
//!
//! Every key gets a line that says what became of it. Secrets go to files of their own,
//! the key store is copied beside them, and what we need and cannot find is listed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use dokumentpakke::Identity;
use registry::jws::Verifier;
use serde::Deserialize;
use toml::{Table, Value};
use url::Url;
use zeroize::Zeroizing;

use crate::roles::serve;
use crate::run::shown;
use crate::settings::{Became, Serve, named, put, translate};

/// What is known of the Java one.
pub(crate) struct Java {
    /// Its settings.
    pub(crate) known: BTreeMap<String, String>,
    /// What relative paths in them start from.
    pub(crate) folder: PathBuf,
    /// Its key store, where that is not what the settings say.
    pub(crate) keystore: Option<PathBuf>,
}

/// Settings of ours, and what there is to say of them.
#[derive(Default)]
pub(crate) struct Made {
    /// What to write to the settings file.
    pub(crate) toml: String,
    /// What to write beside it, for nobody else to read: name and content.
    pub(crate) files: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// For every old key, what became of it.
    pub(crate) lines: Vec<String>,
    /// What is missing before an access point can start on them.
    pub(crate) missing: Vec<String>,
}

/// Fetches the key that signs the address register's answers.
pub(crate) type Fetch<'a> = &'a dyn Fn(&Url) -> anyhow::Result<String>;

const TLS_ON: &str = "difi.ssl.enabled";
const REGISTER_KEY: &str = "register-key.json";

/// Secrets by their place in the table: the place of a file's name instead, and the
/// file.
const SECRETS: [(&str, &str, &str); 7] = [
    ("alert.password", "alert.password_file", "mail-password"),
    ("tls.password", "tls.password_file", "tls-keystore-password"),
    (
        "bestedu.archive.password",
        "bestedu.archive.password_file",
        "archive-password",
    ),
    ("keys.0.password", "keys.0.password_file", "key-password"),
    (
        "message_service.key",
        "message_service.key_file",
        "message-service-key",
    ),
    ("users.0.password", "users.0.password_file", "user-password"),
    (
        "register.maskinporten.key.password",
        "register.maskinporten.key.password_file",
        "maskinporten-key-password",
    ),
];

/// Make them.
pub(crate) fn make(java: &Java, fetch: Fetch<'_>) -> Made {
    let (mut table, notes) = translate(&java.known);
    let mut made = Made::default();
    for note in notes {
        let name = &note.name;
        let line = match note.became {
            Became::Taken(key) | Became::Changed(key) if secret(key).is_some() => {
                let file = secret(key).unwrap_or_default();
                format!("changed: it goes to the file {file}")
            }
            Became::Taken(key) => format!("taken: {key}"),
            Became::Changed(key) => match at(&table, key) {
                Some(value) => format!("changed: {key} = {value}"),
                None => format!("not needed: {key} is off"),
            },
            Became::NotNeeded(why) => format!("not needed: {why}"),
            Became::Mend(what) => format!("not taken: {what}"),
            Became::Unknown => "unknown: nothing is done with it".to_owned(),
            Became::Wrong(words) => {
                made.missing.push(format!("{name} cannot be used: {words}"));
                format!("wrong: {words}")
            }
        };
        made.lines.push(format!("{name}: {line}"));
    }
    addresses(&mut table, java, &mut made);
    keys(&mut table, java, &mut made);
    token_key(&mut table, java, &mut made);
    tls(&mut table, java, &mut made);
    register_key(&mut table, java, fetch, &mut made);
    if made.missing.is_empty()
        && let Err(error) = starts(&table)
    {
        made.missing.push(format!("{error:#}"));
    }
    hide(&mut table, &mut made);
    made.toml = written(&table, &made.lines);
    made
}

/// The file of a secret.
fn secret(key: &str) -> Option<&'static str> {
    let mut all = SECRETS.iter();
    all.find(|(place, ..)| *place == key)
        .map(|(.., file)| *file)
}

/// What the Java one takes from its profile or assumes.
fn addresses(table: &mut Table, java: &Java, made: &mut Made) {
    if !table.contains_key("listen") {
        // > server.port 9093, on every address (rest-api §11.1)
        set(table, "listen", "0.0.0.0:9093");
        let line = "server.port is not given: listen has the Java one's own";
        made.lines.push(line.into());
    }
    if !table.contains_key("orgnr") {
        made.missing
            .push("difi.move.org.number, the organisation's number".into());
    }
    let profile = named(&java.known, "spring.profiles.active");
    for (key, old) in [
        ("register.url", "difi.move.serviceregistryEndpoint"),
        (
            "message_service.host",
            "difi.move.nextmove.serviceBus.baseUrl",
        ),
    ] {
        if text(table, key).is_none() {
            made.missing.push(match profile {
                None => format!(
                    "{old}, or the profile that it comes from: --profile production or \
                     --profile staging, as the Java one is started with"
                ),
                Some(profile) => format!("{old}; the profile {profile} has none"),
            });
        }
    }
}

/// The key store, looked into and copied.
fn keys(table: &mut Table, java: &Java, made: &mut Made) {
    let named = text(table, "keys.0.file").map(str::to_owned);
    let place = match (&java.keystore, named) {
        (Some(place), _) => place.clone(),
        (None, Some(named)) => java.folder.join(named),
        (None, None) => {
            let words = "difi.move.org.keystore.path, or --keystore FILE";
            made.missing.push(words.into());
            return;
        }
    };
    let Some(password) = text(table, "keys.0.password").map(str::to_owned) else {
        let words = "difi.move.org.keystore.password, the key store's password";
        made.missing.push(words.into());
        return;
    };
    if let Err(error) = key_store(table, java, &place, &password, made) {
        made.missing.push(format!(
            "the key store {}: {error:#}; --keystore FILE names another",
            shown(&place)
        ));
    }
}

fn key_store(
    table: &mut Table,
    java: &Java,
    place: &Path,
    password: &str,
    made: &mut Made,
) -> anyhow::Result<()> {
    let bytes = Zeroizing::new(std::fs::read(place)?);
    let all = Identity::all(&bytes, password)?;
    let first = all.first().context("it holds no private key")?;
    let certificate = first.certificate();
    let (serial, until) = (certificate.serial(), certificate.not_after());
    let name = copied(place)?;
    made.lines.push(format!(
        "{}: copied to {name}: the certificate with serial number {serial}, good until \
         {until}",
        shown(place)
    ));
    let orgnr = text(table, "orgnr").unwrap_or_default();
    if let Some(holder) = certificate.orgnr().filter(|holder| *holder != orgnr) {
        made.missing.push(format!(
            "the key of {orgnr}: the first in {} is that of {holder}",
            shown(place)
        ));
    }
    if let (2.., Some(alias)) = (
        all.len(),
        named(&java.known, "difi.move.org.keystore.alias"),
    ) {
        made.lines.push(format!(
            "! {} holds {} keys; see with `sendebud keys list` that the one first in use \
             is {alias}",
            shown(place),
            all.len()
        ));
    }
    set(table, "keys.0.file", &name);
    made.files.push((name, bytes));
    Ok(())
}

/// The key that signs for tokens, where it is another.
///
/// > difi.move.oidc.keystore.*: = org.keystore (rest-api §11.1)
fn token_key(table: &mut Table, java: &Java, made: &mut Made) {
    let Some(file) = text(table, "register.maskinporten.key.file") else {
        forget(table, "register.maskinporten.key");
        return;
    };
    let place = java.folder.join(file);
    let password = text(table, "register.maskinporten.key.password")
        .or_else(|| text(table, "keys.0.password"));
    let password = password.unwrap_or_default().to_owned();
    let read = || {
        let bytes = Zeroizing::new(std::fs::read(&place)?);
        Identity::all(&bytes, &password)?;
        anyhow::Ok((format!("maskinporten-{}", copied(&place)?), bytes))
    };
    match read() {
        Ok((name, bytes)) => {
            set(table, "register.maskinporten.key.file", &name);
            set(table, "register.maskinporten.key.password", &password);
            made.files.push((name, bytes));
        }
        Err(error) => made.missing.push(format!(
            "the key store for tokens, {}: {error:#}",
            shown(&place)
        )),
    }
}

fn copied(place: &Path) -> anyhow::Result<String> {
    let name = place.file_name().and_then(|name| name.to_str());
    Ok(name.context("it has no name")?.to_owned())
}

/// The listener's key store, looked into and copied.
///
/// > difi.ssl.enabled: true (rest-api §11.1); older ones had it off, so that a file
/// > without a key store means none.
fn tls(table: &mut Table, java: &Java, made: &mut Made) {
    let known = &java.known;
    let Some(store) = text(table, "tls.keystore") else {
        if named(known, TLS_ON) == Some("true") {
            made.missing.push(
                "difi.ssl.key-store, since difi.ssl.enabled is true; set that to false \
                 where the API is to be in the clear"
                    .into(),
            );
        }
        return;
    };
    let place = java.folder.join(store);
    let password = text(table, "tls.password").unwrap_or_default();
    let read = || {
        let bytes = Zeroizing::new(std::fs::read(&place)?);
        dokumentpakke::to_pem(&bytes, password)?;
        anyhow::Ok((format!("tls-{}", copied(&place)?), bytes))
    };
    match read() {
        Ok((name, bytes)) => {
            made.lines.push(format!(
                "{}: copied to {name}: the key for the listener",
                shown(&place)
            ));
            set(table, "tls.keystore", &name);
            made.files.push((name, bytes));
        }
        Err(error) => made.missing.push(format!(
            "the listener's key store {}: {error:#}",
            shown(&place)
        )),
    }
}

/// The Java one fetches the key that signs with each answer; we pin it.
fn register_key(table: &mut Table, java: &Java, fetch: Fetch<'_>, made: &mut Made) {
    let signed = at(table, "register.signed") != Some(&Value::Boolean(false));
    let Some(base) = text(table, "register.url").filter(|_| signed) else {
        return;
    };
    let given = named(&java.known, "difi.move.sign.jwkUrl");
    let place = given.map_or_else(|| format!("{base}/jwk"), str::to_owned);
    let fetched = place.parse().context("it is no address").and_then(|url| {
        let text = fetch(&url)?;
        Verifier::from_pem(&text)?;
        Ok(text)
    });
    match fetched {
        Ok(text) => {
            forget(table, "register.key_url");
            set(table, "register.key_file", REGISTER_KEY);
            made.lines.push(format!(
                "! register.key_file: fetched from {place} and pinned in {REGISTER_KEY}"
            ));
            made.files
                .push((REGISTER_KEY.into(), text.into_bytes().into()));
        }
        Err(error) => made.missing.push(format!(
            "the key that signs the address register's answers; {place}: {error:#}; \
             difi.move.sign.enable=false where they are not signed"
        )),
    }
}

/// Whether an access point could be made of them.
fn starts(table: &Table) -> anyhow::Result<()> {
    let settings = Serve::deserialize(table.clone());
    let settings =
        settings.map_err(|e| anyhow::anyhow!("{}", e.to_string().trim_end()))?;
    let register = &settings.register;
    let asked = register.maskinporten.as_ref().map(|m| &m.endpoint);
    for url in [&register.url].into_iter().chain(asked) {
        ensure!(
            ["http", "https"].contains(&url.scheme()),
            "{url} is no web address"
        );
    }
    serve::service(&settings.message_service)?;
    serve::guard(&settings)?;
    settings.bestedu.as_ref().map(serve::bestedu).transpose()?;
    Ok(())
}

/// Secrets into files of their own.
fn hide(table: &mut Table, made: &mut Made) {
    for (place, instead, file) in SECRETS {
        let Some(secret) = text(table, place).map(|text| text.to_owned() + "\n") else {
            continue;
        };
        forget(table, place);
        set(table, instead, file);
        made.files.push((file.into(), secret.into_bytes().into()));
    }
}

fn written(table: &Table, lines: &[String]) -> String {
    let mut text = String::from(
        "# Made by `sendebud move-in` from the settings of the Java integrasjonspunkt:\n",
    );
    for line in lines {
        // A name may hold anything; a comment ends with its line.
        let line = line.replace(['\n', '\r'], " ");
        text += &format!("#   {line}\n");
    }
    text.push('\n');
    text + &toml::to_string_pretty(table).expect("texts, numbers and lists")
}

fn set(table: &mut Table, key: &str, value: &str) {
    // Something else at that place is told of when the settings are read.
    drop(put(table, key, Value::from(value)));
}

/// What stands at a place.
fn at<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    match (table.get(first)?, rest) {
        (found, None) => Some(found),
        (Value::Table(inner), Some(rest)) => at(inner, rest),
        (Value::Array(list), Some(rest)) => {
            at(list.first()?.as_table()?, rest.strip_prefix("0.")?)
        }
        _ => None,
    }
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    at(table, key)?.as_str().filter(|text| !text.is_empty())
}

fn forget(table: &mut Table, key: &str) {
    match key.split_once('.') {
        None => drop(table.remove(key)),
        Some((first, rest)) => match table.get_mut(first) {
            Some(Value::Table(inner)) => forget(inner, rest),
            Some(Value::Array(list)) => {
                if let (Some(Value::Table(inner)), Some(rest)) =
                    (list.first_mut(), rest.strip_prefix("0."))
                {
                    forget(inner, rest);
                }
            }
            _ => {}
        },
    }
}
