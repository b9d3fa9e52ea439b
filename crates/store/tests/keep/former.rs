//! Databases of former releases open, and nothing in them is lost.
//!
//! `old` holds copies of migrations as they were released: one that is edited later is
//! noticed here.

use ambient::Clock;
use db::{Db, Error, Migration};
use store::conversation;

use crate::{Place, on_both};

const FORMER: &[Migration] = &[
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
];

const ROWS: [&str; 4] = [
    "INSERT INTO conversation (owner, message_id, conversation_id, direction, sender,
         sender_identifier, receiver, receiver_identifier, process, document_type,
         service, reference, title, finished, last_update)
     VALUES ('910076787', 'm-1', 'c-1', 'INCOMING', '0192:910077473', '910077473',
         '0192:910076787', '910076787', 'p', 'd', 'DPE', 'c-1', '', 0, 1000000)",
    "INSERT INTO status (conversation, value, at)
     SELECT id, 'OPPRETTET', 1000000 FROM conversation",
    "INSERT INTO incoming (owner, message_id, conversation_id, process, kind,
         sender_identifier, receiver_identifier, service, sbd, received_at, form, size)
     VALUES ('910076787', 'm-1', 'c-1', 'p', 'innsynskrav', '910077473', '910076787',
         'DPE', '{}', 1000000, 'none', 0)",
    "INSERT INTO seen (owner, message_id, at) VALUES ('910076787', 'm-1', 1000000)",
];

on_both! {
    a_former_database_opens_with_all_that_was_in_it
}

async fn a_former_database_opens_with_all_that_was_in_it(place: Place) {
    let clock = Clock::system();
    let former = match &place.address {
        None => Db::open(&place.folder.path().join("sendebud.db"), FORMER, &clock),
        Some(address) => Db::connect(address, FORMER, &clock).await,
    };
    let former = former.unwrap();
    let filled = former.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            for row in ROWS {
                tx.exec(row, &[]).await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
    drop(former);
    let store = place.open().await;
    let found = store.read::<_, store::Error, _>(|tx| {
        Box::pin(async move {
            let owner = "910076787".parse().unwrap();
            let found = conversation::find(tx, &owner, "message_id", "m-1").await?;
            let message = "m-1".parse().unwrap();
            let waiting = store::incoming::find(tx, &owner, &message).await?;
            Ok((found, waiting))
        })
    });
    let (found, waiting) = found.await.unwrap();
    assert_eq!(found.unwrap().statuses.len(), 1);
    assert_eq!(waiting.unwrap().sbd, "{}");
    // Again, as at every later start.
    drop(store);
    place.open().await;
}
