//! Issue keys for a demonstration or a test: a CA of one's own and organisations under
//! it. Nobody else has any reason to trust them, and nobody should.

use p12_keystore::{
    Certificate as P12Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};

use ambient::Random;
use jiff::{SignedDuration, Timestamp};

use crate::Error;

/// How long what is issued here is good for.
const VALID_TIME: SignedDuration = SignedDuration::from_hours(24 * 365 * 3);

/// A CA that exists only here.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    now: Timestamp,
}

/// What an organisation gets.
pub struct Issued {
    /// Key, certificate and chain, as PKCS#12 under the password that was given.
    pub pkcs12: Vec<u8>,
    /// The certificate alone, in PEM.
    pub certificate: String,
}

impl Authority {
    /// A new CA with a key of its own.
    pub fn new(name: &str, now: Timestamp, random: &Random) -> Result<Self, Error> {
        let mut params = params(now, random)?;
        params.distinguished_name.push(DnType::CountryName, "NO");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key()?).map_err(wrong)?;
        Ok(Self { issuer, now })
    }

    /// A certificate for an organisation, with a new RSA-2048 key.
    pub fn issue(
        &self,
        orgnr: &str,
        name: &str,
        password: &str,
        random: &Random,
    ) -> Result<Issued, Error> {
        let mut params = params(self.now, random)?;
        let serial_number = DnType::CustomDnType(vec![2, 5, 4, 5]);
        params.distinguished_name.push(DnType::CountryName, "NO");
        params
            .distinguished_name
            .push(DnType::OrganizationName, name);
        params.distinguished_name.push(serial_number, orgnr);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::DataEncipherment,
        ];
        let key = key()?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(wrong)?;
        let chain = [leaf.der().as_ref(), self.issuer.der().as_ref()];
        Ok(Issued {
            pkcs12: pkcs12(&key, &chain, orgnr, password)?,
            certificate: leaf.pem(),
        })
    }
}

fn params(now: Timestamp, random: &Random) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
    let (from, until) = (now - SignedDuration::from_hours(1), now + VALID_TIME);
    params.not_before = moment(from);
    params.not_after = moment(until);
    let mut serial = [0; 16];
    random.fill(&mut serial);
    serial[0] = (serial[0] & 0x7f) | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn moment(at: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.as_second())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(wrong)
}

fn pkcs12(
    key: &KeyPair,
    chain: &[&[u8]],
    alias: &str,
    password: &str,
) -> Result<Vec<u8>, Error> {
    let wrong = |e: p12_keystore::error::Error| Error::Key(format!("PKCS#12: {e}"));
    let certificates = chain.iter().map(|der| P12Certificate::from_der(der));
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(wrong)?;
    let private = PrivateKey::from_der(&key.serialize_der()).map_err(wrong)?;
    let entry = PrivateKeyChain::new(alias, private, certificates);
    let mut store = KeyStore::new();
    store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(entry));
    store.writer(password).write().map_err(wrong)
}

fn wrong(error: rcgen::Error) -> Error {
    Error::Key(error.to_string())
}
