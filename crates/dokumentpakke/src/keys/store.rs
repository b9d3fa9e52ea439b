//! Files with private keys in them: PKCS#12, JKS and PEM, told apart by how they begin.

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::Identity;
use super::jks::{self, Entry};
use crate::certificate::armoured;
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
        let all = entries(bytes, password)?;
        if all.is_empty() {
            return Err(Error::Key("the file holds no private key".into()));
        }
        let identity = |entry: Entry| {
            let chain = entry.chain.iter().map(|der| Certificate::from_der(der));
            Self::new(&entry.key, chain.collect::<Result<_, _>>()?)
        };
        all.into_iter().map(identity).collect()
    }
}

/// The first private key of a file, for programs that read nothing but PEM: the
/// certificates, its own first, and the key.
pub fn to_pem(
    bytes: &[u8],
    password: &str,
) -> Result<(String, Zeroizing<String>), Error> {
    let first = entries(bytes, password)?.into_iter().next();
    let first = first.ok_or_else(|| Error::Key("it holds no private key".into()))?;
    let chain = first.chain.iter().map(|der| armoured("CERTIFICATE", der));
    let key = Zeroizing::new(armoured("PRIVATE KEY", &first.key));
    Ok((chain.collect(), key))
}

fn entries(bytes: &[u8], password: &str) -> Result<Vec<Entry>, Error> {
    match bytes {
        _ if bytes.starts_with(&jks::MAGIC) => jks::read(bytes, password),
        _ if bytes.starts_with(&jks::JCEKS_MAGIC) => {
            Err(Error::Key(format!("JCEKS is not read; {CONVERT}")))
        }
        [0x30, ..] => pkcs12(bytes, password),
        _ => pem(bytes),
    }
}

fn pkcs12(bytes: &[u8], password: &str) -> Result<Vec<Entry>, Error> {
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
    let entry = |entry: &p12_keystore::PrivateKeyChain| Entry {
        key: Zeroizing::new(entry.key().as_der().to_vec()),
        chain: entry.certs().iter().map(|c| c.as_der().to_vec()).collect(),
    };
    Ok(entries.map(entry).collect())
}

fn pem(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
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
    Ok(vec![Entry {
        key: Zeroizing::new(key.secret_der().to_vec()),
        chain: chain.iter().map(|c| c.der().to_vec()).collect(),
    }])
}
