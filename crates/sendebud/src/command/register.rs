//! Look after an address register by hand: the file that its role answers from.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use registry::server::{Directory, Organisation, Record};

use crate::cli::{Register, RegisterConfig, RegisterPut};
use crate::roles::registry::{directory, keep};
use crate::run::shown;
use crate::settings;

pub(crate) fn run(command: &Register) -> ExitCode {
    let done = match command {
        Register::List(options) => list(options),
        Register::Export(options) => read(options).map(|d| println!("{}", d.json())),
        Register::Import { config, file } => import(config, file),
        Register::Put(options) => put(options),
        Register::Remove { config, orgnr } => remove(config, orgnr),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn read(options: &RegisterConfig) -> anyhow::Result<Directory> {
    let settings: settings::Registry = settings::load(&options.config)?;
    directory(&settings)
}

fn list(options: &RegisterConfig) -> anyhow::Result<()> {
    for organisation in read(options)?.iter() {
        println!("{}  {}", organisation.orgnr, organisation.name);
        for record in &organisation.records {
            println!("    {}  {}", record.process, record.endpoint_url);
        }
    }
    Ok(())
}

fn change(
    options: &RegisterConfig,
    change: impl FnOnce(&mut Directory) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let settings: settings::Registry = settings::load(&options.config)?;
    let data = settings.data.as_ref().with_context(|| {
        format!(
            "{} has no `data`: name a file (JSON) there that may be changed",
            shown(&options.config)
        )
    })?;
    let mut known = directory(&settings)?;
    change(&mut known)?;
    keep(data, &known).with_context(|| format!("{} cannot be written", shown(data)))
}

fn import(options: &RegisterConfig, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| shown(file))?;
    change(options, |known| {
        *known = Directory::from_json(&text).with_context(|| shown(file))?;
        Ok(())
    })
}

fn put(options: &RegisterPut) -> anyhow::Result<()> {
    let path = &options.certificate;
    let certificate = std::fs::read_to_string(path).with_context(|| shown(path))?;
    change(&options.config, |known| {
        let before = known.find(&options.orgnr).cloned();
        let mut records = before.as_ref().map_or(Vec::new(), |o| o.records.clone());
        for one in &options.record {
            let parts: Vec<&str> = one.split(',').collect();
            let [process, document_type, endpoint_url] = parts.as_slice() else {
                bail!("--record {one}: it is PROCESS,DOCUMENT-TYPE,QUEUE");
            };
            records.retain(|r| r.process != *process);
            records.push(Record {
                process: (*process).to_owned(),
                document_types: vec![(*document_type).to_owned()],
                service: "DPE".into(),
                endpoint_url: (*endpoint_url).to_owned(),
            });
        }
        let name = options
            .name
            .clone()
            .or(before.as_ref().map(|o| o.name.clone()));
        known.put(Organisation {
            orgnr: options.orgnr.clone(),
            name: name.context("--name is needed for a new organisation")?,
            certificate,
            postadresse: before.and_then(|o| o.postadresse),
            records,
        })?;
        Ok(())
    })
}

fn remove(options: &RegisterConfig, orgnr: &str) -> anyhow::Result<()> {
    change(options, |known| match known.remove(orgnr) {
        true => Ok(()),
        false => bail!("{orgnr} is not in the register"),
    })
}
