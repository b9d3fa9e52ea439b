//! The access point as an operator has it: several organisations in one process, an old
//! settings file, TLS that is renewed, and a set-up that is looked at before it runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fagsystem::{Correspondence, Upload, innsynskrav};
use reqwest::{Certificate, Client};
use sbd::MessageId;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::world::{EINNSYN, KOMMUNE, Role, World, sendebud, until};

/// One file for both organisations, below a path each, in place of eInnsyn's.
fn together(world: &World, more: &str) -> String {
    let read = |role| fs::read_to_string(world.settings(role)).unwrap();
    let table = |role| read(role).parse::<toml::Table>().unwrap();
    let (einnsyn, kommune) = (table(Role::Einnsyn), table(Role::Kommune));
    let mut shared = toml::Table::new();
    for name in ["listen", "data", "register", "message_service"] {
        shared.insert(name.to_owned(), einnsyn[name].clone());
    }
    let own = |table: &toml::Table, path: &str| {
        let mut own = toml::Table::new();
        for name in ["orgnr", "mode", "keys"] {
            own.insert(name.to_owned(), table[name].clone());
        }
        own.insert("path".to_owned(), path.into());
        toml::Value::Table(own)
    };
    let both = vec![own(&einnsyn, "/einnsyn"), own(&kommune, "/kommune")];
    shared.insert("organisations".to_owned(), both.into());
    let text = format!("{more}\n{}", toml::to_string(&shared).unwrap());
    fs::write(world.settings(Role::Einnsyn), text).unwrap();
    world.address(Role::Einnsyn, "listen")
}

#[tokio::test]
async fn two_organisations_in_one_process_write_to_each_other() {
    let mut world = World::new();
    let address = together(&world, "requests_max = 4");
    world
        .start_all(&[Role::Broker, Role::Registry, Role::Einnsyn])
        .await;
    let at = |path: &str| {
        let url: Url = format!("http://{address}{path}").parse().unwrap();
        fagsystem::Fagsystem::new(&url, None).unwrap()
    };
    let (einnsyn, kommune) = (at("/einnsyn"), at("/kommune"));
    let id: MessageId = "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7b01".parse().unwrap();
    let who = Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: id.clone(),
        conversation_id: "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7b02".into(),
        expires: None,
    };
    let order = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        bytes: "<bestilling/>".into(),
    };
    let sbd = innsynskrav(&who, &KOMMUNE.parse().unwrap(), "innsyn@fjordvik.example");
    einnsyn.multipart(&sbd, vec![order]).await.unwrap();
    until("the order waits at the other path", async || {
        let waiting = kommune.inbox().await.unwrap();
        (waiting.len() == 1).then_some(())
    })
    .await;
    assert!(
        einnsyn.inbox().await.unwrap().is_empty(),
        "queues are kept apart"
    );
    let unknown = reqwest::get(format!("http://{address}/api/messages/in")).await;
    assert_eq!(
        unknown.unwrap().status(),
        404,
        "there is nobody at the root"
    );
    pages_below(&address, "/kommune").await;
    quiet_beside_noise(&address).await;
}

/// The pages are below the path, and so is everything that they name.
async fn pages_below(address: &str, path: &str) {
    let home = reqwest::get(format!("http://{address}{path}"))
        .await
        .unwrap();
    assert_eq!(home.url().path(), format!("{path}/"));
    let page = home.text().await.unwrap();
    for mark in ["href=\"console/", "src=\"console/"] {
        for rest in page.split(mark).skip(1) {
            let name = rest.split('"').next().unwrap();
            let url = format!("http://{address}{path}/console/{name}");
            assert_eq!(reqwest::get(url).await.unwrap().status(), 200, "{name}");
        }
    }
    let root = reqwest::get(format!("http://{address}/")).await.unwrap();
    assert_eq!(root.status(), 404);
}

/// One organisation has many callers who never rest; the other's one caller is served
/// between them. Told by order, not by time: without a pace each of its requests would
/// wait for a request of every one of the others.
async fn quiet_beside_noise(address: &str) {
    const CALLERS: usize = 64;
    const QUIET: usize = 20;
    let (client, done) = (Client::new(), Arc::new(AtomicUsize::new(0)));
    let mut noise = JoinSet::new();
    for _ in 0..CALLERS {
        let (client, done) = (client.clone(), Arc::clone(&done));
        let url = format!("http://{address}/einnsyn/api/conversations?size=2000");
        noise.spawn(async move {
            loop {
                let answer = client.get(&url).send().await.unwrap();
                assert_eq!(answer.status(), 200, "nobody is turned away");
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    while done.load(Ordering::SeqCst) < CALLERS {
        tokio::task::yield_now().await;
    }
    let before = done.load(Ordering::SeqCst);
    for _ in 0..QUIET {
        let url = format!("http://{address}/kommune/api/messages/in");
        assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    }
    let meanwhile = done.load(Ordering::SeqCst) - before;
    noise.shutdown().await;
    assert!(
        meanwhile < QUIET * CALLERS / 2,
        "{meanwhile} of the others while {QUIET} of its own"
    );
}

/// What `sendebud check` says, and whether it found something wrong.
async fn check(config: &Path) -> (bool, String) {
    let mut command = tokio::process::Command::from(sendebud());
    let done = command
        .arg("check")
        .arg("--config")
        .arg(config)
        .output()
        .await;
    let done = done.unwrap();
    (
        done.status.success(),
        String::from_utf8(done.stdout).unwrap(),
    )
}

#[tokio::test]
async fn a_set_up_is_looked_at_in_the_order_in_which_to_mend_it() {
    let mut world = World::new();
    let config = world.settings(Role::Kommune);
    let port = world.address(Role::Postmottak, "listen");
    let port = port.rsplit(':').next().unwrap();
    let alert = format!(
        "alert = {{ to = \"drift@fjordvik.example\", host = \"127.0.0.1\", \
         port = {port}, from = \"sendebud@fjordvik.example\" }}"
    );
    world.set(Role::Kommune, &alert);
    let (sound, words) = check(&config).await;
    assert!(!sound);
    let place = |part: &str| {
        words
            .find(part)
            .unwrap_or_else(|| panic!("{part}: {words}"))
    };
    let order = [
        "✓ settings",
        "✓ keys",
        "✓ data",
        "✓ listen",
        "✓ login",
        "✗ message service",
        "✗ address register",
        "✗ alert",
        "3 to mend",
    ];
    assert!(order.map(place).is_sorted(), "{words}");
    let all = [Role::Broker, Role::Registry, Role::Postmottak];
    world.start_all(&all).await;
    let (sound, words) = check(&config).await;
    assert!(sound, "{words}");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace(KOMMUNE, EINNSYN)).unwrap();
    fs::copy(
        world.place(format!("keys/{KOMMUNE}.p12")),
        world.place(format!("keys/{EINNSYN}.p12")),
    )
    .unwrap();
    let (sound, words) = check(&config).await;
    assert!(
        !sound && words.contains(&format!("that of {KOMMUNE}")),
        "{words}"
    );
}

/// An installation of the Java one, DPE's part of it (rest-api §11).
fn old_file(world: &World, port: &str) -> String {
    let connection = fs::read_to_string(world.place("keys/tilkobling-rest")).unwrap();
    let part = |name: &str| {
        let (_, rest) = connection.split_once(&format!("{name}=")).unwrap();
        rest.split(';').next().unwrap().to_owned()
    };
    let host = part("Endpoint").replace("sb://", "").replace('/', "");
    let register = world.url(Role::Registry, "");
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    format!(
        "server.port={port}\n\
         difi.move.org.number={KOMMUNE}\n\
         difi.move.org.keystore.alias={KOMMUNE}\n\
         difi.move.org.keystore.path=file:keys/{KOMMUNE}.p12\n\
         difi.move.org.keystore.password={password}\n\
         difi.move.serviceregistryEndpoint={register}\n\
         difi.move.oidc.enable=false\n\
         difi.move.nextmove.serviceBus.baseUrl={host}\n\
         difi.move.nextmove.serviceBus.receiptQueue=\n\
         difi.move.nextmove.serviceBus.useHttps=false\n\
         difi.move.nextmove.serviceBus.sasKeyName={}\n\
         difi.move.nextmove.serviceBus.sasToken={}\n\
         difi.security.user.name=fagsystem\n\
         difi.security.user.password=hemmelig\n\
         difi.ssl.enabled=true\n\
         difi.ssl.key-store-type=PKCS12\n\
         difi.ssl.key-store=file:keys/{KOMMUNE}.p12\n\
         difi.ssl.key-store-password={password}\n\
         difi.move.feature.statusQueueIncludes=DPO,DPE\n\
         difi.move.feature.returnOkOnEmptyPayload=false\n\
         difi.noe.annet=1\n",
        part("SharedAccessKeyName"),
        part("SharedAccessKey"),
    )
}

// rest-api §11: an installation of the Java one, DPE's part of it, as it is.
#[tokio::test]
async fn an_old_file_starts_and_says_what_becomes_of_its_keys() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    let port = world.address(Role::Kommune, "listen");
    let port = port.rsplit(':').next().unwrap();
    let old = old_file(&world, port);
    let file = world.place("integrasjonspunkt-local.properties");
    fs::write(&file, old).unwrap();
    let mut serving = tokio::process::Command::from(sendebud());
    let log = fs::File::create(world.place("gammel.log")).unwrap();
    serving
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .stderr(log)
        .kill_on_drop(true);
    let mut serving = serving.spawn().unwrap();
    let at = |path: &str| format!("https://127.0.0.1:{port}{path}");
    let url = at("/api/messages/in/peek");
    // The key store's certificate is the organisation's, and has no name in it.
    let trusting = Client::builder().tls_danger_accept_invalid_certs(true);
    let client = trusting.build().unwrap();
    let answer = until("the door opens", async || {
        let asked = client.get(&url).basic_auth("fagsystem", Some("hemmelig"));
        asked.send().await.ok()
    })
    .await;
    assert_eq!(answer.status(), 204);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    // The register's answers are believed by the keys that it publishes.
    for (path, status) in [
        (format!("/api/capabilities/{EINNSYN}"), 200),
        ("/noarkExchange".to_owned(), 404),
    ] {
        let asked = client
            .get(at(&path))
            .basic_auth("fagsystem", Some("hemmelig"));
        assert_eq!(asked.send().await.unwrap().status(), status, "{path}");
    }
    serving.kill().await.unwrap();
    let said = fs::read_to_string(world.place("gammel.log")).unwrap();
    for words in [
        "difi.noe.annet is not known",
        "keystore.alias is not needed",
        "statusQueueIncludes is read as status_queue",
        "receiptQueue is not needed: nothing is given",
        "difi.ssl.key-store is read as tls.keystore",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    assert!(!said.contains("hemmelig") && !said.contains(&password));
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    let (key, pem) = (world.place("tls.key"), world.place("tls.pem"));
    let renew = || {
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        fs::write(&pem, made.cert.pem()).unwrap();
        Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    };
    let first = renew();
    let config = world.settings(Role::Kommune);
    let text = fs::read_to_string(&config).unwrap();
    let tls = "\n[tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n";
    fs::write(&config, text + tls).unwrap();
    let address = world.address(Role::Kommune, "listen");
    let port = address.rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}/manage/health");
    let trusting = |certificate: Certificate| {
        Client::builder()
            .tls_certs_only([certificate])
            .build()
            .unwrap()
    };
    world.start(Role::Kommune).await;
    let health: Value = trusting(first.clone())
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(health["status"], json!("UP"));
    let second = renew();
    until("the new certificate is shown", async || {
        trusting(second.clone()).get(&url).send().await.ok()
    })
    .await;
    assert!(trusting(first).get(&url).send().await.is_err());
}
