//! Two ends of a connection against each other, without a socket between.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use amqp::sasl::Login;
use amqp::{
    Attach, Condition, Connection, Delivery, Event, LinkId, Open, Outcome, Outgoing,
    Role, SessionId, Settings, Tag, Terminus, Value, condition,
};
use proptest::prelude::*;

fn settings(frame_bytes_max: u32) -> Settings {
    let open = Open {
        container: "test".into(),
        hostname: None,
        frame_bytes_max,
        channel_max: 100,
        idle_millis: Some(60_000),
        properties: Value::Null,
    };
    Settings::new(open)
}

struct Pair {
    client: Connection,
    server: Connection,
    /// Bytes are handed over in pieces of this size.
    piece: usize,
    at_client: Vec<Event>,
    at_server: Vec<Event>,
}

impl Pair {
    fn new(frame_bytes_max: u32, piece: usize) -> Self {
        Self::with(frame_bytes_max, piece, settings(65_536))
    }

    fn with(frame_bytes_max: u32, piece: usize, server: Settings) -> Self {
        let mut pair = Self {
            client: Connection::client(settings(frame_bytes_max), Login::Anonymous),
            server: Connection::server(server),
            piece,
            at_client: Vec::new(),
            at_server: Vec::new(),
        };
        pair.run();
        let login = pair.at_server.remove(0);
        assert!(matches!(login, Event::Login(init) if init.mechanism == "MSSBCBS"));
        pair.server.welcome(true);
        pair.run();
        assert!(matches!(pair.at_server.remove(0), Event::Open(_)));
        assert!(matches!(pair.at_client.remove(0), Event::Open(_)));
        pair
    }

    /// Until both have nothing more to say.
    fn run(&mut self) {
        loop {
            let to_server = std::mem::take(self.client.output());
            let to_client = std::mem::take(self.server.output());
            if to_server.is_empty() && to_client.is_empty() {
                return;
            }
            feed(
                &mut self.server,
                &to_server,
                self.piece,
                &mut self.at_server,
            );
            feed(
                &mut self.client,
                &to_client,
                self.piece,
                &mut self.at_client,
            );
        }
    }

    /// A session with a link on which the client has this role; both ends of it.
    fn link(&mut self, role: Role) -> (LinkId, LinkId) {
        self.link_named("a link", role)
    }

    fn link_named(&mut self, name: &str, role: Role) -> (LinkId, LinkId) {
        let session = self.client.begin().unwrap();
        let (from, to) = (Terminus::new("q1"), Terminus::new("here"));
        let attach = Attach::new(name, role, from, to);
        let ours = self.client.attach(session, attach).unwrap();
        self.run();
        assert!(matches!(self.at_server.remove(0), Event::Begin(_)));
        let Event::Attach(theirs, mut answer) = self.at_server.remove(0) else {
            panic!("no attach");
        };
        assert_eq!(
            answer.source.as_ref().unwrap().address.as_deref(),
            Some("q1")
        );
        answer.max_message_size = 100_000;
        self.server.accept(theirs, *answer);
        self.run();
        assert!(matches!(self.at_client.remove(0), Event::Begin(_)));
        assert!(matches!(self.at_client.remove(0), Event::Attached(l, _) if l == ours));
        (ours, theirs)
    }
}

fn feed(end: &mut Connection, bytes: &[u8], piece: usize, events: &mut Vec<Event>) {
    for piece in bytes.chunks(piece) {
        end.input().extend_from_slice(piece);
        while let Some(event) = end.next().unwrap() {
            events.push(event);
        }
    }
}

fn message(key: u128, body: &[u8]) -> Outgoing<'_> {
    Outgoing {
        tag: Tag::from(u32::try_from(key).unwrap()),
        key,
        settled: false,
        format: 0,
        head: &body[..body.len() / 2],
        body: &body[body.len() / 2..],
        more: false,
    }
}

#[test]
fn a_message_goes_over_and_its_outcome_comes_back() {
    let mut pair = Pair::new(512, usize::MAX);
    let (ours, theirs) = pair.link(Role::Sender);
    assert!(
        pair.client
            .send(ours, &message(1, b"no credit yet"))
            .is_none()
    );
    pair.server.grant(theirs, 10, false);
    pair.run();
    let flow = Event::Flow(ours.session, Some(ours));
    assert_eq!(std::mem::take(&mut pair.at_client), [flow]);
    let body = vec![7; 3000];
    for key in 1..=3 {
        assert!(pair.client.send(ours, &message(key, &body)).is_some());
    }
    pair.run();
    for event in std::mem::take(&mut pair.at_server) {
        let Event::Delivery(link, delivery) = event else {
            panic!("{event:?}");
        };
        assert_eq!(
            (link, delivery.payload.as_deref()),
            (theirs, Some(&body[..]))
        );
        let session = theirs.session;
        let (role, accepted) = (Role::Receiver, Outcome::Accepted);
        pair.server
            .dispose(session, role, delivery.id, true, accepted);
    }
    // Three outcomes, one frame.
    assert_eq!(pair.server.output().len(), 8 + 6 + 10);
    pair.run();
    assert_eq!(pair.at_client.len(), 3);
    assert_eq!(keys(&pair.at_client), [1, 2, 3]);
    assert_eq!(pair.server.credit(theirs), 7);
    assert_eq!(pair.client.room(ours), 7);
}

#[test]
fn a_receiver_settles_in_two_steps_and_drains() {
    let mut pair = Pair::new(65_536, usize::MAX);
    let (ours, theirs) = pair.link(Role::Receiver);
    pair.client.grant(ours, 5, true);
    pair.run();
    pair.at_server.clear();
    assert!(pair.server.drains(theirs));
    let sent = pair.server.send(theirs, &message(9, b"one")).unwrap();
    pair.server.drained(theirs);
    pair.run();
    assert!(matches!(&pair.at_client[0], Event::Delivery(_, d) if d.id == sent));
    assert_eq!(pair.at_client.len(), 2, "and a flow");
    assert_eq!(
        (pair.client.credit(ours), pair.server.credit(theirs)),
        (0, 0)
    );
    let (session, role) = (ours.session, Role::Receiver);
    pair.client
        .dispose(session, role, sent, false, Outcome::FAILED);
    pair.run();
    let event = pair.at_server.remove(0);
    let expected = Event::Outcome {
        session: theirs.session,
        delivery: sent,
        sent: Some((theirs, 9)),
        settled: false,
        outcome: Outcome::FAILED,
    };
    assert_eq!(event, expected);
    pair.server
        .settle(theirs.session, sent, Outcome::FAILED.bare());
    pair.at_client.clear();
    pair.run();
    let Event::Disposition(_, answer) = pair.at_client.remove(0) else {
        panic!("no disposition");
    };
    assert!(answer.settled && answer.role == Role::Sender);
    // Once more about a delivery that is forgotten: said so, with no key.
    pair.client
        .dispose(session, role, sent, false, Outcome::Accepted);
    pair.run();
    assert!(matches!(
        pair.at_server[0],
        Event::Outcome { sent: None, .. }
    ));
}

#[test]
fn ranges_are_not_gone_through() {
    let mut pair = Pair::new(65_536, usize::MAX);
    let (ours, theirs) = pair.link(Role::Receiver);
    pair.client.grant(ours, 50, false);
    pair.run();
    for key in 0..50 {
        pair.server.send(theirs, &message(key, b"x")).unwrap();
    }
    pair.run();
    pair.at_server.clear();
    // Disposition of 0 to 2³¹−1, accepted, settled.
    let frame =
        b"\0\0\0\x1a\x02\0\0\0\0\x53\x15\xc0\x0d\x05\x41\x43\x70\x7f\xff\xff\xff\
        \x41\0\x53\x24\x45";
    feed(&mut pair.server, frame, usize::MAX, &mut pair.at_server);
    assert_eq!(keys(&pair.at_server), (0..50).collect::<Vec<_>>());
}

#[test]
fn a_refused_link_is_ended_and_what_follows_it_is_ignored() {
    let mut pair = Pair::new(65_536, usize::MAX);
    let session = pair.client.begin().unwrap();
    let (from, to) = (Terminus::new("nowhere"), Terminus::new("here"));
    let attach = Attach::new("l", Role::Receiver, from, to);
    let ours = pair.client.attach(session, attach).unwrap();
    pair.client.grant(ours, 10, false);
    pair.run();
    let Event::Attach(theirs, wanted) = pair.at_server.remove(1) else {
        panic!("no attach");
    };
    let error = Condition::new(condition::NOT_FOUND, "no such queue");
    pair.server.refuse(theirs, &wanted, error.clone());
    pair.client.grant(ours, 20, false);
    pair.run();
    let refused = |e: &Event| matches!(e, Event::Attached(_, a) if a.source.is_none());
    assert!(pair.at_client.iter().any(refused));
    assert_eq!(pair.at_client.pop(), Some(Event::Detach(ours, Some(error))));
    assert!(!pair.server.is_closed() && !pair.client.is_closed());
    // The handle is free again, and means another link.
    let (again, _) = {
        pair.at_client.clear();
        pair.at_server.clear();
        pair.link(Role::Sender)
    };
    assert_ne!(again, ours);
}

#[test]
fn too_large_is_told_apart_and_the_link_lives_on() {
    let mut pair = Pair::new(65_536, usize::MAX);
    let (ours, theirs) = pair.link(Role::Sender);
    pair.server.grant(theirs, 10, false);
    pair.run();
    pair.client
        .send(ours, &message(1, &vec![0; 100_001]))
        .unwrap();
    pair.client
        .send(ours, &message(2, &vec![0; 100_000]))
        .unwrap();
    pair.run();
    let sizes: Vec<_> = deliveries(&pair.at_server)
        .map(|d| d.payload.as_ref().map(bytes::Bytes::len))
        .collect();
    assert_eq!(sizes, [None, Some(100_000)]);
}

#[test]
fn a_message_goes_in_parts_and_is_taken_in_parts() {
    let mut pair = Pair::new(512, usize::MAX);
    let (ours, theirs) = pair.link(Role::Sender);
    pair.server.grant(theirs, 10, false);
    pair.run();
    let first = Outgoing {
        more: true,
        ..message(1, &[1; 700])
    };
    assert!(pair.client.send(ours, &first).is_some());
    pair.run();
    assert_eq!(deliveries(&pair.at_server).count(), 0, "it is not whole");
    assert!(
        pair.server.take_part(theirs, 7).is_none(),
        "of another format"
    );
    assert_eq!(
        pair.server.take_part(theirs, 0).as_deref(),
        Some(&[1; 700][..])
    );
    // Another link's message goes in between.
    pair.at_client.clear();
    pair.at_server.clear();
    let (other, there) = pair.link_named("another", Role::Sender);
    pair.server.grant(there, 10, false);
    pair.run();
    pair.client.send(other, &message(2, b"between")).unwrap();
    assert!(pair.client.flows(ours));
    assert!(pair.client.send_more(ours, &[2; 900], true));
    assert!(pair.client.send_more(ours, &[], false));
    pair.client.send(ours, &message(3, b"behind")).unwrap();
    pair.run();
    let payloads: Vec<_> = deliveries(&pair.at_server)
        .map(|d| d.payload.clone().unwrap())
        .collect();
    assert_eq!(payloads, [&b"between"[..], &[2; 900][..], &b"behind"[..]]);
}

#[test]
fn a_message_that_is_taken_back_is_none() {
    let mut pair = Pair::new(512, usize::MAX);
    let (ours, theirs) = pair.link(Role::Sender);
    pair.server.grant(theirs, 10, false);
    pair.run();
    let first = Outgoing {
        more: true,
        ..message(1, &[1; 700])
    };
    pair.client.send(ours, &first).unwrap();
    pair.client.abort(ours);
    pair.client.send(ours, &message(2, b"next")).unwrap();
    pair.run();
    assert!(pair.at_server.contains(&Event::Aborted(theirs)));
    let next: Vec<_> = deliveries(&pair.at_server).collect();
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].payload.as_deref(), Some(&b"next"[..]));
}

#[test]
fn what_is_not_whole_has_a_limit() {
    let mut strict = settings(65_536);
    strict.gathered_bytes_max = 60_000;
    let mut pair = Pair::with(65_536, usize::MAX, strict);
    let links = ["a", "b"].map(|name| {
        let (ours, theirs) = pair.link_named(name, Role::Sender);
        pair.server.grant(theirs, 10, false);
        pair.run();
        pair.at_client.clear();
        ours
    });
    let body = vec![1; 50_000];
    let first = Outgoing {
        more: true,
        ..message(1, &body)
    };
    let mut received = Vec::new();
    for link in links {
        pair.client.send(link, &first).unwrap();
        let bytes = std::mem::take(pair.client.output());
        pair.server.input().extend_from_slice(&bytes);
        received.push(pair.server.next());
    }
    assert_eq!(received[0], Ok(None));
    let max = 60_000;
    assert_eq!(received[1], Err(amqp::Error::Gathered { max }));
}

#[test]
fn an_ended_session_answers_nothing() {
    let mut pair = Pair::new(65_536, usize::MAX);
    let (ours, theirs) = pair.link(Role::Sender);
    pair.server.grant(theirs, 10, false);
    pair.run();
    pair.server.end(theirs.session, None);
    // Before the client hears of it:
    pair.client.send(ours, &message(1, b"late")).unwrap();
    pair.run();
    assert!(pair.at_server.iter().all(|e| matches!(e, Event::End(..))));
    assert_eq!(pair.client.room(ours), 0);
    pair.server
        .dispose(theirs.session, Role::Receiver, 0, true, Outcome::Accepted);
    assert!(pair.server.output().is_empty());
}

#[test]
fn a_bad_password_ends_in_an_error_at_both_ends() {
    let login = Login::Plain("policy".into(), "key".into());
    let mut client = Connection::client(settings(65_536), login);
    let mut server = Connection::server(settings(65_536));
    let mut events = Vec::new();
    for _ in 0..3 {
        let bytes = std::mem::take(client.output());
        feed(&mut server, &bytes, 1, &mut events);
        let bytes = std::mem::take(server.output());
        feed(&mut client, &bytes, 1, &mut Vec::new());
    }
    let Some(Event::Login(init)) = events.pop() else {
        panic!("no login");
    };
    assert_eq!(init.plain(), Some(("policy", "key")));
    assert!(!format!("{init:?}").contains("key\""));
    server.welcome(false);
    let bytes = std::mem::take(server.output());
    client.input().extend_from_slice(&bytes);
    assert_eq!(client.next(), Err(amqp::Error::Login(1)));
    assert!(server.is_closed() && client.is_closed());
}

proptest! {
    /// Whatever the sizes of messages, frames and reads: the same bytes, in order.
    #[test]
    fn messages_arrive_as_they_were_sent(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5000), 1..20),
        frame_bytes_max in 512..9000_u32,
        piece in prop_oneof![1..50_usize, 500..70_000_usize],
    ) {
        let mut pair = Pair::new(frame_bytes_max, piece);
        let (ours, theirs) = pair.link(Role::Receiver);
        pair.client.grant(ours, 100, false);
        pair.run();
        for (key, body) in (0..).zip(&bodies) {
            prop_assert!(pair.server.send(theirs, &message(key, body)).is_some());
            if key % 3 == 0 {
                pair.run();
            }
        }
        pair.run();
        let arrived: Vec<_> = deliveries(&pair.at_client)
            .map(|d| d.payload.as_deref().unwrap().to_vec())
            .collect();
        prop_assert_eq!(arrived, bodies);
    }

    /// A message that does not fit the peer's window waits for it.
    #[test]
    fn a_small_window_delays_and_loses_nothing(
        bodies in prop::collection::vec(0..4000_usize, 1..10),
        window in 1..6_u8,
    ) {
        let mut pair = Pair::new(512, usize::MAX);
        let (ours, theirs) = pair.link(Role::Receiver);
        pair.client.grant(ours, 100, false);
        pair.run();
        let mut next: u32 = 0;
        let mut left = bodies.iter().rev().copied().collect::<Vec<_>>();
        for _round in 0..200 {
            // A session flow: next-incoming-id, window, 0, 5000.
            let mut flow = b"\0\0\0\x18\x02\0\0\0\0\x53\x13\xc0\x0b\x04\x70".to_vec();
            flow.extend_from_slice(&next.to_be_bytes());
            flow.extend_from_slice(&[0x52, window, 0x43, 0x52, 0xff]);
            flow[3] = u8::try_from(flow.len()).unwrap();
            flow[12] = u8::try_from(flow.len() - 13).unwrap();
            feed(&mut pair.server, &flow, usize::MAX, &mut Vec::new());
            while let Some(body) = left.last().copied() {
                let body = vec![7; body];
                if pair.server.send(theirs, &message(1, &body)).is_none() {
                    break;
                }
                left.pop();
            }
            let bytes = std::mem::take(pair.server.output());
            let frames = bytes.len().div_ceil(512);
            prop_assert!(frames <= usize::from(window));
            next += count(&bytes);
            feed(&mut pair.client, &bytes, usize::MAX, &mut pair.at_client);
        }
        let sizes: Vec<_> = deliveries(&pair.at_client)
            .map(|d| d.payload.as_ref().unwrap().len())
            .collect();
        prop_assert_eq!(sizes, bodies);
    }

    /// One byte changed anywhere: events or an error, never a panic, and little output.
    #[test]
    fn a_changed_byte_does_no_harm(at in 0..1000_usize, to in any::<u8>()) {
        let mut client = Connection::client(settings(512), Login::Anonymous);
        let mut server = Connection::server(settings(65_536));
        let mut all = Vec::new();
        let mut session: Option<SessionId> = None;
        for round in 0..6 {
            let bytes = std::mem::take(client.output());
            all.extend_from_slice(&bytes);
            feed(&mut server, &bytes, usize::MAX, &mut Vec::new());
            server.welcome(true);
            let bytes = std::mem::take(server.output());
            feed(&mut client, &bytes, usize::MAX, &mut Vec::new());
            if round == 3 {
                session = client.begin();
            }
            if let Some(session) = session {
                let (from, to) = (Terminus::new("q1"), Terminus::new("here"));
                let link = Attach::new("l", Role::Receiver, from, to);
                let link = client.attach(session, link).unwrap();
                client.grant(link, 10, true);
                client.dispose(session, Role::Receiver, 0, false, Outcome::FAILED);
                client.heartbeat();
            }
        }
        let at = at % all.len();
        all[at] = to;
        let mut server = Connection::server(settings(65_536));
        server.input().extend_from_slice(&all);
        for _ in 0..1000 {
            match server.next() {
                Ok(Some(Event::Login(_))) => server.welcome(true),
                Ok(Some(Event::Attach(id, attach))) => server.accept(id, *attach),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        prop_assert!(server.output().len() < 10_000);
    }
}

fn deliveries(events: &[Event]) -> impl Iterator<Item = &Delivery> {
    events.iter().filter_map(|event| match event {
        Event::Delivery(_, delivery) => Some(delivery),
        _ => None,
    })
}

fn keys(events: &[Event]) -> Vec<u128> {
    let keys = events.iter().filter_map(|event| match event {
        Event::Outcome { sent, .. } => sent.map(|(_, key)| key),
        _ => None,
    });
    keys.collect()
}

/// How many transfers there are among the frames.
fn count(mut bytes: &[u8]) -> u32 {
    let mut transfers = 0;
    while let Some(size) = bytes.first_chunk::<4>() {
        transfers += u32::from(bytes[10] == 0x14);
        bytes = &bytes[u32::from_be_bytes(*size) as usize..];
    }
    transfers
}
