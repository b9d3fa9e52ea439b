//! Where the message service is for an operator: AMQP, and HTTP for administration.

use secrecy::SecretString;
use url::Url;

use crate::Error;
use crate::servicebus::Settings;
use crate::servicebus::dial::{Address, amqp_port};

/// Where the emulator is administered.
const EMULATOR_ADMIN_PORT: u16 = 5300;

/// A message service's addresses, and what it knows us by.
#[derive(Debug, Clone)]
pub struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) admin: Url,
    pub(super) policy: Option<(String, SecretString)>,
    /// Certificates (PEM) of authorities that are believed beside the system's.
    pub(super) authorities: Option<Vec<u8>>,
}

impl Place {
    /// Read a connection string as the clients of Service Bus do: its port is AMQP's.
    /// Administration is where it says; else at the host itself over https, and at the
    /// emulator's port with `UseDevelopmentEmulator=true`.
    pub fn parse(
        connection: &str,
        admin: Option<Url>,
        authorities: Option<Vec<u8>>,
    ) -> Result<Self, Error> {
        let Settings { base, policy, .. } = Settings::parse(connection)?;
        let tls = base.scheme() == "https";
        let host = base.host_str().unwrap_or("localhost").to_owned();
        let usual = match tls {
            true => format!("https://{host}"),
            false => format!("http://{host}:{EMULATOR_ADMIN_PORT}"),
        };
        let wrong = |e| Error::Settings(format!("connection string: {e}"));
        let usual = Url::parse(&usual).map_err(wrong)?;
        Ok(Self {
            port: base.port().unwrap_or(amqp_port(tls)),
            host,
            tls,
            admin: admin.unwrap_or(usual),
            policy,
            authorities,
        })
    }

    pub(super) fn address(&self) -> Address<'_> {
        Address {
            host: &self.host,
            port: self.port,
            tls: self.tls,
            authorities: self.authorities.as_deref(),
            websocket: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_the_clients_use() {
        let place = |text: &str| Place::parse(text, None, None).unwrap();
        let azure = place(
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;\
             SharedAccessKey=k",
        );
        assert_eq!((azure.port, azure.tls), (5671, true));
        assert_eq!(azure.admin.as_str(), "https://x.servicebus.windows.net/");
        let emulator = place("Endpoint=sb://localhost;UseDevelopmentEmulator=true");
        assert_eq!((emulator.port, emulator.tls), (5672, false));
        assert_eq!(emulator.admin.as_str(), "http://localhost:5300/");
        let other = place("Endpoint=sb://localhost:9;UseDevelopmentEmulator=true");
        assert_eq!(other.port, 9);
    }
}
