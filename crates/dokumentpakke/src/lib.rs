//! Seal and open a dokumentpakke: ASiC-E inside CMS. Keys, certificates, trust.
//!
//! [`seal`] signs files into a container and encrypts that to its receiver; [`open`]
//! decrypts; [`asice::read`] looks into the container and says what its signature is
//! worth. Pure: time and randomness come in as parameters.

pub mod asice;
mod certificate;
mod cipher;
mod cms;
mod encode;
mod error;
mod gcm;
pub mod issue;
mod judge;
mod keys;
mod name;
mod public;
mod rsa;
mod signature;
pub mod smime;
mod tlv;
pub mod trust;

use ambient::Random;
use jiff::Timestamp;

pub use asice::Source;
pub use certificate::Certificate;
pub use cms::{Encryption, Opened, Signer};
pub use error::Error;
pub use judge::{Ask, Chain, Judgement, Refusal, Rules, judge};
pub use keys::{Identity, Notice, Ring, Stage, to_pem};
pub use name::check_name;
pub use public::PublicKey;
pub use rsa::Private;

/// A file to be packed.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// Its name in the container.
    pub name: &'a str,
    /// Its media type, as the manifests state it.
    pub mime: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// How the content key is encrypted to the receiver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyTransport {
    /// RSAES-PKCS1-v1_5 (RFC 8017 §7.2): what DPE peers send.
    #[default]
    Pkcs1v15,
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017 §7.1).
    OaepSha256,
}

/// Everything about a package but its files.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The sender, as `0192:910077473`.
    pub sender: &'a str,
    /// The receiver.
    pub receiver: &'a str,
    /// Who signs.
    pub signer: &'a Identity,
    /// To whom it is encrypted.
    pub recipient: &'a Certificate,
    /// How.
    pub key_transport: KeyTransport,
    /// The time of signing.
    pub now: Timestamp,
}

/// Sign the files into a container and encrypt it: the bytes of the `asic` member.
///
/// Fails when a name cannot be an entry, when two are equal, or when the receiver's
/// certificate holds no RSA key.
pub fn seal(
    sealing: &Sealing<'_>,
    files: &[Attachment<'_>],
    random: &Random,
) -> Result<Vec<u8>, Error> {
    let container = asice::write(sealing, files, random)?;
    cms::encrypt(&container, sealing.recipient, sealing.key_transport, random)
}

/// Encrypt a container that is there already, signed by whoever made it.
pub fn envelop(
    container: &[u8],
    recipient: &Certificate,
    key_transport: KeyTransport,
    random: &Random,
) -> Result<Vec<u8>, Error> {
    cms::encrypt(container, recipient, key_transport, random)
}

/// Decrypt a package with whichever of the keys it was encrypted to.
pub fn open(package: &[u8], keys: &[Identity]) -> Result<Opened, Error> {
    let opened = cms::decrypt(package, keys)?;
    // A wrong key gives bytes that may end as padding does. That they are no ZIP must not
    // tell that the padding was right.
    if !opened.asice.starts_with(ZIP) {
        return Err(Error::Decrypt);
    }
    Ok(opened)
}

/// How a ZIP begins.
const ZIP: &[u8] = b"PK";

/// As [`seal`], of files that are read while they are packed, to a stream: memory does
/// not grow with them. The package is BER of indefinite length, as the Java access point
/// writes its own.
pub fn seal_to(
    sealing: &Sealing<'_>,
    files: &mut [Source<'_>],
    out: &mut dyn std::io::Write,
    random: &Random,
) -> Result<(), Error> {
    let (to, transport) = (sealing.recipient, sealing.key_transport);
    let encryptor = cms::Encryptor::new(out, to, transport, random)?;
    asice::pour(encryptor, sealing, files, random)?.finish()?;
    Ok(())
}

/// As [`open`], from a stream to a sink: memory does not grow with the package.
///
/// Whether it is whole is known at its end. Unless this answers Ok, what the sink took
/// must be thrown away.
pub fn open_to(
    package: &mut dyn std::io::Read,
    keys: &[Identity],
    sink: &mut dyn std::io::Write,
) -> Result<Encryption, Error> {
    let mut sink = Start {
        sink,
        bytes: Vec::new(),
    };
    let encryption = cms::decrypt_to(package, keys, &mut sink)?;
    if sink.bytes != ZIP {
        return Err(Error::Decrypt);
    }
    Ok(encryption)
}

/// Remembers how what goes by began.
struct Start<'a> {
    sink: &'a mut dyn std::io::Write,
    bytes: Vec<u8>,
}

impl std::io::Write for Start<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.sink.write(bytes)?;
        let missing = ZIP.len() - self.bytes.len();
        self.bytes.extend(bytes[..count].iter().take(missing));
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}
