//! Pages: by number, and by cursor.

use jiff::Timestamp;
use store::conversation::{self, Direction, NewConversation};
use store::page::Ask;

use crate::{Place, on_both};

const ROWS: i64 = 57;

on_both! {
    cursors_lead_through_every_row_once_in_the_order_asked_for
}

async fn cursors_lead_through_every_row_once_in_the_order_asked_for(place: Place) {
    let store = place.open().await;
    let filled = store.write::<(), store::Error, _>(|tx| {
        Box::pin(async move {
            let owner = "910076787".parse().unwrap();
            for row in 0..ROWS {
                let new = NewConversation {
                    message_id: format!("m-{row}").parse().unwrap(),
                    conversation_id: "c".into(),
                    direction: Direction::Incoming,
                    sender: "s".into(),
                    sender_identifier: "s".into(),
                    receiver: "r".into(),
                    receiver_identifier: "r".into(),
                    process: "p".into(),
                    document_type: "d".into(),
                    service: "DPE",
                    expiry: None,
                };
                // Several that changed at the same moment.
                let now = Timestamp::from_second(row / 5).unwrap();
                conversation::open(tx, &owner, &new, now).await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
    for (column, down) in [("last_update", true), ("last_update", false), ("id", false)]
    {
        let ask = || Ask::all(10).order(column, down);
        let whole = list(&store, Ask::all(1000).order(column, down)).await;
        assert_eq!(whole.next, None);
        let (mut seen, mut next) = (Vec::new(), None);
        loop {
            let page = list(&store, next.map_or_else(ask, |c| ask().after(c))).await;
            assert_eq!(page.total, ROWS.unsigned_abs());
            seen.extend(page.items);
            next = page.next.map(|cursor| cursor.to_string().parse().unwrap());
            if next.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole.items, "by {column}");
    }
}

async fn list(
    store: &store::Store,
    ask: Ask,
) -> store::page::Page<conversation::Conversation> {
    let read = store.read::<_, store::Error, _>(|tx| {
        Box::pin(async move {
            conversation::list(tx, &"910076787".parse().unwrap(), ask).await
        })
    });
    read.await.unwrap()
}
