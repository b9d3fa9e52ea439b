//! The lists of an access point that has had many messages; its start; its disk.

use std::path::Path;
use std::time::{Duration, Instant};

use ambient::{Clock, Random};
use anyhow::Result;
use serde_json::{Value, json};
use store::{Blobs, Store};

use super::{KOMMUNE, Kind};
use crate::bench::http::Line;
use crate::bench::{chain, usage};
use crate::processes::{Process, Role, fresh_folder};

const OWNER: &str = "310000019";
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// Rows made in one transaction.
const BATCH: u32 = 50_000;
/// Each page is asked for so often; the median counts.
const ROUNDS: usize = 15;

pub(super) fn on(kind: Kind<'_>, program: &Path) -> Result<Vec<Value>> {
    SIZES
        .iter()
        .map(|rows| list(kind, program, *rows))
        .collect()
}

fn list(kind: Kind<'_>, program: &Path, rows: u32) -> Result<Value> {
    let folder = fresh_folder("sendebud-bench-api")?;
    chain::settings(program, &folder)?;
    let settings = folder.join("kommune.toml");
    let address = kind.settle(&settings)?;
    let data = folder.join("kommune");
    tokio::runtime::Runtime::new()?.block_on(fill(
        address.as_deref(),
        &data,
        rows,
        kind,
    ))?;
    let bytes = match (kind, &address) {
        (Kind::Server(cluster), Some(address)) => cluster.bytes(address),
        _ => usage::disk(&data)?,
    };
    let role = Role {
        command: "serve",
        name: "kommune".into(),
        settings,
    };
    let process = Process::start(program, role)?;
    let mut line = Line::open(KOMMUNE)?;
    let path = "/api/conversations";
    let middle = rows / 2 / 10;
    // The order by last update, newest first; the rows are a second apart.
    let cursor = format!("{path}?cursor={}.{}", u64::from(rows / 2) * 1_000_000, rows);
    let first = median(&mut line, path)?;
    let deep = median(&mut line, &cursor)?;
    let passed_over = median(&mut line, &format!("{path}?page={middle}"))?;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    // Bytes a row are megabytes a million.
    let per_million = bytes / u64::from(rows);
    println!(
        "{:<11} {rows:>8} conversations   page 0 {:>6.1} ms   deep by cursor {:>6.1} ms   \
         by number {:>6.1} ms   listens after {:>6.1} ms   {:>4} MB per million",
        kind.name(),
        ms(first),
        ms(deep),
        ms(passed_over),
        ms(process.start_time),
        per_million,
    );
    Ok(json!({
        "database": kind.name(),
        "conversations": rows,
        "page_0_ms": ms(first),
        "deep_by_cursor_ms": ms(deep),
        "deep_by_number_ms": ms(passed_over),
        "start_ms": ms(process.start_time),
        "megabytes_per_million": per_million,
    }))
}

fn median(line: &mut Line, path: &str) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        line.get(path)?.wanted(&[200])?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times[ROUNDS / 2])
}

/// Finished incoming messages, as they lie when everybody is done with them.
async fn fill(
    address: Option<&str>,
    data: &Path,
    rows: u32,
    kind: Kind<'_>,
) -> Result<()> {
    let (clock, random) = (Clock::system(), Random::system());
    let blobs = Blobs::folder(&data.join("content"))?;
    let store = match address {
        None => Store::alone(data, blobs, &clock, &random).await?,
        Some(address) => Store::shared(address, blobs, &clock, &random).await?,
    };
    let chance = match kind {
        Kind::Lite => "randomblob(16)",
        Kind::Server(_) => "uuid_send(gen_random_uuid())",
    };
    let mut from = 0;
    while from < rows {
        let to = rows.min(from + BATCH);
        let made = conversations(chance, from, to);
        let work = store.write::<(), store::Error, _>(move |tx| {
            Box::pin(async move {
                for statement in &made {
                    tx.exec(statement, &[]).await?;
                }
                Ok(())
            })
        });
        work.await?;
        from = to;
    }
    let settled = store.write::<(), store::Error, _>(|tx| {
        Box::pin(async move {
            tx.exec("ANALYZE", &[]).await?;
            Ok(())
        })
    });
    settled.await?;
    Ok(())
}

fn conversations(chance: &str, from: u32, to: u32) -> Vec<String> {
    let numbers = format!(
        "WITH RECURSIVE n(i, h) AS (
             SELECT CAST({from} + 1 AS BIGINT), {chance}
             UNION ALL SELECT i + 1, {chance} FROM n WHERE i < {to})"
    );
    let urn = "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0";
    let kind = "urn:no:difi:einnsyn:xsd::innsynskrav";
    let mut all = vec![
        format!(
            "INSERT INTO correspondence (digest, direction, sender, sender_identifier,
                 receiver, receiver_identifier, process, document_type, service)
             SELECT NULL, 'INCOMING', '0192:310000027', '310000027', '0192:{OWNER}',
                 '{OWNER}', '{urn}', '{kind}', 'DPE'
             WHERE NOT EXISTS (SELECT 1 FROM correspondence)"
        ),
        format!(
            "{numbers}
             INSERT INTO conversation (owner, message_id, correspondence, expires_at,
                 finished, last_update)
             SELECT '{OWNER}', h, correspondence.id, i * 1000000, 1, i * 1000000
             FROM n CROSS JOIN correspondence"
        ),
    ];
    for (status, offset) in [
        // OPPRETTET, INNKOMMENDE_MOTTATT, INNKOMMENDE_LEVERT.
        (90, 0),
        (40, 1),
        (30, 2),
    ] {
        all.push(format!(
            "INSERT INTO status (conversation, value, at)
             SELECT id, {status}, last_update + {offset} FROM conversation
             WHERE last_update > CAST({from} AS BIGINT) * 1000000"
        ));
    }
    all.push(format!(
        "INSERT INTO seen (owner, message_id)
         SELECT owner, message_id FROM conversation
         WHERE last_update > CAST({from} AS BIGINT) * 1000000"
    ));
    all
}
