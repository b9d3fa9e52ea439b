//! Who may do what: tokens, keys, passwords, their scope and their end.

use std::time::Duration;

use amqp::sasl::Login;
use amqp::{Outcome, condition};
use broker::{Authentication, Declared, Right};
use reqwest::Method;
use tokio::net::TcpStream;

use super::client::{Client, open, plain};
use super::house::{Broker, KEY, NOW, ROOT, policy, token, with};

async fn guarded() -> Broker {
    with(|settings| {
        settings.authentication = Authentication::Sas;
        settings.policies = vec![
            policy(ROOT, KEY, &[Right::Manage]),
            policy("Send", "s", &[Right::Send]),
            policy("Listen", "l", &[Right::Listen]),
        ];
        settings.policies[0].secondary_key = Some("annen".into());
        settings.queues = vec![Declared {
            name: "own".parse().unwrap(),
            properties: broker::Properties::default(),
            policies: vec![policy("Mine", "m", &[Right::Listen, Right::Send])],
        }];
    })
    .await
}

/// The status of sending to the queue, or receiving from it, with this token.
async fn rest(broker: &Broker, queue: &str, sends: bool, token: &str) -> u16 {
    let path = match sends {
        true => format!("{queue}/messages"),
        false => format!("{queue}/messages/head?timeout=0"),
    };
    let request = broker
        .request(Method::POST, &path)
        .header("Authorization", token);
    request.body("x").send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn rest_takes_tokens_of_namespace_entity_and_address() {
    let broker = guarded().await;
    for resource in [
        "https://ns.servicebus.windows.net",
        "https://ns.servicebus.windows.net/",
        "sb://ns/q1",
        "https://ns/q1/messages/head",
        "HTTPS://NS/Q1/messages?api-version=2017-04",
    ] {
        for key in [KEY, "annen"] {
            let good = token(resource, ROOT, key, NOW + 60);
            assert_eq!(rest(&broker, "q1", true, &good).await, 201, "{resource}");
            assert_eq!(rest(&broker, "q1", false, &good).await, 201, "{resource}");
        }
    }
    let other = token("sb://ns/q1", ROOT, KEY, NOW + 60);
    assert_eq!(rest(&broker, "q10", true, &other).await, 401);
    let send = token("sb://ns/", "Send", "s", NOW + 60);
    assert_eq!(rest(&broker, "q1", true, &send).await, 201);
    assert_eq!(rest(&broker, "q1", false, &send).await, 401);
    let listen = token("sb://ns/", "Listen", "l", NOW + 60);
    assert_eq!(rest(&broker, "q1", true, &listen).await, 401);
    assert_eq!(rest(&broker, "q1", false, &listen).await, 201);
    // A queue's own key is good for that queue alone.
    let own = token("sb://ns/", "Mine", "m", NOW + 60);
    assert_eq!(rest(&broker, "own", true, &own).await, 201);
    assert_eq!(rest(&broker, "own", false, &own).await, 201);
    assert_eq!(rest(&broker, "q1", true, &own).await, 401);
}

// > the real client's tokens end between 109 s before and 149 s after they are sent
#[tokio::test]
async fn rest_takes_tokens_a_little_late() {
    let broker = guarded().await;
    for (late, status) in [(109, 201), (-149, 201), (299, 201), (1000, 401)] {
        let token = token("sb://ns/q1", ROOT, KEY, NOW - late);
        assert_eq!(rest(&broker, "q1", true, &token).await, status, "{late} s");
    }
}

#[tokio::test]
async fn seven_kinds_of_wrong_token_are_401_with_a_body() {
    let broker = guarded().await;
    let good = token("sb://ns/q1", ROOT, KEY, NOW + 60);
    for wrong in [
        String::new(),
        "Bearer eyJ".to_owned(),
        "SharedAccessSignature".to_owned(),
        good.replace("skn=Root", "skn=Rot"),
        good.replace("&se=", "&se=9"),
        good.replace("sig=", "sig=AA"),
        token("sb://ns/q1", ROOT, "feil", NOW + 60),
    ] {
        let request = broker.request(Method::POST, "q1/messages").body("x");
        let request = request.header("Authorization", &wrong);
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 401, "{wrong}");
        assert_eq!(
            refused.headers()["content-type"],
            "application/xml; charset=utf-8"
        );
        let body = refused.text().await.unwrap();
        assert!(
            body.starts_with("<Error><Code>401</Code><Detail>"),
            "{body}"
        );
        assert!(!body.contains("feil") && !body.contains(KEY));
    }
}

#[tokio::test]
async fn amqp_wants_a_token_before_a_link() {
    let broker = guarded().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let refused = client.sender("q1").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
    let refused = client.node("q1/$management").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
    let wrong = token("sb://localhost/q1", ROOT, "feil", NOW + 60);
    assert_eq!(client.show(&wrong).await, 401);
    let send = token("sb://localhost/q1", "Send", "s", NOW + 60);
    assert_eq!(client.show(&send).await, 202);
    let link = client.sender("q1").await.unwrap();
    assert_eq!(client.send(link, &plain(b"x")).await, Outcome::Accepted);
    let refused = client.receiver("q1").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
    let refused = client.sender("q2").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
}

// > AMQP: on expiry of the last token for an entity, detach its links
#[tokio::test]
async fn a_link_ends_with_its_token_unless_there_is_a_newer_one() {
    let broker = guarded().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let resource = "sb://localhost/q1";
    client.show(&token(resource, ROOT, KEY, NOW + 60)).await;
    let link = client.sender("q1").await.unwrap();
    broker.clock.advance(Duration::from_secs(30));
    client.show(&token(resource, ROOT, KEY, NOW + 90)).await;
    broker.clock.advance(Duration::from_secs(45));
    assert_eq!(client.send(link, &plain(b"x")).await, Outcome::Accepted);
    broker.clock.advance(Duration::from_secs(20));
    let why = client.detached(link).await.unwrap();
    assert_eq!(why.name, condition::UNAUTHORIZED);
    let refused = client.sender("q1").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
}

#[tokio::test]
async fn a_password_is_a_policys_key() {
    let broker = guarded().await;
    let login = async |name: &str, key: &str| {
        let stream = TcpStream::connect(broker.listening.amqp).await.unwrap();
        let login = Login::Plain(name.into(), key.into());
        Client::over(stream, open(65_536, None), login).await
    };
    for key in [KEY, "annen"] {
        let mut client = login(ROOT, key).await.ok().unwrap();
        let link = client.sender("q1").await.unwrap();
        assert_eq!(client.send(link, &plain(b"x")).await, Outcome::Accepted);
    }
    for (name, key) in [(ROOT, "feil"), ("Ukjent", KEY), ("", "")] {
        assert_eq!(login(name, key).await.err(), Some(amqp::Error::Login(1)));
    }
    let mut client = login("Listen", "l").await.ok().unwrap();
    let refused = client.sender("q1").await.unwrap_err();
    assert_eq!(refused.name, condition::UNAUTHORIZED);
}
