//! Files with private keys in them: PKCS#12, JKS and PEM, told apart by how they begin.

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::{Identity, jks};
use crate::{Certificate, Error};

/// What every conversion ends in; for whoever reads the error.
const CONVERT: &str = "convert it: keytool -importkeystore -srckeystore OLD \
    -destkeystore NEW.p12 -deststoretype PKCS12";

impl Identity {
    /// Every private key in a file, whatever its form. PEM files hold the key and its
    /// certificates one after the other, and need no password.
    ///
    /// Fails when the file cannot be read or holds no private key.
    pub fn all(bytes: &[u8], password: &str) -> Result<Vec<Self>, Error> {
        let all = match bytes {
            _ if bytes.starts_with(&jks::MAGIC) => jks(bytes, password),
            _ if bytes.starts_with(&jks::JCEKS_MAGIC) => {
                Err(Error::Key(format!("JCEKS is not read; {CONVERT}")))
            }
            [0x30, ..] => pkcs12(bytes, password),
            _ => pem(bytes),
        }?;
        if all.is_empty() {
            return Err(Error::Key("the file holds no private key".into()));
        }
        Ok(all)
    }
}

fn jks(bytes: &[u8], password: &str) -> Result<Vec<Identity>, Error> {
    let entries = jks::read(bytes, password)?.into_iter();
    let identity = |entry: jks::Entry| {
        let chain = entry.chain.iter().map(|der| Certificate::from_der(der));
        Identity::new(&entry.key, chain.collect::<Result<_, _>>()?)
    };
    entries.map(identity).collect()
}

fn pkcs12(bytes: &[u8], password: &str) -> Result<Vec<Identity>, Error> {
    let policy = Pkcs12ImportPolicy::Relaxed;
    let store = KeyStore::from_pkcs12(bytes, password, policy).map_err(|e| {
        let words = e.to_string();
        // BouncyCastle writes BER, which the reader does not take.
        let hint = if words.contains("indefinite") {
            format!("; {CONVERT}")
        } else {
            String::new()
        };
        Error::Key(format!("PKCS#12: {words}{hint}"))
    })?;
    let entries = store.entries().filter_map(|(_, entry)| match entry {
        KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let identity = |entry: &p12_keystore::PrivateKeyChain| {
        let chain = entry.certs().iter();
        let chain = chain.map(|c| Certificate::from_der(c.as_der()));
        Identity::new(entry.key().as_der(), chain.collect::<Result<_, _>>()?)
    };
    entries.map(identity).collect()
}

fn pem(bytes: &[u8]) -> Result<Vec<Identity>, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::Key("it is no PKCS#12, JKS or PEM file".into()))?;
    if text.contains("ENCRYPTED PRIVATE KEY") {
        return Err(Error::Key(
            "PEM: an encrypted key is not read; put it in PKCS#12: openssl pkcs12 \
             -export -inkey KEY.pem -in CERTIFICATES.pem -out NEW.p12"
                .into(),
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(bytes)
        .map(Zeroizing::new)
        .map_err(|e| Error::Key(format!("PEM: {e}")))?;
    let chain = Certificate::all_from_pem(text)?;
    Ok(vec![Identity::new(key.secret_der(), chain)?])
}
