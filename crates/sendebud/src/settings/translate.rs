//! Settings of the Java integrasjonspunkt into ours, and what became of each.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, bail};
use toml::{Table, Value};

use super::gather::{flat, put};
use super::old::{self, Becomes};
use super::table::{Kind, ROWS};

/// What became of an old name.
#[derive(Debug)]
pub(crate) struct Note {
    /// As it was written.
    pub(crate) name: String,
    pub(crate) became: Became,
}

#[derive(Debug)]
pub(crate) enum Became {
    /// The same value under this key.
    Taken(&'static str),
    /// Another value that means the same, under this key.
    Changed(&'static str),
    /// Nothing, and why that is all right.
    NotNeeded(&'static str),
    /// Nothing, and what the operator has to do.
    Mend(&'static str),
    /// Nobody here knows it.
    Unknown,
    /// Its value cannot be used.
    Wrong(String),
}

impl Became {
    /// Whether somebody has to do something.
    pub(crate) fn is_for_the_operator(&self) -> bool {
        matches!(self, Self::Mend(_) | Self::Unknown | Self::Wrong(_))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.became {
            Became::Taken(key) | Became::Changed(key) => write!(f, " is read as {key}"),
            Became::NotNeeded(why) => write!(f, " is not needed: {why}"),
            Became::Mend(what) => write!(f, " has no effect: {what}"),
            Became::Unknown => write!(f, " is not known and has no effect"),
            Became::Wrong(words) => write!(f, ": {words}"),
        }
    }
}

/// Old names and their values into a table of ours.
pub(crate) fn translate(known: &BTreeMap<String, String>) -> (Table, Vec<Note>) {
    let (mut table, mut notes) = (Table::new(), Vec::with_capacity(known.len()));
    for (name, text) in known {
        let became = match old::becomes(name) {
            None => Became::Unknown,
            // As in a file that lists every name: an empty value is none.
            Some(_) if text.trim().is_empty() => Became::NotNeeded("nothing is given"),
            Some(becomes) => {
                let text = text.trim();
                let made = become_ours(&mut table, known, becomes, text);
                made.unwrap_or_else(|error| Became::Wrong(format!("{error:#}")))
            }
        };
        let name = name.clone();
        notes.push(Note { name, became });
    }
    defaults(&mut table, known);
    if let Some(lacking) = mails(&mut table, known) {
        let switch = notes.iter_mut().find(|note| old::alike(&note.name, MAILS));
        if let Some(note) = switch {
            note.became = Became::Mend(lacking);
        }
    }
    (table, notes)
}

fn become_ours(
    table: &mut Table,
    known: &BTreeMap<String, String>,
    becomes: Becomes,
    text: &str,
) -> anyhow::Result<Became> {
    let number = || {
        let number = text.parse::<u64>();
        number.with_context(|| format!("{text:?} is no number"))
    };
    let as_number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let (key, value) = match becomes {
        Becomes::Key(key) => (key, value(kind(key), text)?),
        Becomes::Path(key) => (key, Value::from(path(text))),
        Becomes::Times(key, by) => (key, as_number(number()?.saturating_mul(by))),
        Becomes::Per(key, by) => (key, as_number(number()?.div_ceil(by))),
        Becomes::Size(key) => (key, as_number(size(text)?)),
        Becomes::Port(key) => {
            let port = text.parse::<u16>();
            let port = port.with_context(|| format!("{text:?} is no port"))?;
            (key, Value::from(format!("0.0.0.0:{port}")))
        }
        Becomes::Batch(key) => {
            let amqp = value(Kind::Flag, text)? == Value::Boolean(true);
            (key, Value::from(if amqp { "amqp" } else { "rest" }))
        }
        Becomes::Entered(key) => {
            let entered = value(Kind::Flag, text)? == Value::Boolean(true);
            (key, Value::from(if entered { "starttls" } else { "none" }))
        }
        Becomes::Ours(key) => {
            let mut services = text.split(',').map(str::trim);
            let ours = services.any(|service| service.eq_ignore_ascii_case("DPE"));
            (key, Value::Boolean(ours))
        }
        Becomes::Before(key, _) if flat("", table).iter().any(|(k, _)| k == key) => {
            return Ok(Became::NotNeeded("the whole of it is given"));
        }
        Becomes::Before(key, rest) => {
            let rest = named(known, rest).unwrap_or_default();
            (key, Value::from(format!("{text}{rest}")))
        }
        Becomes::Nothing(why) => return Ok(Became::NotNeeded(why)),
        Becomes::Mend(_) if text == "false" => {
            return Ok(Became::NotNeeded("it is off"));
        }
        Becomes::Mend(what) => return Ok(Became::Mend(what)),
    };
    let same = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
        == text;
    put(table, key, value)?;
    Ok(match same {
        true => Became::Taken(key),
        false => Became::Changed(key),
    })
}

/// What the Java one does where nothing is said, and we do otherwise.
fn defaults(table: &mut Table, known: &BTreeMap<String, String>) {
    // Either name turns TLS off, wherever the key store stands; so does having none.
    let off = |name| named(known, name) == Some("false");
    let store = table.get("tls").and_then(|tls| tls.get("keystore"));
    if off("difi.ssl.enabled") || off("server.ssl.enabled") || store.is_none() {
        table.remove("tls");
    }
    let tokens = named(known, "difi.move.oidc.enable") != Some("false");
    if !tokens && let Some(Value::Table(register)) = table.get_mut("register") {
        register.remove("maskinporten");
    }
    let profile = named(known, "spring.profiles.active");
    for (key, address) in profile.map(old::profile).into_iter().flatten() {
        let asked = tokens || !key.starts_with("register.maskinporten");
        if asked {
            unless_given(table, key, address);
        }
    }
    // That name alone opens no door: today's Java one has none, and passes it over.
    let bestedu = table.get("bestedu").and_then(Value::as_table);
    if bestedu.is_some_and(|bestedu| !bestedu.contains_key("archive")) {
        table.remove("bestedu");
    }
    // > difi.move.sign.jwkUrl: ${serviceregistryEndpoint}/jwk (rest-api §11.1)
    let register = table
        .get("register")
        .and_then(|register| register.get("url"));
    let signed = named(known, "difi.move.sign.enable") != Some("false");
    if let Some(url) = register.and_then(Value::as_str).filter(|_| signed) {
        let published = format!("{}/jwk", url.trim_end_matches('/'));
        unless_given(table, "register.key_url", &published);
    }
}

/// What turns mails on.
const MAILS: &str = "difi.move.feature.mailErrorStatus";

/// Mail is sent only where that is asked for and can be, and the server is entered only
/// where that is. Answers what is needed for it.
fn mails(table: &mut Table, known: &BTreeMap<String, String>) -> Option<&'static str> {
    let on = |name| named(known, name) == Some("true");
    let empty = Table::new();
    let alert = table.get("alert").and_then(Value::as_table);
    let has = |key| alert.unwrap_or(&empty).contains_key(key);
    let whole = ["host", "from", "to"].into_iter().all(has);
    let enters = on("difi.move.mail.enableAuth") && has("user");
    if !on(MAILS) || !whole {
        table.remove("alert");
        return on(MAILS).then_some(
            "give difi.move.mail.smtpHost, senderAddress and receiverAddress, too",
        );
    }
    if let (false, Some(Value::Table(alert))) = (enters, table.get_mut("alert")) {
        alert.remove("user");
        alert.remove("password");
    }
    None
}

fn unless_given(table: &mut Table, key: &str, text: &str) {
    if flat("", table).iter().all(|(known, _)| known != key) {
        // Something else at that place is told of when the settings are read.
        drop(put(table, key, Value::from(text)));
    }
}

/// The value of an old name, in whichever spelling.
pub(crate) fn named<'a>(
    known: &'a BTreeMap<String, String>,
    name: &str,
) -> Option<&'a str> {
    let mut all = known.iter();
    all.find(|(other, _)| old::alike(other, name))
        .map(|(_, value)| value.trim())
}

/// Spring's way to say that it is a file.
fn path(text: &str) -> &str {
    text.strip_prefix("file:").unwrap_or(text)
}

fn kind(key: &str) -> Kind {
    let row = ROWS.iter().find(|row| row.key == key);
    row.map_or(Kind::Text, |row| row.kind)
}

pub(super) fn value(kind: Kind, text: &str) -> anyhow::Result<Value> {
    let text = text.trim();
    Ok(match kind {
        Kind::Text => Value::from(text),
        Kind::Number => {
            let number: i64 = text
                .parse()
                .ok()
                .filter(|n| *n >= 0)
                .with_context(|| format!("{text} is no number"))?;
            Value::Integer(number)
        }
        Kind::Flag => match text {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => bail!("{text} is neither true nor false"),
        },
        Kind::List => {
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            Value::Array(parts.map(Value::from).collect())
        }
    })
}

/// Sizes as Spring writes them: 2MB, 512KB, 100.
fn size(text: &str) -> anyhow::Result<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        other => bail!("{other} is no unit; there are B, KB, MB and GB"),
    };
    let number: u64 = digits
        .parse()
        .with_context(|| format!("{text} is no size"))?;
    Ok(number.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: [(&str, &str); 7] = [
        ("difi.move.feature.mailErrorStatus", "true"),
        ("difi.move.mail.smtpHost", "smtp.fjordvik.example"),
        ("difi.move.mail.senderAddress", "ip@fjordvik.example"),
        ("difi.move.mail.receiverAddress", "drift@fjordvik.example"),
        ("difi.move.mail.enableAuth", "true"),
        ("difi.move.mail.username", "ip"),
        ("difi.move.mail.password", "hemmelig"),
    ];

    fn with(change: (&str, &str)) -> (Option<Value>, Vec<Note>) {
        let mut known: BTreeMap<String, String> =
            MAIL.map(|(a, b)| (a.into(), b.into())).into();
        known.insert(change.0.into(), change.1.into());
        let (mut table, notes) = translate(&known);
        (table.remove("alert"), notes)
    }

    // > difi.move.mail.…: for mailErrorStatus, which is false (rest-api §11)
    #[test]
    fn mail_on_feil_is_sent_where_it_is_asked_for_and_can_be() {
        let (alert, _) = with(MAIL[0]);
        let alert = alert.unwrap();
        assert_eq!(alert["host"].as_str(), Some("smtp.fjordvik.example"));
        assert_eq!(alert["to"].as_str(), Some("drift@fjordvik.example"));
        assert_eq!(alert["security"].as_str(), Some("starttls"));
        assert_eq!(alert["user"].as_str(), Some("ip"));
        let (open, _) = with(("difi.move.mail.enableAuth", "false"));
        assert!(open.unwrap().get("user").is_none());
        assert!(with((MAILS, "false")).0.is_none());
        let (none, notes) = with(("difi.move.mail.receiverAddress", ""));
        assert!(none.is_none());
        let note = notes.iter().find(|note| note.name == MAILS).unwrap();
        assert!(note.became.is_for_the_operator(), "{note}");
    }
}
