//! Mail to people: one way to a mail server, the same for everybody who writes.

mod automatic;
mod error;
mod server;

use lettre::address::Envelope;
use lettre::message::{Mailbox, Message, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

pub use error::Error;
pub use lettre;
pub use server::{Security, Server, User};

use automatic::Automatic;

/// A way to the mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Read the password; the server is not asked for anything yet.
    ///
    /// # Panics
    /// Outside Tokio, in which its connections live.
    pub fn new(server: &Server) -> Result<Self, Error> {
        let login = server.user.as_ref().map(|user| {
            let password = user.password();
            let password = password.map_err(|e| wrong("user", &e))?;
            Ok::<_, Error>((user.name.clone(), password))
        });
        Self::entering(server, login.transpose()?)
    }

    /// The same, where name and password are known already.
    pub fn entering(
        server: &Server,
        login: Option<(String, SecretString)>,
    ) -> Result<Self, Error> {
        let from = server.from.parse().map_err(|e| wrong("from", &e))?;
        let tls = || TlsParameters::new(server.host.clone());
        let tls = match server.security {
            Security::None => Tls::None,
            Security::Starttls => Tls::Required(tls().map_err(|e| wrong("host", &e))?),
            Security::Tls => Tls::Wrapper(tls().map_err(|e| wrong("host", &e))?),
        };
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
                .port(server.port())
                .tls(tls);
        if let Some((name, password)) = login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(name, password));
        }
        let transport = transport.build();
        Ok(Self { transport, from })
    }

    /// Whether the server answers, and lets us in.
    pub async fn knock(&self) -> Result<bool, Error> {
        Ok(self.transport.test_connection().await?)
    }

    /// Begin a mail from us that no holiday answers. Its id, where it is given one, is
    /// the same however often it is sent.
    pub fn write(
        &self,
        to: Mailbox,
        subject: &str,
        id: Option<&str>,
    ) -> MessageBuilder {
        let domain = self.from.email.domain();
        let message = Message::builder().from(self.from.clone()).to(to);
        let message = message.subject(subject).header(Automatic);
        match id {
            Some(id) => message.message_id(Some(format!("<{id}@{domain}>"))),
            None => message,
        }
    }

    /// Send what a message came to; answers when the server has said 250.
    pub async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<(), Error> {
        let sent = self.transport.send_raw(envelope, bytes).await;
        sent.map(drop).map_err(Error::from)
    }
}

fn wrong(key: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Settings(format!("mail.{key}: {error}"))
}
