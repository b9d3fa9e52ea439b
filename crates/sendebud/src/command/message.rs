//! Look at messages by hand, through the API that every case system uses.

use anyhow::Context;
use fagsystem::Fagsystem;

use crate::cli::{Inbox, Status};
use crate::run::runtime;

pub(crate) fn status(options: &Status) -> anyhow::Result<()> {
    let point = Fagsystem::new(&options.api, None)?;
    let id = options.message_id.parse().context("MESSAGE_ID")?;
    let lines = runtime()?.block_on(point.statuses(&id))?;
    anyhow::ensure!(!lines.is_empty(), "nothing is known of message {id}");
    for line in lines {
        let words = line.description.unwrap_or_default();
        println!("{}  {:<20}{words}", line.last_update, line.status);
    }
    Ok(())
}

pub(crate) fn inbox(options: &Inbox) -> anyhow::Result<()> {
    let point = Fagsystem::new(&options.api, None)?;
    let waiting = runtime()?.block_on(point.inbox())?;
    for envelope in &waiting {
        let facts = envelope.facts()?;
        let from = facts.sender.part_or_primary();
        println!(
            "{}  {:<20}from {from}",
            facts.message_id,
            facts.kind.as_str()
        );
    }
    println!("{} waiting", waiting.len());
    Ok(())
}
