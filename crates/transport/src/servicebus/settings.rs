//! Where the message service is and what it knows us by.

use ambient::Random;
use secrecy::SecretString;
use url::Url;

use super::broker::Broker;
use crate::Error;

/// The address and key of a message service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base address of the REST API, with `http` or `https`.
    pub base: Url,
    /// The policy's name and key; none where the service asks for none.
    pub policy: Option<(String, SecretString)>,
    /// Certificates (PEM) of the authorities that are believed; the system's when none.
    pub authorities: Option<Vec<u8>>,
    /// Whether AMQP goes inside a WebSocket; what its masks are drawn from.
    pub websocket: Option<Random>,
    /// What stands in Service Bus's place and speaks AMQP alone.
    pub broker: Option<Broker>,
}

impl Settings {
    /// Read a connection string:
    /// `Endpoint=sb://host[:port]/;SharedAccessKeyName=…;SharedAccessKey=…`.
    ///
    /// With `UseDevelopmentEmulator=true` the service is spoken to in the clear.
    pub fn parse(connection: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Settings(format!("connection string: {what}"));
        let (mut endpoint, mut name, mut key, mut clear) = (None, None, None, false);
        for part in connection.split(';').filter(|p| !p.trim().is_empty()) {
            let (field, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("a part has no ="))?;
            match field.trim().to_ascii_lowercase().as_str() {
                "endpoint" => endpoint = Some(value.trim()),
                "sharedaccesskeyname" => name = Some(value.trim().to_owned()),
                "sharedaccesskey" => key = Some(SecretString::from(value.trim())),
                "usedevelopmentemulator" => clear = value.trim() == "true",
                _ => {}
            }
        }
        let endpoint = endpoint.ok_or_else(|| wrong("Endpoint is missing"))?;
        let rest = endpoint
            .strip_prefix("sb://")
            .ok_or_else(|| wrong("Endpoint must begin with sb://"))?;
        let scheme = if clear { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{rest}"));
        let base = base.map_err(|e| wrong(&format!("Endpoint: {e}")))?;
        let policy = match (name, key) {
            (Some(name), Some(key)) => Some((name, key)),
            (None, None) => None,
            _ => {
                let both = "SharedAccessKeyName and SharedAccessKey belong together";
                return Err(wrong(both));
            }
        };
        Ok(Self {
            base,
            policy,
            authorities: None,
            websocket: None,
            broker: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_read() {
        let text = "Endpoint=sb://localhost:5300/;SharedAccessKeyName=Alle;\
                    SharedAccessKey=a+b/c=;UseDevelopmentEmulator=true;";
        let settings = Settings::parse(text).unwrap();
        assert_eq!(settings.base.as_str(), "http://localhost:5300/");
        assert_eq!(settings.policy.as_ref().unwrap().0, "Alle");
        assert!(
            !format!("{settings:?}").contains("a+b/c"),
            "the key is not printed"
        );
        for bad in [
            "",
            "Endpoint=http://x/",
            "Endpoint=sb://x/;SharedAccessKey=k",
            "x",
        ] {
            assert!(Settings::parse(bad).is_err(), "{bad}");
        }
    }
}
