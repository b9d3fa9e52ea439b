//! Plans that PostgreSQL makes while a queue is empty, and keeps while it is long.

use jiff::Timestamp;
use sbd::{MessageId, MessageType};
use store::incoming::{self, Form, NewIncoming};
use store::{Content, Store};

use crate::Place;

const ROWS: u32 = 200;

#[tokio::test]
async fn one_message_is_found_without_a_look_at_the_others() {
    let place = Place::server();
    let address = place.address.clone().unwrap();
    let database = address.rsplit('=').next().unwrap();
    let sql = |statement: &str| cluster::Cluster::shared().sql(database, statement);
    let store = place.open().await;
    // The server knows the table as an empty one, and its plans are made for that.
    sql("VACUUM ANALYZE incoming");
    find(&store, 8).await;
    fill(&store).await;
    find(&store, ROWS).await;
    drop(store);
    // A session counts what it read when it ends.
    while sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    ) != "1"
    {
        tokio::task::yield_now().await;
    }
    let of = "WHERE relname = 'incoming'";
    let read = |what: &str, place: &str| -> u64 {
        let sum = sql(&format!("SELECT sum({what}) FROM {place} {of}"));
        sum.parse().unwrap()
    };
    assert_eq!(read("seq_tup_read", "pg_stat_user_tables"), 0);
    // One for each of those found.
    let by_index = read("idx_tup_read", "pg_stat_user_indexes");
    assert!(by_index <= u64::from(ROWS) + 10, "{by_index} rows read");
}

fn id(row: u32) -> MessageId {
    format!("m-{row}").parse().unwrap()
}

async fn find(store: &Store, rows: u32) {
    for row in 0..rows {
        let found = store.write::<_, store::Error, _>(move |tx| {
            let owner = "910076787".parse().unwrap();
            Box::pin(async move { incoming::find(tx, &owner, &id(row)).await })
        });
        found.await.unwrap();
    }
}

async fn fill(store: &Store) {
    let filled = store.write::<(), store::Error, _>(|tx| {
        Box::pin(async move {
            let owner = "910076787".parse().unwrap();
            for row in 0..ROWS {
                incoming::insert(tx, &owner, &message(row), Timestamp::UNIX_EPOCH)
                    .await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
}

fn message(row: u32) -> NewIncoming {
    NewIncoming {
        message_id: id(row),
        conversation_id: "c".into(),
        process: "p".into(),
        kind: MessageType::Innsynskrav,
        sender_identifier: "s".into(),
        receiver_identifier: "r".into(),
        service: "DPE",
        sbd: "{}".repeat(500),
        expires_at: None,
        expired: false,
        form: Form::None,
        remark: None,
        content: Content::none(),
    }
}
