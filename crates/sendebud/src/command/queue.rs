//! Look after the queues of a message service: list, look, resubmit, purge, export.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use transport::servicebus::desk::{
    Desk, Held, LOOK_MAX, Letter, Listed, Place, TAKE_MAX,
};

use crate::cli::queue::{Export, Format, Peek, Purge, Queue, Resubmit, Service};
use crate::run::{runtime, shown};
use crate::settings::secret;

/// How often progress is drawn while nothing is counted.
const TICK_TIME: Duration = Duration::from_millis(200);

pub(crate) fn run(command: &Queue) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match command {
            Queue::List(service) => list(service).await,
            Queue::Peek(options) => peek(options, false).await,
            Queue::DeadLetters(options) => peek(options, true).await,
            Queue::Resubmit(options) => resubmit(options).await,
            Queue::Purge(options) => purge(options).await,
            Queue::Export(options) => export(options).await,
        }
    })
}

async fn list(service: &Service) -> anyhow::Result<()> {
    let queues = Desk::queues(&place(service)?, &Clock::system()).await?;
    if service.format == Format::Json {
        let all: Vec<Value> = queues.iter().map(listed).collect();
        return print(&format!("{:#}\n", Value::from(all)));
    }
    let width = queues.iter().map(|queue| queue.name.chars().count()).max();
    let width = width.unwrap_or(0).max(5);
    let head = ("queue", "waiting", "put aside", "scheduled", "bytes");
    let (name, active, dead, scheduled, bytes) = head;
    let mut text =
        format!("{name:<width$} {active:>10} {dead:>10} {scheduled:>10} {bytes:>14}\n");
    for queue in &queues {
        let Listed {
            name,
            active,
            dead_letters,
            scheduled,
            bytes,
            status,
            ..
        } = queue;
        let status = if status == "Active" { "" } else { status };
        text += &format!(
            "{name:<width$} {active:>10} {dead_letters:>10} {scheduled:>10} \
             {bytes:>14} {status}\n"
        );
    }
    print(&text)
}

/// To standard output; whoever reads only the beginning need not hear of it.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

fn listed(queue: &Listed) -> Value {
    json!({
        "name": queue.name,
        "active": queue.active,
        "deadLetters": queue.dead_letters,
        "scheduled": queue.scheduled,
        "bytes": queue.bytes,
        "status": queue.status,
    })
}

async fn peek(options: &Peek, dead: bool) -> anyhow::Result<()> {
    let mut desk = open(&options.service).await?;
    let queue = address(&options.queue, dead);
    let mut left = options.count;
    let (mut from, mut all) = (options.from, Vec::new());
    while left > 0 {
        let max = u32::try_from(left).unwrap_or(LOOK_MAX);
        let seen = desk.look(&queue, from, max).await?;
        let Some(last) = seen.last() else { break };
        from = last.sequence + 1;
        left = left.saturating_sub(seen.len());
        for letter in &seen {
            match options.service.format {
                Format::Text => print(&line(letter, options.body))?,
                Format::Json => all.push(described(letter, options.body)),
            }
        }
    }
    desk.close().await;
    if options.service.format == Format::Json {
        print(&format!("{:#}\n", Value::from(all)))?;
    }
    Ok(())
}

fn line(letter: &Letter, body: bool) -> String {
    let at = letter.enqueued_at.map(|at| at.to_string());
    let (sequence, state) = (letter.sequence, letter.state);
    let subject = letter.subject.as_deref().unwrap_or_default();
    let mut text = format!(
        "{sequence:>8}  {}  {state:<9} {:>3} in vain  {:>9} bytes  {}  {subject}\n",
        at.unwrap_or_default(),
        letter.delivery_count,
        letter.body.len(),
        letter.id,
    );
    if let Some(reason) = &letter.reason {
        let more = letter.description.as_deref().unwrap_or_default();
        text += &format!("          {reason}: {more}\n");
    }
    if body {
        text += &String::from_utf8_lossy(&letter.body);
        text.push('\n');
    }
    text
}

fn described(letter: &Letter, body: bool) -> Value {
    let own = letter.properties.iter().cloned();
    let properties: serde_json::Map<String, Value> =
        own.map(|(name, value)| (name, value.into())).collect();
    let mut all = json!({
        "sequenceNumber": letter.sequence,
        "enqueuedTime": letter.enqueued_at.map(|at| at.to_string()),
        "state": letter.state,
        "deliveryCount": letter.delivery_count,
        "messageId": letter.id,
        "subject": letter.subject,
        "contentType": letter.content_type,
        "correlationId": letter.correlation_id,
        "properties": properties,
        "deadLetterReason": letter.reason,
        "deadLetterErrorDescription": letter.description,
        "bytes": letter.body.len(),
    });
    if body {
        all["body"] = String::from_utf8_lossy(&letter.body).into();
    }
    all
}

/// Each is sent again, and only then let go of: what breaks between leaves two, never
/// none.
async fn resubmit(options: &Resubmit) -> anyhow::Result<()> {
    let mut desk = open(&options.service).await?;
    let facts = desk.queue(&options.queue).await?;
    ensure!(
        options.new_id || !facts.detects_duplicates,
        "the queue {} drops messages whose id it has seen, and would drop these: give \
         --new-id to send each under a new id",
        options.queue
    );
    // Not for ever: what is put aside anew meanwhile is left for the next time.
    let there = facts.dead_letters;
    let wanted = options.count.map_or(there, |count| count.min(there));
    let progress = progress(&options.service, Some(wanted), "sent again");
    let mut done = 0;
    while done < wanted {
        let max = u32::try_from(wanted - done)
            .unwrap_or(TAKE_MAX)
            .min(TAKE_MAX);
        let held = desk.take(&address(&options.queue, true), max).await?;
        if held.is_empty() {
            break;
        }
        let sent = again(&mut desk, options, &held).await;
        done += sent.with_context(|| {
            format!("{done} were sent again; the rest are still put aside")
        })?;
        progress.set_position(done);
    }
    progress.finish_and_clear();
    desk.close().await;
    report(&options.service, "resubmitted", done);
    Ok(())
}

async fn again(
    desk: &mut Desk,
    options: &Resubmit,
    held: &[Held],
) -> anyhow::Result<u64> {
    let random = Random::system();
    let new = || options.new_id.then(|| random.uuid().simple().to_string());
    let messages: Result<Vec<_>, _> = held
        .iter()
        .map(|held| held.letter.again(new().as_deref()))
        .collect();
    let became = desk.send(&options.queue, &messages?).await?;
    let (good, bad): (Vec<_>, Vec<_>) = held
        .iter()
        .zip(&became)
        .partition(|(_, result)| result.is_ok());
    let good: Vec<&Held> = good.into_iter().map(|(held, _)| held).collect();
    let from = address(&options.queue, true);
    desk.complete(&from, &good).await?;
    if let Some((first, Err(error))) = bad.first() {
        let error = error.clone();
        let left: Vec<&Held> = bad.iter().map(|(held, _)| *held).collect();
        let number = first.letter.sequence;
        desk.release(&from, &left).await?;
        let sent = good.len();
        return Err(error).with_context(|| {
            format!("message {number} was refused, after {sent} of these were sent")
        });
    }
    Ok(good.len() as u64)
}

async fn purge(options: &Purge) -> anyhow::Result<()> {
    let what = if options.dead_letters {
        "the messages that were put aside in"
    } else {
        "the messages that wait in"
    };
    ensure!(
        options.yes,
        "{what} {} would be gone for good: give --yes if that is meant",
        options.queue
    );
    let mut desk = open(&options.service).await?;
    let queue = address(&options.queue, options.dead_letters);
    let progress = progress(&options.service, None, "thrown away");
    let mut done = 0;
    loop {
        let gone = desk
            .discard(&queue, TAKE_MAX)
            .await
            .with_context(|| format!("{done} were thrown away before this"))?;
        if gone == 0 {
            break;
        }
        done += gone as u64;
        progress.set_position(done);
    }
    progress.finish_and_clear();
    desk.close().await;
    report(&options.service, "purged", done);
    Ok(())
}

async fn export(options: &Export) -> anyhow::Result<()> {
    let folder = || format!("the folder {}", shown(&options.out));
    std::fs::create_dir_all(&options.out).with_context(folder)?;
    let mut desk = open(&options.service).await?;
    let queue = address(&options.queue, options.dead_letters);
    let progress = progress(&options.service, None, "written");
    let (mut from, mut done) = (1, 0);
    loop {
        let seen = desk.look(&queue, from, LOOK_MAX).await?;
        let Some(last) = seen.last() else { break };
        from = last.sequence + 1;
        for letter in &seen {
            write(letter, &options.out)?;
        }
        done += seen.len() as u64;
        progress.set_position(done);
    }
    progress.finish_and_clear();
    desk.close().await;
    report(&options.service, "exported", done);
    Ok(())
}

/// What is there already is not written over.
fn write(letter: &Letter, folder: &Path) -> anyhow::Result<()> {
    let facts = format!("{:#}\n", described(letter, false));
    let number = letter.sequence;
    for (kind, bytes) in [("json", facts.as_bytes()), ("body", &letter.body)] {
        let place = folder.join(format!("{number}.{kind}"));
        let file = std::fs::File::create_new(&place);
        let written = file.and_then(|mut file| file.write_all(bytes));
        written.with_context(|| format!("the file {}", shown(&place)))?;
    }
    Ok(())
}

async fn open(service: &Service) -> anyhow::Result<Desk> {
    Ok(Desk::open(place(service)?, Clock::system()).await?)
}

fn place(service: &Service) -> anyhow::Result<Place> {
    let connection = match (&service.connection, &service.connection_file) {
        (_, Some(file)) => SecretString::from(secret(file)?.as_str()),
        (Some(connection), None) => connection.clone(),
        (None, None) => bail!("give --connection or --connection-file"),
    };
    let authorities = service.ca.as_ref().map(|file| {
        std::fs::read(file).with_context(|| format!("the certificates {}", shown(file)))
    });
    let (admin, authorities) = (service.admin.clone(), authorities.transpose()?);
    Ok(Place::parse(
        connection.expose_secret(),
        admin,
        authorities,
    )?)
}

/// A queue, or what was put aside in it.
fn address(queue: &str, dead: bool) -> String {
    let queue = queue.trim_matches('/');
    match dead {
        true => format!("{queue}/$DeadLetterQueue"),
        false => queue.to_owned(),
    }
}

/// Drawn for people only, on standard error.
fn progress(service: &Service, of: Option<u64>, words: &'static str) -> ProgressBar {
    if service.format == Format::Json {
        return ProgressBar::hidden();
    }
    let (bar, template) = match of {
        Some(length) => (ProgressBar::new(length), "{bar:30} {pos}/{len} {msg} {eta}"),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {pos} {msg}, {per_sec}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(words);
    bar.enable_steady_tick(TICK_TIME);
    bar
}

fn report(service: &Service, what: &str, count: u64) {
    match service.format {
        Format::Text => println!("{count} {what}"),
        Format::Json => println!("{}", json!({what: count})),
    }
}
