//! A connection to the broker that blocks, and ends with the broker.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use amqp::sasl::Login;
use amqp::{
    Attach, Connection, Event, LinkId, Open, Role, SessionId, Settings, Terminus, Value,
};

/// After this silence whoever waits looks whether it still should.
const LOOK_TIME: Duration = Duration::from_millis(200);

pub(crate) struct Line {
    stream: TcpStream,
    pub(crate) connection: Connection,
    pub(crate) session: SessionId,
    pub(crate) link: LinkId,
}

impl Line {
    /// A link in this role to or from the queue.
    pub(crate) fn attach(
        address: SocketAddr,
        role: Role,
        queue: &str,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK_TIME))?;
        let open = Open {
            container: "kill".into(),
            hostname: None,
            frame_bytes_max: 65_536,
            channel_max: 10,
            idle_millis: None,
            properties: Value::Null,
        };
        let mut connection = Connection::client(Settings::new(open), Login::Anonymous);
        turn(&mut stream, &mut connection, |e| {
            matches!(e, Event::Open(_))
        })?;
        let session = connection.begin().ok_or(ErrorKind::NotConnected)?;
        let (from, to) = (Terminus::new(queue), Terminus::new(queue));
        let mut attach = Attach::new("kill", role, from, to);
        attach.rcv_settle_mode = u8::from(role == Role::Receiver);
        let link = connection
            .attach(session, attach)
            .ok_or(ErrorKind::NotConnected)?;
        let attached = |e: &Event| matches!(e, Event::Attached(..));
        turn(&mut stream, &mut connection, attached)?;
        Ok(Self {
            stream,
            connection,
            session,
            link,
        })
    }

    /// Write what there is, wait a little for something to come, and answer it.
    pub(crate) fn turn(&mut self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        read(&mut self.stream, &mut self.connection, &mut events)?;
        Ok(events)
    }
}

/// Go on until this has happened.
fn turn(
    stream: &mut TcpStream,
    connection: &mut Connection,
    wanted: impl Fn(&Event) -> bool,
) -> io::Result<()> {
    loop {
        let mut events = Vec::new();
        read(stream, connection, &mut events)?;
        if events.iter().any(&wanted) {
            return Ok(());
        }
    }
}

fn read(
    stream: &mut TcpStream,
    connection: &mut Connection,
    events: &mut Vec<Event>,
) -> io::Result<()> {
    let output = std::mem::take(connection.output());
    stream.write_all(&output)?;
    let mut bytes = vec![0; 65_536];
    match stream.read(&mut bytes) {
        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => connection.input().extend_from_slice(&bytes[..count]),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
        Err(error) => return Err(error),
    }
    while let Some(event) = connection.next().map_err(io::Error::other)? {
        events.push(event);
    }
    Ok(())
}
