//! Those who send and receive meanwhile, and connect again whenever they are cut off.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use amqp::{Delivery, Event, Message, Outcome, Outgoing, Role, Tag, message};

use crate::ledger::Ledger;
use crate::line::Line;

const QUEUE: &str = "nextbestqueue-kill";
/// Messages that are under way at once.
const FLIGHT: usize = 32;
/// Most messages are small; each so many-th is not, and some do not fit into the log.
const LARGE: u64 = 97;
const LARGE_BYTES: usize = 100_000;
const HUGE: u64 = 499;
const HUGE_BYTES: usize = 1_500_000;
const SMALL_BYTES: usize = 300;

pub(crate) struct Load(Vec<JoinHandle<()>>);

pub(crate) fn start(address: SocketAddr, ledger: &Arc<Ledger>) -> Load {
    let run = |work: fn(SocketAddr, &Ledger) -> io::Result<()>| {
        let ledger = Arc::clone(ledger);
        let again = move || {
            while ledger.goes_on() {
                // Cut off, or not let in yet: again.
                drop(work(address, &ledger));
            }
        };
        std::thread::Builder::new().spawn(again).unwrap()
    };
    Load(vec![run(send), run(send), run(receive), run(receive)])
}

impl Load {
    pub(crate) fn join(self) {
        self.0.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// The message of this number: every byte of it can be told to be right.
fn body(number: u64) -> Vec<u8> {
    let length = match number {
        _ if number.is_multiple_of(HUGE) => HUGE_BYTES,
        _ if number.is_multiple_of(LARGE) => LARGE_BYTES,
        _ => SMALL_BYTES,
    };
    number
        .to_be_bytes()
        .into_iter()
        .cycle()
        .take(length)
        .collect()
}

fn send(address: SocketAddr, ledger: &Ledger) -> io::Result<()> {
    let mut line = Line::attach(address, Role::Sender, QUEUE)?;
    let mut flight: HashMap<u32, u64> = HashMap::new();
    while ledger.goes_on() {
        while ledger.sends()
            && flight.len() < FLIGHT
            && line.connection.room(line.link) > 0
        {
            let number = ledger.number();
            let mut sections = Vec::new();
            message::data(&mut sections, &body(number));
            let message = Outgoing {
                tag: Tag::from(0),
                key: number.into(),
                settled: false,
                format: 0,
                head: &sections,
                body: &[],
                more: false,
            };
            if let Some(id) = line.connection.send(line.link, &message) {
                flight.insert(id, number);
            }
        }
        for event in line.turn()? {
            if let Event::Outcome {
                delivery, outcome, ..
            } = event
                && let Some(number) = flight.remove(&delivery)
            {
                match outcome {
                    Outcome::Accepted => ledger.confirmed(number),
                    other => ledger.wrong(format!("{number} was refused: {other:?}")),
                }
            }
        }
    }
    Ok(())
}

fn receive(address: SocketAddr, ledger: &Ledger) -> io::Result<()> {
    let life = ledger.life();
    let mut line = Line::attach(address, Role::Receiver, QUEUE)?;
    let mut held: HashMap<u32, u64> = HashMap::new();
    while ledger.goes_on() {
        let credit = u32::try_from(FLIGHT).unwrap();
        if line.connection.credit(line.link) < credit / 2 {
            line.connection.grant(line.link, credit, false);
        }
        for event in line.turn()? {
            match event {
                Event::Delivery(_, delivery) => {
                    let Some(number) = number(&delivery, ledger) else {
                        continue;
                    };
                    ledger.came(number, life);
                    held.insert(delivery.id, number);
                    let (session, role) = (line.session, Role::Receiver);
                    let done = Outcome::Accepted;
                    let connection = &mut line.connection;
                    connection.dispose(session, role, delivery.id, false, done);
                }
                Event::Disposition(_, said)
                    if said.outcome == Some(Outcome::Accepted) =>
                {
                    for id in said.first..=said.last {
                        let number = held.remove(&id);
                        number.into_iter().for_each(|n| ledger.settled(n, life));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Which message this is, if it is one of ours, whole.
fn number(delivery: &Delivery, ledger: &Ledger) -> Option<u64> {
    let payload = delivery.payload.as_ref()?;
    let sections = Message::read(payload).ok()?;
    let bytes = sections.bytes();
    let number = u64::from_be_bytes(*bytes.first_chunk()?);
    if *bytes != body(number)[..] {
        ledger.wrong(format!("{number} is not what was sent"));
        return None;
    }
    Some(number)
}
