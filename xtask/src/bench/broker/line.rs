//! A lean AMQP client: one connection, one thread, no more work than the protocol asks.
//!
//! A client on a heavy stack would hide what a broker costs.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use amqp::message::{self, Header};
use amqp::sasl::Login;
use amqp::{
    Attach, Connection, Event, LinkId, Open, Outcome, Outgoing, Role, Settings, Tag,
    Terminus, Value,
};
use anyhow::{Context, Result, bail};

/// No answer takes longer, unless something is broken.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);
const READ_BYTES: usize = 256 * 1024;

pub(super) struct Line {
    stream: TcpStream,
    connection: Connection,
    buffer: Vec<u8>,
}

/// When sending ends.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// This many messages have been sent.
    Count(u64),
    /// It is so late.
    Time(Instant),
}

/// A message that is to be kept on disk, with a body of so many bytes.
pub(super) fn letter(bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let header = Header {
        durable: true,
        ..Header::default()
    };
    header.write(&mut out);
    message::data(&mut out, &vec![b'x'; bytes]);
    out
}

impl Line {
    /// Log in, by anybody's name.
    pub(super) fn open(address: SocketAddr, login: Login) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
        let open = Open {
            container: "bench".into(),
            hostname: Some("localhost".into()),
            frame_bytes_max: 128 * 1024,
            channel_max: 10,
            idle_millis: None,
            properties: Value::Null,
        };
        let mut line = Self {
            stream,
            connection: Connection::client(Settings::new(open), login),
            buffer: vec![0; READ_BYTES],
        };
        line.until(|event| matches!(event, Event::Open(_)))?;
        Ok(line)
    }

    /// A link in this role to or from this address.
    pub(super) fn attach(&mut self, role: Role, address: &str) -> Result<LinkId> {
        let session = self.connection.begin().context("no session")?;
        let (from, to) = (Terminus::new(address), Terminus::new(address));
        let name = format!("bench-{session:?}");
        let attach = Attach::new(name, role, from, to);
        let link = self.connection.attach(session, attach);
        let link = link.context("no link")?;
        if role == Role::Sender {
            self.until(|e| matches!(e, Event::Flow(_, Some(l)) if *l == link))?;
        } else {
            self.until(|e| matches!(e, Event::Attached(l, _) if *l == link))?;
        }
        Ok(link)
    }

    /// End a link and what belongs to it. When this returns, the other side has taken
    /// in all that was said before.
    pub(super) fn end(&mut self, link: LinkId) -> Result<()> {
        self.connection.detach(link, None);
        self.until(|event| matches!(event, Event::Detach(l, _) if *l == link))?;
        self.connection.end(link.session, None);
        self.turn_out()
    }

    /// Send until then, so many unconfirmed at once; answers how many were confirmed,
    /// which is all.
    pub(super) fn send(
        &mut self,
        link: LinkId,
        letter: &[u8],
        flight: u64,
        until: Until,
    ) -> Result<u64> {
        let (mut sent, mut confirmed) = (0_u64, 0_u64);
        loop {
            let going = match until {
                Until::Count(count) => sent < count,
                Until::Time(end) => Instant::now() < end,
            };
            if !going && confirmed == sent {
                return Ok(sent);
            }
            let mut room = u64::from(self.connection.room(link));
            room = room.min(flight - (sent - confirmed));
            if let Until::Count(count) = until {
                room = room.min(count - sent);
            }
            for _ in 0..if going { room } else { 0 } {
                let message = Outgoing {
                    tag: Tag::from(u32::try_from(sent & 0xffff_ffff)?),
                    key: sent.into(),
                    settled: false,
                    format: 0,
                    head: &[],
                    body: letter,
                    more: false,
                };
                let number = self.connection.send(link, &message);
                number.context("no room")?;
                sent += 1;
            }
            self.turn()?;
            while let Some(event) = self.connection.next()? {
                match event {
                    Event::Outcome {
                        outcome: Outcome::Accepted,
                        ..
                    } => confirmed += 1,
                    Event::Outcome { outcome, .. } => {
                        bail!("not accepted: {outcome:?}")
                    }
                    Event::Detach(_, why) => bail!("the link was ended: {why:?}"),
                    _ => {}
                }
            }
        }
    }

    /// Take and accept so many messages, with so much credit.
    pub(super) fn receive(
        &mut self,
        link: LinkId,
        credit: u32,
        count: u64,
    ) -> Result<()> {
        let mut came = 0;
        while came < count {
            let left = u32::try_from(count - came).unwrap_or(u32::MAX);
            let had = self.connection.credit(link);
            if had <= credit / 2 && had < left {
                self.connection.grant(link, credit.min(left), false);
            }
            self.turn()?;
            while let Some(event) = self.connection.next()? {
                match event {
                    Event::Delivery(_, delivery) => {
                        came += 1;
                        let (session, role) = (link.session, Role::Receiver);
                        let (id, accepted) = (delivery.id, Outcome::Accepted);
                        self.connection.dispose(session, role, id, true, accepted);
                    }
                    Event::Detach(_, why) => bail!("the link was ended: {why:?}"),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn until(&mut self, mut wanted: impl FnMut(&Event) -> bool) -> Result<()> {
        loop {
            while let Some(event) = self.connection.next()? {
                if wanted(&event) {
                    return Ok(());
                }
            }
            self.turn()?;
        }
    }

    fn turn_out(&mut self) -> Result<()> {
        let output = self.connection.output();
        self.stream.write_all(output)?;
        output.clear();
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        self.turn_out()?;
        match self.stream.read(&mut self.buffer) {
            Ok(0) => bail!("the broker hung up"),
            Ok(count) => {
                let read = &self.buffer[..count];
                self.connection.input().extend_from_slice(read);
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                bail!("no answer within {ANSWER_TIME_MAX:?}")
            }
            Err(error) => Err(error.into()),
        }
    }
}
