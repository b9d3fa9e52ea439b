//! Mail to postmottak, from the body's own domain, so that it is not taken for spam.

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::{Error, Mail};

/// A mail about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Postmottak.
    pub(crate) to: String,
    /// The citizen, whom the answer goes to.
    pub(crate) reply_to: Option<String>,
    /// What tells this order from others; the same when it is sent again.
    pub(crate) id: String,
    /// The text.
    pub(crate) text: String,
    /// The order itself.
    pub(crate) attached: Option<Attached>,
}

/// A file that goes with the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A way to the mail server.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    pub(crate) fn new(mail: &Mail) -> Result<Self, Error> {
        let from: Mailbox = mail
            .from
            .parse()
            .map_err(|e| Error::Settings(format!("mail.from {:?}: {e}", mail.from)))?;
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
                .port(mail.port)
                .build();
        Ok(Self { transport, from })
    }

    /// Send it; answers when the server has said 250.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), Error> {
        let message = self.message(letter)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => {
                Err(Error::Refused(error.to_string()))
            }
            Err(error) => Err(Error::Mail(error.to_string())),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, Error> {
        let wrong = |e: &dyn std::fmt::Display| Error::Refused(e.to_string());
        let to: Mailbox = letter.to.parse().map_err(|e| wrong(&e))?;
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject("Innsynskrav")
            .message_id(Some(format!("<innsynskrav.{}@{domain}>", safe(&letter.id))))
            .header(AutoSubmitted);
        if let Some(citizen) = letter.reply_to.as_ref().and_then(|a| a.parse().ok()) {
            message = message.reply_to(citizen);
        }
        let text = SinglePart::plain(letter.text.clone());
        let Some(file) = &letter.attached else {
            return message.singlepart(text).map_err(|e| wrong(&e));
        };
        let mime = ContentType::parse(file.mime).map_err(|e| wrong(&e))?;
        let file = Attachment::new(file.name.into()).body(file.bytes.clone(), mime);
        let parts = MultiPart::mixed().singlepart(text).singlepart(file);
        message.multipart(parts).map_err(|e| wrong(&e))
    }
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

/// Characters that may stand in a Message-ID.
fn safe(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    id.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}
