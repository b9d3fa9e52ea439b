//! The queue that the Java access point reads, and what it does with what comes: a
//! message whose id waits already is not listed again.

use std::fs;
use std::time::Duration;

use ambient::Clock;
use dokumentpakke::Identity;
use transport::servicebus::{Rest, Settings};
use transport::{Mode, Transport, queue};

use crate::player::Message;
use crate::world::World;

/// Its end of the message service, and its key.
pub(crate) struct Queue {
    rest: Rest,
    key: Identity,
    runtime: tokio::runtime::Runtime,
}

impl Queue {
    /// Of this organisation, whose key store this is, in this world's message service.
    pub(crate) fn new(
        world: &World,
        orgnr: &str,
        store: &[u8],
        password: &str,
    ) -> Self {
        let connection =
            fs::read_to_string(world.place("keys/tilkobling-rest")).unwrap();
        let settings = Settings::parse(connection.trim()).unwrap();
        let own = queue::own(&orgnr.parse().unwrap(), Mode::Innsyn);
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            rest: Rest::new(settings, own, Clock::system()).unwrap(),
            key: Identity::from_pkcs12(store, password).unwrap(),
            runtime: { runtime }.enable_all().build().unwrap(),
        }
    }

    /// Take what has come; what waits already is known by its id.
    pub(crate) fn fetch(&self, waiting: &mut Vec<Message>) {
        self.runtime.block_on(async {
            let came = self.rest.receive(10, Duration::ZERO).await.unwrap();
            for received in came {
                let payload = sbd::payload::parse(&received.body).unwrap();
                let facts = payload.sbd.facts().unwrap();
                let cms = payload.asic.unwrap();
                let keys = [self.key.clone()];
                let opened = dokumentpakke::open(&cms, &keys).unwrap();
                let id = facts.message_id.to_string();
                if waiting.iter().all(|known| known.id != id) {
                    let mut message = Message::new();
                    message.id = id;
                    message.conversation = facts.conversation_id.to_string();
                    message.sbd = serde_json::from_str(&payload.sbd.to_json()).ok();
                    message.package = Some(opened.asice);
                    waiting.push(message);
                }
                self.rest.complete(&received.lock).await.unwrap();
            }
        });
    }
}
