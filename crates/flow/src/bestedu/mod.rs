//! BEST/EDU: an archive that publishes by SOAP, and is told by SOAP what became of it.
//!
//! [`can_receive`] and [`put`] answer the archive's calls; `home` calls the archive. It is
//! called by the pushes that tell of statuses, so an answer is laid in the transaction
//! that causes it.

mod archive;
mod can_receive;
mod home;
mod innsynskrav;
mod put;
mod reservation;

use sbd::{Orgnr, Status};
use store::incoming;
use store::subscription::{self, Own};

use crate::{Error, Point};

pub use archive::{Archive, Login};
pub use can_receive::can_receive;
pub(crate) use home::tell;
pub use put::put;

/// What BEST/EDU is to an access point.
#[derive(Debug)]
pub struct Bestedu {
    /// Who is eInnsyn: the receiver of what is published.
    pub einnsyn: Orgnr,
    /// Answer OK to a message with nothing in it, as the Java access point can be told to.
    pub ok_on_empty: bool,
    /// Who is told what became of messages; nobody is without.
    pub archive: Option<Archive>,
}

/// What an archive is told of: how messages ended, and what has come.
const TOLD: [Status; 4] = [
    Status::Levert,
    Status::Feil,
    Status::LevetidUtlopt,
    Status::InnkommendeMottatt,
];

impl Point {
    /// The same access point, speaking BEST/EDU or not.
    pub async fn speaking(mut self, bestedu: Option<Bestedu>) -> Result<Self, Error> {
        let archive = bestedu
            .as_ref()
            .and_then(|bestedu| bestedu.archive.as_ref());
        let statuses = TOLD.map(|status| status.to_string()).join(",");
        let filter = archive.map(|_| format!("status={statuses}"));
        let owner = self.orgnr().clone();
        let work = self.setup.store.write(move |tx| {
            Box::pin(async move {
                if filter.is_none() {
                    incoming::release(tx, &owner, None).await?;
                }
                let filter = filter.as_deref();
                subscription::tell(tx, &owner, Own::Archive, filter).await
            })
        });
        work.await?;
        self.bestedu = bestedu;
        Ok(self)
    }

    /// How it speaks BEST/EDU, if it does.
    pub fn bestedu(&self) -> Option<&Bestedu> {
        self.bestedu.as_ref()
    }
}
