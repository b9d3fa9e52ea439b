//! Our transport against our broker where it imposes Azure's limits and habits, each in
//! the middle of traffic: nothing is lost, and nothing is taken twice.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod house;
mod traffic;

use std::time::Duration;

use broker::{Azure, Tier};
use fault::Fault;
use transport::Error;

use house::{House, Protocol, parcel};
use traffic::Traffic;

const BOTH: [Protocol; 2] = [Protocol::Amqp, Protocol::Rest];

fn standard() -> Azure {
    Azure::new(Tier::Standard)
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled() {
    for protocol in BOTH {
        let house = House::new(Azure {
            operations_per_second: Some(15),
            ..standard()
        })
        .await;
        // A second passes whenever somebody is told to wait.
        let told = Traffic::new(&house, protocol).run(100, async |_| {}).await;
        assert!(told.refused(503) > 0, "{protocol:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_end_all_the_time() {
    let house = House::new(Azure {
        detach_after: Some(13),
        ..standard()
    })
    .await;
    let traffic = Traffic::new(&house, Protocol::Amqp);
    traffic.run(60, async |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_links_and_connections_that_end() {
    let house = House::new(standard()).await;
    let traffic = Traffic::new(&house, Protocol::Amqp);
    let told = traffic
        .run(100, async |sent| match sent {
            // Links are idle, and what is held has lost its lock.
            30 => house.clock.advance(Duration::from_mins(10)),
            60 => house.clock.advance(Duration::from_mins(15)),
            _ => {}
        })
        .await;
    println!("{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_that_run_out() {
    for protocol in BOTH {
        let house = House::new(standard()).await;
        let traffic = Traffic::new(&house, protocol);
        let told = traffic
            .run(100, async |sent| {
                if sent % 10 == 0 {
                    house.clock.advance(Duration::from_mins(2));
                }
            })
            .await;
        println!("{protocol:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_lost_brings_the_message_again() {
    for protocol in BOTH {
        let house = House::new(standard()).await;
        let end = house.end(protocol, "q");
        end.send(parcel("m-1", 10)).await.unwrap();
        let got = house::one(&*end).await;
        house.clock.advance(Duration::from_mins(2));
        let again = house::one(&*end).await;
        assert_eq!(again.delivery_count, 2, "{protocol:?}");
        let lost = end.complete(&got.lock).await;
        assert_eq!(lost, Err(Error::LockLost), "{protocol:?}");
        end.complete(&again.lock).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_takes_messages_when_there_is_room_again() {
    for protocol in BOTH {
        let house = House::new(standard()).await;
        let end = house.end(protocol, "q");
        let mut sent = 0;
        let refused = loop {
            match end.send(parcel(&sent.to_string(), 200_000)).await {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        // The queue holds a megabyte.
        assert_eq!(sent, 5, "{protocol:?}");
        let quota = matches!(refused, Error::Refused { status: 403, .. });
        assert!(quota && refused.fault() == Fault::Link, "{refused}");
        let got = house::one(&*end).await;
        end.complete(&got.lock).await.unwrap();
        end.send(parcel("again", 200_000)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_is_refused_and_the_road_lives_on() {
    for (tier, most) in [(Tier::Standard, 256), (Tier::Premium, 1024)] {
        for protocol in BOTH {
            let house = House::new(Azure::new(tier)).await;
            let end = house.end(protocol, "q");
            let bytes = most * 1024;
            let refused = end.send(parcel("m-1", bytes)).await.unwrap_err();
            assert_eq!(refused, Error::TooLarge { bytes }, "{tier:?} {protocol:?}");
            end.send(parcel("m-2", bytes - 1024)).await.unwrap();
            let got = house::one(&*end).await;
            assert_eq!(got.body.len(), bytes - 1024);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_is_made_when_there_is_room() {
    let house = House::new(Azure {
        connections_max: 2,
        ..standard()
    })
    .await;
    let [first, second, third] =
        ["a", "b", "c"].map(|own| house.end(Protocol::Amqp, own));
    for end in [&first, &second] {
        end.send(parcel("m", 1)).await.unwrap();
    }
    let refused = third.send(parcel("m", 1)).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Link);
    drop(first);
    while third.send(parcel("m", 1)).await.is_err() {
        tokio::task::yield_now().await;
    }
}
