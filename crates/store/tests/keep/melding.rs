//! What came by BEST/EDU, and the subscription that its answers go by.

use db::Tx;
use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status};
use store::conversation::{self, Direction, NewConversation};
use store::melding::{self, Melding, Named};
use store::page::Ask;
use store::subscription::{self, NewSubscription, Own};
use store::{Error, push};

use crate::{Place, on_both};

on_both! {
    an_id_is_good_for_one_message_until_that_fails
    an_archive_is_told_and_callers_know_nothing_of_it
}

fn owner() -> Orgnr {
    "910076787".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn id(n: u32) -> MessageId {
    format!("m-{n}").parse().unwrap()
}

async fn message(tx: &mut Tx<'_>, n: u32) -> Result<i64, Error> {
    let new = NewConversation {
        message_id: id(n),
        conversation_id: format!("c-{n}"),
        direction: Direction::Outgoing,
        sender: "s".into(),
        sender_identifier: "s".into(),
        receiver: "r".into(),
        receiver_identifier: "r".into(),
        process: "p".into(),
        document_type: "d".into(),
        service: "DPE",
        expiry: None,
    };
    Ok(conversation::open(tx, &owner(), &new, now()).await?.0)
}

fn given(digest: &str) -> Melding {
    let named = |orgnr: &str| Named {
        orgnr: orgnr.to_owned(),
        reference: Some("2026/417".to_owned()),
    };
    Melding {
        given_id: "sak 1/2".into(),
        digest: digest.into(),
        iri: "http://data.example/1".into(),
        sender: named(""),
        receiver: named("991825827"),
    }
}

async fn an_id_is_good_for_one_message_until_that_fails(place: Place) {
    let store = place.open().await;
    let work = store.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            let owner = owner();
            let first = message(tx, 1).await?;
            assert!(melding::insert(tx, &owner, first, &given("a")).await?);
            let second = message(tx, 2).await?;
            assert!(!melding::insert(tx, &owner, second, &given("b")).await?);
            let known = melding::find(tx, &owner, "sak 1/2").await?.unwrap();
            assert_eq!((known.message_id.as_str(), known.failed), ("m-1", false));
            assert_eq!(known.melding, given("a"));

            conversation::record(tx, first, Status::Feil, None, now()).await?;
            let known = melding::of_message(tx, &owner, &id(1)).await?.unwrap();
            assert!(known.failed);
            assert!(melding::insert(tx, &owner, second, &given("b")).await?);
            assert_eq!(melding::of_message(tx, &owner, &id(1)).await?, None);
            let iri = &given("b").iri;
            let known = melding::of_iri(tx, &owner, iri).await?.unwrap();
            assert_eq!((known.message_id.as_str(), known.failed), ("m-2", false));

            // It is remembered for as long as its message is.
            conversation::forget(tx, &owner, "message_id", "m-2").await?;
            assert_eq!(melding::find(tx, &owner, "sak 1/2").await?, None);
            Ok(())
        })
    });
    work.await.unwrap();
}

async fn an_archive_is_told_and_callers_know_nothing_of_it(place: Place) {
    let store = place.open().await;
    let work = store.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            let owner = owner();
            for filter in ["status=LEVERT", "status=LEVERT,FEIL"] {
                subscription::tell(tx, &owner, Own::Archive, Some(filter)).await?;
            }
            let number = message(tx, 1).await?;
            for status in [Status::Opprettet, Status::Levert, Status::Feil] {
                conversation::record(tx, number, status, None, now()).await?;
            }
            // Those about one message one after the other.
            let claimed = push::claim(tx, &owner, 9, now()).await?;
            let [(told, to)] = &claimed[..] else {
                panic!("{claimed:?}");
            };
            assert_eq!(to.own(), Some(Own::Archive));
            assert_eq!(told.event.as_ref().unwrap().status, Status::Levert);
            assert_eq!(push::count(tx, &owner).await?, 2, "and FEIL behind it");

            let all = subscription::list(tx, &owner, Ask::all(9)).await?;
            assert_eq!(all.items, []);
            assert_eq!(subscription::find(tx, &owner, to.id).await?, None);
            assert!(!subscription::remove(tx, &owner, to.id).await?);
            assert!(!subscription::change(tx, &owner, to).await?);
            let new = NewSubscription {
                name: "x".into(),
                push_endpoint: "http://x.example/".into(),
                resource: "all".into(),
                event: "all".into(),
                filter: None,
            };
            subscription::insert(tx, &owner, &new).await?;
            assert_eq!(subscription::clear(tx, &owner).await?, 1);

            subscription::tell(tx, &owner, Own::Archive, None).await?;
            assert_eq!(push::count(tx, &owner).await?, 0, "nobody is left to tell");
            Ok(())
        })
    });
    work.await.unwrap();
}
