//! What cannot be taken: it is said, and stays where it is.

use std::fs;

use crate::place::{Place, run, said};
use crate::player::Player;
use crate::record::vector;
use crate::world::sendebud;

#[tokio::test]
async fn a_check_changes_nothing() {
    let (place, player) = (Place::new(), Player::start(1));
    let done = run(place.move_in(Some(&player)).arg("--check"), &player);
    let words = said(&done);
    assert!(done.status.success(), "{words}");
    assert!(words.contains("wait for the case system: 1"), "{words}");
    let requests = player.state().requests.clone();
    assert!(
        requests.iter().all(|line| line.starts_with("GET"))
            && !requests.iter().any(|line| line.contains("peek")),
        "{requests:?}"
    );
    let mut there: Vec<_> = fs::read_dir(place.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, ["integrasjonspunkt-local.properties", "ip.p12"]);
}

#[tokio::test]
async fn what_is_not_good_stays_there_and_the_rest_comes() {
    let (place, player) = (Place::new(), Player::start(4));
    let tampered = fs::read(vector("accept/asic_tampered_attachment.asice")).unwrap();
    {
        // > CMS truncated: 200 with empty body (rest-api §1.10)
        let mut state = player.state();
        state.waiting[0].package = Some(Vec::new());
        state.waiting[2].package = Some(tampered);
        state.waiting[3].locked = true;
    }
    let stay: Vec<String> = {
        let state = player.state();
        [0, 2, 3].map(|at| state.waiting[at].id.clone()).to_vec()
    };
    let done = run(&mut place.move_in(Some(&player)), &player);
    let words = said(&done);
    assert!(!done.status.success(), "{words}");
    for id in &stay {
        assert!(
            words.contains(&format!("! {id}: ")),
            "{id} is not in\n{words}"
        );
    }
    assert!(words.contains("stop the case system"), "{words}");
    assert!(
        words.contains("3 message(s) are where they were"),
        "{words}"
    );
    let there: Vec<String> = player
        .state()
        .waiting
        .iter()
        .map(|m| m.id.clone())
        .collect();
    assert_eq!(there, stay);
    let serving = place.serve().await;
    assert_eq!(serving.fagsystem.inbox().await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_answers_otherwise_is_named() {
    let (place, player) = (Place::new(), Player::start(1));
    player.state().login = Some("Basic aXA6aGVtbWVsaWc=".into());
    let done = run(&mut place.move_in(Some(&player)), &player);
    let words = said(&done);
    assert!(words.contains("401"), "{words}");
    assert!(words.contains("difi.security.user.name"), "{words}");

    // Its settings have them.
    place.set(
        "difi.security.enable=true\n\
         difi.security.user.name=ip\ndifi.security.user.password=hemmelig\n",
    );
    let done = run(&mut place.move_in(Some(&player)), &player);
    assert!(done.status.success(), "{}", said(&done));

    // A path too many, somebody else, nobody.
    let api = |url: &str| {
        let mut command = place.move_in(None);
        said(&command.args(["--api", url]).output().unwrap())
    };
    player.state().login = None;
    let words = api(&format!("{}/api", player.url));
    assert!(words.contains("Give --api without a path"), "{words}");
    let words = api("http://127.0.0.1:1");
    assert!(words.contains("is it running"), "{words}");
}

#[tokio::test]
async fn our_own_access_point_must_be_off() {
    let (place, player) = (Place::new(), Player::start(1));
    let done = run(&mut place.move_in(None), &player);
    assert!(done.status.success(), "{}", said(&done));
    let serving = place.serve().await;
    let done = run(&mut place.move_in(Some(&player)), &player);
    let words = said(&done);
    assert!(!done.status.success(), "{words}");
    assert!(
        words.contains("another process is at work in it"),
        "{words}"
    );
    assert_eq!(player.state().waiting.len(), 1);
    drop(serving);
    let done = run(&mut place.move_in(Some(&player)), &player);
    assert!(done.status.success(), "{}", said(&done));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let done = sendebud()
        .args(["move-in", "--properties", "nowhere.properties"])
        .output()
        .unwrap();
    let words = said(&done);
    assert!(words.contains("nowhere.properties"), "{words}");
}
