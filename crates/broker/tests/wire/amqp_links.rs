//! Links and their credit (servicebus §2.3, §2.5).

use amqp::{Attach, Event, Outcome, Role, Terminus, Value, condition};

use super::client::{Client, body, plain};
use super::house::broker;

#[tokio::test]
async fn all_spellings_of_an_address_are_one_queue() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    for address in ["q/a", "/Q/A", "amqps://localhost:5671/q/a", "amqp://h/q/A/"] {
        let to = client.sender(address).await.unwrap();
        let sent = client.send(to, &plain(address.as_bytes())).await;
        assert_eq!(sent, Outcome::Accepted);
    }
    let from = client.receiver("q/a").await.unwrap();
    assert_eq!(client.drain(from, 9).await.len(), 4);
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_what_follows_is_ignored() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let session = client.session;
    let (from, to) = (Terminus::new("nowhere"), Terminus::new("here"));
    let attach = Attach::new("l", Role::Receiver, from, to);
    let link = client.connection.attach(session, attach).unwrap();
    // > proton, Go and JMS pipeline `flow` right behind `attach`
    client.connection.grant(link, 10, false);
    let why = client.detached(link).await.unwrap();
    assert_eq!(why.name, condition::NOT_FOUND);
    for (name, condition) in [
        ("nowhere", condition::NOT_FOUND),
        ("nowhere/$management", condition::NOT_FOUND),
        ("nowhere/$DeadLetterQueue", condition::NOT_FOUND),
        ("a b", condition::NOT_FOUND),
        ("", condition::NOT_FOUND),
        ("q/$Transfer/$DeadLetterQueue", condition::NOT_IMPLEMENTED),
    ] {
        let refused = client.receiver(name).await.unwrap_err();
        assert_eq!(refused.name, condition, "{name}");
    }
    assert!(
        client.receiver("q").await.is_ok(),
        "the connection lives on"
    );
}

#[tokio::test]
async fn what_we_do_not_do_is_said_to_be_so() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let mut filtered = Terminus::new("q");
    let name = Value::Symbol("com.microsoft:session-filter".into());
    filtered.filter = Value::Map(vec![(name, Value::Null)]);
    let attach = Attach::new("s", Role::Receiver, filtered, Terminus::new("x"));
    let refused = client.attach(attach).await.unwrap_err();
    assert_eq!(refused.name, condition::NOT_IMPLEMENTED);
    assert!(refused.description.unwrap().contains("sessions"));
    let mut coordinator = Terminus::new("");
    coordinator.coordinator = true;
    let attach = Attach::new("t", Role::Sender, Terminus::new("x"), coordinator);
    let refused = client.attach(attach).await.unwrap_err();
    assert_eq!(refused.name, condition::NOT_IMPLEMENTED);
    assert!(refused.description.unwrap().contains("transactions"));
}

#[tokio::test]
async fn a_link_has_what_clients_need_to_see() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let session = client.session;
    let answer = async |client: &mut Client, role, snd, rcv| {
        let (from, to) = match role {
            Role::Sender => (Terminus::new("x"), Terminus::new("q")),
            Role::Receiver => (Terminus::new("q"), Terminus::new("x")),
        };
        let mut attach = Attach::new(format!("{role:?}{snd}{rcv}"), role, from, to);
        (attach.snd_settle_mode, attach.rcv_settle_mode) = (snd, rcv);
        let link = client.connection.attach(session, attach).unwrap();
        let ours = |e: &Event| matches!(e, Event::Attached(l, _) if *l == link);
        match client.until(ours).await.unwrap() {
            Event::Attached(_, answer) => *answer,
            _ => unreachable!(),
        }
    };
    // > Python sends rcv mode 1 even on senders; we must answer 0
    let sender = answer(&mut client, Role::Sender, 0, 1).await;
    assert_eq!(sender.rcv_settle_mode, 0);
    // > must be > 0: JS/Java/.NET refuse to build batches otherwise
    assert_eq!(sender.max_message_size, 100_000);
    assert!(sender.source.is_some() && sender.target.is_some());
    let receiver = answer(&mut client, Role::Receiver, 0, 1).await;
    assert_eq!((receiver.snd_settle_mode, receiver.rcv_settle_mode), (0, 1));
    // > must be non-null: Python detaches otherwise
    assert_eq!(receiver.initial_delivery_count, Some(0));
}

#[tokio::test]
async fn nothing_goes_without_credit_and_what_comes_goes_at_once() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let from = client.receiver("q").await.unwrap();
    let to = client.sender("q").await.unwrap();
    client.send(to, &plain(b"a")).await;
    client.send(to, &plain(b"b")).await;
    let none = |e: &Event| !matches!(e, Event::Delivery(..));
    assert!(client.events().await.iter().all(none));
    assert_eq!(body(&client.take(from, 1).await), b"a");
    assert!(client.events().await.iter().all(none), "one was asked for");
    assert_eq!(body(&client.take(from, 5).await), b"b");
    client.send(to, &plain(b"c")).await;
    assert_eq!(body(&client.next(from).await), b"c");
}

#[tokio::test]
async fn a_drain_is_answered_and_the_link_goes_on() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let from = client.receiver("q").await.unwrap();
    assert!(client.drain(from, 10).await.is_empty());
    let to = client.sender("q").await.unwrap();
    for number in 0..3 {
        client.send(to, &plain(&[number])).await;
    }
    assert_eq!(client.drain(from, 10).await.len(), 3);
    client.send(to, &plain(b"x")).await;
    assert_eq!(body(&client.take(from, 1).await), b"x");
}

#[tokio::test]
async fn those_who_waited_longest_are_served_first() {
    let broker = broker().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::new(broker.listening.amqp).await;
        let from = client.receiver("q").await.unwrap();
        client.connection.grant(from, 1, false);
        // So that it is known to stand in line.
        client.events().await;
        clients.push((client, from));
    }
    let mut sender = Client::new(broker.listening.amqp).await;
    let to = sender.sender("q").await.unwrap();
    for round in 0..2 {
        for number in 0..3 {
            sender.send(to, &plain(&[round, number])).await;
        }
        for (number, (client, from)) in (0..).zip(&mut clients) {
            assert_eq!(body(&client.next(*from).await), [round, number]);
            client.connection.grant(*from, 1, false);
            client.events().await;
        }
    }
}

#[tokio::test]
async fn credit_taken_back_takes_the_place_in_line_along() {
    let broker = broker().await;
    let mut first = Client::new(broker.listening.amqp).await;
    let from = first.receiver("q").await.unwrap();
    first.connection.grant(from, 5, false);
    first.events().await;
    first.connection.grant(from, 0, false);
    first.events().await;
    let mut second = Client::new(broker.listening.amqp).await;
    let there = second.receiver("q").await.unwrap();
    second.connection.grant(there, 5, false);
    let to = second.sender("q").await.unwrap();
    second.send(to, &plain(b"x")).await;
    assert_eq!(body(&second.next(there).await), b"x");
    let none = |e: &Event| !matches!(e, Event::Delivery(..));
    assert!(first.events().await.iter().all(none));
}

#[tokio::test]
async fn three_compete_and_each_message_comes_once() {
    let broker = broker().await;
    let mut sender = Client::new(broker.listening.amqp).await;
    let to = sender.sender("q").await.unwrap();
    let mut receivers = Vec::new();
    for _ in 0..3 {
        let mut client = Client::new(broker.listening.amqp).await;
        let from = client.receiver("q").await.unwrap();
        client.connection.grant(from, 200, false);
        client.events().await;
        receivers.push((client, from));
    }
    let mut numbers = Vec::new();
    for number in 0..150_u8 {
        sender.credit(to).await;
        numbers.push(sender.post(to, &plain(&[number]), 0));
    }
    for number in numbers {
        assert_eq!(sender.outcome(number).await, Outcome::Accepted);
    }
    let mut all = Vec::new();
    for (client, _) in &mut receivers {
        for event in client.events().await {
            if let Event::Delivery(_, delivery) = event {
                all.extend(body(&delivery));
            }
        }
    }
    all.sort_unstable();
    assert_eq!(all, (0..150).collect::<Vec<u8>>());
}

#[tokio::test]
async fn receive_and_delete_is_settled_and_gone() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    for number in 0..5 {
        client.send(to, &plain(&[number])).await;
    }
    let (source, target) = (Terminus::new("q"), Terminus::new("x"));
    let mut attach = Attach::new("d", Role::Receiver, source, target);
    attach.snd_settle_mode = 1;
    let from = client.attach(attach).await.unwrap();
    let got = client.drain(from, 3).await;
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|delivery| delivery.settled));
    let rest = client.drain(from, 9).await;
    assert_eq!(rest.iter().map(body).collect::<Vec<_>>(), [[3], [4]]);
    // None of them is to be had any longer, and none is held.
    let counts = broker.request(reqwest::Method::GET, "metrics").send();
    let counts = counts.await.unwrap().text().await.unwrap();
    for state in ["ready", "locked"] {
        let none =
            format!("sendebud_broker_messages{{queue=\"q\",state=\"{state}\"}} 0");
        assert!(counts.contains(&none), "{counts}");
    }
}

#[tokio::test]
async fn a_receiver_that_closes_leaves_the_rest_to_others() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    for number in 0..5 {
        client.send(to, &plain(&[number])).await;
    }
    let from = client.receiver("q").await.unwrap();
    client.connection.grant(from, 5, false);
    for _ in 0..5 {
        let got = client.next(from).await;
        client.settle(got.id, Outcome::Released).await;
    }
    client.connection.detach(from, None);
    client.detached(from).await;
    let mut other = Client::new(broker.listening.amqp).await;
    let there = other.receiver("q").await.unwrap();
    let got = other.drain(there, 9).await;
    assert_eq!(
        got.iter().map(body).collect::<Vec<_>>(),
        [[0], [1], [2], [3], [4]]
    );
}
