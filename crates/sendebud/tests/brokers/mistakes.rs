//! `sendebud check` says what is wrong with the settings for a broker, and what would be
//! right.

use crate::server::{Kind, QUEUES, Server};
use crate::world::{Role, World, sendebud};

pub(crate) async fn are_said(kind: Kind) {
    let mut world = World::new();
    let mut server = Server::new(kind, &world);
    server.start().await;
    server.serve(&world, Role::Kommune, true);
    world.start(Role::Registry).await;

    let right = check(&world, &[]).await;
    let own = QUEUES[0];
    assert!(right.starts_with('✓') && right.contains(own), "{right}");
    let wrong = check(&world, &["message_service.broker.user=feil"]).await;
    let advice = "give the name and key, or the user and password";
    assert!(wrong.starts_with('✗') && wrong.contains(advice), "{wrong}");
    let wrong = check(&world, &["message_service.protocol=rest"]).await;
    assert!(wrong.contains("write protocol = \"amqp\""), "{wrong}");
    let wrong = check(&world, &["message_service.key_name=Alle"]).await;
    assert!(wrong.contains("Service Bus's"), "{wrong}");
    let wrong = check(&world, &["message_service.broker.address=kø"]).await;
    assert!(wrong.contains("write {} where"), "{wrong}");
    if kind == Kind::RabbitMq {
        // Artemis makes it.
        let wrong = check(&world, &["mode=meeting"]).await;
        let advice = "make it, or mend its address";
        assert!(wrong.contains(advice), "{wrong}");
        let wrong = check(&world, &["message_service.broker.virtual_host=feil"]).await;
        assert!(wrong.starts_with('✗'), "{wrong}");
    }
}

/// What it says of the message service with these settings changed.
async fn check(world: &World, set: &[&str]) -> String {
    let mut command = tokio::process::Command::from(sendebud());
    command.arg("check").arg("--config");
    command.arg(world.settings(Role::Kommune));
    for said in set {
        command.args(["--set", said]);
    }
    let done = command.output().await.unwrap();
    let words = String::from_utf8(done.stdout).unwrap();
    let line = words.lines().find(|line| line.contains("message service"));
    line.unwrap_or_else(|| panic!("{words}")).to_owned()
}
