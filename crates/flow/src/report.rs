//! Report a status to the sender of an incoming message: the job `report` ends here.
//!
//! Order:   status message → transport → job done.
//! Writes:  nothing but the end of the job: the status was recorded with the job.
//! Refuses: nothing; a road that is closed is tried again.
//! Twice:   harmless, the sender records each value once.

use std::time::Duration;

use bytes::Bytes;
use sbd::{Envelope, Status, payload};
use store::job::Job;
use transport::Parcel;

use crate::{Error, Point, route};

/// Levetid of a status message: 24 hours, as `nextmove.default-ttl-hours`.
const STATUS_LEVETID: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn report(
    point: &Point,
    job: &Job,
    status: Status,
    about: &str,
) -> Result<(), Error> {
    let about = Envelope::parse(about.as_bytes())?;
    let facts = about.facts()?;
    let now = point.setup.clock.now();
    let process = &point.setup.receipt_process;
    let message = about.status_reply(status, now, STATUS_LEVETID, process)?;
    let parcel = Parcel {
        queue: route::status_queue(point, facts.sender.organisation()),
        message_id: format!("{}-{status}", job.message_id),
        body: Bytes::from(payload::write(&message, None)),
        time_to_live: None,
    };
    point.setup.transport.send(parcel).await?;
    let (owner, id, row) = (point.orgnr().clone(), job.message_id.clone(), job.row);
    let followed = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { store::job::done(tx, &owner, &id, row).await })
        })
        .await?;
    if followed {
        point.wake.notify_one();
    }
    Ok(())
}
