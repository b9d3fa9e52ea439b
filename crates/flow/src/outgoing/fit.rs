//! Whether a message fits through the message service, asked before it is accepted to be
//! sent: what does not would be refused there, when nobody waits for an answer any more.
//!
//! On the wire a package is Base64 twice, some 1.78 times its size (wire-format §2.1), and
//! packing makes it smaller or larger. So what is clearly small enough is let through, and
//! the rest is packed, for ourselves, and measured.

use bytes::Bytes;
use sbd::{Envelope, MessageId, payload};
use store::file::FileHead;

use super::deliver::pack;
use crate::{Error, Point};

/// What a container has beside its files: manifests, signature, certificates, CMS.
const FRAME_BYTES: u64 = 24 * 1024;
/// What it has for each file: its entry in the list, in the manifests, its name.
const FILE_BYTES: u64 = 1024;
/// What the message service counts beside the body: its own properties; and a receiver's
/// key may be longer than ours.
const MARGIN_BYTES: u64 = 1024;

/// Refuse a message that is larger on the wire than the message service takes.
pub(super) async fn fits(
    point: &Point,
    id: &MessageId,
    envelope: &Envelope,
    files: &[(FileHead, Bytes)],
) -> Result<(), Error> {
    let Some(max) = point.setup.limits.wire_bytes_max else {
        return Ok(());
    };
    let sbd = envelope.to_json().len() as u64 + MARGIN_BYTES;
    let rest = max.saturating_sub(sbd);
    let of = |(_, bytes): &(FileHead, Bytes)| bytes.len() as u64 + FILE_BYTES;
    let most = files.iter().map(of).sum::<u64>() + FRAME_BYTES;
    if twice(most) <= rest {
        return Ok(());
    }
    let facts = envelope.facts()?;
    let clear = files
        .iter()
        .map(|(head, bytes)| (head.clone(), bytes.to_vec()));
    let own = point.identity().certificate().clone();
    let package = pack(point, &facts, envelope, clear.collect(), own).await?;
    let bytes = payload::write(envelope, Some(&package)).len() as u64 + MARGIN_BYTES;
    if bytes <= max {
        return Ok(());
    }
    Err(Error::WireTooLarge {
        message: id.clone(),
        bytes,
        max,
    })
}

/// The size after both layers of Base64.
fn twice(bytes: u64) -> u64 {
    let once = |bytes: u64| bytes.div_ceil(3) * 4;
    once(once(bytes))
}
