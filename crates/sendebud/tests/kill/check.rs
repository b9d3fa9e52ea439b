//! When everything has come to rest: nothing lost, nothing twice, nothing left.

use fagsystem::Fagsystem;
use sbd::MessageId;

use crate::ledger::Ledger;
use crate::send::Letter;
use crate::world::{Role, World, until};

const HOME: [&str; 4] = ["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"];
const HERE: [&str; 3] = ["OPPRETTET", "INNKOMMENDE_MOTTATT", "INNKOMMENDE_LEVERT"];

/// Wait until it is at rest, then look at everything.
pub(crate) async fn all(world: &World, letters: &[Letter], ledger: &Ledger) {
    let (sender, receiver) = (
        world.fagsystem(Role::Einnsyn),
        world.fagsystem(Role::Kommune),
    );
    for letter in letters {
        let id = &letter.id;
        until(&format!("LEVERT of {id} comes home"), async || {
            let log = log(&sender, id).await;
            log.contains(&"LEVERT").then_some(())
        })
        .await;
    }
    rest(world).await;

    assert!(ledger.taken().is_all());
    let (mut wrong, mut crossed) = (Vec::new(), 0);
    for letter in letters {
        let home = log(&sender, &letter.id).await;
        let here = log(&receiver, &letter.id).await;
        crossed += usize::from(home != HOME);
        if sorted(&home) != sorted(&HOME) || here != HERE {
            wrong.push(format!("{}: {home:?} {here:?}", letter.id));
        }
    }
    assert!(wrong.is_empty(), "statuses: {wrong:#?}");
    println!("statuses that overtook another on their way home: {crossed}");
    assert_eq!(receiver.inbox().await.unwrap().len(), 0);
}

/// Nothing waits anywhere: in no queue, dead letters among them; at no access point.
async fn rest(world: &World) {
    let waiting = [
        world.url(Role::Broker, "/metrics"),
        world.url(Role::Einnsyn, "/manage/prometheus"),
        world.url(Role::Kommune, "/manage/prometheus"),
    ];
    for url in waiting {
        until(&format!("nothing waits at {url}"), async || {
            let text = reqwest::get(url.clone()).await.unwrap().text();
            let text = text.await.unwrap();
            let gauges = gauges(&text);
            assert!(!gauges.is_empty(), "{url} tells nothing");
            gauges.iter().all(|(_, value)| *value == 0).then_some(())
        })
        .await;
    }
}

/// Names of the figures that say what waits.
const WAITING: [&str; 5] = [
    "sendebud_broker_messages",
    "sendebud_incoming_messages",
    "sendebud_outgoing_messages",
    "sendebud_jobs",
    "sendebud_quarantined_deliveries",
];

/// What waits, by name and labels.
fn gauges(text: &str) -> Vec<(&str, u64)> {
    let names = |line: &&str| WAITING.iter().any(|name| line.starts_with(name));
    let lines = text.lines().filter(names);
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

async fn log(point: &Fagsystem, id: &MessageId) -> Vec<&'static str> {
    let lines = point.statuses(id).await.unwrap();
    lines.iter().map(|line| line.status.as_str()).collect()
}

fn sorted<'a>(statuses: &[&'a str]) -> Vec<&'a str> {
    let mut sorted = statuses.to_vec();
    sorted.sort_unstable();
    sorted
}
