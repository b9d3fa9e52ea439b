//! Values and messages: the specification's examples, other implementations' bytes,
//! and whatever chance makes up.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use amqp::message::{self, Header, Message, Properties};
use amqp::{Reader, Value, encode};
use bytes::Bytes;
use proptest::prelude::*;

/// AMQP 1.0 part 1, figures 1.2 and 1.4: a described string, and the book.
#[test]
fn the_examples_of_the_specification() {
    let url = b"\x00\xa1\x03URL\xa1\x1ehttp://example.org/hello-world";
    let page = Value::Described(Box::new((
        "URL".into(),
        "http://example.org/hello-world".into(),
    )));
    assert_eq!(read(url), page);
    let book = b"\x00\xa3\x11example:book:list\xc0\x40\x03\
        \xa1\x15AMQP for & by Dummies\
        \xe0\x25\x02\xa1\x0eRob J. Godfrey\x13Rafael H. Schloming\
        \x40";
    let authors = ["Rob J. Godfrey", "Rafael H. Schloming"];
    let expected = Value::Described(Box::new((
        Value::Symbol("example:book:list".into()),
        Value::List(vec![
            "AMQP for & by Dummies".into(),
            Value::Array(authors.map(Value::from).to_vec()),
            Value::Null,
        ]),
    )));
    assert_eq!(read(book), expected);
}

/// Made with azure-servicebus 7.15.0: `_pyamqp._encode.encode_value` of a map with an
/// array of uuid, a long and a timestamp.
#[test]
fn what_python_encodes_is_read_and_written_alike() {
    let bytes = hex(
        "c13006a10161e012019800112233445566778899aabbccddeeffa1016e81ffffff0000000000\
         a30173830000018bcfe56800",
    );
    let id = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
        0xdd, 0xee, 0xff,
    ];
    let value = Value::Map(vec![
        ("a".into(), Value::Array(vec![Value::Uuid(id)])),
        ("n".into(), Value::Long(-(1 << 40))),
        (
            Value::Symbol("s".into()),
            Value::Timestamp(1_700_000_000_000),
        ),
    ]);
    assert_eq!(read(&bytes), value);
    assert_eq!(read(&written(&value)), value);
}

/// Made with azure-servicebus 7.15.0: `_pyamqp._encode.encode_payload` of a message
/// with every section that it can write.
#[test]
fn a_message_from_python_is_taken_apart() {
    let bytes = hex(
        "005370c00c0556015004700000ea604040005372c11a02a313782d6f70742d7061727469\
         74696f6e2d6b6579a102706b005373c0300da1036d2d3140a10174a10173a10172a10163a310\
         6170706c69636174696f6e2f6a736f6e404040a1016740a1027267005374c1350aa103737472\
         a106c3a6c3b8c3a5a103696e74542aa1046c6f6e675405a104626f6f6c5601a105666c6f6174\
         823ff8000000000000005375a00568656c6c6f005375a00620776f726c64",
    );
    let message = Message::read(&bytes).unwrap();
    let header = Header {
        durable: true,
        priority: Some(4),
        ttl_millis: Some(60_000),
        delivery_count: 0,
    };
    assert_eq!(message.header, header);
    let key = message.annotations().unwrap();
    assert_eq!(key.field("x-opt-partition-key").unwrap().text(), Some("pk"));
    let properties = message.properties().unwrap();
    assert_eq!(properties.message_id, Some("m-1".into()));
    assert_eq!(properties.content_type.as_deref(), Some("application/json"));
    assert_eq!(properties.group_id.as_deref(), Some("g"));
    assert_eq!(properties.reply_to_group_id.as_deref(), Some("rg"));
    assert_eq!(message.id().unwrap(), Some("m-1".into()));
    let application = message.application().unwrap();
    assert_eq!(application.field("str"), Some(&"æøå".into()));
    assert_eq!(application.field("float"), Some(&Value::Double(1.5)));
    assert_eq!(&*message.bytes(), b"hello world");
    assert_eq!(message.data().count(), 2);
    // Python writes absent fields at the end as we do, so all of it comes out again.
    let mut again = Vec::new();
    properties.write(&mut again);
    assert_eq!(&message.bare[..again.len()], again);
    assert!(bytes.ends_with(message.bare));
}

#[test]
fn a_body_may_be_text_or_a_value_or_missing() {
    let mut text = Vec::new();
    message::value(&mut text, &"æ".into());
    assert_eq!(&*Message::read(&text).unwrap().bytes(), "æ".as_bytes());
    let mut number = Vec::new();
    Properties::default().write(&mut number);
    message::value(&mut number, &Value::Int(7));
    let message = Message::read(&number).unwrap();
    assert_eq!(message.value().unwrap(), Some(Value::Int(7)));
    assert_eq!(&*message.bytes(), b"");
    assert_eq!(&*Message::read(b"").unwrap().bytes(), b"");
}

#[test]
fn sections_out_of_order_are_refused() {
    let mut bytes = Vec::new();
    message::data(&mut bytes, b"x");
    Header::default().write(&mut bytes);
    assert!(Message::read(&bytes).is_err());
}

/// Sixteen bytes that claim four thousand million members, in each shape.
#[test]
fn counts_are_not_believed() {
    for bytes in [
        &b"\xd0\x00\x00\x00\x04\xff\xff\xff\xff"[..],
        b"\xd1\x00\x00\x00\x04\xff\xff\xff\xfe",
        b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40",
        b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x45",
        b"\xf0\xff\xff\xff\xff\x00\x00\x00\x01\x40",
        b"\xb0\xff\xff\xff\xff",
    ] {
        assert!(Reader::new(bytes).value().is_err(), "{bytes:02x?}");
    }
    let deep = [0xc0, 0xff, 0x01].repeat(5000);
    assert!(Reader::new(&deep).value().is_err());
    let described = vec![0; 100_000];
    assert!(Reader::new(&described).value().is_err());
    assert!(Reader::new(&described).skip().is_err());
}

proptest! {
    #[test]
    fn a_value_is_read_as_it_was_written(value in values()) {
        let bytes = written(&value);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.value().unwrap(), value);
        prop_assert!(reader.rest().is_empty());
        let mut reader = Reader::new(&bytes);
        reader.skip().unwrap();
        prop_assert!(reader.rest().is_empty());
    }

    #[test]
    fn a_value_cut_short_is_an_error(value in values(), keep in 0.0..1.0) {
        let bytes = written(&value);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss,
            clippy::cast_precision_loss, reason = "a place inside of it")]
        let cut = (bytes.len() as f64 * keep) as usize;
        prop_assert!(Reader::new(&bytes[..cut]).value().is_err());
    }

    #[test]
    fn any_bytes_end_in_a_value_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let read = Reader::new(&bytes).value();
        let mut reader = Reader::new(&bytes);
        if read.is_ok() {
            // What can be read can be passed over, at the same length.
            prop_assert!(reader.skip().is_ok());
        }
        if let Ok(message) = Message::read(&bytes) {
            let _ = (message.properties(), message.application(), message.bytes());
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let text = "[a-zæøå]{0,300}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u8>().prop_map(Value::Ubyte),
        any::<u16>().prop_map(Value::Ushort),
        prop_oneof![0..300_u32, any::<u32>()].prop_map(Value::Uint),
        prop_oneof![0..300_u64, any::<u64>()].prop_map(Value::Ulong),
        any::<i8>().prop_map(Value::Byte),
        any::<i16>().prop_map(Value::Short),
        prop_oneof![-300..300_i32, any::<i32>()].prop_map(Value::Int),
        prop_oneof![-300..300_i64, any::<i64>()].prop_map(Value::Long),
        (-1e6..1e6_f32).prop_map(Value::Float),
        (-1e6..1e6_f64).prop_map(Value::Double),
        any::<[u8; 4]>().prop_map(Value::Decimal32),
        any::<[u8; 8]>().prop_map(Value::Decimal64),
        any::<[u8; 16]>().prop_map(Value::Decimal128),
        any::<u32>().prop_map(Value::Char),
        any::<i64>().prop_map(Value::Timestamp),
        any::<[u8; 16]>().prop_map(Value::Uuid),
        prop::collection::vec(any::<u8>(), 0..300)
            .prop_map(|b| Value::Binary(Bytes::from(b))),
        text.prop_map(Value::String),
        "[a-z:]{0,300}".prop_map(Value::Symbol),
        prop::collection::vec(any::<i64>().prop_map(Value::Long), 0..50)
            .prop_map(Value::Array),
        prop::collection::vec("[a-z]{0,9}".prop_map(Value::Symbol), 0..50)
            .prop_map(Value::Array),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        let pair = (inner.clone(), inner.clone());
        let lists = prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List);
        let maps = prop::collection::vec(pair.clone(), 0..8).prop_map(Value::Map);
        prop_oneof![
            lists.clone(),
            maps.clone(),
            prop::collection::vec(lists, 0..4).prop_map(Value::Array),
            prop::collection::vec(maps, 0..4).prop_map(Value::Array),
            pair.prop_map(|p| Value::Described(Box::new(p))),
        ]
    })
}

fn read(bytes: &[u8]) -> Value {
    let mut reader = Reader::new(bytes);
    let value = reader.value().unwrap();
    assert!(reader.rest().is_empty());
    value
}

fn written(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode::value(&mut out, value);
    out
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}
