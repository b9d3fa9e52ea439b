//! Databases of former releases open, and nothing in them is lost.
//!
//! `old` holds copies of migrations as they were released: one that is edited later is
//! noticed here.

use ambient::Clock;
use db::{Db, Error, Migration};
use jiff::Timestamp;
use sbd::Status;
use store::conversation;

use crate::{Place, on_both};

const FORMER: [Migration; 4] = [
    Migration {
        number: 1,
        name: "access point",
        sql: include_str!("old/0001-access-point.sql"),
    },
    Migration {
        number: 2,
        name: "subscription",
        sql: include_str!("old/0002-subscription.sql"),
    },
    Migration {
        number: 3,
        name: "push",
        sql: include_str!("old/0003-push.sql"),
    },
    Migration {
        number: 4,
        name: "lock token",
        sql: include_str!("old/0004-lock-token.sql"),
    },
];

/// An id of ours, and one of somebody who makes them otherwise.
const IDS: [&str; 2] = ["5b9ab3c7-a10f-4bcd-9d61-3a7b1cd4dc5e", "m-1"];
const EXPIRY: &str = "2026-11-26T12:00:00.1234567+02:00";

fn rows(id: &str) -> [String; 4] {
    [
        format!(
            "INSERT INTO conversation (owner, message_id, conversation_id, direction,
                 sender, sender_identifier, receiver, receiver_identifier, process,
                 document_type, service, reference, title, expiry, expires_at, finished,
                 last_update)
             VALUES ('910076787', '{id}', 'c-1', 'INCOMING', '0192:910077473',
                 '910077473', '0192:910076787', '910076787', 'p', 'd', 'DPE', 'c-1', '',
                 '{EXPIRY}', 2000000, 0, 1000000)"
        ),
        "INSERT INTO status (conversation, value, at)
         SELECT id, 'OPPRETTET', 1000000 FROM conversation WHERE true
         ON CONFLICT DO NOTHING"
            .into(),
        format!(
            "INSERT INTO incoming (owner, message_id, conversation_id, process, kind,
                 sender_identifier, receiver_identifier, service, sbd, received_at, form,
                 size)
             VALUES ('910076787', '{id}', 'c-1', 'p', 'innsynskrav', '910077473',
                 '910076787', 'DPE', '{{}}', 1000000, 'none', 0)"
        ),
        format!(
            "INSERT INTO seen (owner, message_id, at)
             VALUES ('910076787', '{id}', 1000000)"
        ),
    ]
}

on_both! {
    fault_52_a_former_database_opens_with_all_that_was_in_it
}

async fn fault_52_a_former_database_opens_with_all_that_was_in_it(place: Place) {
    let clock = Clock::system();
    let former = match &place.address {
        None => Db::open(&place.folder.path().join("sendebud.db"), &FORMER, &clock),
        Some(address) => Db::connect(address, &FORMER, &clock).await,
    };
    let former = former.unwrap();
    let filled = former.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            for row in IDS.into_iter().flat_map(rows) {
                tx.exec(&row, &[]).await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
    drop(former);
    let store = place.open().await;
    for id in IDS {
        let found = store.write::<_, store::Error, _>(move |tx| {
            Box::pin(async move {
                let (owner, message) =
                    ("910076787".parse().unwrap(), id.parse().unwrap());
                let known = conversation::find(tx, &owner, "message_id", id).await?;
                let known = known.unwrap();
                let waiting = store::incoming::find(tx, &owner, &message).await?;
                assert_eq!(waiting.unwrap().sbd, "{}");
                assert!(!store::seen::note(tx, &owner, &message).await?);
                let now = Timestamp::UNIX_EPOCH;
                let (status, done) = (Status::Opprettet, Status::InnkommendeLevert);
                let again = conversation::record(tx, known.id, status, None, now);
                assert!(!again.await?);
                let new = conversation::record(tx, known.id, done, None, now);
                assert!(new.await?);
                Ok(known)
            })
        });
        let known = found.await.unwrap();
        assert_eq!([&known.message_id, &known.conversation_id], [id, "c-1"]);
        assert_eq!(known.sender, "0192:910077473");
        assert_eq!(known.expiry.as_deref(), Some(EXPIRY));
        let log = known.statuses.iter().map(|line| line.status);
        assert_eq!(log.collect::<Vec<_>>(), [Status::Opprettet]);
    }
    // Again, as at every later start.
    drop(store);
    place.open().await;
}
