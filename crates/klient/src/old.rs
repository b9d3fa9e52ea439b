//! The settings of the old eInnsyn-klient, as ours (einnsyn §3).
//!
//! They stand in the XML of a Windows service, in application.properties, or in the
//! environment of a container, under names that Spring takes in many spellings.

use secrecy::SecretString;

use crate::Error;

/// Where the mail password is put, beside the settings.
pub const PASSWORD_FILE: &str = "epost-passord";

/// Our settings, made of old ones.
#[derive(Debug)]
pub struct Made {
    /// What to write to the settings file.
    pub toml: String,
    /// What to write to [`PASSWORD_FILE`].
    pub password: Option<SecretString>,
    /// For every old key, what became of it.
    pub lines: Vec<String>,
}

/// Names and values of a file in any of the forms.
pub fn keys(text: &str) -> Result<Vec<(String, String)>, Error> {
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
    {
        return of_xml(text);
    }
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    let pair = |line: &str| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once(['=', ':'])?;
        Some((name.trim().to_owned(), unquoted(value)))
    };
    lines
        .map(|line| {
            pair(line).ok_or_else(|| {
                Error::Settings(format!("a line is no NAME=VALUE: {line:.20}…"))
            })
        })
        .collect()
}

fn of_xml(text: &str) -> Result<Vec<(String, String)>, Error> {
    let wrong = |e: roxmltree::Error| Error::Settings(format!("it is no XML: {e}"));
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}'));
    let document = document.map_err(wrong)?;
    let mut keys = Vec::new();
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        match element.tag_name().name() {
            "env" => keys.extend(
                element
                    .attribute("name")
                    .zip(element.attribute("value"))
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            ),
            "arguments" | "argument" | "startarguments" | "startargument" => {
                keys.extend(arguments(element.text().unwrap_or_default()));
            }
            _ => {}
        }
    }
    Ok(keys)
}

/// `--name=value` and `-Dname=value`, the value in quotes or not.
fn arguments(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().expect("one at least").push(c),
        }
    }
    let pair = |word: String| {
        let plain = word
            .strip_prefix("--")
            .or_else(|| word.strip_prefix("-D"))?;
        let (name, value) = plain.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    words.into_iter().filter_map(pair).collect()
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    inner.unwrap_or(value).to_owned()
}

/// What becomes of an old key.
enum Becomes {
    /// This key of ours.
    Key(&'static str),
    /// This one, under `[mail]`.
    Mail(&'static str),
    /// A key of ours that is true or false.
    Truth(&'static str),
    /// The mail password.
    Password,
    /// Nothing, for this reason.
    Nothing(&'static str),
}

use Becomes::{Key, Mail, Nothing, Password, Truth};

/// Spring's names without dots, dashes and case, and what becomes of each.
const TABLE: &[(&str, Becomes)] = &[
    ("applicationmoveurl", Key("access_point")),
    ("applicationinputdirectory", Key("folder")),
    ("applicationorgnummer", Key("orgnr")),
    ("applicationsenderid", Key("sender")),
    ("applicationreceiverid", Key("receiver")),
    ("receiverorgnummer", Key("receiver")),
    ("applicationretrieveinnsynskrav", Truth("innsynskrav")),
    ("skalmottakvitteringer", Truth("publish.kvittering")),
    (
        "applicationskalmottakvitteringer",
        Truth("publish.kvittering"),
    ),
    ("springmailhost", Mail("host")),
    ("springmailport", Mail("port")),
    ("springmailusername", Mail("user")),
    ("springmailpassword", Password),
    ("useip", Nothing("an access point is always used")),
    (
        "applicationlogdirectory",
        Nothing("the log goes to standard error, for the service manager to keep"),
    ),
    (
        "kvitteringerloggmappe",
        Nothing("kvitteringer are noted beside the file that they answer"),
    ),
    (
        "applicationskalkonvertereklassering",
        Nothing("classification is converted with the rest"),
    ),
    (
        "serverport",
        Nothing("no port is needed; watch.listen opens one"),
    ),
    (
        "managementserverport",
        Nothing("no port is needed; watch.listen opens one"),
    ),
    (
        "managementenabledhealth",
        Nothing("health is answered where watch.listen is set"),
    ),
    (
        "log4j2formatmsgnolookups",
        Nothing("there is no log4j in this program"),
    ),
];

/// Make our settings of old names and values.
pub fn convert(keys: Vec<(String, String)>) -> Made {
    let mut root: Vec<(&str, String)> = Vec::new();
    let mut publish = Vec::new();
    let mut mail: Vec<(&str, String)> = Vec::new();
    let mut lines = Vec::new();
    let mut password = None;
    for (name, value) in keys {
        let canonical = name.chars().filter(char::is_ascii_alphanumeric);
        let canonical: String = canonical.collect::<String>().to_ascii_lowercase();
        let row = TABLE.iter().find(|(known, _)| *known == canonical);
        let value = value.trim().to_owned();
        let line = match row.map(|(_, becomes)| becomes) {
            Some(Key(key)) => {
                set(&mut root, key, quoted(&value));
                format!("taken: {key}")
            }
            Some(Truth(key)) => {
                let truth = value.eq_ignore_ascii_case("true").to_string();
                match key.strip_prefix("publish.") {
                    Some(key) => set(&mut publish, key, truth),
                    None => set(&mut root, key, truth),
                }
                format!("taken: {key}")
            }
            Some(Mail("port")) if value.parse::<u16>().is_err() => {
                "wrong: it is no port".to_owned()
            }
            Some(Mail("port")) => {
                set(&mut mail, "port", value);
                "taken: mail.port".into()
            }
            Some(Mail(key)) => {
                set(&mut mail, key, quoted(&value));
                format!("taken: mail.{key}")
            }
            Some(Password) => {
                password = Some(SecretString::from(value));
                format!("changed: it goes to the file {PASSWORD_FILE}")
            }
            Some(Nothing(why)) => format!("not needed: {why}"),
            None => "unknown: nothing is done with it".to_owned(),
        };
        lines.push(format!("{name}: {line}"));
    }
    let toml = written(root, &publish, mail, password.is_some(), &mut lines);
    Made {
        toml,
        password,
        lines,
    }
}

fn set(list: &mut Vec<(&'static str, String)>, key: &'static str, value: String) {
    list.retain(|(known, _)| *known != key);
    list.push((key, value));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn written(
    mut root: Vec<(&'static str, String)>,
    publish: &[(&'static str, String)],
    mut mail: Vec<(&'static str, String)>,
    password: bool,
    lines: &mut Vec<String>,
) -> String {
    let find = |key: &str| root.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
    let given = [find("orgnr"), find("access_point"), find("folder")];
    let [orgnr, point, folder] = given;
    if orgnr.is_none() {
        lines.push("missing: orgnr; the settings need it".into());
    }
    if point.is_none() {
        set(&mut root, "access_point", quoted("http://localhost:9093"));
    }
    if let Some(folder) = folder {
        lines.push(format!(
            "changed: files to publish go to the folder inn of {folder}, and do not vanish"
        ));
    }
    set(&mut root, "data", quoted("klient-data"));
    let mut text =
        String::from("# Made from the settings of the old eInnsyn-klient.\n");
    let mut all = |list: &[(&str, String)]| {
        for (key, value) in list {
            text += &format!("{key} = {value}\n");
        }
    };
    all(&root);
    if !publish.is_empty() {
        text += "\n[publish]\n";
        for (key, value) in publish {
            text += &format!("{key} = {value}\n");
        }
    }
    if mail.is_empty() {
        return text;
    }
    let user = mail.iter().position(|(key, _)| *key == "user");
    let user = user.map(|place| mail.remove(place).1);
    text += "\n[mail]\n";
    for (key, value) in &mail {
        text += &format!("{key} = {value}\n");
    }
    lines.push("missing: mail.from; an address in the body's own domain".into());
    text += "# from = \"Kommunen <postmottak@kommunen.example>\"\n";
    if let (Some(user), true) = (user, password) {
        text += &format!(
            "user = {{ name = {user}, password_file = \"{PASSWORD_FILE}\" }}\n"
        );
    }
    text
}
