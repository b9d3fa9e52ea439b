//! Table: what becomes of the settings of the Java integrasjonspunkt.

use std::fmt;

/// What an old name becomes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Becomes {
    /// The same value under this name.
    Key(&'static str),
    /// So many times the number.
    Times(&'static str, u64),
    /// The number divided: milliseconds that become seconds.
    Per(&'static str, u64),
    /// A file, which Spring may write with `file:` before it.
    Path(&'static str),
    /// Text that goes before the value of another old name.
    Before(&'static str, &'static str),
    /// A size such as 2MB, in bytes.
    Size(&'static str),
    /// A port on every address.
    Port(&'static str),
    /// `true` means AMQP.
    Batch(&'static str),
    /// A list of services: whether ours is in it.
    Ours(&'static str),
    /// `true` means STARTTLS: no password goes in the clear.
    Entered(&'static str),
    /// Nothing, and why that is all right.
    Nothing(&'static str),
    /// Nothing, and the operator has something to do.
    Mend(&'static str),
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key)
            | Self::Path(key)
            | Self::Size(key)
            | Self::Batch(key)
            | Self::Entered(key)
            | Self::Port(key) => write!(f, "`{key}`"),
            Self::Ours(key) => write!(f, "`{key}`, true where DPE is in it"),
            Self::Before(key, other) => write!(f, "`{key}`, before `{other}`"),
            Self::Times(key, by) => write!(f, "`{key}`, times {by}"),
            Self::Per(key, by) => write!(f, "`{key}`, divided by {by}"),
            Self::Nothing(why) => write!(f, "not needed: {why}"),
            Self::Mend(what) => write!(f, "**{what}**"),
        }
    }
}

use Becomes::{
    Batch, Before, Entered, Key, Mend, Nothing, Ours, Path, Per, Port, Size, Times,
};

const PROFILE: &str = "chooses the addresses of register and message service where they \
    are not given";
const STORE: &str = "messages and jobs are kept in `data`";
const LOGS: &str = "the log goes to standard error; `SENDEBUD_LOG` says how much";
const OTHER: &str = "another service than DPE";
const TIME: &str = "the machine keeps its own clock";
const MAILS: &str = "it is what `alert` is there for";
const VOUCHED: &str = "the server's certificate is believed if the machine believes it";
const VAULT: &str = "secrets are read from files: let an agent of Vault write them";
const SSL: &str = "TLS is spoken where there is a key store; false leaves that aside";
const FOUND: &str = "key and type of the key store are found by themselves";
const OTHERS: &str = "that service is not carried here: keep the Java one for it, with \
    difi.move.feature.enableDPE=false";

/// By name as the documentation writes it; one that ends in a dot stands for all below.
pub(super) const NAMES: &[(&str, Becomes)] = &[
    ("server.port", Port("listen")),
    ("spring.profiles.active", Nothing(PROFILE)),
    ("difi.move.org.number", Key("orgnr")),
    ("difi.move.org.keystore.path", Path("keys.0.file")),
    ("difi.move.org.keystore.password", Key("keys.0.password")),
    (
        "difi.move.org.keystore.alias",
        Nothing("the key store's key is found by itself"),
    ),
    (
        "difi.move.org.keystore.type",
        Nothing("it is seen from the file"),
    ),
    (
        "difi.move.org.keystore.lockProvider",
        Nothing("there is no provider"),
    ),
    ("difi.move.serviceregistryEndpoint", Key("register.url")),
    ("difi.move.sign.enable", Key("register.signed")),
    ("difi.move.sign.jwkUrl", Key("register.key_url")),
    (
        "difi.move.oidc.enable",
        Nothing("tokens are asked for where register.maskinporten is given"),
    ),
    ("difi.move.oidc.url", Key("register.maskinporten.endpoint")),
    (
        "difi.move.oidc.audience",
        Key("register.maskinporten.audience"),
    ),
    (
        "difi.move.oidc.clientId",
        Key("register.maskinporten.client"),
    ),
    (
        "difi.move.oidc.clientIdPrefix",
        Before("register.maskinporten.client", "difi.move.org.number"),
    ),
    (
        "difi.move.oidc.keystore.path",
        Path("register.maskinporten.key.file"),
    ),
    (
        "difi.move.oidc.keystore.password",
        Key("register.maskinporten.key.password"),
    ),
    (
        "difi.move.oidc.keystore.",
        Nothing("the key is found by itself"),
    ),
    ("difi.move.oidc.", Nothing("answers have time enough")),
    ("difi.move.feature.enableDPE", Nothing("DPE is always on")),
    (
        "difi.move.feature.allowDeprecatedTrailingSlash",
        Nothing("a slash at the end is always taken"),
    ),
    (
        "difi.move.feature.cryptoMessagePersister",
        Nothing("content is always encrypted at rest"),
    ),
    (
        "difi.move.feature.statusQueueIncludes",
        Ours("status_queue"),
    ),
    ("difi.move.feature.mailErrorStatus", Nothing(MAILS)),
    (
        "difi.move.feature.returnOkOnEmptyPayload",
        Key("bestedu.ok_on_empty"),
    ),
    ("difi.move.feature.enableDPO", Mend(OTHERS)),
    ("difi.move.feature.enableDPV", Mend(OTHERS)),
    ("difi.move.feature.enableDPI", Mend(OTHERS)),
    ("difi.move.feature.enableDPF", Mend(OTHERS)),
    ("difi.move.feature.enableDPH", Mend(OTHERS)),
    (
        "difi.move.feature.retryOnDeadLock",
        Nothing("there are no deadlocks"),
    ),
    (
        "difi.move.feature.",
        Nothing("it has no counterpart here, or is of another service"),
    ),
    (
        "difi.move.noarkSystem.endpointURL",
        Key("bestedu.archive.url"),
    ),
    (
        "difi.move.noarkSystem.username",
        Key("bestedu.archive.user"),
    ),
    (
        "difi.move.noarkSystem.password",
        Key("bestedu.archive.password"),
    ),
    (
        "difi.move.noarkSystem.domain",
        Key("bestedu.archive.domain"),
    ),
    (
        "difi.move.noarkSystem.",
        Nothing("every dialect is read, and one form is written that all read"),
    ),
    ("difi.move.mail.smtpHost", Key("alert.host")),
    ("difi.move.mail.smtpPort", Key("alert.port")),
    ("difi.move.mail.senderAddress", Key("alert.from")),
    ("difi.move.mail.receiverAddress", Key("alert.to")),
    ("difi.move.mail.enableAuth", Entered("alert.security")),
    ("difi.move.mail.username", Key("alert.user")),
    ("difi.move.mail.password", Key("alert.password")),
    ("difi.move.mail.trust", Nothing(VOUCHED)),
    ("difi.move.mail.", Nothing("it has no counterpart here")),
    (
        "difi.move.nextmove.lockTimeoutMinutes",
        Times("lock_seconds", 60),
    ),
    ("difi.move.nextmove.default-ttl-hours", Key("levetid_hours")),
    (
        "difi.move.nextmove.serviceBus.default-ttl-hours",
        Key("levetid_hours"),
    ),
    (
        "difi.move.nextmove.service-bus.upload-size-limit",
        Size("message_bytes_max"),
    ),
    (
        "difi.move.nextmove.serviceBus.baseUrl",
        Key("message_service.host"),
    ),
    (
        "difi.move.nextmove.serviceBus.sasKeyName",
        Key("message_service.key_name"),
    ),
    (
        "difi.move.nextmove.serviceBus.sasToken",
        Key("message_service.key"),
    ),
    (
        "difi.move.nextmove.serviceBus.useHttps",
        Key("message_service.https"),
    ),
    ("difi.move.nextmove.serviceBus.mode", Key("mode")),
    (
        "difi.move.nextmove.serviceBus.batchRead",
        Batch("message_service.protocol"),
    ),
    (
        "difi.move.nextmove.serviceBus.receiptQueue",
        Key("receipt_queue"),
    ),
    (
        "difi.move.nextmove.serviceBus.",
        Nothing("messages are fetched as they come"),
    ),
    ("difi.move.nextmove.", Nothing("it has no counterpart here")),
    ("difi.move.einnsyn.receipt-process", Key("receipt_process")),
    ("difi.move.einnsyn.", Nothing("it has no counterpart here")),
    (
        "difi.move.webhooks.connectTimeout",
        Per("webhooks.connect_seconds", 1000),
    ),
    (
        "difi.move.webhooks.readTimeout",
        Per("webhooks.answer_seconds", 1000),
    ),
    (
        "difi.move.queue.",
        Nothing("jobs are tried until levetid runs out"),
    ),
    ("difi.move.deadlock.", Nothing("there are no deadlocks")),
    ("difi.move.ntp.", Nothing(TIME)),
    (
        "difi.move.identifier.",
        Nothing("synthetic numbers are not used by DPE"),
    ),
    ("difi.move.dpo.", Nothing(OTHER)),
    ("difi.move.dpv.", Nothing(OTHER)),
    ("difi.move.dpi.", Nothing(OTHER)),
    ("difi.move.dpf.", Nothing(OTHER)),
    ("difi.move.dph.", Nothing(OTHER)),
    ("difi.move.fiks.", Nothing(OTHER)),
    ("difi.move.arkivmelding.", Nothing(OTHER)),
    ("difi.move.avtalt.", Nothing(OTHER)),
    ("difi.datasource.", Nothing(STORE)),
    ("spring.datasource.", Nothing(STORE)),
    ("difi.activemq.", Nothing(STORE)),
    ("difi.security.enable", Key("login")),
    ("difi.security.user.name", Key("users.0.name")),
    ("difi.security.user.password", Key("users.0.password")),
    ("difi.ssl.enabled", Nothing(SSL)),
    ("difi.ssl.key-store", Path("tls.keystore")),
    ("difi.ssl.key-store-password", Key("tls.password")),
    ("difi.ssl.", Nothing(FOUND)),
    ("server.ssl.enabled", Nothing(SSL)),
    ("server.ssl.key-store", Path("tls.keystore")),
    ("server.ssl.key-store-password", Key("tls.password")),
    ("server.ssl.", Nothing(FOUND)),
    ("management.endpoint.shutdown.enabled", Key("shutdown")),
    (
        "management.",
        Nothing("`/manage` is always there, and asks for credentials but for health"),
    ),
    (
        "spring.servlet.multipart.",
        Nothing("message_bytes_max is the limit"),
    ),
    ("logging.", Nothing(LOGS)),
    ("app.logger.", Nothing(LOGS)),
    ("app.scheduling.", Nothing("there is nothing to schedule")),
    ("vault.", Mend(VAULT)),
    ("spring.cloud.vault.", Mend(VAULT)),
];

/// What becomes of a name, as written in a file or in the environment.
pub(super) fn becomes(name: &str) -> Option<Becomes> {
    let exact = NAMES.iter().find(|(known, _)| alike(known, name));
    let name = plain(name);
    let below = || {
        let mut groups = NAMES.iter().filter(|(known, _)| known.ends_with('.'));
        groups.find(|(known, _)| name.starts_with(&plain(known)))
    };
    exact.or_else(below).map(|(_, becomes)| *becomes)
}

/// Whether two spellings are of one name.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// Upper and lower case, hyphens, and the environment's underscores are alike.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', ".").replace('-', "")
}

/// What a profile of the Java one sets, by our names.
pub(super) fn profile(name: &str) -> [(&'static str, &'static str); 4] {
    if name.contains("production") {
        return [
            ("register.url", "https://eformidling.no/adressetjeneste"),
            (
                "register.maskinporten.endpoint",
                "https://maskinporten.no/token",
            ),
            (
                "message_service.host",
                "efm-dpe-prod.servicebus.windows.net",
            ),
            ("message_service.key_name", "MoveDPE-prodPolicy"),
        ];
    }
    [
        (
            "register.url",
            "https://test.eformidling.no/adressetjeneste",
        ),
        (
            "register.maskinporten.endpoint",
            "https://test.maskinporten.no/token",
        ),
        ("message_service.host", "efm-dpe-qa.servicebus.windows.net"),
        ("message_service.key_name", "MoveDPE-pilotPolicy"),
    ]
}
