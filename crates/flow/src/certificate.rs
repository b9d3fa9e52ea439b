//! Our own certificate: valid now, and the one that others encrypt to.

use crate::{Error, Point};

/// Refuse to go on with a certificate that has run out, or that is not the one the
/// address register gives to others. A register that does not answer says nothing
/// against it.
pub(crate) async fn check(point: &Point) -> Result<(), Error> {
    let identity = point.identity();
    let own = identity.certificate();
    if !own.valid_at(point.setup.clock.now()) {
        return Err(Error::Certificate(format!(
            "it is valid from {} until {}; renew it",
            own.not_before(),
            own.not_after()
        )));
    }
    let asked = point.setup.registry.certificate_of(point.orgnr().as_str());
    let known = match asked.await {
        Ok(known) => known,
        Err(error) => {
            tracing::warn!(%error, "what certificate others have of us is not known");
            return Ok(());
        }
    };
    if known.serial() == own.serial() {
        return Ok(());
    }
    Err(Error::Certificate(format!(
        "Keystore certificate serial number ({}) does not match certificate in \
         Virksert ({})",
        own.serial(),
        known.serial()
    )))
}
