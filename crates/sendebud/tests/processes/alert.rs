//! A message ends in FEIL, and the operator has a mail of it.

use ambient::Random;

use sbd::Status;

use crate::rotation::send;
use crate::world::{Role, World, until};

/// > FEIL triggers e-mail if `feature.mailErrorStatus=true` (rest-api §6.1)
///
/// The mail server is away when it happens, and the access point is killed before it is
/// back.
#[tokio::test]
async fn the_operator_is_told_of_feil_by_mail() {
    let mut world = World::new();
    // The message service takes 256 KB, and the access point does not know.
    world.set(Role::Broker, "azure = { tier = \"standard\" }");
    let port = world.address(Role::Postmottak, "listen");
    let port = port.rsplit(':').next().unwrap();
    let alert = format!(
        "alert = {{ to = \"drift@einnsyn.example\", host = \"127.0.0.1\", \
         port = {port}, from = \"sendebud@einnsyn.example\" }}"
    );
    world.set(Role::Einnsyn, &alert);
    let all = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&all).await;
    let mut bytes = vec![0; 300 * 1024];
    Random::system().fill(&mut bytes);
    let id = send(&world, bytes).await;
    let einnsyn = world.fagsystem(Role::Einnsyn);
    until("it ends in FEIL", async || {
        let lines = einnsyn.statuses(&id).await.ok()?;
        let failed = lines.iter().any(|line| line.status == Status::Feil);
        failed.then_some(())
    })
    .await;
    world.kill(Role::Einnsyn);
    world.start(Role::Postmottak).await;
    world.start(Role::Einnsyn).await;
    until("the mail has come", async || {
        (!world.mails().is_empty()).then_some(())
    })
    .await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    for words in [
        "To: drift@einnsyn.example".to_owned(),
        "From: sendebud@einnsyn.example".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        format!("Melding: {id}"),
    ] {
        assert!(mails[0].contains(&words), "{words}: {}", mails[0]);
    }
}
