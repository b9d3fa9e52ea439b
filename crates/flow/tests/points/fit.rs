//! What the message service would not take is refused while somebody waits for an answer.

use std::time::Duration;

use ambient::Random;
use flow::outgoing::{self, NewFile};
use flow::{Error, ledger};
use transport::Transport;

use crate::world::{BODY, End, Kind, PORTAL, World, innsynskrav, on_both};

on_both! {
    fault_28_what_does_not_fit_is_refused_with_its_size
}

const QUEUE: &str = "nextbestqueue910076787innsyn";
/// > Azure Standard: message size 256 KB (servicebus §3)
const STANDARD: u64 = 256 * 1024;

/// Bytes that no packing makes fewer.
fn file(bytes: usize) -> NewFile {
    let mut content = vec![0; bytes];
    Random::system().fill(&mut content);
    NewFile {
        name: "order.xml".into(),
        title: None,
        mime: "application/xml".into(),
        bytes: content.into(),
    }
}

async fn send(from: &End, bytes: usize) -> Result<(), Error> {
    let message = innsynskrav(from.point.orgnr(), BODY);
    let sent = outgoing::send_whole(&from.point, message, vec![file(bytes)]).await;
    sent.map(drop)
}

async fn fault_28_what_does_not_fit_is_refused_with_its_size(kind: Kind) {
    // > 256 KB carries ≈ 140 KB ASiC (servicebus §5)
    let (small, large) = (125_000, 150_000);
    let mut world = World::new(kind).await;
    let free = world.start(PORTAL).await;
    send(&free, large).await.unwrap();
    let end = world.hub.end(QUEUE);
    let carried = end.receive(1, Duration::from_secs(30)).await.unwrap();
    let carried = carried[0].body.len() as u64;
    world.limits.wire_bytes_max = Some(STANDARD);
    let portal = world.open(PORTAL, world.place()).await;
    send(&portal, small).await.unwrap();
    let Err(Error::WireTooLarge { bytes, max, .. }) = send(&portal, large).await else {
        panic!("it is too large");
    };
    assert_eq!(max, STANDARD);
    assert!(
        bytes > STANDARD && bytes.abs_diff(carried) < 2048,
        "{bytes}, {carried}"
    );

    // In steps, too; the message stays, for its files to be changed.
    let message = innsynskrav(portal.point.orgnr(), BODY);
    let created = outgoing::accept(&portal.point, message).await.unwrap();
    let id = created.facts().unwrap().message_id;
    outgoing::attach(&portal.point, &id, file(large))
        .await
        .unwrap();
    let refused = outgoing::submit(&portal.point, &id).await;
    assert!(
        matches!(refused, Err(Error::WireTooLarge { .. })),
        "{refused:?}"
    );
    let waiting = ledger::waiting(&portal.point).await.unwrap();
    assert_eq!((waiting.outgoing, waiting.jobs), (2, 1));
}
