//! Orders, and those who take them.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use fagsystem::Upload;
use noark::order::{Order, Ordered, Version};
use sbd::MessageId;
use serde_json::{Value, json};

use crate::servers::{Hook, Mailserver, Webdav};
use crate::world::{KOMMUNE, Role, World, free_ports, innsynskrav, run, until};

const CITIZEN: &str = "kari.borger@eksempel.example";
const SERVING: [Role; 5] = [
    Role::Broker,
    Role::Registry,
    Role::Einnsyn,
    Role::Kommune,
    Role::Postmottak,
];

pub(crate) fn order(id: &str, documents: &[(&str, &str)]) -> Order {
    let document = |(n, (adm, saksnr)): (usize, &(&str, &str))| Ordered {
        id: Some(format!("https://arkiv.fjordvik.example/id/{id}-{n}")),
        system_id: Some(format!("{id}-{n}")),
        saksnr: (*saksnr).to_owned(),
        dokumentnr: "1".into(),
        journalnr: format!("{}/26", n + 1),
        adm_enhet: Some((*adm).to_owned()),
        ..Ordered::default()
    };
    Order {
        version: Version::V2,
        id: id.to_owned(),
        date: "2026-11-25".into(),
        enhet: "Fjordvik kommune".into(),
        orgnr: Some(KOMMUNE.into()),
        innsynskravepost: Some("innsyn@fjordvik.example".into()),
        epost: CITIZEN.into(),
        documents: documents.iter().enumerate().map(document).collect(),
        ..Order::default()
    }
}

/// Send an order as einnsyn-backend does; answers the message's id.
pub(crate) async fn send(world: &World, order: &Order) -> MessageId {
    let (id, message) = innsynskrav();
    let file = |name: &str, mime: &str, text: String| Upload {
        name: name.into(),
        mime: mime.into(),
        bytes: Bytes::from(text),
    };
    let titles = vec![("Skjenkebevilling".into(), "Brev &amp; vedlegg".into())];
    let files = vec![
        file("order.xml", "application/xml", order.write(order.version)),
        file(
            "emailtext",
            "application/octet-stream",
            noark::write_emailtext(order, &titles),
        ),
    ];
    let point = world.fagsystem(Role::Einnsyn);
    point.multipart(&message, files).await.unwrap();
    id
}

async fn delivered(world: &World, id: &MessageId) {
    let point = world.fagsystem(Role::Einnsyn);
    until("the sender sees LEVERT", async || {
        let lines = point.statuses(id).await.unwrap();
        lines
            .iter()
            .any(|l| l.status.as_str() == "LEVERT")
            .then_some(())
    })
    .await;
}

fn facts(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("innsynskrav.json")).unwrap()).unwrap()
}

/// > Content-based router: by systemId, fagsysteminfo, admEnhet, saksnr range, and a
/// > default (§7, 6); an order whose documents belong to several goes to each of them.
#[tokio::test]
async fn each_document_goes_where_it_is_answered() {
    let mut world = World::new();
    let webdav = Webdav::start().await;
    let hook = Hook::start(&[200]).await;
    let laid = world.place("bygg");
    fs::create_dir(&laid).unwrap();
    let routes = format!(
        "route = [\n\
         {{ name = \"bygg\", adm_enhet = [\"BYGG\"], to = {{ folder = \"bygg\" }} }},\n\
         {{ name = \"arkiv\", saksnr = [\"2020/1-2020/99\"], to = {{ webdav = {{ url = \"{}\" }} }} }},\n\
         {{ name = \"skole\", adm_enhet = [\"SKOLE\"], to = {{ webhook = {{ url = \"{}\", \
         secret_file = \"hemmelig\", token_file = \"adgang\" }} }} }},\n]",
        webdav.url, hook.url
    );
    fs::write(world.place("hemmelig"), "nøkkel\n").unwrap();
    fs::write(world.place("adgang"), "aapne-doeren\n").unwrap();
    world.set(Role::Klient, &routes);
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;

    let all = order(
        "ik_alle",
        &[
            ("BYGG", "2026/7"),
            ("ANNET", "2020/17"),
            ("SKOLE", "2026/8"),
            ("RÅD", "2026/9"),
        ],
    );
    let id = send(&world, &all).await;
    delivered(&world, &id).await;

    let folder = laid.join(format!("ik_alle.{KOMMUNE}.bygg"));
    let bygg = facts(&folder);
    assert_eq!(bygg["gjelderDokument"], json!([1]));
    assert_eq!(bygg["svarTil"], CITIZEN);
    assert_eq!(
        bygg["bestilling"]["dokumenter"].as_array().unwrap().len(),
        4
    );
    let xml = fs::read(folder.join("order.xml")).unwrap();
    assert_eq!(xml, all.write(Version::V2).into_bytes(), "byte for byte");
    let text = fs::read_to_string(folder.join("emailtext.txt")).unwrap();
    assert!(text.contains("Brev & vedlegg"), "unescaped: {text}");

    let arkiv = facts(&webdav.folder().join(format!("ik_alle.{KOMMUNE}.arkiv")));
    assert_eq!(arkiv["gjelderDokument"], json!([2]));

    let (body, signature, token) = hook.taken().await;
    Hook::verify("nøkkel", &body, &signature);
    assert_eq!(token, "Bearer aapne-doeren");
    let skole: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(skole["gjelderDokument"], json!([3]));
    assert_eq!(skole["filer"][0]["navn"], "order.xml");

    let [mail] = &world.mails()[..] else {
        panic!("one mail, for what fits no route")
    };
    assert!(
        mail.lines().any(|l| l == format!("Reply-To: {CITIZEN}")),
        "{mail}"
    );
    assert!(mail.lines().any(|l| l == "Auto-Submitted: auto-generated"));
    assert!(mail.contains("til-saksbehandler.txt"), "{mail}");
}

/// > De-duplicate on order.xml id + set of documents, never on messageId (§1.6)
#[tokio::test]
async fn an_order_that_comes_again_is_handed_over_once() {
    let mut world = World::new();
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let once = order("ik_en", &[("RÅD", "2026/9")]);
    for _ in 0..3 {
        let id = send(&world, &once).await;
        delivered(&world, &id).await;
    }
    assert_eq!(world.mails().len(), 1);
    // Another order for the same document is another order, and says that it is like it.
    let mut other = once.clone();
    other.id = "ik_to".into();
    let id = send(&world, &other).await;
    delivered(&world, &id).await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert!(
        mails.iter().all(|mail| mail.contains("Kravet b")),
        "the deadline is told"
    );
}

/// > the message is deleted at the access point only after the target's own yes
#[tokio::test]
async fn a_target_that_says_no_keeps_the_order_at_the_access_point() {
    let mut world = World::new();
    let hook = Hook::start(&[503, 500, 204]).await;
    let route = format!(
        "route = [{{ name = \"alt\", to = {{ webhook = {{ url = \"{}\" }} }} }}]",
        hook.url
    );
    world.set(Role::Klient, &route);
    world.set(Role::Kommune, "lock_seconds = 2");
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let id = send(&world, &order("ik_nei", &[("RÅD", "2026/9")])).await;
    let first = hook.taken().await;
    let waiting = world.fagsystem(Role::Kommune).inbox().await.unwrap();
    assert_eq!(waiting.len(), 1, "it waits where it was");
    world.kill(Role::Klient);
    world.start(Role::Klient).await;
    delivered(&world, &id).await;
    assert!(
        world
            .fagsystem(Role::Kommune)
            .inbox()
            .await
            .unwrap()
            .is_empty()
    );
    let last = hook.taken().await;
    let key = |(body, ..): &(Vec<u8>, String, String)| {
        let letter: Value = serde_json::from_slice(body).unwrap();
        letter["nokkel"].clone()
    };
    assert_eq!(key(&first), key(&last), "the same name each time");
    assert!(world.mails().is_empty());
}

/// > no order mailed zero times, at most one duplicate mail per crash and that one with the
/// > same Message-ID: postmottak names what it gets by that
#[tokio::test]
async fn a_kill_at_any_step_mails_every_order_under_one_message_id() {
    let mut world = World::new();
    // What a killed klient had locked comes back soon.
    world.set(Role::Kommune, "lock_seconds = 2");
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let random = ambient::Random::system();
    let mut sent = Vec::new();
    for n in 0..8 {
        let order = order(&format!("ik_{n}"), &[("RÅD", &format!("2026/{n}"))]);
        sent.push(send(&world, &order).await);
        let pause = std::time::Duration::from_millis(random.number() % 120);
        std::thread::sleep(pause);
        world.kill(Role::Klient);
        world.start(Role::Klient).await;
    }
    for id in &sent {
        delivered(&world, id).await;
    }
    let mails = world.mails();
    for n in 0..8 {
        let about = |mail: &&String| mail.contains(&format!("ik_{n}"));
        assert_eq!(mails.iter().filter(about).count(), 1, "order {n}");
    }
    assert_eq!(mails.len(), sent.len());
}

/// A mail server of somebody else's, which takes nothing in the clear or from strangers.
#[tokio::test]
async fn a_mail_goes_to_a_server_that_wants_tls_and_a_password() {
    let server = Mailserver::start();
    let mut world = World::new();
    let place = world.settings(Role::Klient);
    let mut settings: toml::Table =
        fs::read_to_string(&place).unwrap().parse().unwrap();
    let mail = format!(
        "host = \"localhost\"\n\
         port = {}\n\
         from = \"Fjordvik kommune <postmottak@fjordvik.example>\"\n\
         security = \"starttls\"\n\
         user = {{ name = \"{}\", password_file = \"epost-passord\" }}\n",
        server.port,
        Mailserver::USER
    );
    let mail: toml::Table = mail.parse().unwrap();
    settings.insert("mail".into(), mail.into());
    fs::write(&place, toml::to_string(&settings).unwrap()).unwrap();
    fs::write(world.place("epost-passord"), Mailserver::PASSWORD).unwrap();
    let authority = server.certificate().display().to_string();
    world.tell("SSL_CERT_FILE", authority);
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let id = send(&world, &order("ik_sikker", &[("BYGG", "2026/1")])).await;
    delivered(&world, &id).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    for line in [
        format!("Reply-To: {CITIZEN}"),
        "To: innsyn@fjordvik.example".into(),
        "Auto-Submitted: auto-generated".into(),
        "X-RcptTo: innsyn@fjordvik.example".into(),
    ] {
        assert!(mails[0].lines().any(|l| l == line), "{line}: {}", mails[0]);
    }
}

/// An address that no answer can be sent to: the case worker reads so before they answer,
/// and the operator can count them.
#[tokio::test]
async fn an_address_that_cannot_be_read_is_said() {
    let mut world = World::new();
    let port = free_ports();
    let watch = format!("watch = {{ listen = \"127.0.0.1:{port}\" }}");
    world.set(Role::Klient, &watch);
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let mut wrong = order("ik_adresse", &[("BYGG", "2026/1")]);
    wrong.epost = "kari uten krøllalfa".into();
    let id = send(&world, &wrong).await;
    delivered(&world, &id).await;
    let mail = &world.mails()[0];
    assert!(!mail.contains("Reply-To:"), "{mail}");
    assert!(
        mail.contains("NB: Adressen til den som ber om innsyn"),
        "{mail}"
    );
    let url = format!("http://127.0.0.1:{port}/metrics");
    let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
    let line = "sendebud_klient_orders_unanswerable 1\n";
    assert!(metrics.contains(line), "{metrics}");
}

/// > S/MIME optional (RFC 8551): OpenSSL opens the mail, and says whose it is.
#[tokio::test]
async fn a_mail_is_signed_and_encrypted_for_openssl() {
    let mut world = World::new();
    let text = fs::read_to_string(world.settings(Role::Klient)).unwrap();
    let smime = "[letter.smime]\n\
        key = { file = \"keys/310000019.p12\", password_file = \"keys/passord\" }\n\
        certificates = { \"innsyn@fjordvik.example\" = \"keys/310000019.pem\" }\n";
    fs::write(world.settings(Role::Klient), format!("{text}\n{smime}")).unwrap();
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let id = send(&world, &order("ik_hemmelig", &[("BYGG", "2026/1")])).await;
    delivered(&world, &id).await;
    let mail = world.mails().remove(0);
    assert!(mail.contains(&format!("Reply-To: {CITIZEN}")), "{mail}");
    assert!(!mail.contains("order.xml"), "nobody else reads it: {mail}");
    let (keys, sealed) = (world.place("keys"), world.place("post.eml"));
    fs::write(&sealed, &mail).unwrap();
    let openssl = |words: &[&str]| {
        let mut command = std::process::Command::new("openssl");
        run(command.current_dir(&keys).args(words))
    };
    openssl(&[
        "pkcs12",
        "-in",
        "310000019.p12",
        "-passin",
        "file:passord",
        "-nodes",
        "-nocerts",
        "-out",
        "naken.pem",
    ]);
    openssl(&[
        "cms",
        "-decrypt",
        "-in",
        "../post.eml",
        "-inkey",
        "naken.pem",
        "-recip",
        "310000019.pem",
        "-out",
        "aapnet.eml",
    ]);
    // Whose it is is looked at; whether the demonstration's issuer is trusted is not.
    let entity = openssl(&[
        "cms",
        "-verify",
        "-in",
        "aapnet.eml",
        "-noverify",
        "-signer",
        "hvem.pem",
    ]);
    assert!(entity.contains("filename=\"order.xml\""), "{entity}");
    let signer = openssl(&["x509", "-in", "hvem.pem", "-noout", "-serial"]);
    let ours = openssl(&["x509", "-in", "310000019.pem", "-noout", "-serial"]);
    assert_eq!(signer, ours);
}

/// > Hint when the same requester or document appears again (§7, 15)
#[tokio::test]
async fn like_orders_are_counted_for_whoever_answers() {
    let mut world = World::new();
    let route = "route = [{ name = \"alt\", to = { folder = \"innsyn\" } }]";
    world.set(Role::Klient, route);
    world.start_all(&SERVING).await;
    world.start(Role::Klient).await;
    let first = order("ik_en", &[("BYGG", "2026/1")]);
    let mut same_citizen = order("ik_to", &[("BYGG", "2026/2")]);
    same_citizen.epost = format!(" {} ", CITIZEN.to_uppercase());
    let mut same_document = order("ik_tre", &[]);
    same_document.documents.clone_from(&first.documents);
    same_document.epost = "ola@borger.example".into();
    let mut counted = Vec::new();
    for one in [first, same_citizen, same_document] {
        let id = send(&world, &one).await;
        delivered(&world, &id).await;
        let folder = world.place(format!("innsyn/{}.{KOMMUNE}.alt", one.id));
        let facts = facts(&folder);
        counted.push((facts["kravFraSamme"].clone(), facts["kravOmSamme"].clone()));
    }
    let expected = [(0, 0), (1, 0), (0, 1)].map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(counted, expected);
}
