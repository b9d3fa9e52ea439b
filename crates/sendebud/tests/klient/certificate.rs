//! An access point whose certificate no authority of the machine's vouches for.

use std::fs;

use ambient::{Clock, Random};
use klient::{Klient, Settings};

use crate::publish::{lay, post, result};
use crate::world::{Role, World, until};

#[tokio::test]
async fn it_is_believed_when_its_certificate_is_given() {
    let mut world = World::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(world.place("sertifikat.pem"), made.cert.pem()).unwrap();
    fs::write(world.place("nokkel.pem"), made.signing_key.serialize_pem()).unwrap();
    let tls = "tls = { certificate = \"sertifikat.pem\", key = \"nokkel.pem\" }";
    world.set(Role::Kommune, tls);
    let roles = [Role::Broker, Role::Registry, Role::Kommune];
    world.start_all(&roles).await;
    let text = fs::read_to_string(world.settings(Role::Klient)).unwrap();
    let open = |authorities: &str| {
        let mut settings: Settings =
            toml::from_str(&format!("{authorities}\n{text}")).unwrap();
        settings.access_point.set_scheme("https").unwrap();
        settings.access_point.set_host(Some("localhost")).unwrap();
        for path in settings.paths() {
            *path = world.place(&*path);
        }
        Klient::open(settings, Clock::system(), Random::system()).unwrap()
    };
    let stranger = open("");
    lay(&world, "brev.jsonld", &post(1, "Brev"));
    let sent = || {
        let result = result(&world, "sending", "brev.jsonld");
        result.is_some_and(|result| result["deler"][0]["tilstand"] == "sendt")
    };
    drop(stranger.publish().await);
    assert!(!sent(), "anybody is believed");
    drop(stranger);
    let klient = open("access_point_authorities = \"sertifikat.pem\"");
    until("it is sent", async || {
        drop(klient.publish().await);
        sent().then_some(())
    })
    .await;
}
