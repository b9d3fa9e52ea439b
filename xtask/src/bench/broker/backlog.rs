//! What much does to our broker: many messages that wait, and many queues.
//!
//! Three run side by side: one with a thousand messages waiting in its queue, one with
//! as many as were asked for, and one with as many queues. Messages go through each in
//! turn, round by round.

use std::path::Path;
use std::time::Duration;

use amqp::Role;
use anyhow::Result;
use serde_json::{Value, json};

use super::cases::{Lane, Way, exchange};
use super::line::{Line, Until, letter};
use super::peers::{Peer, ours};
use super::server::Server;

const FEW: u64 = 1_000;
const QUEUES: u64 = 10_000;
const BODY_BYTES: usize = 64;
/// While the backlog is sent.
const FILL_FLIGHT: u64 = 2_000;
const FLIGHT: u32 = 128;
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_secs(2);

/// A broker that holds much.
struct Loaded {
    what: String,
    peer: Peer,
    server: Server,
    lane: Lane,
    fill: Way,
    /// Memory when all was in it, before it was started again.
    filled: u64,
}

pub(super) fn main(own: &Path, backlog: u64, folder: &Path) -> Result<Vec<Value>> {
    let few = with_backlog(&ours(own, 1), FEW, &folder.join("few"))?;
    let many = with_backlog(&ours(own, 2), backlog, &folder.join("many"))?;
    let queues = with_queues(&ours(own, 3), &folder.join("queues"))?;
    let mut all = [few, many, queues];
    for round in 0..=ROUNDS {
        for one in &mut all {
            if round == 0 {
                exchange(&one.peer, &one.server, TIME, &mut lane())?;
            } else {
                exchange(&one.peer, &one.server, TIME, &mut one.lane)?;
            }
        }
    }
    println!("\nours with much in it: {BODY_BYTES} bytes, {FLIGHT} in flight");
    println!(
        "{:<18} {:>9} {:>9}   {:>9} {:>9}   {:>9} {:>9}   {:>9}",
        "", "filled/s", "RSS", "start ms", "RSS", "send/s", "receive/s", "of few"
    );
    let base = all[0].lane.a_second();
    all.iter().map(|one| one.report(base)).collect()
}

fn lane() -> Lane {
    Lane {
        bytes: BODY_BYTES,
        flight: FLIGHT,
        ..Lane::default()
    }
}

fn with_backlog(peer: &Peer, count: u64, folder: &Path) -> Result<Loaded> {
    let fill = |line: &mut Line| {
        let link = line.attach(Role::Sender, peer.queue)?;
        line.send(link, &letter(BODY_BYTES), FILL_FLIGHT, Until::Count(count))
    };
    Loaded::new(format!("{count} messages"), peer, folder, fill)
}

fn with_queues(peer: &Peer, folder: &Path) -> Result<Loaded> {
    let fill = |line: &mut Line| {
        for number in 0..QUEUES {
            let link = line.attach(Role::Sender, &format!("queue-{number}"))?;
            line.send(link, &letter(BODY_BYTES), 1, Until::Count(1))?;
            line.end(link)?;
        }
        Ok(QUEUES)
    };
    Loaded::new(format!("{QUEUES} queues"), peer, folder, fill)
}

impl Loaded {
    /// Filled, and started again with what is in it.
    fn new(
        what: String,
        peer: &Peer,
        folder: &Path,
        work: impl FnOnce(&mut Line) -> Result<u64>,
    ) -> Result<Self> {
        let server = peer.start(folder)?;
        let (mut fill, mut line) = (Way::default(), peer.line()?);
        fill.measure(&server, || work(&mut line))?;
        let (filled, _) = server.memory()?;
        drop(server);
        Ok(Self {
            what,
            peer: peer.clone(),
            server: peer.again(folder)?,
            lane: lane(),
            fill,
            filled,
        })
    }

    fn report(&self, base: f64) -> Result<Value> {
        let (send, receive) = (&self.lane.send, &self.lane.receive);
        let (loaded, _) = self.server.memory()?;
        let start = self.server.start_time.as_secs_f64() * 1000.0;
        let part = self.lane.a_second() / base;
        println!(
            "{:<18} {:>9.0} {:>6} MB   {start:>9.1} {:>6} MB   {:>9.0} {:>9.0}   {:>8.0}%",
            self.what,
            self.fill.a_second(),
            self.filled / 1_000_000,
            loaded / 1_000_000,
            send.a_second(),
            receive.a_second(),
            part * 100.0,
        );
        Ok(json!({
            "what": self.what,
            "fill": self.fill.figures(),
            "filled_rss_bytes": self.filled,
            "start_ms": start,
            "loaded_rss_bytes": loaded,
            "send": send.figures(),
            "receive": receive.figures(),
            "of_few": part,
        }))
    }
}
