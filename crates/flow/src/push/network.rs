//! Where pushes may go: an endpoint is named by a caller, and must not become a way into
//! what only this machine can reach.
//!
//! Names are looked at twice: as they are written, and as the addresses that they stand
//! for at the moment of the call. No redirect is followed and no proxy is used.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::Webhooks;

/// A host, or a range of addresses, that endpoints may be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A host by its name, and with a dot in front also those below it.
    Name(String),
    /// Addresses that begin with these bits.
    Range(IpAddr, u8),
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let wrong =
            || format!("{text} is neither a host nor a range such as 10.0.0.0/8");
        match (address.parse::<IpAddr>(), bits) {
            (Ok(ip), bits) => {
                let all = if ip.is_ipv4() { 32 } else { 128 };
                let bits = bits.map_or(Ok(all), |b| b.parse().map_err(|_| wrong()))?;
                if bits > all {
                    return Err(wrong());
                }
                Ok(Self::Range(ip, bits))
            }
            (Err(_), None) if !text.is_empty() && !text.contains([':', ' ']) => {
                Ok(Self::Name(text.to_ascii_lowercase()))
            }
            _ => Err(wrong()),
        }
    }
}

impl Network {
    fn has_name(&self, host: &str) -> bool {
        match self {
            Self::Name(name) => {
                let below = name.strip_prefix('.');
                host == name.trim_start_matches('.')
                    || below.is_some_and(|_| host.ends_with(name.as_str()))
            }
            Self::Range(..) => false,
        }
    }

    fn has_address(&self, ip: IpAddr) -> bool {
        match (self, ip) {
            (Self::Range(IpAddr::V4(of), bits), IpAddr::V4(ip)) => {
                let kept = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                of.to_bits() & kept == ip.to_bits() & kept
            }
            (Self::Range(IpAddr::V6(of), bits), IpAddr::V6(ip)) => {
                let kept = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                of.to_bits() & kept == ip.to_bits() & kept
            }
            _ => false,
        }
    }
}

/// The endpoint as an address to call, or why it may not be called.
pub(super) fn target(endpoint: &str, allow: &[Network]) -> Result<Url, String> {
    let url: Url = endpoint
        .trim()
        .parse()
        .map_err(|e| format!("no address: {e}"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!("{} is not http or https", url.scheme()));
    }
    let admitted = match url.host() {
        Some(Host::Domain(name)) => {
            let ranges = allow.iter().any(|n| matches!(n, Network::Range(..)));
            let named = allow.iter().any(|n| n.has_name(&name.to_ascii_lowercase()));
            // A name that may lie in a range is judged when it is looked up.
            allow.is_empty() || named || ranges
        }
        Some(Host::Ipv4(ip)) => admits(ip.into(), allow),
        Some(Host::Ipv6(ip)) => admits(ip.into(), allow),
        None => false,
    };
    if admitted {
        return Ok(url);
    }
    Err("its host is not one that webhooks may call (webhooks.allow)".to_owned())
}

/// Whether an address may be called. Without a list: all but the machine's own link,
/// where clouds keep their credentials.
fn admits(ip: IpAddr, allow: &[Network]) -> bool {
    let ip = ip.to_canonical();
    if allow.is_empty() {
        return match ip {
            IpAddr::V4(ip) => !ip.is_link_local() && !ip.is_unspecified(),
            IpAddr::V6(ip) => !ip.is_unicast_link_local() && !ip.is_unspecified(),
        };
    }
    allow.iter().any(|network| network.has_address(ip))
}

/// The client that all pushes go through.
pub(super) fn client(hooks: &Webhooks) -> Result<Client, String> {
    let guard = Guard(Arc::from(hooks.allow.as_slice()));
    Client::builder()
        .connect_timeout(hooks.connect_time_max)
        .timeout(hooks.connect_time_max + hooks.answer_time_max)
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(guard))
        .user_agent(concat!("Sendebud/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| e.to_string())
}

/// Looks names up and leaves out the addresses that may not be called.
struct Guard(Arc<[Network]>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_ascii_lowercase();
            let named = allow.iter().any(|network| network.has_name(&host));
            let found = tokio::net::lookup_host((host, 0)).await?;
            let kept: Vec<SocketAddr> =
                found.filter(|a| named || admits(a.ip(), &allow)).collect();
            if kept.is_empty() {
                return Err("it has no address that webhooks may call".into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// Why a call failed, in words that name no address.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = if error.is_timeout() {
        return "the endpoint did not answer in time".to_owned();
    } else {
        error.to_string()
    };
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(list: &[&str], endpoint: &str) -> bool {
        let list: Vec<Network> = list.iter().map(|n| n.parse().unwrap()).collect();
        target(endpoint, &list).is_ok()
    }

    #[test]
    fn a_list_admits_what_it_names_and_nothing_else() {
        let list = ["sak.example", ".kommune.example", "10.1.0.0/16", "fd00::/8"];
        for good in [
            "https://sak.example/hook",
            "http://SAK.example:8080/",
            "https://a.kommune.example/x",
            "http://10.1.255.3/",
            "http://[fd12::1]:8/",
        ] {
            assert!(allowed(&list, good), "{good}");
        }
        for bad in [
            "http://10.2.0.1/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "ftp://sak.example/",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!allowed(&list, bad), "{bad}");
        }
        assert!(!allowed(
            &["sak.example"],
            "http://sak.example.evil.example/"
        ));
    }

    // The address at which clouds hand out credentials, in the ways it can be written.
    #[test]
    fn without_a_list_the_link_of_the_machine_is_closed() {
        for bad in [
            "http://169.254.169.254/latest/meta-data",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
        ] {
            assert!(!allowed(&[], bad), "{bad}");
        }
        assert!(allowed(&[], "http://localhost:8080/hook"));
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        for bad in ["10.0.0.0/33", "10.0.0.0/x", "", "http://a", "a/8"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
