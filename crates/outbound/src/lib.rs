//! HTTP to others: one client for one address, the same for everybody who calls out.
//!
//! No redirect is followed: whoever we call is named in the settings, and a redirect
//! would name somebody else, who must not be sent our credentials or our messages.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

/// How long a connection may take to stand, unless the caller says otherwise.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// The client cannot be made: the machine's certificates cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no HTTPS is possible from here: {0}")]
pub struct Error(String);

/// A client for this address.
///
/// The certificates that the machine trusts are read only for an address that needs
/// them: it takes some 30 ms and two megabytes.
pub fn client(base: &Url) -> Result<Client, Error> {
    build(base, Client::builder())
}

/// The same, with a service that these authorities (PEM) vouch for and no others.
pub fn client_believing(base: &Url, authorities: &[u8]) -> Result<Client, Error> {
    let roots = Certificate::from_pem_bundle(authorities);
    let roots = roots.map_err(|e| Error(format!("authorities: {e}")))?;
    if roots.is_empty() {
        return Err(Error("authorities: there are none; expected PEM".into()));
    }
    build(base, Client::builder().tls_certs_only(roots))
}

/// The same, with a limit to how long any answer may take.
pub fn client_within(base: &Url, answer_time_max: Duration) -> Result<Client, Error> {
    build(base, Client::builder().timeout(answer_time_max))
}

fn build(base: &Url, builder: ClientBuilder) -> Result<Client, Error> {
    let builder = builder
        .connect_timeout(CONNECT_TIME_MAX)
        .tcp_nodelay(true)
        .redirect(Policy::none())
        .user_agent(concat!("Sendebud/", env!("CARGO_PKG_VERSION")));
    let builder = match base.scheme() {
        "https" => builder,
        _ => builder.tls_certs_only([]),
    };
    builder.build().map_err(|e| Error(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_client_for_either_kind_of_address() {
        for base in ["http://127.0.0.1:9103", "https://register.example"] {
            client(&base.parse().unwrap()).unwrap();
        }
    }
}
