//! Performatives against the bytes that Microsoft's Python client makes and reads.
//!
//! Made with azure-servicebus 7.15.0, e.g. for the flow:
//! ```text
//! from azure.servicebus._pyamqp import _encode as e, performatives as p
//! e.encode_frame(p.FlowFrame(next_incoming_id=1, incoming_window=65536,
//!     next_outgoing_id=2, outgoing_window=65536, handle=3, delivery_count=4,
//!     link_credit=500, available=None, drain=True, echo=False, properties=None)
//! )[1].hex()
//! ```

use super::*;

const OPEN: &str = "005310c0310aa1026331a1096c6f63616c686f73747000010000\
    60ffff700000753040404040c10e02a30770726f64756374a0027079";
const BEGIN: &str = "005311c0150840437000010000700001000070ffffffff404040";
const ATTACH: &str = "005312c06d0ea1026c3143560150005001005328c0210ba114616d71\
    70733a2f2f6c6f63616c686f73742f713140404040404040404040005329c00d07a10471312d74\
    404040404040404040444040c12102a31b636f6d2e6d6963726f736f66743a7265636569766572\
    2d6e616d65a00172";
const FLOW: &str = "005313c01e0b52017000010000520270000100005203520470000001f4\
    405601560040";
const TRANSFER: &str = "005314c0180b52035207a0040000000743560056004040560056005600\
    005377a1026869";
const ACCEPTED: &str = "005315c00f065601520152045600005324455600";
const REJECTED: &str = "005315c0710656015201405600005325c0620100531dc05c03a319636f6d\
    2e6d6963726f736f66743a646561642d6c657474657240c13d04a310446561644c657474657252\
    6561736f6ea103776879a31a446561644c65747465724572726f724465736372697074696f6ea1\
    07626563617573655600";
const MODIFIED: &str = "005315c01d065601520152015601005327c00d0356015600c10602a3016b\
    54015600";
const DETACH: &str = "005316c006035203560140";
const END: &str = "005317c0020140";
const CLOSE: &str = "005318c0020140";

#[test]
fn what_python_sends_is_read() {
    let Performative::Open(open) = read(OPEN) else {
        panic!("not an open")
    };
    assert_eq!(open.container, "c1");
    assert_eq!(open.hostname.as_deref(), Some("localhost"));
    assert_eq!((open.frame_bytes_max, open.channel_max), (65_536, 65_535));
    assert_eq!(open.idle_millis, Some(30_000));
    let begin = Begin {
        remote_channel: None,
        next_outgoing_id: 0,
        incoming_window: 65_536,
        outgoing_window: 65_536,
        handle_max: u32::MAX,
    };
    assert_eq!(read(BEGIN), Performative::Begin(begin));
    let Performative::Attach(attach) = read(ATTACH) else {
        panic!("not an attach")
    };
    assert_eq!((attach.name.as_str(), attach.handle), ("l1", 0));
    assert_eq!(attach.role, Role::Receiver);
    assert_eq!((attach.snd_settle_mode, attach.rcv_settle_mode), (0, 1));
    let from = attach.source.unwrap().address;
    assert_eq!(from.as_deref(), Some("amqps://localhost/q1"));
    assert_eq!(attach.target.unwrap().address.as_deref(), Some("q1-t"));
    let flow = Flow {
        next_incoming_id: Some(1),
        incoming_window: 65_536,
        next_outgoing_id: 2,
        outgoing_window: 65_536,
        handle: Some(3),
        delivery_count: Some(4),
        link_credit: Some(500),
        available: None,
        drain: true,
        echo: false,
    };
    assert_eq!(read(FLOW), Performative::Flow(flow));
    let transfer = Transfer {
        handle: 3,
        delivery_id: Some(7),
        tag: Some(7.into()),
        format: Some(0),
        settled: Some(false),
        more: false,
        aborted: false,
    };
    assert_eq!(read(TRANSFER), Performative::Transfer(transfer));
}

#[test]
fn what_python_says_of_deliveries_is_read() {
    let one = |outcome| Disposition {
        role: Role::Receiver,
        first: 1,
        last: 1,
        settled: false,
        outcome: Some(outcome),
    };
    let mut accepted = one(Outcome::Accepted);
    accepted.last = 4;
    assert_eq!(read(ACCEPTED), Performative::Disposition(accepted));
    let key = |name: &str| Value::Symbol(name.to_owned());
    let mut dead = Condition::new(crate::condition::DEAD_LETTER, "");
    dead.description = None;
    dead.info = Value::Map(vec![
        (key("DeadLetterReason"), "why".into()),
        (key("DeadLetterErrorDescription"), "because".into()),
    ]);
    let rejected = one(Outcome::rejected(dead));
    assert_eq!(read(REJECTED), Performative::Disposition(rejected));
    let mut modified = one(Outcome::Modified {
        failed: true,
        undeliverable: false,
        annotations: Value::Map(vec![(key("k"), Value::Int(1))]),
    });
    modified.settled = true;
    assert_eq!(read(MODIFIED), Performative::Disposition(modified));
    let detach = Detach {
        handle: 3,
        closed: true,
        error: None,
    };
    assert_eq!(read(DETACH), Performative::Detach(detach));
    assert_eq!(read(END), Performative::End(End { error: None }));
    assert_eq!(read(CLOSE), Performative::Close(Close { error: None }));
}

/// Where Python writes a boolean as two bytes we write one, and a default as null;
/// what can be compared byte for byte is the rest.
#[test]
fn what_we_write_is_what_python_writes() {
    let Performative::End(end) = read(END) else {
        panic!("not an end")
    };
    let mut out = Vec::new();
    end.encode(&mut out);
    assert_eq!(out, bytes(END));
    for text in [
        OPEN, BEGIN, ATTACH, FLOW, TRANSFER, ACCEPTED, REJECTED, MODIFIED,
    ] {
        let performative = read(text);
        let mut out = Vec::new();
        match &performative {
            Performative::Open(p) => p.encode(&mut out),
            Performative::Begin(p) => p.encode(&mut out),
            Performative::Attach(p) => p.encode(&mut out),
            Performative::Flow(p) => p.encode(&mut out),
            Performative::Transfer(p) => p.encode(&mut out),
            Performative::Disposition(p) => p.encode(&mut out),
            Performative::Detach(p) => p.encode(&mut out),
            Performative::End(p) => p.encode(&mut out),
            Performative::Close(p) => p.encode(&mut out),
        }
        // Descriptor and number of fields, which old Python clients count on.
        assert_eq!((out[2], out[5]), (bytes(text)[2], bytes(text)[5]), "{text}");
        let mut reader = Reader::new(&out);
        let again = Performative::decode(&mut reader).unwrap();
        match (again, performative) {
            // We write an empty description where there was none.
            (Performative::Disposition(a), Performative::Disposition(b)) => {
                assert_eq!((a.role, a.first, a.last), (b.role, b.first, b.last));
            }
            (again, before) => assert_eq!(again, before),
        }
    }
}

fn read(text: &str) -> Performative {
    Performative::decode(&mut Reader::new(&bytes(text))).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}
