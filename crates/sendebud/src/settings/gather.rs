//! Gather an access point's settings: file, environment, command line, in this order;
//! and say what becomes of each old name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;
use toml::{Table, Value};

use super::serve::Serve;
use super::table::{ROWS, variable};
use super::translate::{Became, translate, value};
use super::{java, read, root, wrong};
use crate::run::shown;

/// The files that are looked for when none is named.
const FILES: [&str; 2] = ["sendebud.toml", "integrasjonspunkt-local.properties"];

/// The settings of every organisation, and what there is to say of them.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) organisations: Vec<Serve>,
    /// What became of each old name, and whether somebody has to do something.
    pub(crate) notes: Vec<(String, bool)>,
}

/// Gather from the file, or the one that lies in the working folder, from the
/// environment and from `key=value` of the command line.
pub(crate) fn gather(
    file: Option<&Path>,
    environment: &BTreeMap<String, String>,
    line: &[String],
) -> anyhow::Result<Gathered> {
    let found = FILES.iter().map(PathBuf::from).find(|path| path.is_file());
    let file = file.map(Path::to_owned).or(found);
    let (mut table, mut notes) = (Table::new(), Vec::new());
    let laid = overlay(environment, line, &mut notes)?;
    if let Some(path) = &file {
        if java::is_java(path) {
            let known = java::read(&[path], |name| environment.get(name).cloned())?;
            table = told(&known, &mut notes)?;
        } else {
            let text = read(path)?;
            table = text.parse().map_err(|e| wrong(path, &text, &e))?;
            if laid.is_empty() && !table.contains_key(EACH) {
                // Nothing else has a say: whoever reads the error sees the place.
                let mut one: Serve =
                    toml::from_str(&text).map_err(|e| wrong(path, &text, &e))?;
                root(&mut one, path);
                let organisations = vec![one];
                return Ok(Gathered {
                    organisations,
                    notes,
                });
            }
        }
    }
    for (key, value) in laid {
        put(&mut table, &key, value)?;
    }
    let organisations = each(table, file.as_deref())?;
    let in_the_clear = |one: &Serve| one.tls.is_none();
    let tls = |(words, must): &&(String, bool)| *must && words.starts_with(OLD_TLS);
    if let Some((words, _)) = notes.iter().find(tls)
        && organisations.iter().any(in_the_clear)
    {
        bail!("{words}; until then nothing is served, rather than in the clear");
    }
    Ok(Gathered {
        organisations,
        notes,
    })
}

/// Asks for TLS with a key store of Java's.
const OLD_TLS: &str = "difi.ssl.enabled";

/// What `[[organisations]]` is called.
const EACH: &str = "organisations";

/// Every organisation with what holds for all under it.
fn each(mut table: Table, file: Option<&Path>) -> anyhow::Result<Vec<Serve>> {
    let listed = match table.remove(EACH) {
        None => vec![Value::Table(Table::new())],
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) => bail!("organisations: write one [[organisations]] for each"),
    };
    let mut all = Vec::with_capacity(listed.len());
    for own in listed {
        let mut settings = table.clone();
        let Value::Table(own) = own else {
            bail!("organisations: write one [[organisations]] for each");
        };
        merge(&mut settings, own);
        let orgnr = settings.get("orgnr").map(ToString::to_string);
        let mut one = Serve::deserialize(settings).map_err(|error| {
            let whose = orgnr
                .map(|orgnr| format!(" of {orgnr}"))
                .unwrap_or_default();
            let error = error.to_string();
            anyhow::anyhow!("the settings{whose} cannot be used: {}", error.trim_end())
        })?;
        if let Some(path) = file {
            root(&mut one, path);
        }
        all.push(one);
    }
    Ok(all)
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// What environment and command line say, by key.
fn overlay(
    environment: &BTreeMap<String, String>,
    line: &[String],
    notes: &mut Vec<(String, bool)>,
) -> anyhow::Result<Vec<(String, Value)>> {
    let old = |name: &&String| {
        [
            "DIFI_",
            "MANAGEMENT_",
            "SERVER_PORT",
            "SPRING_PROFILES_ACTIVE",
        ]
        .iter()
        .any(|start| name.starts_with(start))
    };
    let names: BTreeMap<String, String> = environment
        .iter()
        .filter(|(name, _)| old(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let table = told(&names, notes)?;
    let mut laid = flat("", &table);
    for row in ROWS {
        if let Some(text) = environment.get(&variable(row.key)) {
            let value = value(row.kind, text).context(variable(row.key))?;
            laid.push((row.key.to_owned(), value));
        }
    }
    for said in line {
        let (key, text) = said
            .split_once('=')
            .with_context(|| format!("--set {said}: write --set KEY=VALUE"))?;
        let row = ROWS
            .iter()
            .find(|row| alike(row.key, key))
            .with_context(|| {
                format!(
                    "--set {key}: there is no such setting; `sendebud settings` has all"
                )
            })?;
        laid.push((
            key.to_owned(),
            value(row.kind, text).context(key.to_owned())?,
        ));
    }
    Ok(laid)
}

/// The same setting, whatever its place in a list.
fn alike(row: &str, key: &str) -> bool {
    let (mut row, mut key) = (row.split('.'), key.split('.'));
    loop {
        match (row.next(), key.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some("0"), Some(b)) if b.parse::<usize>().is_ok() => {}
            _ => return false,
        }
    }
}

/// Old names into ours, with words about each. A value that cannot be read ends it.
fn told(
    known: &BTreeMap<String, String>,
    notes: &mut Vec<(String, bool)>,
) -> anyhow::Result<Table> {
    let (table, became) = translate(known);
    for note in became {
        if let Became::Wrong(words) = &note.became {
            bail!("{}: {words}", note.name);
        }
        notes.push((note.to_string(), note.became.is_for_the_operator()));
    }
    Ok(table)
}

/// Leaves of a table with their keys.
pub(super) fn flat(before: &str, table: &Table) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (key, value) in table {
        let key = format!("{before}{key}");
        match value {
            Value::Table(inner) => all.extend(flat(&format!("{key}."), inner)),
            Value::Array(list) if list.iter().all(Value::is_table) => {
                for (i, one) in list.iter().filter_map(Value::as_table).enumerate() {
                    all.extend(flat(&format!("{key}.{i}."), one));
                }
            }
            value => all.push((key, value.clone())),
        }
    }
    all
}

/// Put a value at its place; a number in the key is a place in a list.
pub(crate) fn put(table: &mut Table, key: &str, value: Value) -> anyhow::Result<()> {
    let Some((first, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    let (index, rest) = match rest.split_once('.') {
        Some((index, after)) if index.parse::<usize>().is_ok() => {
            (index.parse::<usize>().ok(), after)
        }
        _ => (None, rest),
    };
    let wrong = || format!("{key}: {first} is something else in the file");
    let Some(index) = index else {
        let inner = table
            .entry(first)
            .or_insert_with(|| Value::Table(Table::new()));
        return put(inner.as_table_mut().with_context(wrong)?, rest, value);
    };
    let list = table
        .entry(first)
        .or_insert_with(|| Value::Array(Vec::new()));
    let list = list.as_array_mut().with_context(wrong)?;
    if index > list.len() {
        bail!(
            "{key}: {first} has {} so far; number them from 0",
            list.len()
        );
    }
    if index == list.len() {
        list.push(Value::Table(Table::new()));
    }
    put(list[index].as_table_mut().with_context(wrong)?, rest, value)
}

/// Where the settings came from, for people.
pub(crate) fn source(file: Option<&Path>) -> String {
    file.map_or_else(|| "the environment".to_owned(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn strings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    // The set-up of docs.digdir.no's installation page, DPE's part of it.
    const OLD: &str = "\
        server.port=9093   \n\
        spring.profiles.active=staging\n\
        difi.move.org.number=910076787\n\
        difi.move.org.keystore.alias=910076787\n\
        difi.move.org.keystore.password=changeit\n\
        difi.move.org.keystore.path=file:./910076787.p12\n\
        difi.move.org.keystore.type=PKCS12\n\
        difi.move.feature.enableDPE=true\n\
        difi.move.nextmove.serviceBus.sasToken=${SAS}\n\
        difi.move.nextmove.lockTimeoutMinutes=10\n\
        difi.move.nextmove.service-bus.upload-size-limit=5MB\n\
        difi.move.webhooks.readTimeout=2500\n\
        difi.security.enable=true\n\
        difi.security.user.name=fagsystem\n\
        difi.security.user.password=hemmelig\n\
        difi.ssl.enabled=false\n\
        difi.move.finnesikke=1\n";

    #[test]
    fn an_old_file_works_as_it_is() {
        let (folder, path) = written("integrasjonspunkt-local.properties", OLD);
        let environment = strings(&[
            ("SAS", "n0kkel="),
            ("DIFI_MOVE_NEXTMOVE_SERVICEBUS_MODE", "data"),
        ]);
        let got = gather(Some(&path), &environment, &[]).unwrap();
        let one = &got.organisations[0];
        assert_eq!(one.orgnr.as_str(), "910076787");
        assert_eq!(one.listen.to_string(), "0.0.0.0:9093");
        assert_eq!(one.keys[0].file, folder.path().join("./910076787.p12"));
        assert_eq!(one.lock_seconds, Some(600));
        assert_eq!(one.message_bytes_max, Some(5 * 1024 * 1024));
        assert_eq!(one.webhooks.answer_seconds, Some(3));
        assert_eq!(one.users[0].name, "fagsystem");
        assert_eq!((one.mode, one.login), (transport::Mode::Data, Some(true)));
        let service = &one.message_service;
        assert_eq!(service.key.as_ref().unwrap().expose_secret(), "n0kkel=");
        assert_eq!(
            service.host.as_deref(),
            Some("efm-dpe-qa.servicebus.windows.net")
        );
        assert!(
            one.register
                .url
                .as_str()
                .starts_with("https://test.eformidling.no/")
        );
        let said = |part: &str, mend: bool| {
            got.notes
                .iter()
                .any(|(words, must)| words.contains(part) && *must == mend)
        };
        assert!(
            said("difi.move.finnesikke is not known", true),
            "{:?}",
            got.notes
        );
        assert!(said("keystore.alias is not needed", false));
        assert!(
            !got.notes
                .iter()
                .any(|(words, _)| words.contains("hemmelig"))
        );
    }

    const NEW: &str = "\
        data = \"lager\"\n\
        register = { url = \"http://127.0.0.1:1\", signed = false }\n\
        message_service = { host = \"127.0.0.1:2\", https = false }\n\
        [[organisations]]\n\
        orgnr = \"910076787\"\n\
        path = \"/lillevik\"\n\
        keys = [{ file = \"a.p12\", password = \"x\" }]\n\
        [[organisations]]\n\
        orgnr = \"910077473\"\n\
        path = \"/portal\"\n\
        message_service = { protocol = \"amqp\" }\n\
        keys = [{ file = \"b.p12\", password = \"x\" }]\n";

    #[test]
    fn what_stands_at_the_top_holds_for_every_organisation() {
        let (folder, path) = written("sendebud.toml", NEW);
        let line = [
            "requests_max=9".to_owned(),
            "register.signed=true".to_owned(),
        ];
        let environment = strings(&[("SENDEBUD_REQUESTS_MAX", "8")]);
        let got = gather(Some(&path), &environment, &line).unwrap();
        let [a, b] = &got.organisations[..] else {
            panic!("{got:?}");
        };
        assert_eq!((a.path.as_str(), b.path.as_str()), ("/lillevik", "/portal"));
        for one in [a, b] {
            assert_eq!(one.data, folder.path().join("lager"));
            assert_eq!(one.requests_max, Some(9), "the command line comes last");
            assert!(one.register.signed);
            assert_eq!(one.message_service.host.as_deref(), Some("127.0.0.1:2"));
        }
        assert_ne!(a.message_service.protocol, b.message_service.protocol);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let (_folder, path) = written("sendebud.toml", NEW);
        for (said, part) in [
            ("finnesikke=1", "there is no such setting"),
            ("requests_max=mange", "mange is no number"),
            ("register.signed=ja", "neither true nor false"),
            ("listen", "write --set KEY=VALUE"),
            ("users.3.name=x", "number them from 0"),
        ] {
            let error = gather(Some(&path), &BTreeMap::new(), &[said.to_owned()]);
            let words = format!("{:#}", error.unwrap_err());
            assert!(words.contains(part), "{said}: {words}");
        }
    }
}
