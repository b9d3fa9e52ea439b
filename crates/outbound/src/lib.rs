//! HTTP to others: one client for one address, the same for everybody who calls out.
//!
//! No redirect is followed: whoever we call is named in the settings, and a redirect
//! would name somebody else, who must not be sent our credentials or our messages.

mod connection;
pub mod ntlm;

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

pub use connection::Connection;

/// How long a connection may take to stand, unless the caller says otherwise.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Nobody can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client cannot be made: certificates cannot be read.
    #[error("no HTTPS is possible from here: {0}")]
    Client(String),
    /// The connection does not stand, or has ended.
    #[error("{0}")]
    Connection(String),
}

/// A client for this address.
///
/// The certificates that the machine trusts are read only for an address that needs
/// them: it takes some 30 ms and two megabytes.
pub fn client(base: &Url) -> Result<Client, Error> {
    build(base, Client::builder())
}

/// The same, with a service that these authorities (PEM) vouch for and no others.
pub fn client_believing(base: &Url, authorities: &[u8]) -> Result<Client, Error> {
    build(base, believing(Client::builder(), authorities)?)
}

/// A client for this address, with a limit to how long any answer may take.
pub fn client_within(base: &Url, answer_time_max: Duration) -> Result<Client, Error> {
    build(base, Client::builder().timeout(answer_time_max))
}

/// The same, with a service that these authorities (PEM) vouch for, where any are given.
pub fn client_within_believing(
    base: &Url,
    answer_time_max: Duration,
    authorities: Option<&[u8]>,
) -> Result<Client, Error> {
    let builder = Client::builder().timeout(answer_time_max);
    match authorities {
        None => build(base, builder),
        Some(authorities) => build(base, believing(builder, authorities)?),
    }
}

fn believing(
    builder: ClientBuilder,
    authorities: &[u8],
) -> Result<ClientBuilder, Error> {
    let roots = Certificate::from_pem_bundle(authorities);
    let roots = roots.map_err(|e| Error::Client(format!("authorities: {e}")))?;
    if roots.is_empty() {
        return Err(Error::Client(
            "authorities: there are none; expected PEM".into(),
        ));
    }
    Ok(builder.tls_certs_only(roots))
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
    builder.build().map_err(|e| Error::Client(e.to_string()))
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
