//! Back: what waits here is handed over to the one that plays the Java access point, cut
//! off at every step.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ambient::Random;
use fagsystem::{Correspondence, Fagsystem, Upload, innsynskrav, publisering};
use sbd::MessageId;
use tempfile::TempDir;

use crate::place::{run, said};
use crate::player::{Cut, Player};
use crate::queue::Queue;
use crate::world::{EINNSYN, KOMMUNE, Role, World, sendebud, until};

const JOURNALPOST: &str = "urn:no:difi:profile:einnsyn:journalpost:ver1.0";
const FILE: &[u8] = b"{\"@graph\": []}";

/// An access point that is off, with what waits in it.
struct Left {
    world: World,
    /// Waits for the case system.
    incoming: MessageId,
    /// Created, and not asked to be sent.
    draft: MessageId,
    /// To be sent.
    submitted: MessageId,
}

impl Left {
    async fn new() -> Self {
        let mut world = World::new();
        let first = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
        world.start_all(&first).await;
        let incoming = order(&world.fagsystem(Role::Einnsyn)).await;
        let kommune = world.fagsystem(Role::Kommune);
        until("the order waits", async || {
            let waiting = kommune.inbox().await.ok()?;
            (waiting.len() == 1).then_some(())
        })
        .await;
        // From now on nothing leaves.
        world.kill(Role::Broker);
        let draft = publication(&kommune).await;
        let submitted = publication(&kommune).await;
        kommune.submit(&submitted).await.unwrap();
        world.kill(Role::Kommune);
        world.start(Role::Broker).await;
        Self {
            world,
            incoming,
            draft,
            submitted,
        }
    }

    /// The same folder, in another place: what was done there is undone here.
    fn copy(&self) -> TempDir {
        let folder = TempDir::new().unwrap();
        copy(&self.world.place(""), folder.path());
        folder
    }

    fn player(&self) -> Player {
        let player = Player::start(0);
        let read = |name: &str| fs::read(self.world.place(name)).unwrap();
        let store = read(&format!("keys/{KOMMUNE}.p12"));
        let password = String::from_utf8(read("keys/passord")).unwrap();
        let queue = Queue::new(&self.world, KOMMUNE, &store, password.trim());
        player.state().queue = Some(queue);
        player
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (place, name) = (entry.path(), entry.file_name());
        match name.to_str().unwrap() {
            "broker" | "artefakter" => {}
            _ if place.is_dir() => copy(&place, &to.join(name)),
            _ => drop(fs::copy(&place, to.join(name)).unwrap()),
        }
    }
}

fn move_out(folder: &TempDir, player: &Player) -> Command {
    let config: PathBuf = folder.path().join(Role::Kommune.file());
    let mut command = sendebud();
    command
        .args(["move-out", "--api", &player.url, "--config"])
        .arg(config);
    command
}

fn who(from: &str, to: &str) -> Correspondence {
    let random = Random::system();
    Correspondence {
        sender: from.parse().unwrap(),
        receiver: to.parse().unwrap(),
        message_id: random.uuid().to_string().parse().unwrap(),
        conversation_id: random.uuid().to_string(),
        expires: None,
    }
}

async fn order(from: &Fagsystem) -> MessageId {
    let who = who(EINNSYN, KOMMUNE);
    let message = innsynskrav(&who, &who.receiver, "innsyn@fjordvik.example");
    let file = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        bytes: FILE.into(),
    };
    from.multipart(&message, vec![file]).await.unwrap();
    who.message_id
}

async fn publication(from: &Fagsystem) -> MessageId {
    let who = who(KOMMUNE, EINNSYN);
    let message = publisering(&who, &who.sender, JOURNALPOST);
    from.create(&message).await.unwrap();
    let file = Upload {
        name: "payload.jsonld".into(),
        mime: "application/ld+json".into(),
        bytes: FILE.into(),
    };
    from.attach(&who.message_id, file).await.unwrap();
    who.message_id
}

#[tokio::test]
async fn whoever_is_cut_off_every_message_is_handed_over_once() {
    let left = Left::new().await;
    let (folder, player) = (left.copy(), left.player());
    let done = run(&mut move_out(&folder, &player), &player);
    assert!(done.status.success(), "{}", said(&done));
    let requests = player.state().requests.clone();
    everything_is_there(&left, &folder, &player, "not cut");

    // The last look at the queue may be done once or several times.
    let mut steps = requests;
    steps.dedup();
    for (at, step) in steps.iter().enumerate() {
        for cut in Cut::ALL {
            let what = format!("{cut:?} at {at}, {step}");
            let (folder, player) = (left.copy(), left.player());
            player.state().cut = Some((at, cut));
            let done = run(&mut move_out(&folder, &player), &player);
            assert!(!done.status.success(), "{what}: {}", said(&done));
            player.state().cut = None;
            let mut done = run(&mut move_out(&folder, &player), &player);
            if !done.status.success() {
                // Whether it was sent nobody knows but the one who would send it.
                let words = said(&done);
                assert!(words.contains("it was created there"), "{what}: {words}");
                by_hand(&left, &player, &what);
                done = run(&mut move_out(&folder, &player), &player);
            }
            assert!(done.status.success(), "{what}: {}", said(&done));
            everything_is_there(&left, &folder, &player, &what);
        }
    }
}

/// As the words say: it is still there, so it is sent by hand.
fn by_hand(left: &Left, player: &Player, what: &str) {
    let mut state = player.state();
    let id = left.submitted.as_str();
    let one = state.created.iter_mut().find(|one| one.id == id).unwrap();
    assert_eq!(
        one.sent, 0,
        "{what}: it was sent, and we are told to send it"
    );
    one.sent = 1;
}

fn everything_is_there(left: &Left, folder: &TempDir, player: &Player, what: &str) {
    {
        let state = player.state();
        let times = |id: &MessageId| {
            let all = state.created.iter().filter(|one| one.id == id.as_str());
            all.map(|one| one.sent).collect::<Vec<_>>()
        };
        assert_eq!(times(&left.draft), [0], "{what}: the draft");
        assert_eq!(times(&left.submitted), [1], "{what}: what was to be sent");
        for one in &state.created {
            let bytes: Vec<&[u8]> = one.files.iter().map(|(_, b)| &b[..]).collect();
            assert_eq!(bytes, [FILE], "{what}: its file");
        }
        let waiting: Vec<&str> = state.waiting.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(waiting, [left.incoming.as_str()], "{what}: the order");
        let package = state.waiting[0].package.as_ref().unwrap();
        let holds = |part: &[u8]| package.windows(part.len()).any(|w| w == part);
        assert!(holds(b"order.xml") && holds(b"META-INF/"), "{what}");
    }
    let words = said(&move_out(folder, player).arg("--check").output().unwrap());
    assert!(
        words.contains("wait for the case system: 0"),
        "{what}: {words}"
    );
    assert!(words.contains("have not left: 0"), "{what}: {words}");
}

#[tokio::test]
async fn what_went_back_can_come_again() {
    let left = Left::new().await;
    let (folder, player) = (left.copy(), left.player());
    let done = run(&mut move_out(&folder, &player), &player);
    assert!(done.status.success(), "{}", said(&done));
    // The Java one's API gives the package out, opened; what it has not sent stays.
    player.state().created.clear();
    let properties = folder.path().join("gammel.properties");
    fs::write(&properties, "difi.security.enable=false\n").unwrap();
    let mut move_in = sendebud();
    move_in
        .args(["move-in", "--api", &player.url, "--properties"])
        .arg(properties)
        .arg("--out")
        .arg(folder.path().join(Role::Kommune.file()));
    let done = run(&mut move_in, &player);
    let words = said(&done);
    assert!(done.status.success(), "{words}");
    assert!(
        words.contains("fetched: 1 wait here now; 0 were here"),
        "{words}"
    );
}
