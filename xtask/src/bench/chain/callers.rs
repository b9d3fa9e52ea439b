//! The two case systems: as many hands that send as hands that take.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::letter;
use crate::bench::http::Line;

/// Between two looks at an empty in-tray.
const LOOK_TIME: Duration = Duration::from_micros(500);
/// How long a message may be on its way.
const WAY_TIME_MAX: Duration = Duration::from_secs(60);

/// How much, how fast.
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) callers: usize,
    pub(super) messages: u32,
    /// As fast as it goes when not given.
    pub(super) a_second: Option<u32>,
}

/// What was seen.
pub(super) struct Passed {
    /// From the call that sends to the answer of the peek, for each message.
    pub(super) send_to_peekable: Vec<Duration>,
}

/// What sending and taking hands know of each other.
struct Shared {
    state: Mutex<State>,
    sent: Condvar,
}

struct State {
    /// Messages that no sending hand has begun.
    left: usize,
    /// Messages that were sent and that no taking hand is after.
    unclaimed: usize,
    /// Messages that some taking hand is after, or has.
    claimed: usize,
    sent_at: Vec<Option<Instant>>,
    seen_at: Vec<Option<Instant>>,
    failed: bool,
}

/// Send all messages of a lane and take them.
pub(super) fn run(lane: usize, load: &Load, from: &str, to: &str) -> Result<Passed> {
    let messages = usize::try_from(load.messages)?;
    let shared = Shared {
        state: Mutex::new(State {
            left: messages,
            unclaimed: 0,
            claimed: 0,
            sent_at: vec![None; messages],
            seen_at: vec![None; messages],
            failed: false,
        }),
        sent: Condvar::new(),
    };
    let (begun, file) = (Instant::now(), letter::file());
    let pace = load.a_second.map(|n| Duration::from_secs(1) / n);
    thread::scope(|scope| {
        let mut hands = Vec::new();
        for _ in 0..load.callers {
            hands.push(scope.spawn(|| {
                shared.or_all_stop(send(lane, load, from, &file, pace, begun, &shared))
            }));
            hands.push(scope.spawn(|| shared.or_all_stop(take(messages, to, &shared))));
        }
        hands
            .into_iter()
            .try_for_each(|hand| hand.join().expect("hands do not panic"))
    })?;
    let state = shared
        .state
        .into_inner()
        .expect("nobody panics while holding it");
    let times = state.sent_at.iter().zip(&state.seen_at);
    let times = times.map(|(sent, seen)| Some(seen.as_ref()?.duration_since((*sent)?)));
    Ok(Passed {
        send_to_peekable: times.collect::<Option<_>>().context("one was never seen")?,
    })
}

/// Create, attach, send; one message after another.
fn send(
    lane: usize,
    load: &Load,
    address: &str,
    file: &[u8],
    pace: Option<Duration>,
    begun: Instant,
    shared: &Shared,
) -> Result<()> {
    let mut line = Line::open(address)?;
    while let Some(number) = shared.begin() {
        if let Some(pace) = pace {
            let count = load.messages - u32::try_from(number)?;
            thread::sleep(
                (begun + pace * count).saturating_duration_since(Instant::now()),
            );
        }
        let id = letter::id(lane, number);
        let json = "Content-Type: application/json\r\n";
        line.ask(
            "POST",
            "/api/messages/out",
            json,
            letter::sbd(&id).as_bytes(),
        )?
        .wanted(&[200])?;
        let path = format!("/api/messages/out/{id}");
        let headers = "Content-Type: application/xml\r\n\
                       Content-Disposition: attachment; filename=\"order.xml\"\r\n";
        line.ask("PUT", &path, headers, file)?.wanted(&[200])?;
        let sent_at = Instant::now();
        line.ask("POST", &path, "", b"")?.wanted(&[200])?;
        shared.sent(number, sent_at);
    }
    Ok(())
}

/// Peek, pop, delete; one message after another.
fn take(messages: usize, address: &str, shared: &Shared) -> Result<()> {
    let mut line = Line::open(address)?;
    while shared.claim(messages) {
        let id = peek(&mut line, shared)?;
        let pop = format!("/api/messages/in/pop/{id}");
        let package = line.get(&pop)?.wanted(&[200])?;
        if !package.body.starts_with(b"PK") {
            bail!("{id} came without its package");
        }
        let delete = format!("/api/messages/in/{id}");
        line.ask("DELETE", &delete, "", b"")?.wanted(&[200])?;
    }
    Ok(())
}

/// Ask until there is a message; answers its id.
fn peek(line: &mut Line, shared: &Shared) -> Result<String> {
    const ID: &str = "\"instanceIdentifier\"";
    let begun = Instant::now();
    loop {
        let answer = line.get("/api/messages/in/peek")?.wanted(&[200, 204])?;
        if answer.status == 200 {
            let seen = Instant::now();
            let text = String::from_utf8(answer.body)?;
            // Both ids are the same, so the first that is met will do.
            let (_, rest) = text.split_once(ID).context("an SBD without an id")?;
            let id = rest.split('"').nth(1).context("an id that is no text")?;
            shared.seen(letter::number(id).context("not one of ours")?, seen);
            return Ok(id.to_owned());
        }
        if begun.elapsed() > WAY_TIME_MAX {
            bail!("a message did not arrive within {WAY_TIME_MAX:?}");
        }
        thread::sleep(LOOK_TIME);
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    /// The number of the next message to send.
    fn begin(&self) -> Option<usize> {
        let mut state = self.lock();
        state.left = state.left.checked_sub(1)?;
        (!state.failed).then_some(state.left)
    }

    fn sent(&self, number: usize, at: Instant) {
        let mut state = self.lock();
        state.sent_at[number] = Some(at);
        state.unclaimed += 1;
        drop(state);
        self.sent.notify_one();
    }

    /// Wait until one more message is on its way; false when all are taken care of.
    fn claim(&self, messages: usize) -> bool {
        let state = self.lock();
        let waiting =
            |s: &mut State| s.unclaimed == 0 && s.claimed < messages && !s.failed;
        let state = self.sent.wait_while(state, waiting);
        let mut state = state.expect("nobody panics while holding it");
        if state.unclaimed == 0 || state.failed {
            return false;
        }
        state.unclaimed -= 1;
        state.claimed += 1;
        if state.claimed == messages {
            self.sent.notify_all();
        }
        true
    }

    fn seen(&self, number: usize, at: Instant) {
        self.lock().seen_at[number] = Some(at);
    }

    /// A hand that fails stops the others, who would wait for what never comes.
    fn or_all_stop(&self, done: Result<()>) -> Result<()> {
        if done.is_err() {
            self.lock().failed = true;
            self.sent.notify_all();
        }
        done
    }
}
