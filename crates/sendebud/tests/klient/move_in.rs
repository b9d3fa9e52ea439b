//! The old client's settings, in each of their forms.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::world::sendebud;

/// A service file as the old client's guide has it, its XML and paths made up.
const SERVICE: &str = r#"<service>
  <id>einnsyn-klient</id>
  <executable>java</executable>
  <arguments>-Dlog4j2.formatMsgNoLookups=true -jar sender-2.4.0.jar
    --application.moveUrl=http://localhost:9093
    --application.inputDirectory="C:\Arkiv ut\til eInnsyn"
    --application.orgnummer=310000019 --application.retrieveInnsynskrav=false
    --server.port=7001</arguments>
  <env name="SPRING_MAIL_HOST" value="smtp.fjordvik.example"/>
</service>"#;
const PROPERTIES: &str = "# e-post\nspring.mail.port=2525\nspring.mail.username=klient\n\
                          spring.mail.password=h3mmelig\nskalMottaKvitteringer=true\n\
                          noe.eget=1\n";

#[test]
fn old_settings_become_ours_with_a_line_for_every_key() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("service.xml"), SERVICE).unwrap();
    fs::write(place("application.properties"), PROPERTIES).unwrap();
    let out = place("klient.toml");
    let done = sendebud()
        .args(["klient", "move-in"])
        .args([place("service.xml"), place("application.properties")])
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    for line in [
        "application.moveUrl: taken: access_point",
        "application.retrieveInnsynskrav: taken: innsynskrav",
        "SPRING_MAIL_HOST: taken: mail.host",
        "spring.mail.password: changed: it goes to the file epost-passord",
        "noe.eget: unknown: nothing is done with it",
        "missing: mail.from; an address in the body's own domain",
    ] {
        assert!(said.lines().any(|l| l == line), "{line} is not in\n{said}");
    }
    assert!(
        said.contains("log4j2.formatMsgNoLookups: not needed"),
        "{said}"
    );
    assert!(!said.contains("h3mmelig"), "{said}");
    let text = fs::read_to_string(&out).unwrap();
    assert!(!text.contains("h3mmelig"), "{text}");
    assert_eq!(
        fs::read_to_string(place("epost-passord")).unwrap(),
        "h3mmelig\n"
    );

    let made: toml::Table = text.parse().unwrap();
    assert_eq!(made["folder"].as_str(), Some("C:\\Arkiv ut\\til eInnsyn"));
    assert_eq!(made["innsynskrav"].as_bool(), Some(false));
    assert_eq!(made["publish"]["kvittering"].as_bool(), Some(true));
    assert_eq!(made["mail"]["port"].as_integer(), Some(2525));
    assert_eq!(made["mail"]["user"]["name"].as_str(), Some("klient"));
}

const PUBLISHED: &str =
    "https://arkiv.eksempelvik.example/id/80b58760-418b-42f8-85cf-e5731cc7e84e";

#[test]
fn what_the_old_one_published_can_be_withdrawn() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let inn = place("eInnsyn");
    let environment = format!(
        "APPLICATION_MOVE_URL=http://127.0.0.1:1\nAPPLICATION_ORGNUMMER=310000019\n\
         APPLICATION_INPUT_DIRECTORY={}\n",
        inn.display()
    );
    fs::write(place("klient.env"), environment).unwrap();
    fs::create_dir(&inn).unwrap();
    fs::write(inn.join("journal.xml"), "<journal/>").unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors/einnsyn/kvittering");
    let kvittering =
        |name: &str| fs::read_to_string(vectors.join(name)).expect("in the clone");
    let log = format!(
        "2023-05-02 10:21:08 INFO Kvittering mottatt: {}\n{}\nslutt\n",
        kvittering("a-publisert.json"),
        kvittering("a-ikke-publisert.json"),
    );
    fs::write(place("kvitteringer.log"), log).unwrap();
    let move_in = || {
        let done = sendebud()
            .args(["klient", "move-in"])
            .arg(place("klient.env"))
            .arg("--kvitteringer")
            .arg(place("kvitteringer.log"))
            .arg("--out")
            .arg(place("klient.toml"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    // Twice: settings that are there are used, and the ledger has each once.
    move_in();
    let said = move_in();
    assert!(
        said.contains("1 published; 1 other kvitteringer; 0 that"),
        "{said}"
    );

    let words = format!("move them to {}/inn", inn.display());
    assert!(said.contains(&words), "{said}");

    let withdraw = |iri: &str| {
        let mut command = sendebud();
        command.args(["klient", "withdraw", iri, "--config"]);
        command.arg(place("klient.toml")).output().unwrap()
    };
    let unknown = withdraw("https://arkiv.eksempelvik.example/id/ukjent");
    assert!(!unknown.status.success(), "{unknown:?}");
    let done = withdraw(PUBLISHED);
    assert!(done.status.success(), "{done:?}");
    let file = fs::read_dir(inn.join("inn"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    assert!(text.contains(PUBLISHED), "{text}");
}
