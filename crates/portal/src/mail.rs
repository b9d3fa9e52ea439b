//! Mail to citizens: kept with the order that it is about, sent until it is taken.
//!
//! Twice:  a mail has its Message-ID from the start, so a second copy is known as one.

use db::Tx;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::run::pause;
use crate::settings::{Mail, Tls};
use crate::{Error, Portal};

/// A mail that is refused so many times is given up.
const TRIES_MAX: i64 = 40;

/// A mail to a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) id: String,
    pub(crate) receiver: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Letter {
    /// Keep it to be sent.
    pub(crate) async fn keep(self, tx: &mut Tx<'_>, at: i64) -> Result<(), db::Error> {
        let sql = "INSERT INTO mail (id, receiver, subject, text, due)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            self.id.into(),
            self.receiver.into(),
            self.subject.into(),
            self.text.into(),
            at.into(),
        ];
        tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl Portal {
    /// Send one mail, if one is due; answers whether there was one.
    pub async fn post(&self) -> Result<bool, Error> {
        let Some(mailer) = &self.mailer else {
            return Ok(false);
        };
        let now = self.clock.now().as_microsecond();
        let row = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT id, receiver, subject, text, tries FROM mail
                               WHERE due <= $1 ORDER BY due LIMIT 1";
                    tx.one(sql, &[now.into()]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let letter = Letter {
            id: row.text(0)?.to_owned(),
            receiver: row.text(1)?.to_owned(),
            subject: row.text(2)?.to_owned(),
            text: row.text(3)?.to_owned(),
        };
        let (id, tries) = (letter.id.clone(), row.int(4)?);
        let sent = mailer.send(letter).await;
        let over = match &sent {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(mail.id = id, attempt = tries + 1, %error, "not mailed");
                tries + 1 >= TRIES_MAX
            }
        };
        let due = now.saturating_add(pause(tries));
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    if over {
                        return tx
                            .exec("DELETE FROM mail WHERE id = $1", &[id.into()])
                            .await;
                    }
                    let sql = "UPDATE mail SET due = $1, tries = tries + 1
                               WHERE id = $2";
                    tx.exec(sql, &[due.into(), id.into()]).await
                })
            })
            .await?;
        Ok(true)
    }
}

/// A way to the mail server.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    pub(crate) fn new(mail: &Mail) -> Result<Self, Error> {
        let wrong = |e: &dyn std::fmt::Display| Error::Settings(format!("mail: {e}"));
        let from: Mailbox = mail.from.parse().map_err(|e| wrong(&e))?;
        type Smtp = AsyncSmtpTransport<Tokio1Executor>;
        let builder = match mail.tls {
            Tls::Ingen => Smtp::builder_dangerous(&mail.host),
            Tls::Starttls => Smtp::starttls_relay(&mail.host).map_err(|e| wrong(&e))?,
            Tls::Tls => Smtp::relay(&mail.host).map_err(|e| wrong(&e))?,
        };
        let builder = builder.port(mail.port);
        let builder = match (&mail.user, &mail.password) {
            (Some(user), Some(password)) => {
                let password = password.expose_secret().to_owned();
                builder.credentials(Credentials::new(user.clone(), password))
            }
            _ => builder,
        };
        let transport = builder.build();
        Ok(Self { transport, from })
    }

    /// Answers when the server has said 250.
    async fn send(&self, letter: Letter) -> Result<(), Error> {
        let wrong = |e: &dyn std::fmt::Display| Error::Mail(e.to_string());
        // What a parser says of an address may hold the address.
        let to: Mailbox = letter
            .receiver
            .parse()
            .map_err(|_| Error::Mail("the address cannot be used".into()))?;
        let domain = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .header(AutoSubmitted)
            .singlepart(SinglePart::plain(letter.text))
            .map_err(|e| wrong(&e))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.status().map_or("no answer".into(), |c| c.to_string());
                Err(Error::Mail(code))
            }
        }
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
