//! The access point as a process: its settings gathered, what became of old ones said.

use std::io::Read;

use ambient::Random;
use zeroize::Zeroizing;

use crate::cli::Serve;
use crate::roles::serve::start_all;
use crate::run;
use crate::settings::{Gathered, gather, source};

pub(crate) fn run(options: &Serve) -> anyhow::Result<()> {
    crate::log::start();
    let Gathered {
        organisations,
        notes,
    } = read(options)?;
    for (words, must) in notes {
        if must {
            tracing::warn!("settings: {words}");
        } else {
            tracing::info!("settings: {words}");
        }
    }
    tracing::debug!(
        from = source(options.config.as_deref()),
        "settings are read"
    );
    run::begin(organisations, start_all)
}

/// Gather with this process's environment.
pub(crate) fn read(options: &Serve) -> anyhow::Result<Gathered> {
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    });
    let environment = environment.collect();
    gather(options.config.as_deref(), &environment, &options.set)
}

/// From standard input, so that the password stands in no history.
pub(crate) fn hash_password() -> anyhow::Result<()> {
    let mut password = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "write the password to standard input");
    let mut salt = [0; 16];
    Random::system().fill(&mut salt);
    println!("{}", password::hash_password(password, &salt)?);
    Ok(())
}
