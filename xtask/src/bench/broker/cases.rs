//! The cases that brokers are compared in: one connection sends, then receives all that
//! it sent. Every round goes through all cases, and in each through all brokers.

use std::time::{Duration, Instant};

use amqp::Role;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::line::{Until, letter};
use super::peers::Peer;
use super::server::Server;

/// Bytes of a body, and messages in flight: unconfirmed when sending, credit when
/// receiving.
const CASES: [(usize, u32); 6] = [
    (1_000, 1),
    (1_000, 16),
    (1_000, 128),
    (100_000, 1),
    (100_000, 16),
    (100_000, 128),
];
/// Rounds that are measured; one comes before them and is not.
const ROUNDS: usize = 5;
const SEND_TIME: Duration = Duration::from_secs(2);
/// A virtual machine that is cold takes longer to get going.
const WARM_UP_TIME: Duration = Duration::from_secs(4);

/// What one broker did in one case, round by round.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) bytes: usize,
    pub(super) flight: u32,
    pub(super) name: &'static str,
    pub(super) send: Way,
    pub(super) receive: Way,
}

/// What it did in one direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    a_second: Vec<f64>,
    messages: u64,
    cpu: Duration,
}

impl Lane {
    /// Messages that went through in a second: the median of all rounds.
    pub(super) fn a_second(&self) -> f64 {
        let each = self.send.a_second.iter().zip(&self.receive.a_second);
        median(each.map(|(send, receive)| 1.0 / (1.0 / send + 1.0 / receive)))
    }

    pub(super) fn figures(&self) -> Value {
        json!({
            "broker": self.name,
            "bytes": self.bytes,
            "in_flight": self.flight,
            "send": self.send.figures(),
            "receive": self.receive.figures(),
        })
    }
}

/// Lanes of all brokers, case by case.
pub(super) fn compare(running: &[(Peer, Server)]) -> Result<Vec<Lane>> {
    let mut lanes = Vec::new();
    for (bytes, flight) in CASES {
        lanes.extend(running.iter().map(|(peer, _)| Lane {
            bytes,
            flight,
            name: peer.name,
            ..Lane::default()
        }));
    }
    for round in 0..=ROUNDS {
        let who = running.iter().cycle();
        for (lane, (peer, server)) in lanes.iter_mut().zip(who) {
            let mut unmeasured = Lane {
                bytes: lane.bytes,
                flight: lane.flight,
                ..Lane::default()
            };
            let (into, time) = match round {
                0 => (&mut unmeasured, WARM_UP_TIME),
                _ => (lane, SEND_TIME),
            };
            exchange(peer, server, time, into).with_context(|| peer.name)?;
        }
    }
    Ok(lanes)
}

/// Send for so long, and receive all that was sent.
pub(super) fn exchange(
    peer: &Peer,
    server: &Server,
    time: Duration,
    lane: &mut Lane,
) -> Result<()> {
    let letter = letter(lane.bytes);
    let (mut line, flight) = (peer.line()?, lane.flight);
    let link = line.attach(Role::Sender, peer.queue)?;
    let mut sent = 0;
    lane.send.measure(server, || {
        let until = Until::Time(Instant::now() + time);
        sent = line.send(link, &letter, flight.into(), until)?;
        Ok(sent)
    })?;
    line.end(link)?;
    let link = line.attach(Role::Receiver, peer.queue)?;
    lane.receive.measure(server, || {
        line.receive(link, flight, sent)?;
        line.end(link)?;
        Ok(sent)
    })
}

impl Way {
    /// Do it, and note how long it took and what it cost.
    pub(super) fn measure(
        &mut self,
        server: &Server,
        work: impl FnOnce() -> Result<u64>,
    ) -> Result<()> {
        let (begun, before) = (Instant::now(), server.cpu()?);
        let messages = work()?;
        let took = begun.elapsed();
        self.cpu += server.cpu()?.saturating_sub(before);
        self.a_second.push(rate(messages, took));
        self.messages += messages;
        Ok(())
    }

    /// Messages a second: the median of all rounds.
    pub(super) fn a_second(&self) -> f64 {
        median(self.a_second.iter().copied())
    }

    /// Processor seconds of the broker for 1000 messages.
    pub(super) fn cpu(&self) -> f64 {
        1000.0 / rate(self.messages, self.cpu)
    }

    pub(super) fn figures(&self) -> Value {
        json!({
            "messages_per_second": self.a_second(),
            "messages_per_second_of_each_round": self.a_second,
            "cpu_seconds_per_1000": self.cpu(),
            "messages": self.messages,
        })
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn rate(messages: u64, time: Duration) -> f64 {
    messages as f64 / time.as_secs_f64()
}
