//! Over from the Java integrasjonspunkt, and back.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use fagsystem::Fagsystem;
use flow::Point;
use secrecy::SecretString;
use url::Url;

use crate::cli::moving::{ApiUser, MoveIn, MoveOut};
use crate::moving::{self, Java, Left, Made, Trouble};
use crate::roles::serve::{Road, idle};
use crate::run::{runtime, shown};
use crate::settings::{Serve, gather, java, named, secret};

/// How long the address register may take to give its key.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

pub(crate) fn move_in(options: &MoveIn) -> anyhow::Result<()> {
    let java = known(options)?;
    settings(options, &java)?;
    let Some(api) = &options.api else {
        println!("\n--api URL fetches what waits at the Java one.");
        return Ok(());
    };
    let other = other(api, &options.user, &java.known)?;
    runtime()?.block_on(async {
        let there = moving::waiting(&other).await;
        let there = there.map_err(|e| moving::explained(e, api))?;
        println!(
            "\n{api}\n  wait for the case system: {}\n  have not left: {}\n  \
             conversations: {}",
            there.incoming.len(),
            there.outgoing.len(),
            there.conversations
        );
        if options.check {
            return Ok(());
        }
        let point = idle(own(&options.out)?, Road::None).await?;
        fetch(&point, &other, &there.outgoing)
            .await
            .map_err(|trouble| explained(trouble, api))?
    })
}

/// Make and write our settings, unless they are there.
fn settings(options: &MoveIn, java: &Java) -> anyhow::Result<()> {
    let out = &options.out;
    if out.exists() {
        println!("{} is there, and is used as it is.", shown(out));
        return Ok(());
    }
    let made = moving::make(java, &register_key);
    for line in &made.lines {
        println!("{line}");
    }
    for words in &made.missing {
        println!("missing: {words}");
    }
    ensure!(
        made.missing.is_empty(),
        "{} missing; nothing was written",
        made.missing.len()
    );
    if options.check {
        println!("\nNothing is missing; nothing was written.");
        return Ok(());
    }
    write(out, &made)?;
    println!("\n{} is written. See it, then: sendebud check", shown(out));
    Ok(())
}

/// First what was and has been; then what waits, which that makes history there.
async fn fetch(
    point: &Point,
    other: &Fagsystem,
    unsent: &[String],
) -> Result<anyhow::Result<()>, Trouble> {
    let copied = moving::copy(point, other).await?;
    println!(
        "copied: {} conversations, {} subscriptions",
        copied.conversations, copied.subscriptions
    );
    let fetched = moving::fetch(point, other).await?;
    println!(
        "fetched: {} wait here now; {} were here before; {} came too late and are kept \
         for the operator",
        fetched.kept, fetched.before, fetched.late
    );
    let mut left = copied.left;
    left.extend(fetched.left);
    let held = "locked there, by its case system or by a run that was cut off: stop the \
        case system, and run this again when the lock has run out (5 minutes)";
    let held = fetched.held.into_iter().map(|id| (id, held.to_owned()));
    left.extend(held);
    let stays = "it has not left the Java one, which alone can send it: leave that on \
        until it has, or have its case system send it again from here";
    left.extend(unsent.iter().map(|id| (id.clone(), stays.to_owned())));
    Ok(end(
        &left,
        "Everything is here. Now stop the Java integrasjonspunkt, and only then start \
         `sendebud serve`: both read the same queue, and whichever runs takes from it.",
    ))
}

pub(crate) fn move_out(options: &MoveOut) -> anyhow::Result<()> {
    let api = &options.api;
    let settings = own(&options.config)?;
    let other = other(api, &options.user, &BTreeMap::new())?;
    runtime()?.block_on(async {
        other
            .waiting(&moving::DPE, 0)
            .await
            .map_err(|e| moving::explained(e, api))?;
        let point = idle(settings, Road::Service).await?;
        let here = flow::ledger::waiting(&point).await?;
        println!(
            "here\n  wait for the case system: {}\n  have not left: {}",
            here.incoming, here.outgoing
        );
        if options.check {
            return Ok(());
        }
        let handed = moving::hand_over(&point, &other).await;
        let handed = handed.map_err(|trouble| explained(trouble, api))?;
        println!(
            "handed over: {} that waited for the case system, {} that had not left",
            handed.incoming, handed.outgoing
        );
        let words = "Everything is there. Now let the case system call it; what this \
            access point knew of older messages stays in its folder.";
        end(&handed.left, words)
    })
}

fn explained(trouble: Trouble, api: &Url) -> anyhow::Error {
    match trouble {
        Trouble::There(error) => moving::explained(error, api),
        Trouble::Here(error) => error.into(),
    }
}

fn end(left: &[Left], done: &str) -> anyhow::Result<()> {
    for (id, why) in left {
        println!("! {id}: {why}");
    }
    if left.is_empty() {
        println!("\n{done}");
        return Ok(());
    }
    bail!("{} message(s) are where they were", left.len());
}

/// What is known of the Java one.
fn known(options: &MoveIn) -> anyhow::Result<Java> {
    let mut known = java::read(&options.properties, |name| std::env::var(name).ok())?;
    if let Some(profile) = &options.profile {
        known.retain(|name, _| !crate::settings::alike(name, PROFILE));
        known.insert(PROFILE.to_owned(), profile.clone());
    }
    let last = options.properties.last();
    let folder = last.and_then(|file| file.parent()).unwrap_or(Path::new(""));
    Ok(Java {
        known,
        folder: folder.to_owned(),
        keystore: options.keystore.clone(),
    })
}

const PROFILE: &str = "spring.profiles.active";

/// The other one's API.
fn other(
    api: &Url,
    given: &ApiUser,
    known: &BTreeMap<String, String>,
) -> anyhow::Result<Fagsystem> {
    let read = |file: &PathBuf| {
        std::fs::read(file).with_context(|| format!("--ca {}", shown(file)))
    };
    let authorities = given.ca.as_ref().map(read).transpose()?;
    let user = user(given, known)?;
    Ok(Fagsystem::believing(api, user, authorities.as_deref())?)
}

/// Who we are to the other one: whoever is named, or the user that its settings have.
fn user(
    given: &ApiUser,
    known: &BTreeMap<String, String>,
) -> anyhow::Result<Option<(String, SecretString)>> {
    if let (Some(name), Some(file)) = (&given.user, &given.password_file) {
        return Ok(Some((name.clone(), secret(file)?.as_str().into())));
    }
    let name = named(known, "difi.security.user.name");
    let password = named(known, "difi.security.user.password");
    let on = named(known, "difi.security.enable") != Some("false");
    Ok(name
        .zip(password)
        .filter(|_| on)
        .map(|(name, password)| (name.to_owned(), password.into())))
}

/// Ask for the key that signs the address register's answers.
fn register_key(place: &Url) -> anyhow::Result<String> {
    let client = outbound::client_within(place, ANSWER_TIME_MAX)?;
    runtime()?.block_on(async {
        let answer = client.get(place.clone()).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status);
        let text = answer.map_err(reqwest::Error::without_url)?.text().await;
        Ok(text.map_err(reqwest::Error::without_url)?)
    })
}

/// The one organisation of a settings file.
fn own(file: &Path) -> anyhow::Result<Serve> {
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    });
    let gathered = gather(Some(file), &environment.collect(), &[])?;
    let [one] = <[Serve; 1]>::try_from(gathered.organisations).map_err(|all| {
        anyhow::anyhow!(
            "{} has {} organisations; give a file of one",
            shown(file),
            all.len()
        )
    })?;
    Ok(one)
}

/// Files for nobody else's eyes first: settings that are there can be used.
fn write(out: &Path, made: &Made) -> anyhow::Result<()> {
    for (name, content) in &made.files {
        let place = out.with_file_name(name);
        if std::fs::read(&place).is_ok_and(|there| there == **content) {
            continue;
        }
        create(&place, content)?;
    }
    create(out, made.toml.as_bytes())
}

/// There whole or not at all, and never over something else.
fn create(place: &Path, content: &[u8]) -> anyhow::Result<()> {
    let whose = || format!("{} cannot be written", shown(place));
    ensure!(
        !place.exists(),
        "{} is there already, with other content",
        shown(place)
    );
    let mut half: PathBuf = place.to_owned();
    half.as_mut_os_string().push(".tmp");
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&half);
    let mut file = file.with_context(whose)?;
    file.write_all(content).with_context(whose)?;
    file.sync_all().with_context(whose)?;
    std::fs::rename(&half, place).with_context(whose)
}
