//! Table: every setting of an access point, with its default, what it is called in the
//! Java integrasjonspunkt, and what it does. docs/settings.md is printed from it.

use std::fmt::Write;

/// What a text of the environment or of an old file becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    /// Texts with commas between.
    List,
}

/// A setting.
pub(super) struct Row {
    /// Its place in the TOML file; a number is a place in a list.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// What it is when it is not given; empty when it must be given.
    default: &'static str,
    what: &'static str,
}

macro_rules! rows {
    ($($key:literal $kind:ident $default:literal $what:literal;)*) => {
        pub(super) const ROWS: &[Row] = &[
            $(Row { key: $key, kind: Kind::$kind, default: $default, what: $what },)*
        ];
    };
}

rows! {
    "orgnr" Text "" "The organisation's number.";
    "mode" Text "innsyn" "Which of its queues is read: innsyn, data or meeting.";
    "listen" Text "127.0.0.1:9093" "Address of the REST API and the pages.";
    "path" Text "none" "Below which path of the address the organisation is, where several share one: `/kommune`.";
    "data" Text "data" "Folder for everything that is kept.";
    "database_file" Text "none" "A file with the address of a PostgreSQL database, `postgresql://user:password@host/database`, that any number of nodes share. A file in `data` is the database without.";
    "blobs" Text "`content` in `data`" "Where large content is kept: a folder, `s3://bucket/prefix` or `az://container/prefix`. Nodes that share a database must share this too.";
    "conversations_kept_days" Number "for good" "Days that a finished conversation is remembered.";
    "expired_kept_days" Number "for good" "Days that an incoming message is kept for the operator after its levetid has run out.";
    "keys.0.file" Text "" "The organisation's key (PKCS#12, JKS or PEM; with a token, its PKCS#11 module), the one in use first; older ones (`keys.1.file` …) still open what was sent to them.";
    "keys.0.password" Text "none" "Its password.";
    "keys.0.password_file" Text "none" "A file with the password instead.";
    "keys.0.token" Text "none" "Label of the token that the key is on.";
    "message_service.connection" Text "none" "`Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`. Without the key in it, that is fetched from the register.";
    "message_service.connection_file" Text "none" "A file with the same instead.";
    "message_service.host" Text "none" "Its host (and port), where no connection string is given.";
    "message_service.key_name" Text "none" "Name of the policy.";
    "message_service.key" Text "none" "Key of the policy. Without it, that is fetched from the register.";
    "message_service.key_file" Text "none" "A file with the same instead.";
    "message_service.authorities" Text "the machine's" "A file (PEM) with the authorities to believe for its certificate.";
    "message_service.https" Flag "true" "Whether the host is spoken to under TLS.";
    "message_service.protocol" Text "rest" "rest (port 443), amqp (port 5671) or websocket (AMQP inside one, port 443); in the clear 80 and 5672.";
    "message_service.tier" Text "none" "What Azure's namespace is: standard (262144 bytes of a message) or premium (1048576).";
    "message_service.wire_bytes_max" Number "by the tier" "Bytes of a message as the service takes it, some 1.8 times its files; one that is larger is refused when it is to be sent, with its real size. With AMQP, Premium's queues take up to 104857600 where they are set to.";
    "message_service.broker.user" Text "none" "Who enters an AMQP 1.0 broker that stands in Service Bus's place (RabbitMQ, Artemis; SASL PLAIN). Any setting of `message_service.broker` says that one does: see docs/amqp.md.";
    "message_service.broker.password" Text "none" "The user's password.";
    "message_service.broker.password_file" Text "none" "A file with the same instead; read again when the broker refuses it.";
    "message_service.broker.virtual_host" Text "none" "RabbitMQ's virtual host, where it is not the usual one.";
    "message_service.broker.address" Text "as the broker wants it" "How it is shown a queue, `{}` for the queue's name: `queue://{}`. RabbitMQ and Artemis need none.";
    "message_service.broker.dead_letters" Flag "false" "Whether it puts aside what is rejected. Without, what cannot be read is kept here.";
    "register.url" Text "" "Address of the address register.";
    "register.signed" Flag "true" "Whether its answers are signed. Unsigned is for closed networks.";
    "register.key_file" Text "none" "The key that signs them: certificate or public key in PEM, or a JWK set. It, or `key_url`, is needed when they are signed.";
    "register.key_url" Text "none" "Where that key is published, in place of the file: whoever answers there is believed. `<register.url>/jwk` with an old file, as in the Java one.";
    "register.maskinporten.endpoint" Text "none" "Where tokens for the register are had: `https://maskinporten.no/token`.";
    "register.maskinporten.audience" Text "the endpoint's host" "Whom the grant is for.";
    "register.maskinporten.client" Text "MOVE_IP_ and the number" "The client's id.";
    "register.maskinporten.key_id" Text "none" "The id of a key that is registered there by itself.";
    "register.maskinporten.key.file" Text "the first of keys" "The key that signs.";
    "register.maskinporten.key.password_file" Text "none" "A file with its password.";
    "packages.trust" List "none" "Files with the authorities to believe; no chain is looked at without.";
    "packages.policies" List "any" "Policies under one of which a signer's certificate must be issued, as OIDs (`2.16.578.1.26.1.3.2`).";
    "packages.revocation" Text "ask" "ask, require or off.";
    "packages.suppliers" List "none" "Organisations that may sign for any sender, beside those whose certificate the address register gives for it.";
    "packages.oaep_to" List "none" "Organisations that get the content key under OAEP with SHA-256.";
    "packages.refuse_sha1" Flag "false" "Refuse signatures over SHA-1, which today's Java access points make.";
    "packages.hand_over" Flag "false" "Hand over what can be decrypted whatever its signature is worth.";
    "login" Flag "whether someone is named" "Whether callers must say who they are. true without users or keys is refused; false leaves the API open.";
    "users.0.name" Text "none" "Someone who enters with name and password (HTTP Basic).";
    "users.0.password" Text "none" "The password, `sha256:` and its digest, or `$argon2id$…`.";
    "users.0.password_file" Text "none" "A file with the same instead.";
    "users.0.scopes" List "all" "What they may do: out, in, status, webhooks, manage, all.";
    "api_keys.0.name" Text "none" "A program that enters with a key (`Authorization: Bearer` or `X-API-Key`).";
    "api_keys.0.key" Text "none" "The key, or `sha256:` and its digest.";
    "api_keys.0.key_file" Text "none" "A file with the same instead.";
    "api_keys.0.scopes" List "all" "As for users.";
    "tls.certificate" Text "none" "Certificate chain of the listener in PEM. Read again when the file changes.";
    "tls.key" Text "none" "Its key in PEM.";
    "tls.keystore" Text "none" "A file with both instead (PKCS#12, JKS). Read again when it changes.";
    "tls.password" Text "none" "Its password.";
    "tls.password_file" Text "none" "A file with the password instead.";
    "webhooks.allow" List "every one but the machine's own link" "Hosts (`sak.example`, `.kommune.example`) and ranges (`10.0.0.0/8`) that webhooks may call, and no others.";
    "webhooks.secret_file" Text "none" "A file with the secret (Base64, `whsec_` in front or not) that signs webhooks by the rules of Standard Webhooks.";
    "webhooks.bearer_file" Text "none" "A file with the token that webhooks carry.";
    "webhooks.connect_seconds" Number "10" "How long a connection to an endpoint may take.";
    "webhooks.answer_seconds" Number "10" "How long an endpoint may take to answer.";
    "bestedu.einnsyn" Text "991825827" "Who is eInnsyn to archives that speak BEST/EDU. The SOAP door, `/noarkExchange`, is open when any setting of `bestedu` is given: see docs/bestedu.md.";
    "bestedu.ok_on_empty" Flag "false" "Answer OK to a PutMessage with nothing in it.";
    "bestedu.archive.url" Text "none" "The archive's own SOAP service, which is told what became of its messages.";
    "bestedu.archive.user" Text "none" "Who enters it, by NTLM or HTTP Basic, as it asks.";
    "bestedu.archive.domain" Text "none" "The user's domain, where there is one.";
    "bestedu.archive.password" Text "none" "The user's password.";
    "bestedu.archive.password_file" Text "none" "A file with the password instead.";
    "bestedu.archive.authorities" Text "the machine's" "A file (PEM) with the authorities to believe for its certificate.";
    "bestedu.archive.innsynskrav" Flag "false" "Whether innsynskrav are handed to it.";
    "alert.to" Text "none" "Who gets a mail when a message ends in FEIL.";
    "alert.host" Text "none" "The mail server.";
    "alert.port" Number "25, 587 or 465, by `alert.security`" "Its port.";
    "alert.from" Text "none" "From whom: an address in the body's own domain.";
    "alert.security" Text "none" "How the connection is protected: none, starttls or tls.";
    "alert.user" Text "none" "Who we are to the server, where it asks.";
    "alert.password" Text "none" "The user's password.";
    "alert.password_file" Text "none" "A file with the password instead.";
    "requests_per_second" Number "no limit" "Requests that this organisation's callers may make a second; more are answered 429.";
    "requests_max" Number "256" "Requests of this organisation that are worked on at once; more wait.";
    "shutdown" Flag "false" "Whether `POST /manage/shutdown` ends the process.";
    "message_bytes_max" Number "2097152" "Bytes of all files of a message together.";
    "lock_seconds" Number "300" "How long a peek keeps a message from others.";
    "levetid_hours" Number "24" "Levetid of a message whose sender names none.";
    "receipt_process" Text "urn:no:difi:profile:einnsyn:response:ver1.0" "The process that status messages name.";
    "receipt_queue" Text "by the rule" "Where status messages and kvitteringer go.";
    "status_queue" Flag "false" "Whether statuses wait at `/api/statuses/peek` until a caller takes them off.";
    "status_delay_seconds" Number "0" "How long a status waits before it is sent home.";
    "record" Text "none" "Folder for copies of what is sent. For demonstrations.";
}

/// The name of a setting in the environment.
pub(super) fn variable(key: &str) -> String {
    let name = key.replace('.', "_").to_ascii_uppercase();
    format!("SENDEBUD_{name}")
}

/// docs/settings.md.
pub(crate) fn reference() -> String {
    let mut text = String::from(
        "# Settings of the access point\n\n\
         Printed by `sendebud settings`; a test holds this page against it. What stands \
         later wins:\n\n\
         1. the file that `--config` names: TOML, or an `integrasjonspunkt-local.properties` \
         (`.yml`, `.yaml`) as it is. Without `--config`, `sendebud.toml` or that file in the working \
         folder;\n\
         2. the environment: the names below, and the old `DIFI_MOVE_…` ones;\n\
         3. the command line: `--set register.signed=false`.\n\n\
         Paths are relative to the file. `sendebud check` says what is wrong with a \
         set-up, in the order in which to mend it.\n\n\
         ## Several organisations in one process\n\n\
         Each is an `[[organisations]]` with settings of its own; what stands at the top of \
         the file holds for all. They share an address by `path`, or have one each by \
         `listen`. Each has its own keys, queue, credentials and pace.\n\n\
         ## Every setting\n\n\
         | setting | environment | default | what it does |\n|---|---|---|---|\n",
    );
    for row in ROWS {
        let (key, name) = (row.key, variable(row.key));
        let default = match row.default {
            "" => "**must be given**".to_owned(),
            plain @ ("none" | "no limit" | "by the rule") => plain.to_owned(),
            words if words.contains(' ') => words.to_owned(),
            value => format!("`{value}`"),
        };
        let _ = writeln!(text, "| `{key}` | `{name}` | {default} | {} |", row.what);
    }
    text.push_str(
        "\n## Old names\n\nWritten in an old file with dots, in the environment with \
         underscores; upper and lower case and hyphens are alike.\n\n\
         | the Java one | here |\n|---|---|\n",
    );
    for (name, becomes) in super::old::NAMES {
        let _ = writeln!(text, "| `{name}` | {becomes} |");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_is_what_the_table_says() {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
        let written = std::fs::read_to_string(place).unwrap_or_default();
        assert_eq!(
            written,
            super::reference(),
            "run: sendebud settings > docs/settings.md"
        );
    }
}
