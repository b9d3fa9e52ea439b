//! How an access point starts: without its neighbours, with the door it was told to have,
//! and after a start that was killed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};

use cluster::Cluster;
use serde_json::Value;

use crate::world::{KOMMUNE, Role, World, sendebud, until};

/// The role's own process, which is not asked to listen before it is let go.
fn spawn(config: &Path) -> Child {
    let mut command = sendebud();
    command.arg("serve").arg("--config").arg(config);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Killed as soon as there is something of its tables; then it starts, and works.
async fn killed(world: &mut World, begun: impl AsyncFn() -> bool) {
    let config = world.settings(Role::Kommune);
    let mut child = spawn(&config);
    until("it has begun", async || begun().await.then_some(())).await;
    child.kill().unwrap();
    child.wait().unwrap();
    world.start(Role::Kommune).await;
    let waiting = world.fagsystem(Role::Kommune).inbox().await.unwrap();
    assert!(waiting.is_empty());
    world.kill(Role::Kommune);
}

// > Liquibase/H2 lock left after kill during startup → crash-safe migrations
// (rest-api §12, 49)
#[tokio::test]
async fn fault_49_a_start_that_was_killed_locks_nobody_out() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    let text = fs::read_to_string(world.settings(Role::Kommune)).unwrap();
    let settings: toml::Table = text.parse().unwrap();
    let data = world.place(settings["data"].as_str().unwrap());
    for _ in 0..5 {
        drop(fs::remove_dir_all(&data));
        let database = data.join("sendebud.db");
        killed(&mut world, async || database.exists()).await;
    }
    let (cluster, place) = (Cluster::shared(), world.place("database"));
    world.set(Role::Kommune, "database_file = \"database\"");
    for _ in 0..5 {
        let address = cluster.database();
        fs::write(&place, &address).unwrap();
        let (_, name) = address.rsplit_once('=').unwrap();
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        killed(&mut world, async || cluster.sql(name, tables) != "0").await;
    }
}

// > Startup aborts on clock offset, on SR outage, on certificate mismatch → degrade to
// health with explanation (rest-api §12, 55)
#[tokio::test]
async fn fault_55_it_starts_while_its_neighbours_are_away_and_says_so() {
    let mut world = World::new();
    world.start(Role::Kommune).await;
    let api = world.fagsystem(Role::Kommune);
    assert!(api.inbox().await.unwrap().is_empty());
    let url = world.url(Role::Kommune, "/manage/health");
    let health = until("the message service is missed", async || {
        let health: Value = reqwest::get(url.clone()).await.ok()?.json().await.ok()?;
        let away = health["components"]["messageService"]["status"] == "AWAY";
        away.then_some(health)
    })
    .await;
    assert_eq!(health["status"], "UP");
    let unknown = api.capabilities("310000027").await.unwrap_err().to_string();
    assert!(unknown.contains("address register"), "{unknown}");
    world.start_all(&[Role::Broker, Role::Registry]).await;
    until("both are there", async || {
        api.capabilities("310000027").await.ok()?;
        let health: Value = reqwest::get(url.clone()).await.ok()?.json().await.ok()?;
        (health["components"]["messageService"]["status"] == "UP").then_some(())
    })
    .await;
}

/// What `serve` says when it will not start on an old file with these lines more.
async fn refused(world: &World, lines: &str) -> String {
    let file = world.place("integrasjonspunkt-local.properties");
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    let old = format!(
        "difi.move.org.number={KOMMUNE}\n\
         difi.move.org.keystore.path=keys/{KOMMUNE}.p12\n\
         difi.move.org.keystore.password={password}\n\
         difi.move.serviceregistryEndpoint={}\n\
         difi.move.sign.enable=false\n\
         difi.move.nextmove.serviceBus.baseUrl=127.0.0.1:1\n\
         difi.move.nextmove.serviceBus.useHttps=false\n{lines}",
        world.url(Role::Registry, ""),
    );
    fs::write(&file, old).unwrap();
    let mut command = tokio::process::Command::from(sendebud());
    command.arg("serve").arg("--config").arg(file);
    let done = command.kill_on_drop(true).output().await.unwrap();
    assert!(!done.status.success());
    String::from_utf8(done.stderr).unwrap()
}

// > Default literal `#{null}` credentials → refuse to start without credentials when
// auth is on (rest-api §12, 43)
#[tokio::test]
async fn fault_43_a_login_without_anybody_is_refused() {
    let world = World::new();
    let words = refused(&world, "difi.security.enable=true\n").await;
    assert!(words.contains("login is on and nobody is named"), "{words}");
}

/// A file of the recorded keys as a key store for the listener.
fn key_store(world: &World, name: &str) {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors/keys")
        .join(name);
    fs::copy(keys, world.place(name)).unwrap();
}

// rest-api §11.1: difi.ssl.key-store, PKCS#12 or JKS, as it is.
#[tokio::test]
async fn a_listener_has_its_keys_from_a_javas_key_store() {
    let mut world = World::new();
    world.start_all(&[Role::Broker, Role::Registry]).await;
    let text = fs::read_to_string(world.settings(Role::Kommune)).unwrap();
    let address = world.address(Role::Kommune, "listen");
    let port = address.rsplit(':').next().unwrap();
    for name in ["910076787.p12", "910076787.jks"] {
        key_store(&world, name);
        let tls = format!("\n[tls]\nkeystore = \"{name}\"\npassword = \"changeit\"\n");
        fs::write(world.settings(Role::Kommune), text.clone() + &tls).unwrap();
        world.start(Role::Kommune).await;
        let shown = certificate(port).await;
        let pem = "../../conformance/vectors/keys/910076787.pem";
        let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join(pem);
        let wanted = fs::read_to_string(pem).unwrap();
        assert_eq!(shown.trim(), wanted.trim(), "{name}");
        world.kill(Role::Kommune);
    }
    let wrong = "\n[tls]\nkeystore = \"910076787.jks\"\npassword = \"feil\"\n";
    let config = world.settings(Role::Kommune);
    fs::write(&config, text + wrong).unwrap();
    let log = world.place("feil.log");
    let mut command = sendebud();
    command.arg("serve").arg("--config").arg(config);
    command
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap());
    assert!(!command.status().unwrap().success());
    let words = fs::read_to_string(log).unwrap();
    assert!(
        words.contains("tls.keystore") && !words.contains("feil\""),
        "{words}"
    );
}

/// The certificate that is shown at this port, as OpenSSL sees it.
async fn certificate(port: &str) -> String {
    let mut openssl = tokio::process::Command::new("openssl");
    openssl.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
    let done = openssl.stdin(Stdio::null()).output().await;
    let out = String::from_utf8(done.expect("openssl is needed").stdout).unwrap();
    let end = "-----END CERTIFICATE-----";
    let from = out.find("-----BEGIN CERTIFICATE-----").unwrap();
    let to = out.find(end).unwrap();
    out[from..to + end.len()].to_owned()
}
