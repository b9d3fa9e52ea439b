//! Which queue a message goes to.

use registry::ServiceRecord;
use sbd::{BusinessMessage, Facts};
use transport::queue;

use crate::{Error, Point};

/// The one service that we carry.
pub(crate) const DPE: &str = "DPE";

/// The receiver's record for the message's process and document type.
///
/// > the first whose documentTypes contains the SBD's standard exactly
///
/// (wire-format §5.2)
pub(crate) async fn record(
    point: &Point,
    facts: &Facts,
) -> Result<ServiceRecord, Error> {
    let conversation = Some(facts.conversation_id.as_str());
    let receiver = facts.receiver.organisation();
    let refuses =
        |document_type: Option<&str>, description: String| Error::ReceiverRefuses {
            receiver: receiver.to_owned(),
            process: facts.process.clone(),
            conversation: facts.conversation_id.clone(),
            document_type: document_type.map(str::to_owned),
            description,
        };
    let answer = point
        .setup
        .registry
        .lookup(receiver, &facts.process, conversation)
        .await;
    let records = match answer {
        Err(registry::Error::NotFound { description, .. }) => {
            return Err(refuses(None, description));
        }
        records => records?,
    };
    let fits = records
        .iter()
        .find(|r| r.document_types.contains(&facts.document_type));
    fits.cloned().ok_or_else(|| {
        let wanted = facts.document_type.as_str();
        refuses(
            Some(wanted),
            format!("{receiver} does not take document type {wanted}"),
        )
    })
}

/// The queue of a message, by the rules of wire-format §2.3.
pub(crate) fn queue(
    point: &Point,
    facts: &Facts,
    message: &BusinessMessage,
    record: &ServiceRecord,
) -> Result<String, Error> {
    let suffix = match message {
        BusinessMessage::EinnsynKvittering(kvittering) => {
            let rule = queue::kvittering_suffix(kvittering.referanse_type);
            point.setup.receipt_queue.as_deref().unwrap_or(rule)
        }
        // > `status`: by one's own mode, no look at the register (wire-format §2.3)
        BusinessMessage::Status(_) => status_suffix(point),
        _ if record.endpoint_url.trim().is_empty() => {
            return Err(Error::Record(format!(
                "it names no queue for process {}",
                facts.process
            )));
        }
        _ => record.endpoint_url.as_str(),
    };
    Ok(queue::target(facts.receiver.organisation(), suffix))
}

/// The queue of a status message about an incoming message.
pub(crate) fn status_queue(point: &Point, sender: &str) -> String {
    queue::target(sender, status_suffix(point))
}

fn status_suffix(point: &Point) -> &str {
    let rule = queue::status_suffix(point.setup.mode);
    point.setup.receipt_queue.as_deref().unwrap_or(rule)
}
