//! How fast the broker is over AMQP: `amqp_load BYTES IN_FLIGHT SECONDS [PID]`.
//!
//! Sends to and receives from `load` at 127.0.0.1:5672, where the example `broker` or
//! anything with its key listens; one connection, one thread. With the broker's process
//! id, tells its processor time per 1000 messages too.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use amqp::sasl::Login;
use amqp::{
    Attach, Connection, Event, LinkId, Open, Outcome, Outgoing, Role, Settings, Tag,
    Terminus, Value, message,
};

/// Credit and messages in flight beyond this are not of interest.
type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    let mut given = std::env::args().skip(1);
    let mut number = |default: u32| given.next().map_or(Ok(default), |a| a.parse());
    let (bytes, flight, seconds) = (number(1024)?, number(128)?, number(5)?);
    let pid = number(0)?;
    let time = Duration::from_secs(seconds.into());
    let mut body = Vec::new();
    message::data(&mut body, &vec![b'x'; bytes as usize]);
    let mut load = Load::connect()?;
    let (began, cpu) = (Instant::now(), processor(pid));
    let sent = load.send(&body, flight, time)?;
    report("send", sent, began, processor(pid) - cpu);
    let (began, cpu) = (Instant::now(), processor(pid));
    let received = load.receive(flight, sent)?;
    report(
        "receive and complete",
        received,
        began,
        processor(pid) - cpu,
    );
    Ok(())
}

fn report(what: &str, count: u64, began: Instant, cpu: f64) {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (count, seconds) = (count as f64, began.elapsed().as_secs_f64());
    println!(
        "{what:21} {count:9} in {seconds:5.2} s  {:8.0}/s  {:.4} CPU-s/1000",
        count / seconds,
        cpu / count * 1000.0
    );
}

/// User and system seconds of a process, from /proc.
fn processor(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ');
    let ticks = fields
        .skip(12)
        .take(2)
        .filter_map(|f| f.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

struct Load {
    stream: TcpStream,
    connection: Connection,
}

impl Load {
    fn connect() -> Fallible<Self> {
        let stream = TcpStream::connect("127.0.0.1:5672")?;
        stream.set_nodelay(true)?;
        let open = Open {
            container: "load".into(),
            hostname: None,
            frame_bytes_max: 65_536,
            channel_max: 10,
            idle_millis: None,
            properties: Value::Null,
        };
        let settings = Settings::new(open);
        let (name, key) = ("RootManageSharedAccessKey", "SAS_KEY_VALUE");
        let login = Login::Plain(name.into(), key.into());
        let connection = Connection::client(settings, login);
        let mut load = Self { stream, connection };
        load.until(|event| matches!(event, Event::Open(_)))?;
        Ok(load)
    }

    /// Write what there is, read once, and give events until one is what we wait for.
    fn until(&mut self, mut done: impl FnMut(&Event) -> bool) -> Fallible<()> {
        loop {
            while let Some(event) = self.connection.next()? {
                if done(&event) {
                    return Ok(());
                }
            }
            self.turn()?;
        }
    }

    fn turn(&mut self) -> Fallible<()> {
        let output = self.connection.output();
        self.stream.write_all(output)?;
        output.clear();
        let mut buffer = vec![0; 65_536];
        let count = self.stream.read(&mut buffer)?;
        if count == 0 {
            return Err("the broker hung up".into());
        }
        self.connection.input().extend_from_slice(&buffer[..count]);
        Ok(())
    }

    fn link(&mut self, role: Role) -> Fallible<LinkId> {
        let session = self.connection.begin().ok_or("no session")?;
        let (from, to) = (Terminus::new("load"), Terminus::new("load"));
        let mut attach = Attach::new("load", role, from, to);
        attach.rcv_settle_mode = u8::from(role == Role::Receiver);
        Ok(self.connection.attach(session, attach).ok_or("no link")?)
    }

    fn send(&mut self, body: &[u8], flight: u32, time: Duration) -> Fallible<u64> {
        let link = self.link(Role::Sender)?;
        self.until(|event| matches!(event, Event::Flow(_, Some(l)) if *l == link))?;
        let end = Instant::now() + time;
        let (mut sent, mut confirmed) = (0, 0);
        while Instant::now() < end || confirmed < sent {
            let going = Instant::now() < end;
            while going
                && sent - confirmed < u64::from(flight)
                && self.connection.room(link) > 0
            {
                let message = Outgoing {
                    tag: Tag::from(u32::try_from(sent & 0xffff_ffff)?),
                    key: sent.into(),
                    settled: false,
                    format: 0,
                    head: &[],
                    body,
                    more: false,
                };
                self.connection.send(link, &message);
                sent += 1;
            }
            if confirmed < sent || going {
                self.turn()?;
            }
            while let Some(event) = self.connection.next()? {
                if let Event::Disposition(_, d) = event {
                    if d.outcome != Some(Outcome::Accepted) {
                        return Err(format!("not accepted: {:?}", d.outcome).into());
                    }
                    confirmed += u64::from(d.last - d.first) + 1;
                } else if let Event::Outcome { outcome, .. } = event {
                    if outcome != Outcome::Accepted {
                        return Err(format!("not accepted: {outcome:?}").into());
                    }
                    confirmed += 1;
                }
            }
        }
        Ok(sent)
    }

    fn receive(&mut self, flight: u32, count: u64) -> Fallible<u64> {
        let link = self.link(Role::Receiver)?;
        self.until(|event| matches!(event, Event::Attached(l, _) if *l == link))?;
        self.connection.grant(link, flight, false);
        let mut confirmed = 0;
        while confirmed < count {
            self.turn()?;
            while let Some(event) = self.connection.next()? {
                match event {
                    Event::Delivery(_, delivery) => {
                        let (session, role) = (link.session, Role::Receiver);
                        let (id, accepted) = (delivery.id, Outcome::Accepted);
                        let connection = &mut self.connection;
                        connection.dispose(session, role, id, false, accepted);
                    }
                    Event::Disposition(_, d) => {
                        confirmed += u64::from(d.last - d.first) + 1;
                    }
                    _ => {}
                }
            }
            if self.connection.credit(link) <= flight / 2 {
                self.connection.grant(link, flight, false);
            }
        }
        Ok(confirmed)
    }
}
