//! Open a dokumentpakke and look at what it says of itself.

use dokumentpakke::asice;

use crate::busy::busy;
use crate::{Error, Point};

/// What opening a package came to.
pub(super) enum Opened {
    /// The container is whole; the words tell of its signature.
    Package { asice: Vec<u8>, verdict: String },
    /// It cannot be opened with our keys, or what is in it is damaged.
    Sealed { cms: Vec<u8>, reason: String },
}

/// Open with any of our keys.
///
/// A signature that does not hold is told, not refused: the Java access point hands
/// such packages over, and the case system is shown the verdict.
pub(super) async fn open(point: &Point, cms: Vec<u8>) -> Result<Opened, Error> {
    let (keys, bytes) = (point.setup.keys.clone(), cms.len());
    let work = move || {
        let package = match dokumentpakke::open(&cms, &keys) {
            Ok(opened) => opened.asice,
            Err(error) => {
                return Opened::Sealed {
                    reason: error.to_string(),
                    cms,
                };
            }
        };
        match asice::check(&package) {
            Ok(signature) => Opened::Package {
                verdict: signature.to_string(),
                asice: package,
            },
            Err(error) => Opened::Sealed {
                reason: error.to_string(),
                cms,
            },
        }
    };
    busy(bytes, work).await
}
