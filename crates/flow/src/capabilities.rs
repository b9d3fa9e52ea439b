//! What a receiver takes: GET /api/capabilities/{receiverIdentifier} ends here.

use registry::ServiceRecord;

use crate::{Error, Point};

/// The receiver's records, all of them or those of one process.
pub async fn capabilities(
    point: &Point,
    receiver: &str,
    process: Option<&str>,
) -> Result<Vec<ServiceRecord>, Error> {
    let registry = &point.setup.registry;
    let records = match process {
        Some(process) => registry.lookup(receiver, process, None).await?,
        None => registry.all(receiver).await?,
    };
    Ok(records.as_ref().clone())
}
