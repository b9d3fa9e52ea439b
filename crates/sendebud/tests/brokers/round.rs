//! Messages there and statuses back, once each, though receiver and broker are killed in
//! the middle.

use std::cell::RefCell;
use std::collections::BTreeSet;

use fagsystem::{Fagsystem, Upload};
use sbd::MessageId;

use crate::insist::{Insisted, insist};
use crate::server::{Kind, Server};
use crate::unreadable;
use crate::world::{Role, World, innsynskrav, until};

const MESSAGES: usize = 60;
/// After how many are sent who is killed.
const RECEIVER_AFTER: usize = 20;
const BROKER_AFTER: usize = 40;
const HOME: [&str; 4] = ["LEVERT", "MOTTATT", "OPPRETTET", "SENDT"];

/// Who carries them.
enum Service {
    Own,
    Other(Server),
}

impl Service {
    async fn kill_and_start(&mut self, world: &mut World) {
        match self {
            Self::Own => {
                world.kill(Role::Broker);
                world.start(Role::Broker).await;
            }
            Self::Other(server) if !server.outlives_a_kill() => {}
            Self::Other(server) => {
                server.kill();
                server.start().await;
            }
        }
    }
}

pub(crate) async fn over(kind: Kind) {
    let mut world = World::new();
    let mut server = Server::new(kind, &world);
    server.start().await;
    server.serve(&world, Role::Kommune, true);
    server.serve(&world, Role::Einnsyn, false);
    let mut service = Service::Other(server);
    round(&mut world, &mut service).await;
    if let Service::Other(server) = &service {
        unreadable::is_put_aside(&world, server).await;
    }
}

/// The message service, where it does to us what Azure does.
pub(crate) async fn over_azure() {
    let mut world = World::new();
    let azure = "azure = { tier = \"standard\", detach_after = 15, \
                 operations_per_second = 100 }\nlock_seconds = 5";
    world.set(Role::Broker, azure);
    world.start(Role::Broker).await;
    round(&mut world, &mut Service::Own).await;
}

async fn round(world: &mut World, service: &mut Service) {
    world.set(Role::Kommune, "lock_seconds = 5");
    let roles = [Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&roles).await;

    let taken = RefCell::new(BTreeSet::new());
    let (einnsyn, kommune) = (
        world.fagsystem(Role::Einnsyn),
        world.fagsystem(Role::Kommune),
    );
    let sending = send_and_kill(&einnsyn, world, service);
    let (sent, ()) = tokio::join!(sending, take_all(&kommune, &taken));
    assert_eq!(*taken.borrow(), sent);
    for id in &sent {
        let mut log = Vec::new();
        until(&format!("every status of {id} comes home"), async || {
            let lines = einnsyn.statuses(id).await.unwrap();
            log = lines.iter().map(|l| l.status.as_str().to_owned()).collect();
            // One may overtake another on its way home.
            (log.len() >= HOME.len()).then_some(())
        })
        .await;
        log.sort_unstable();
        assert_eq!(log, HOME, "{id}");
    }
    assert!(kommune.inbox().await.unwrap().is_empty());
}

async fn send_and_kill(
    point: &Fagsystem,
    world: &mut World,
    service: &mut Service,
) -> BTreeSet<MessageId> {
    let mut sent = BTreeSet::new();
    for number in 1..=MESSAGES {
        let (id, message) = innsynskrav();
        let file = Upload {
            name: "order.xml".into(),
            mime: "application/xml".into(),
            bytes: format!("<order>{number}</order>").into(),
        };
        let sends = async || point.multipart(&message, vec![file.clone()]).await;
        let before = "MessageAlreadyExistsException";
        insist("send", before, sends).await.done("send");
        sent.insert(id);
        if number == RECEIVER_AFTER {
            world.kill(Role::Kommune);
            world.start(Role::Kommune).await;
        }
        if number == BROKER_AFTER {
            service.kill_and_start(world).await;
        }
    }
    sent
}

/// Peek, pop, delete; each message once.
async fn take_all(point: &Fagsystem, taken: &RefCell<BTreeSet<MessageId>>) {
    while taken.borrow().len() < MESSAGES {
        let peeked = insist("peek", "", async || point.peek(&[]).await).await;
        let Insisted::Answered(Some(envelope)) = peeked else {
            tokio::task::yield_now().await;
            continue;
        };
        let id = envelope.facts().unwrap().message_id;
        assert!(!taken.borrow().contains(&id), "{id} comes again");
        let popped = insist("pop", "", async || point.pop(&id).await).await;
        let Insisted::Answered(package) = popped else {
            continue;
        };
        assert!(package.is_some(), "{id} has files");
        let gone = "MessageNotFoundException";
        let deleted = insist("delete", gone, async || point.delete(&id).await).await;
        match deleted {
            Insisted::Answered(()) | Insisted::Lost => {
                taken.borrow_mut().insert(id);
            }
            // The receiver was killed, and its lock has run out.
            Insisted::Refused(error) => {
                assert!(error.is("MessageNotLockedException"), "{id}: {error}");
            }
        }
    }
}
