//! The klient: the role, and what a person does beside it.

use ambient::{Clock, Random};
use anyhow::{Context, bail, ensure};
use klient::old;
use secrecy::ExposeSecret;

use crate::cli::Role;
use crate::cli::klient::{Action, Klient, MoveIn};
use crate::run::{self, runtime, shown};
use crate::{roles, settings};

pub(crate) fn run(options: Klient) -> anyhow::Result<()> {
    match (options.action, options.config) {
        (None, Some(config)) => run::role(&Role { config }, roles::klient::start),
        (Some(action), _) => act(&action),
        (None, None) => bail!("--config FILE is missing"),
    }
}

fn act(action: &Action) -> anyhow::Result<()> {
    match action {
        Action::Approve(o) => runtime()?.block_on(async {
            let found = open(&o.config)?.approve(&o.file, &o.by).await?;
            ensure!(
                found,
                "no file named {:?} waits for a person; those that do lie in karantene, \
                 or in sending with \"venter\" in their result",
                o.file
            );
            println!("{} is let go by {}", o.file, o.by);
            Ok(())
        }),
        Action::Withdraw(o) => runtime()?.block_on(async {
            let file = open(&o.config)?.withdraw(&o.iri).await?;
            let file = file.context("not all of these are published from here")?;
            println!("inn/{file} withdraws them");
            Ok(())
        }),
        Action::Resend(o) => runtime()?.block_on(async {
            let file = open(&o.config)?.resend().await?;
            let file = file.context("nothing is published from here")?;
            println!("inn/{file} sends everything once more");
            Ok(())
        }),
        Action::MoveIn(options) => move_in(options),
    }
}

fn open(config: &std::path::Path) -> anyhow::Result<klient::Klient> {
    let settings: klient::Settings = settings::load(config)?;
    Ok(klient::Klient::open(
        settings,
        Clock::system(),
        Random::system(),
    )?)
}

/// Write our settings, and a line for every key of the old ones.
fn move_in(options: &MoveIn) -> anyhow::Result<()> {
    let mut keys = Vec::new();
    for path in &options.file {
        let text = std::fs::read_to_string(path).with_context(|| shown(path))?;
        keys.extend(old::keys(&text).with_context(|| shown(path))?);
    }
    let made = old::convert(keys);
    for line in &made.lines {
        eprintln!("{line}");
    }
    let Some(out) = &options.out else {
        print!("{}", made.toml);
        if made.password.is_some() {
            eprintln!("The mail password is not shown; with --out it goes to a file.");
        }
        return Ok(());
    };
    let there = out.exists();
    ensure!(
        !there || !options.kvitteringer.is_empty(),
        "{} is there already",
        shown(out)
    );
    if there {
        eprintln!("{} is there, and is used as it is", shown(out));
        return remember(options, out);
    }
    if let Some(password) = &made.password {
        let place = out.with_file_name(old::PASSWORD_FILE);
        crate::init::private(&place, password.expose_secret())?;
    }
    std::fs::write(out, made.toml).with_context(|| shown(out))?;
    remember(options, out)
}

/// Say what lies in the old input folder: nobody but its operator knows whether the old
/// one is still at it.
fn left(folder: &std::path::Path) {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = all.filter(|entry| entry.path().is_file()).count();
    if files > 0 {
        let folder = shown(folder);
        eprintln!(
            "{files} file(s) lie in {folder}: when the old client is stopped, move them \
             to {folder}/inn"
        );
    }
}

/// What the old one's logs say was published, into the ledger of these settings; those
/// may still lack something.
fn remember(options: &MoveIn, out: &std::path::Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(out).with_context(|| shown(out))?;
    let table: toml::Table = text.parse().with_context(|| shown(out))?;
    let data = table.get("data").and_then(toml::Value::as_str);
    let data = data.with_context(|| format!("{}: data is missing", shown(out)))?;
    let data = out.with_file_name(data);
    if let Some(folder) = table.get("folder").and_then(toml::Value::as_str) {
        left(&out.with_file_name(folder));
    }
    for log in &options.kvitteringer {
        let bytes = std::fs::read(log).with_context(|| shown(log))?;
        let text = String::from_utf8_lossy(&bytes);
        let clock = Clock::system();
        let found = runtime()?.block_on(klient::remember(&data, &text, &clock))?;
        eprintln!(
            "{}: {} published; {} other kvitteringer; {} that cannot be read",
            shown(log),
            found.published,
            found.others,
            found.unread
        );
    }
    Ok(())
}
