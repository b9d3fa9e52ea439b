//! Why a certificate is not believed.

/// Why there is no path from a certificate to an anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Its validity had ended.
    #[error("the certificate has expired")]
    Expired,
    /// Its validity had not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// An authority above it was not valid at the time.
    #[error("an issuer's certificate was not valid at the time")]
    IssuerExpired,
    /// Nobody in the list issued it.
    #[error("its issuer is not in the trust list")]
    UnknownIssuer,
    /// It issued itself.
    #[error("it is self-signed and not in the trust list")]
    SelfSigned,
    /// Its issuer is no authority.
    #[error("its issuer is no certificate authority")]
    NotAnAuthority,
    /// Its issuer's key usage has no keyCertSign.
    #[error("its issuer may not sign certificates (keyCertSign is missing)")]
    MayNotIssue,
    /// The issuer's key did not sign it.
    #[error("it was not signed by the issuer that it names")]
    Forged,
    /// It was signed in a way that nobody should believe any more.
    #[error("it was signed with an algorithm that is not accepted, such as SHA-1")]
    WeakSignature,
    /// A key that is too short.
    #[error("an RSA key of {0} bits is too short; 2048 are the least")]
    WeakKey(usize),
    /// More authorities above it than allowed.
    #[error("the path to an authority is longer than is allowed")]
    TooLong,
    /// An authority above it may not give out its name.
    #[error("an authority above it may not issue to this name")]
    Name,
    /// An extension that must be understood and is not.
    #[error("it has a critical extension that is not known: {0}")]
    CriticalExtension(String),
    /// None of the policies that were asked for.
    #[error("it was not issued under one of the accepted policies")]
    Policy,
    /// Its extensions cannot be read.
    #[error("its extensions cannot be read")]
    Unreadable,
}
