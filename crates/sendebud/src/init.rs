//! Write settings for every role, with fresh test keys: a chain ready to be started.

use std::fs;
use std::path::Path;

use ambient::{Clock, Random};
use anyhow::Context;
use dokumentpakke::issue::Authority;

use crate::run::shown;

/// The two organisations of a demonstration. Numbers from the synthetic series.
pub(crate) const KOMMUNE: (&str, &str) = ("310000019", "Fjordvik kommune (test)");
pub(crate) const EINNSYN: (&str, &str) = ("310000027", "eInnsyn (test)");
/// The organisation that signs what the register says.
const REGISTER: (&str, &str) = ("310000035", "Adresseregister (test)");
/// How many ports in a row a chain takes.
pub(crate) const PORTS: u16 = 8;

/// Where each role listens, counted from the first port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports(u16);

impl Ports {
    pub(crate) fn new(base: u16) -> anyhow::Result<Self> {
        anyhow::ensure!(
            base <= u16::MAX - PORTS,
            "--port-base {base} leaves no room"
        );
        Ok(Self(base))
    }

    pub(crate) fn portal(self) -> u16 {
        self.0
    }

    pub(crate) fn broker_http(self) -> u16 {
        self.0 + 1
    }

    pub(crate) fn broker_amqp(self) -> u16 {
        self.0 + 2
    }

    pub(crate) fn registry(self) -> u16 {
        self.0 + 3
    }

    pub(crate) fn kommune(self) -> u16 {
        self.0 + 4
    }

    pub(crate) fn einnsyn(self) -> u16 {
        self.0 + 5
    }

    pub(crate) fn smtp(self) -> u16 {
        self.0 + 6
    }
}

/// Write the settings into the folder.
pub(crate) fn init(folder: &Path, port_base: u16) -> anyhow::Result<()> {
    let ports = Ports::new(port_base)?;
    anyhow::ensure!(
        !folder.join("broker.toml").exists(),
        "{} holds settings already; name another folder, or remove them first",
        shown(folder)
    );
    write(folder, ports)?;
    println!(
        "Settings and test keys are in {}. Start each in a terminal:",
        shown(folder)
    );
    for (role, file) in ROLES {
        println!("  sendebud {role} --config {}", shown(&folder.join(file)));
    }
    Ok(())
}

const ROLES: [(&str, &str); 7] = [
    ("broker", "broker.toml"),
    ("registry", "registry.toml"),
    ("serve", "einnsyn.toml"),
    ("serve", "kommune.toml"),
    ("portal", "portal.toml"),
    ("klient", "klient.toml"),
    ("postmottak", "postmottak.toml"),
];

/// The same, without a word.
pub(crate) fn write(folder: &Path, ports: Ports) -> anyhow::Result<()> {
    fs::create_dir_all(folder.join("keys"))
        .with_context(|| format!("the folder {} cannot be made", shown(folder)))?;
    let random = Random::system();
    let (password, key) = (random.uuid().simple().to_string(), sas_key(&random));
    keys(folder, &password, &random)?;
    let amqp = ports.broker_amqp();
    let connection = format!(
        "Endpoint=sb://127.0.0.1:{amqp}/;SharedAccessKeyName=Alle;SharedAccessKey={key};\
         UseDevelopmentEmulator=true"
    );
    let rest = connection.replace(&amqp.to_string(), &ports.broker_http().to_string());
    for (name, text) in [
        ("keys/passord", password.as_str()),
        ("keys/tilkobling-amqp", connection.as_str()),
        ("keys/tilkobling-rest", rest.as_str()),
    ] {
        private(&folder.join(name), text)?;
    }
    private(&folder.join("broker.toml"), &broker(ports, &key))?;
    let files = [
        ("registry.toml", registry(ports)),
        (
            "kommune.toml",
            serve(KOMMUNE.0, "innsyn", ports.kommune(), ports, "kommune"),
        ),
        (
            "einnsyn.toml",
            serve(EINNSYN.0, "data", ports.einnsyn(), ports, "einnsyn"),
        ),
        ("portal.toml", portal(ports)),
        ("klient.toml", klient(ports)),
        ("postmottak.toml", postmottak(ports)),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn keys(folder: &Path, password: &str, random: &Random) -> anyhow::Result<()> {
    let authority = Authority::new("Sendebud demo CA", Clock::system().now(), random)?;
    for (orgnr, name) in [KOMMUNE, EINNSYN, REGISTER] {
        let issued = authority.issue(orgnr, name, password, random)?;
        fs::write(folder.join(format!("keys/{orgnr}.p12")), issued.pkcs12)?;
        fs::write(folder.join(format!("keys/{orgnr}.pem")), issued.certificate)?;
    }
    Ok(())
}

fn sas_key(random: &Random) -> String {
    format!("{}{}", random.uuid().simple(), random.uuid().simple())
}

/// A file that only its owner may read.
pub(crate) fn private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")
}

fn broker(ports: Ports, key: &str) -> String {
    let (http, amqp) = (ports.broker_http(), ports.broker_amqp());
    format!(
        "# The message service: queues, REST and AMQP.\n\
         data = \"broker\"\n\
         http = \"127.0.0.1:{http}\"\n\
         amqp = \"127.0.0.1:{amqp}\"\n\n\
         [[policies]]\n\
         name = \"Alle\"\n\
         key = \"{key}\"\n"
    )
}

fn registry(ports: Ports) -> String {
    let response = "[[organisations.records]]\n\
        process = \"urn:no:difi:profile:einnsyn:response:ver1.0\"\n\
        document_types = [\n  \"urn:no:difi:einnsyn:xsd::einnsyn_kvittering\",\n  \
        \"urn:no:difi:eformidling:xsd::status\",\n  \
        \"urn:no:difi:eformidling:xsd::feil\",\n]\n\
        service = \"DPE\"\nendpoint_url = \"\"\n";
    let record = |process: &str, document: &str, queue: &str| {
        format!(
            "[[organisations.records]]\n\
             process = \"urn:no:difi:profile:einnsyn:{process}:ver1.0\"\n\
             document_types = [\"urn:no:difi:einnsyn:xsd::{document}\"]\n\
             service = \"DPE\"\nendpoint_url = \"{queue}\"\n\n"
        )
    };
    let organisation = |(orgnr, name): (&str, &str), records: String| {
        format!(
            "[[organisations]]\norgnr = \"{orgnr}\"\nname = \"{name}\"\n\
             certificate = \"keys/{orgnr}.pem\"\n\n{records}{response}\n"
        )
    };
    let asks = record("innsynskrav", "innsynskrav", "innsyn");
    // Meetings come by the same queue: one access point reads one queue.
    let publishes = record("journalpost", "publisering", "data")
        + &record("meeting", "publisering", "data");
    format!(
        "# The address register: who receives what, where, under which certificate.\n\
         listen = \"127.0.0.1:{}\"\n\n\
         [signing_key]\n\
         file = \"keys/{signer}.p12\"\n\
         password_file = \"keys/passord\"\n\n{}{}",
        ports.registry(),
        organisation(KOMMUNE, asks),
        organisation(EINNSYN, publishes),
        signer = REGISTER.0,
    )
}

fn serve(orgnr: &str, mode: &str, listen: u16, ports: Ports, data: &str) -> String {
    format!(
        "# An access point (integrasjonspunkt).\n\
         orgnr = \"{orgnr}\"\n\
         mode = \"{mode}\"\n\
         listen = \"127.0.0.1:{listen}\"\n\
         data = \"{data}\"\n\
         record = \"artefakter/{data}\"\n\n\
         [[keys]]\n\
         file = \"keys/{orgnr}.p12\"\n\
         password_file = \"keys/passord\"\n\n\
         [message_service]\n\
         connection_file = \"keys/tilkobling-{protocol}\"\n\
         protocol = \"{protocol}\"\n\n\
         [register]\n\
         url = \"http://127.0.0.1:{register}\"\n\
         signed = true\n\
         key_file = \"keys/{signer}.pem\"\n",
        signer = REGISTER.0,
        protocol = PROTOCOL,
        register = ports.registry(),
    )
}

/// How the access points of a demonstration speak to the message service.
const PROTOCOL: &str = "amqp";

fn portal(ports: Ports) -> String {
    format!(
        "# A stand-in for einnsyn.no.\n\
         orgnr = \"{}\"\n\
         access_point = \"http://127.0.0.1:{}\"\n\
         listen = \"127.0.0.1:{portal}\"\n\
         address = \"http://127.0.0.1:{portal}\"\n\
         data = \"portal\"\n\
         # The test console at /test.\n\
         test = true\n\n\
         [mail]\n\
         host = \"127.0.0.1\"\n\
         port = {smtp}\n\
         from = \"Innsynsportalen <innsyn@portal.example>\"\n\n\
         [[enheter]]\n\
         orgnr = \"{}\"\n\
         navn = \"{}\"\n\
         innsynskravepost = \"innsyn@fjordvik.example\"\n\
         order_versjon = 2\n",
        EINNSYN.0,
        ports.einnsyn(),
        KOMMUNE.0,
        KOMMUNE.1,
        portal = ports.portal(),
        smtp = ports.smtp(),
    )
}

fn klient(ports: Ports) -> String {
    format!(
        "# Folders and mail for a body without an integration.\n\
         orgnr = \"{}\"\n\
         receiver = \"{}\"\n\
         access_point = \"http://127.0.0.1:{}\"\n\
         folder = \"klient\"\n\
         data = \"klient-data\"\n\n\
         [mail]\n\
         host = \"127.0.0.1\"\n\
         port = {}\n\
         from = \"Fjordvik kommune <postmottak@fjordvik.example>\"\n",
        KOMMUNE.0,
        EINNSYN.0,
        ports.kommune(),
        ports.smtp(),
    )
}

fn postmottak(ports: Ports) -> String {
    format!(
        "# A mailbox for tests: one file a mail.\n\
         listen = \"127.0.0.1:{}\"\n\
         folder = \"postmottak\"\n",
        ports.smtp()
    )
}
