//! A private key with its certificate, ready to sign and to open.

use std::fmt;
use std::sync::Arc;

use ambient::Random;
use aws_lc_rs::digest::SHA256;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    UnparsedPublicKey,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use crate::rsa::{Oaep, Private, PrivateKey, unwrap_oaep};
use crate::signature::rsa_bits;
use crate::{Certificate, Error};

/// A key, its certificate and the chain above it. Cheap to clone; never printed.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

enum Signing {
    Here(RsaKeyPair),
    Elsewhere(Arc<dyn Private>),
}

struct Inner {
    signing: Signing,
    opening: PrivateKey,
    chain: Vec<Certificate>,
}

impl Identity {
    /// Read a key store ([`Identity::all`]); its first private key is taken.
    pub fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, Error> {
        let all = Self::all(bytes, password)?;
        let first = all.into_iter().next();
        first.ok_or_else(|| Error::Key("PKCS#12: it holds no private key".into()))
    }

    /// Read a PKCS#8 key and its certificate from PEM texts.
    pub fn from_pem(key: &str, certificate: &str) -> Result<Self, Error> {
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|e| Error::Key(format!("PEM: {e}")))?;
        let key = Zeroizing::new(key);
        Self::new(key.secret_der(), vec![Certificate::from_pem(certificate)?])
    }

    pub(super) fn new(pkcs8: &[u8], chain: Vec<Certificate>) -> Result<Self, Error> {
        let wrong = |e: &dyn fmt::Display| Error::Key(e.to_string());
        let signing = RsaKeyPair::from_pkcs8(pkcs8).map_err(|e| wrong(&e))?;
        let opening = PrivateKey::from_pkcs8(pkcs8)?;
        let own = signing.public_key().as_ref().to_vec();
        // The leaf is the certificate of this key, wherever it stands in the file.
        let mut chain = chain;
        let holds = |c: &Certificate| contains(c.public_key(), &own);
        let leaf = chain.iter().position(holds).ok_or_else(|| {
            Error::Key("none of the certificates with it is for this key".into())
        })?;
        chain.swap(0, leaf);
        Ok(Self(Arc::new(Inner {
            signing: Signing::Here(signing),
            opening,
            chain,
        })))
    }

    /// A key that is not here but can be asked, with its certificate first and those
    /// above it. Fails unless it signs as the certificate says.
    pub fn elsewhere(
        key: Box<dyn Private>,
        chain: Vec<Certificate>,
    ) -> Result<Self, Error> {
        let key: Arc<dyn Private> = Arc::from(key);
        let leaf = chain.first();
        let leaf = leaf.ok_or_else(|| Error::Key("it has no certificate".into()))?;
        let bits = rsa_bits(leaf.public_key());
        let bits = bits.ok_or_else(|| Error::Key("it is no RSA key".into()))?;
        let identity = Self(Arc::new(Inner {
            opening: PrivateKey::elsewhere(Arc::clone(&key), bits.div_ceil(8))?,
            signing: Signing::Elsewhere(key),
            chain,
        }));
        identity.test()?;
        Ok(identity)
    }

    /// The certificate of the key.
    pub fn certificate(&self) -> &Certificate {
        &self.0.chain[0]
    }

    /// The certificate and those above it.
    pub fn chain(&self) -> &[Certificate] {
        &self.0.chain
    }

    /// Sign and open with the key itself: whether it is whole, and the certificate's.
    pub fn test(&self) -> Result<(), Error> {
        let message = b"sendebud keys test";
        let signature = self.sign(message)?;
        let by = UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA256,
            self.certificate().public_key(),
        );
        by.verify(message, &signature)
            .map_err(|_| Error::Key("what it signs is not the certificate's".into()))?;
        let secret = [7; 32];
        let wrapped = encrypt_oaep(self.certificate(), &secret)?;
        if *self.unwrap_key(&wrapped)? != secret {
            return Err(Error::Key("it does not open what it should".into()));
        }
        Ok(())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 over the message.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signing = match &self.0.signing {
            Signing::Here(key) => key,
            Signing::Elsewhere(key) => return key.sign(message),
        };
        let mut signature = vec![0; signing.public_modulus_len()];
        let random = SystemRandom::new();
        signing
            .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
            .map_err(|_| Error::Key("it does not sign".into()))?;
        Ok(signature)
    }

    pub(crate) fn key(&self) -> &PrivateKey {
        &self.0.opening
    }

    /// Wrap a data key under this certificate (RSAES-OAEP, SHA-256).
    pub fn wrap_key(&self, key: &[u8; 32], _: &Random) -> Result<Vec<u8>, Error> {
        encrypt_oaep(self.certificate(), key)
    }

    /// Unwrap what [`Identity::wrap_key`] wrapped under the same certificate.
    pub fn unwrap_key(&self, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let by = Oaep {
            hash: &SHA256,
            mask: &SHA256,
            label: b"",
        };
        let clear = unwrap_oaep(&self.0.opening, wrapped, by);
        let clear = clear.ok_or(Error::Decrypt)?;
        let key = <[u8; 32]>::try_from(clear.as_slice()).map_err(|_| Error::Decrypt)?;
        Ok(Zeroizing::new(key))
    }
}

pub(crate) fn encrypt_oaep(to: &Certificate, clear: &[u8]) -> Result<Vec<u8>, Error> {
    let wrong = |_| Error::Certificate("it holds no RSA key that can encrypt".into());
    let key = PublicEncryptingKey::from_der(to.public_key())
        .map_err(|_| Error::Certificate("it holds no RSA key".into()))?;
    let key = OaepPublicEncryptingKey::new(key).map_err(wrong)?;
    let mut out = vec![0; key.ciphertext_size()];
    let length = key
        .encrypt(&OAEP_SHA256_MGF1SHA256, clear, &mut out, None)
        .map_err(wrong)?
        .len();
    out.truncate(length);
    Ok(out)
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.certificate())
    }
}
