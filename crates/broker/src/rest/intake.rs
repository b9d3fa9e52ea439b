//! The body of a request: in memory if it is small, and written down as it comes if it
//! is large.

use std::sync::Arc;

use amqp::message;
use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::Front;
use super::answer::Refusal;
use super::told::Told;
use crate::engine::{Kept, Message, Spool};

/// A body of which so much has come is written down as it comes.
const PART_BYTES: usize = 1024 * 1024;

/// What came.
pub(super) enum Taken {
    /// All of it.
    Small(Bytes),
    /// All of it, in a file.
    Large(Kept),
}

/// Take in a body of so many bytes at the most.
pub(super) async fn take(
    front: &Front,
    mut body: Body,
    max: usize,
) -> Result<Taken, Refusal> {
    let (mut part, mut spool, mut all) = (BytesMut::new(), None, 0);
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|e| Refusal::bad(format!("the body cannot be read: {e}")))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        all += data.len();
        if all > max {
            return Err(Refusal {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                words: format!("the body is over {max} bytes"),
            });
        }
        part.extend_from_slice(&data);
        if part.len() >= PART_BYTES {
            spool = Some(write(front, spool, part.split().freeze()).await?);
        }
    }
    if spool.is_none() {
        return Ok(Taken::Small(part.freeze()));
    }
    let spool = write(front, spool, part.freeze()).await?;
    let kept = crate::run::aside(move || spool.finish()).await?;
    Ok(Taken::Large(kept))
}

async fn write(
    front: &Front,
    spool: Option<Spool>,
    part: Bytes,
) -> Result<Spool, Refusal> {
    let engine = front.engine.clone();
    let write = move || {
        let mut spool = spool.map_or_else(|| engine.spool(), Ok)?;
        spool.write(&part)?;
        Ok(spool)
    };
    Ok(crate::run::aside(write).await?)
}

impl Taken {
    /// The message that this is the body of, and its sender told this about.
    pub(super) fn message(self, told: Told, id: String) -> Result<Message, String> {
        match self {
            Self::Small(body) => told.message(id, |out| message::data(out, &body)),
            Self::Large(kept) => {
                let length = usize::try_from(kept.bytes()).unwrap_or(usize::MAX);
                let begin = |out: &mut _| message::data_start(out, length);
                Ok(Message {
                    tail: Some(Arc::new(kept)),
                    ..told.message(id, begin)?
                })
            }
        }
    }
}
