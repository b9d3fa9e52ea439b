//! A client of AMQP that does what a test says and nothing by itself.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use amqp::message::{self, Properties};
use amqp::sasl::Login;
use amqp::{
    Attach, Condition, Connection, Delivery, Event, LinkId, Message, Open, Outcome,
    Outgoing, Role, SessionId, Settings, Tag, Terminus, Value,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing takes longer here unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) struct Client {
    stream: Box<dyn Stream>,
    pub(crate) connection: Connection,
    events: VecDeque<Event>,
    pub(crate) session: SessionId,
    tags: u32,
    reply_to: String,
}

pub(crate) fn open(frame_bytes_max: u32, idle_millis: Option<u32>) -> Open {
    Open {
        container: "test".into(),
        hostname: Some("localhost".into()),
        frame_bytes_max,
        channel_max: 1000,
        idle_millis,
        properties: Value::Null,
    }
}

/// A plain message with this body.
pub(crate) fn plain(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    message::data(&mut out, body);
    out
}

/// A message with properties that the closure sets.
pub(crate) fn with(body: &[u8], set: impl FnOnce(&mut Properties)) -> Vec<u8> {
    let mut properties = Properties::default();
    set(&mut properties);
    let mut out = Vec::new();
    properties.write(&mut out);
    message::data(&mut out, body);
    out
}

/// The body of a delivery, as bytes.
pub(crate) fn body(delivery: &Delivery) -> Vec<u8> {
    let payload = delivery.payload.as_ref().unwrap();
    Message::read(payload).unwrap().bytes().into_owned()
}

/// An annotation of a delivery.
pub(crate) fn note(delivery: &Delivery, name: &str) -> Option<Value> {
    let payload = delivery.payload.as_ref().unwrap();
    let annotations = Message::read(payload).unwrap().annotations().unwrap();
    annotations.field(name).cloned()
}

/// A property that the sender gave a delivery.
pub(crate) fn property(delivery: &Delivery, name: &str) -> Option<Value> {
    let payload = delivery.payload.as_ref().unwrap();
    let properties = Message::read(payload).unwrap().application().unwrap();
    properties.field(name).cloned()
}

/// Given back with changes.
pub(crate) fn modified(undeliverable: bool, pairs: &[(&str, Value)]) -> Outcome {
    let pairs = pairs
        .iter()
        .map(|(k, v)| (Value::Symbol((*k).into()), v.clone()));
    Outcome::Modified {
        failed: true,
        undeliverable,
        annotations: Value::Map(pairs.collect()),
    }
}

impl Client {
    /// Connected, with one session.
    pub(crate) async fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, open(65_536, None), Login::Anonymous)
            .await
            .unwrap()
    }

    pub(crate) async fn over(
        stream: impl Stream + 'static,
        open: Open,
        login: Login,
    ) -> Result<Self, amqp::Error> {
        let connection = Connection::client(Settings::new(open), login);
        let mut client = Self {
            stream: Box::new(stream),
            connection,
            events: VecDeque::new(),
            session: SessionId::default(),
            tags: 0,
            reply_to: String::new(),
        };
        client
            .until(|event| matches!(event, Event::Open(_)))
            .await?;
        client.session = client.begin().await;
        Ok(client)
    }

    pub(crate) async fn begin(&mut self) -> SessionId {
        let session = self.connection.begin().unwrap();
        let begun = |event: &Event| *event == Event::Begin(session);
        self.until(begun).await.unwrap();
        session
    }

    /// The next event of this kind; others are kept. Fails when the broker has broken
    /// the protocol or refused us.
    pub(crate) async fn until(
        &mut self,
        mut wanted: impl FnMut(&Event) -> bool,
    ) -> Result<Event, amqp::Error> {
        if let Some(at) = self.events.iter().position(&mut wanted) {
            return Ok(self.events.remove(at).unwrap());
        }
        loop {
            while let Some(event) = self.connection.next()? {
                if wanted(&event) {
                    return Ok(event);
                }
                self.events.push_back(event);
            }
            self.flush().await;
            let mut buffer = vec![0; 65_536];
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer));
            let count = read.await.expect("the broker says nothing").unwrap_or(0);
            assert!(count > 0, "the broker hung up");
            self.connection.input().extend_from_slice(&buffer[..count]);
        }
    }

    pub(crate) async fn flush(&mut self) {
        let output = std::mem::take(self.connection.output());
        self.stream.write_all(&output).await.unwrap();
    }

    /// Write bytes as they are.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.flush().await;
        self.stream.write_all(bytes).await.unwrap();
    }

    /// What the broker sends until it hangs up.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let read = self.stream.read_to_end(&mut all);
        tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
        all
    }

    /// What has come by now, after one round trip.
    pub(crate) async fn events(&mut self) -> Vec<Event> {
        let session = self.begin().await;
        self.connection.end(session, None);
        self.flush().await;
        self.events.drain(..).collect()
    }

    /// A link, or why there is none.
    pub(crate) async fn attach(&mut self, attach: Attach) -> Result<LinkId, Condition> {
        let link = self.connection.attach(self.session, attach).unwrap();
        let ours = |e: &Event| matches!(e, Event::Attached(l, _) if *l == link);
        let answer = self.until(ours).await.unwrap();
        let Event::Attached(_, answer) = answer else {
            unreachable!()
        };
        if answer.source.is_some() && answer.target.is_some() {
            return Ok(link);
        }
        Err(self.detached(link).await.expect("it says why"))
    }

    pub(crate) async fn detached(&mut self, link: LinkId) -> Option<Condition> {
        let ours = |e: &Event| matches!(e, Event::Detach(l, _) if *l == link);
        match self.until(ours).await.unwrap() {
            Event::Detach(_, why) => why,
            _ => unreachable!(),
        }
    }

    /// A link to send on, with credit.
    pub(crate) async fn sender(&mut self, queue: &str) -> Result<LinkId, Condition> {
        let name = format!("to {queue} {}", self.tag());
        let (from, to) = (Terminus::new("here"), Terminus::new(queue));
        let link = self
            .attach(Attach::new(name, Role::Sender, from, to))
            .await?;
        self.credit(link).await;
        Ok(link)
    }

    /// Wait until the link has credit.
    pub(crate) async fn credit(&mut self, link: LinkId) {
        while self.connection.room(link) == 0 {
            let flow = |e: &Event| matches!(e, Event::Flow(_, Some(l)) if *l == link);
            self.until(flow).await.unwrap();
        }
    }

    /// A link to receive on, without credit, settled in two steps.
    pub(crate) async fn receiver(&mut self, queue: &str) -> Result<LinkId, Condition> {
        let name = format!("from {queue} {}", self.tag());
        let (from, to) = (Terminus::new(queue), Terminus::new("here"));
        let mut attach = Attach::new(name, Role::Receiver, from, to);
        attach.rcv_settle_mode = 1;
        self.attach(attach).await
    }

    fn tag(&mut self) -> u32 {
        self.tags += 1;
        self.tags
    }

    /// Send and do not wait.
    pub(crate) fn post(&mut self, link: LinkId, message: &[u8], format: u32) -> u32 {
        let tag = self.tag();
        let outgoing = Outgoing {
            tag: Tag::from(tag),
            key: tag.into(),
            settled: false,
            format,
            head: message,
            body: &[],
            more: false,
        };
        self.connection
            .send(link, &outgoing)
            .expect("the link has credit")
    }

    /// Send and wait for what became of it.
    pub(crate) async fn send(&mut self, link: LinkId, message: &[u8]) -> Outcome {
        self.credit(link).await;
        let number = self.post(link, message, 0);
        self.outcome(number).await
    }

    pub(crate) async fn outcome(&mut self, number: u32) -> Outcome {
        let ours = |e: &Event| matches!(e, Event::Outcome { delivery, settled: true, .. } if *delivery == number);
        match self.until(ours).await.unwrap() {
            Event::Outcome { outcome, .. } => outcome,
            _ => unreachable!(),
        }
    }

    /// Ask for so many and wait for the first.
    pub(crate) async fn take(&mut self, link: LinkId, credit: u32) -> Delivery {
        self.connection.grant(link, credit, false);
        self.next(link).await
    }

    pub(crate) async fn next(&mut self, link: LinkId) -> Delivery {
        let ours = |e: &Event| matches!(e, Event::Delivery(l, _) if *l == link);
        match self.until(ours).await.unwrap() {
            Event::Delivery(_, delivery) => delivery,
            _ => unreachable!(),
        }
    }

    /// What is there, by draining.
    pub(crate) async fn drain(&mut self, link: LinkId, credit: u32) -> Vec<Delivery> {
        self.connection.grant(link, credit, true);
        while self.connection.credit(link) > 0 {
            self.read().await;
        }
        let ours = |e: &Event| matches!(e, Event::Delivery(l, _) if *l == link);
        let all = std::mem::take(&mut self.events);
        let (mine, rest): (Vec<Event>, Vec<Event>) = all.into_iter().partition(ours);
        self.events = rest.into();
        let delivery = |event| match event {
            Event::Delivery(_, delivery) => delivery,
            _ => unreachable!(),
        };
        mine.into_iter().map(delivery).collect()
    }

    async fn read(&mut self) {
        if let Some(event) = self.connection.next().unwrap() {
            self.events.push_back(event);
            return;
        }
        self.flush().await;
        let mut buffer = vec![0; 65_536];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer));
        let count = read.await.expect("the broker says nothing").unwrap();
        assert!(count > 0, "the broker hung up");
        self.connection.input().extend_from_slice(&buffer[..count]);
        while let Some(event) = self.connection.next().unwrap() {
            self.events.push_back(event);
        }
    }

    /// Settle in two steps: say it, and wait for the broker to say so too.
    pub(crate) async fn settle(&mut self, delivery: u32, outcome: Outcome) -> Outcome {
        let role = Role::Receiver;
        self.connection
            .dispose(self.session, role, delivery, false, outcome);
        self.settled(delivery).await
    }

    pub(crate) async fn settled(&mut self, delivery: u32) -> Outcome {
        let ours = |e: &Event| {
            matches!(e, Event::Disposition(_, d)
                if d.settled && d.first <= delivery && delivery <= d.last)
        };
        match self.until(ours).await.unwrap() {
            Event::Disposition(_, disposition) => disposition.outcome.unwrap(),
            _ => unreachable!(),
        }
    }

    /// Ask a node and wait for its answer: application properties and body.
    pub(crate) async fn ask(
        &mut self,
        node: &str,
        ask: &[(&str, Value)],
        body: &Value,
    ) -> (Value, Value) {
        let (to, from) = self.node(node).await.unwrap();
        self.ask_on(to, from, ask, body).await
    }

    /// The two links of a node that answers.
    pub(crate) async fn node(
        &mut self,
        node: &str,
    ) -> Result<(LinkId, LinkId), Condition> {
        let to = self.sender(node).await?;
        self.reply_to = format!("answers {}", self.tag());
        let name = self.reply_to.clone();
        let (source, target) = (Terminus::new(node), Terminus::new(&*name));
        let attach = Attach::new(name, Role::Receiver, source, target);
        let from = self.attach(attach).await?;
        self.connection.grant(from, 100, false);
        Ok((to, from))
    }

    pub(crate) async fn ask_on(
        &mut self,
        to: LinkId,
        from: LinkId,
        ask: &[(&str, Value)],
        body: &Value,
    ) -> (Value, Value) {
        let id = Value::Ulong(self.tag().into());
        let mut request = Vec::new();
        let properties = Properties {
            message_id: Some(id.clone()),
            reply_to: Some(self.reply_to.clone()),
            ..Properties::default()
        };
        properties.write(&mut request);
        message::application(&mut request, |f| {
            for (name, value) in ask {
                f.string(*name);
                f.value(value);
            }
        });
        message::value(&mut request, body);
        assert_eq!(self.send(to, &request).await, Outcome::Accepted);
        let answer = self.next(from).await.payload.unwrap();
        let answer = Message::read(&answer).unwrap();
        // Whatever type it was of, it comes back as it went.
        assert_eq!(answer.properties().unwrap().correlation_id, Some(id));
        let body = answer.value().unwrap().unwrap_or(Value::Null);
        (answer.application().unwrap(), body)
    }

    /// Ask a queue's management.
    pub(crate) async fn manage(
        &mut self,
        queue: &str,
        operation: &str,
        body: &[(&str, Value)],
    ) -> (i64, Value) {
        let node = format!("{queue}/$management");
        let operation = Value::String(format!("com.microsoft:{operation}"));
        let pairs = body.iter().map(|(k, v)| (Value::from(*k), v.clone()));
        let body = Value::Map(pairs.collect());
        let (said, body) = self.ask(&node, &[("operation", operation)], &body).await;
        (said.field("statusCode").unwrap().integer().unwrap(), body)
    }

    /// Show a token; answers the status.
    pub(crate) async fn show(&mut self, token: &str) -> i64 {
        let ask = [
            ("operation", Value::from("put-token")),
            // Python says so of every token.
            ("type", Value::from("jwt")),
            ("name", Value::from("sb://localhost/q")),
        ];
        let (said, _) = self.ask("$cbs", &ask, &Value::from(token)).await;
        said.field("status-code").unwrap().integer().unwrap()
    }
}
