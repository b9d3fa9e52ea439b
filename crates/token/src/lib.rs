//! Private keys on a PKCS#11 token: a smart card, a hardware security module.
//!
//! The module of the token's maker is a library that is loaded when the settings name
//! one. The key never leaves the token; what it signs and decrypts goes there and back,
//! one operation at a time.

use std::path::Path;
use std::sync::{Arc, Mutex};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{
    Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::{Session, UserType};
use dokumentpakke::{Certificate, Error, Identity, Private};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Every RSA key on the token of this label that has a certificate beside it.
///
/// Fails when the module cannot be loaded, when there is no such token, when it does not
/// take the PIN, or when it holds no such key.
pub fn identities(
    module: &Path,
    label: &str,
    pin: &str,
) -> Result<Vec<Identity>, Error> {
    let token = Arc::new(Token::open(module, label, pin)?);
    let found = token.keys()?;
    if found.is_empty() {
        return Err(wrong("it holds no RSA key with a certificate"));
    }
    let identity = |(key, chain): Found| {
        let token = Arc::clone(&token);
        Identity::elsewhere(Box::new(Key { token, key }), chain)
    };
    found.into_iter().map(identity).collect()
}

struct Token {
    module: Pkcs11,
    label: String,
    pin: SecretString,
    session: Mutex<Session>,
}

/// A key, and the certificates with its own first.
type Found = (ObjectHandle, Vec<Certificate>);

impl Token {
    fn open(module: &Path, label: &str, pin: &str) -> Result<Self, Error> {
        let module = Pkcs11::new(module).map_err(failed)?;
        let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match module.initialize(threads) {
            // By keys that were read before; it is one module in a process.
            Ok(())
            | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        let pin = SecretString::from(pin);
        let session = begin(&module, label, &pin)?;
        Ok(Self {
            module,
            label: label.to_owned(),
            pin,
            session: Mutex::new(session),
        })
    }

    fn keys(&self) -> Result<Vec<Found>, Error> {
        let session = self.session.lock().expect("nobody panics while holding it");
        let certificates = certificates(&session)?;
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::RSA),
        ];
        let mut found = Vec::new();
        for key in session.find_objects(&template).map_err(failed)? {
            let id = id(&session, key)?;
            let own = certificates.iter().find(|(other, _)| *other == id);
            let Some((_, own)) = own else { continue };
            let others = certificates.iter().filter(|(other, _)| *other != id);
            let chain = others.map(|(_, certificate)| certificate.clone());
            found.push((key, std::iter::once(own.clone()).chain(chain).collect()));
        }
        Ok(found)
    }

    /// Once more with a new session where the first is lost: a token that was taken out
    /// and put back, a network HSM that restarted.
    fn with<T>(
        &self,
        operation: impl Fn(&Session) -> Result<T, TokenError>,
    ) -> Result<T, Error> {
        let mut session = self.session.lock().expect("nobody panics while holding it");
        if let Ok(done) = operation(&session) {
            return Ok(done);
        }
        *session = begin(&self.module, &self.label, &self.pin)?;
        operation(&session).map_err(failed)
    }
}

fn begin(module: &Pkcs11, label: &str, pin: &SecretString) -> Result<Session, Error> {
    let mut seen = Vec::new();
    for slot in module.get_slots_with_token().map_err(failed)? {
        let info = module.get_token_info(slot).map_err(failed)?;
        if info.label().trim_end() != label {
            seen.push(info.label().trim_end().to_owned());
            continue;
        }
        let session = module.open_ro_session(slot).map_err(failed)?;
        return match session.login(UserType::User, Some(pin)) {
            Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                Ok(session)
            }
            Err(error) => Err(failed(error)),
        };
    }
    Err(wrong(&format!(
        "there is no token of that label; there are: {}",
        seen.join(", ")
    )))
}

fn certificates(session: &Session) -> Result<Vec<(Vec<u8>, Certificate)>, Error> {
    let template = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let mut all = Vec::new();
    for object in session.find_objects(&template).map_err(failed)? {
        let values = session.get_attributes(object, &[AttributeType::Value]);
        for value in values.map_err(failed)? {
            if let Attribute::Value(der) = value {
                all.push((id(session, object)?, Certificate::from_der(&der)?));
            }
        }
    }
    Ok(all)
}

/// What key and certificate have in common.
fn id(session: &Session, object: ObjectHandle) -> Result<Vec<u8>, Error> {
    let values = session.get_attributes(object, &[AttributeType::Id]);
    let mut values = values.map_err(failed)?.into_iter();
    Ok(values
        .find_map(|value| match value {
            Attribute::Id(id) => Some(id),
            _ => None,
        })
        .unwrap_or_default())
}

struct Key {
    token: Arc<Token>,
    key: ObjectHandle,
}

impl Private for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.token
            .with(|session| session.sign(&Mechanism::Sha256RsaPkcs, self.key, message))
    }

    fn raw(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let clear = self
            .token
            .with(|session| session.decrypt(&Mechanism::RsaX509, self.key, input));
        clear.map(Zeroizing::new)
    }
}

fn failed(error: TokenError) -> Error {
    wrong(&error.to_string())
}

fn wrong(why: &str) -> Error {
    Error::Key(format!("PKCS#11: {why}"))
}
