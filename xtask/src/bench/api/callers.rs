//! Callers of the two access points: first all send, then all take.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::chain::letter;
use crate::bench::http::Line;

/// How long the messages may be on their way.
const WAY_TIME_MAX: Duration = Duration::from_secs(120);

/// How long the sending of all of them took, and the taking.
pub(super) fn run(
    lane: usize,
    callers: usize,
    messages: usize,
    from: &str,
    to: &str,
) -> Result<[Duration; 2]> {
    let (file, next) = (letter::file(), AtomicUsize::new(0));
    let begun = Instant::now();
    together(callers, || {
        let mut line = Line::open(from)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= messages {
                return Ok(());
            }
            send(&mut line, &letter::id(lane, number), &file)?;
        }
    })?;
    let sent = begun.elapsed();
    arrived(to, messages)?;
    let left = AtomicUsize::new(messages);
    let begun = Instant::now();
    together(callers, || {
        let mut line = Line::open(to)?;
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok()
        {
            take(&mut line)?;
        }
        Ok(())
    })?;
    Ok([sent, begun.elapsed()])
}

fn together(callers: usize, work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let hands: Vec<_> = (0..callers).map(|_| scope.spawn(&work)).collect();
        hands
            .into_iter()
            .try_for_each(|hand| hand.join().expect("callers do not panic"))
    })
}

fn send(line: &mut Line, id: &str, file: &[u8]) -> Result<()> {
    let json = "Content-Type: application/json\r\n";
    let sbd = letter::sbd(id);
    line.ask("POST", "/api/messages/out", json, sbd.as_bytes())?
        .wanted(&[200])?;
    let path = format!("/api/messages/out/{id}");
    let headers = "Content-Type: application/xml\r\n\
                   Content-Disposition: attachment; filename=\"order.xml\"\r\n";
    line.ask("PUT", &path, headers, file)?.wanted(&[200])?;
    line.ask("POST", &path, "", b"")?.wanted(&[200])?;
    Ok(())
}

fn take(line: &mut Line) -> Result<()> {
    let answer = line.get("/api/messages/in/peek")?.wanted(&[200])?;
    let sbd: Value = serde_json::from_slice(&answer.body)?;
    let id =
        "/standardBusinessDocumentHeader/documentIdentification/instanceIdentifier";
    let id = sbd.pointer(id).and_then(Value::as_str);
    let id = id.context("an SBD without an id")?;
    line.get(&format!("/api/messages/in/pop/{id}"))?
        .wanted(&[200])?;
    line.ask("DELETE", &format!("/api/messages/in/{id}"), "", b"")?
        .wanted(&[200])?;
    Ok(())
}

fn arrived(to: &str, messages: usize) -> Result<()> {
    let (mut line, begun) = (Line::open(to)?, Instant::now());
    loop {
        let page = line.get("/api/messages/in?size=1")?.wanted(&[200])?;
        let page: Value = serde_json::from_slice(&page.body)?;
        let count = page["totalElements"].as_u64().context("no totalElements")?;
        if usize::try_from(count)? >= messages {
            return Ok(());
        }
        if begun.elapsed() > WAY_TIME_MAX {
            bail!("{count} of {messages} messages have arrived");
        }
        thread::sleep(Duration::from_millis(20));
    }
}
