//! The address of a database: what our library knows, and what libpq knows besides of TLS,
//! `sslmode=verify-full` and `sslrootcert`.

use std::path::PathBuf;

use tokio_postgres::Config;

use crate::Error;

/// An address, read.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    /// A file (PEM) with the authorities to believe in place of the system's.
    pub(super) authorities: Option<PathBuf>,
}

/// Read `postgresql://…?name=value` or `name=value name=value`.
pub(super) fn read(address: &str) -> Result<Address, Error> {
    let (mut known, mut authorities) = (Vec::new(), None);
    let (base, between, rest) = match address.split_once("://") {
        Some(_) => {
            let (base, query) = address.split_once('?').unwrap_or((address, ""));
            (base, "&", query.split('&').collect())
        }
        None => ("", " ", words(address)),
    };
    for part in rest.into_iter().filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match (name, value.trim_matches('\'')) {
            ("sslrootcert", "system") => authorities = None,
            ("sslrootcert", file) => authorities = Some(decoded(file, between).into()),
            // Where there is TLS, the certificate and the name in it are verified.
            ("sslmode", "verify-full") => known.push("sslmode=require"),
            ("sslmode", "verify-ca") => {
                let words = "sslmode=verify-ca leaves the server's name unseen: write \
                             verify-full";
                return Err(Error::Address(words.into()));
            }
            _ => known.push(part),
        }
    }
    let known = known.join(between);
    let plain = match (base, known.is_empty()) {
        ("", _) => known,
        (base, true) => base.to_owned(),
        (base, false) => format!("{base}?{known}"),
    };
    // The library's words may quote the password; ours say what to look for.
    let config = plain
        .parse()
        .map_err(|_| Error::Address("it is no address of PostgreSQL".into()))?;
    Ok(Address {
        config,
        authorities,
    })
}

/// Cut at white space that stands outside quotes.
fn words(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let cut = move |c: char| {
        quoted ^= c == '\'';
        c.is_whitespace() && !quoted
    };
    text.split(cut).collect()
}

/// In a URL a path may be percent-encoded.
fn decoded(file: &str, between: &str) -> String {
    match between {
        "&" => file
            .replace("%2F", "/")
            .replace("%2f", "/")
            .replace("%20", " "),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio_postgres::config::SslMode;

    use super::*;

    // libpq's documentation, §34.1.1 and §34.19.
    #[test]
    fn what_libpq_knows_is_read_in_either_form() {
        for (address, mode, file) in [
            (
                "postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=%2Fa%20b/ca.pem",
                SslMode::Require,
                Some("/a b/ca.pem"),
            ),
            (
                "host=h user=u dbname=d sslrootcert='/a b/ca.pem' sslmode=verify-full",
                SslMode::Require,
                Some("/a b/ca.pem"),
            ),
            (
                "postgresql://u@h/d?sslrootcert=system",
                SslMode::Prefer,
                None,
            ),
            ("postgresql://u@h/d?sslmode=disable", SslMode::Disable, None),
            ("host=h user=u", SslMode::Prefer, None),
        ] {
            let read = read(address).unwrap();
            assert_eq!(read.config.get_ssl_mode(), mode, "{address}");
            assert_eq!(
                read.authorities.as_deref(),
                file.map(Path::new),
                "{address}"
            );
            assert_eq!(read.config.get_user(), Some("u"), "{address}");
        }
        let words = read("host=h sslmode=verify-ca").unwrap_err().to_string();
        assert!(words.contains("verify-full"), "{words}");
        read("postgresql://u@h/d?sslmode=never").unwrap_err();
    }
}
