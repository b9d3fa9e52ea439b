//! Mail to postmottak, from the body's own domain, so that it is not taken for spam.

use ambient::{Clock, Random};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use super::Parcel;
use super::secure::Secured;
use crate::Error;
use crate::settings::{Language, Mail, Security, secret};

/// A way to the mail server.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    language: Language,
    secured: Option<Secured>,
}

impl Mailer {
    pub(crate) fn new(
        mail: &Mail,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let from: Mailbox = mail
            .from
            .parse()
            .map_err(|e| Error::Settings(format!("mail.from {:?}: {e}", mail.from)))?;
        let tls = || {
            let made = TlsParameters::new(mail.host.clone());
            made.map_err(|e| Error::Settings(format!("mail.host {:?}: {e}", mail.host)))
        };
        let tls = match mail.security {
            Security::None => Tls::None,
            Security::Starttls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
        };
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
                .port(mail.port())
                .tls(tls);
        if let Some(user) = &mail.user {
            let password = secret(&user.password_file)?.expose_secret().to_owned();
            transport =
                transport.credentials(Credentials::new(user.name.clone(), password));
        }
        let secured = mail.smime.as_ref();
        let secured = secured.map(|smime| Secured::new(smime, clock, random));
        Ok(Self {
            secured: secured.transpose()?,
            transport: transport.build(),
            from,
            language: mail.language,
        })
    }

    /// Mail an order; answers when the server has said 250.
    pub(crate) async fn order(&self, to: &str, parcel: &Parcel) -> Result<(), Error> {
        let message = self.message(to, parcel)?;
        let Some(secured) = &self.secured else {
            return self.send(message).await;
        };
        let bytes = secured.wrap(to, &message.formatted())?;
        let sent = self.transport.send_raw(message.envelope(), &bytes).await;
        sent.map(drop).map_err(|e| unsent(&e))
    }

    /// Mail the operator.
    pub(crate) async fn alert(&self, to: &str, words: &str) -> Result<(), Error> {
        let message = self.begin(to, "Sendebud: noe må ses på")?;
        let message = message.singlepart(SinglePart::plain(words.to_owned()));
        self.send(message.map_err(|e| refused(&e))?).await
    }

    async fn send(&self, message: Message) -> Result<(), Error> {
        let sent = self.transport.send(message).await;
        sent.map(drop).map_err(|e| unsent(&e))
    }

    fn begin(
        &self,
        to: &str,
        subject: &str,
    ) -> Result<lettre::message::MessageBuilder, Error> {
        let to: Mailbox = to.parse().map_err(|e| refused(&e))?;
        let message = Message::builder().from(self.from.clone()).to(to);
        Ok(message.subject(subject).header(AutoSubmitted))
    }

    fn message(&self, to: &str, parcel: &Parcel) -> Result<Message, Error> {
        let words = words(self.language);
        let domain = self.from.email.domain();
        let id = format!("<innsynskrav.{}@{domain}>", parcel.name());
        let mut message = self.begin(to, words.subject)?.message_id(Some(id));
        let mut text = parcel.came.text.clone();
        if let Some(citizen) = parcel.came.citizen() {
            message = message.reply_to(citizen);
        } else if parcel.came.is_unanswerable() {
            text = format!("{}\n\n{text}", words.unanswerable);
        }
        let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text));
        if let Some(file) = &parcel.came.file {
            let mime = ContentType::parse(file.mime).map_err(|e| refused(&e))?;
            let name = file.name.to_owned();
            parts =
                parts.singlepart(Attachment::new(name).body(file.bytes.clone(), mime));
        }
        // Beside the text and not in it: an answer to the citizen would quote it.
        let note = Attachment::new(words.note_name.to_owned())
            .body(note(words, parcel), ContentType::TEXT_PLAIN);
        let message = message.multipart(parts.singlepart(note));
        message.map_err(|e| refused(&e))
    }
}

fn unsent(error: &lettre::transport::smtp::Error) -> Error {
    match error.is_permanent() {
        true => Error::Refused(error.to_string()),
        false => Error::Mail(error.to_string()),
    }
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::Refused(error.to_string())
}

/// What the klient says in one language.
struct Words {
    subject: &'static str,
    note_name: &'static str,
    due: &'static str,
    some: &'static str,
    same_requester: &'static str,
    same_document: &'static str,
    unanswerable: &'static str,
}

fn words(language: Language) -> &'static Words {
    match language {
        Language::Nb => &Words {
            subject: "Innsynskrav",
            note_name: "til-saksbehandler.txt",
            due: "Kravet bør besvares innen",
            some: "Denne e-posten gjelder bare dokument nr. {which} av {total} i kravet. \
                   De andre er sendt dit de hører hjemme.",
            same_requester: "Den som ber om innsyn, har sendt {n} andre krav de siste 90 dagene.",
            same_document: "Et av dokumentene er det også bedt om i {n} andre krav de siste \
                            90 dagene.",
            unanswerable: "NB: Adressen til den som ber om innsyn, kan ikke leses. Et svar på denne \
                           e-posten når ikke fram; se order.xml.",
        },
        Language::Nn => &Words {
            subject: "Innsynskrav",
            note_name: "til-saksbehandlar.txt",
            due: "Kravet bør svarast på innan",
            some: "Denne e-posten gjeld berre dokument nr. {which} av {total} i kravet. \
                   Dei andre er sende dit dei høyrer heime.",
            same_requester: "Den som ber om innsyn, har sendt {n} andre krav dei siste 90 dagane.",
            same_document: "Eit av dokumenta er det òg bede om i {n} andre krav dei siste \
                            90 dagane.",
            unanswerable: "NB: Adressa til den som ber om innsyn, kan ikkje lesast. Eit svar på denne \
                           e-posten når ikkje fram; sjå order.xml.",
        },
        Language::En => &Words {
            subject: "Access request",
            note_name: "to-the-case-worker.txt",
            due: "The request should be answered by",
            some: "This mail is about document no. {which} of {total} in the request only. \
                   The others were sent where they belong.",
            same_requester: "The requester has sent {n} other requests in the last 90 days.",
            same_document: "One of the documents was also asked for in {n} other requests in \
                            the last 90 days.",
            unanswerable: "NB: The address of the requester cannot be read. An answer to this mail \
                           will not arrive; see order.xml.",
        },
    }
}

fn note(words: &Words, parcel: &Parcel) -> String {
    let mut lines = vec![format!(
        "{} {}.",
        words.due,
        parcel.due.strftime("%d.%m.%Y")
    )];
    if !parcel.which.is_empty() {
        let which = parcel.which.iter().map(ToString::to_string);
        let which = which.collect::<Vec<_>>().join(", ");
        let total = parcel.total.to_string();
        lines.push(
            words
                .some
                .replace("{which}", &which)
                .replace("{total}", &total),
        );
    }
    let hints = [
        (words.same_requester, parcel.before.same_requester),
        (words.same_document, parcel.before.same_document),
    ];
    for (text, n) in hints.into_iter().filter(|(_, n)| *n > 0) {
        lines.push(text.replace("{n}", &n.to_string()));
    }
    lines.join("\n") + "\n"
}

/// RFC 3834: nobody's holiday answer is wanted.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}
