//! What cannot be read blocks nothing and is not lost: it lies where the broker puts what
//! is rejected, or here, where the broker is not said to have such a place.

use std::time::Duration;

use transport::{Parcel, Transport};

use crate::server::{ASIDE, QUEUES, Server};
use crate::world::{Role, World, until};

const WAIT: Duration = Duration::from_secs(60);
const BODY: &str = "this is no message";

pub(crate) async fn is_put_aside(world: &World, server: &Server) {
    let aside = server.end(ASIDE);
    for queue in QUEUES {
        let parcel = Parcel {
            queue: queue.into(),
            message_id: "m".into(),
            body: BODY.into(),
            time_to_live: None,
        };
        aside.send(parcel).await.unwrap();
    }
    // The body has been told that the broker puts things aside; eInnsyn has not.
    let got = aside.receive(9, WAIT).await.unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!(&got[0].body[..], BODY.as_bytes());
    aside.complete(&got[0].lock).await.unwrap();
    let url = world.url(Role::Einnsyn, "/manage/prometheus");
    until("eInnsyn has kept what cannot be read", async || {
        let text = reqwest::get(url.clone())
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let kept = |line: &str| {
            line.starts_with("sendebud_quarantined_deliveries") && line.ends_with(" 1")
        };
        text.lines().any(kept).then_some(())
    })
    .await;
}
