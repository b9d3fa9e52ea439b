//! Read a form with an SBD and files, counting while it streams (rest-api §1.5).

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header;
use bytes::{Bytes, BytesMut};
use flow::outgoing::NewFile;

use crate::error::too_large;
use crate::refusal::{Argument, Refusal, text};
use crate::{SBD_BYTES_MAX, label, mime};

/// Bytes of one file in a form, as in the Java access point. Larger ones are uploaded
/// by themselves.
const PART_BYTES_MAX: u64 = 5 * 1024 * 1024;

/// Bytes of a form that is too large that are still read, so that the caller, who is
/// busy sending, gets to see the answer.
const FORM_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// An SBD and the files that go with it.
pub(crate) struct Form {
    pub(crate) sbd: Bytes,
    pub(crate) files: Vec<NewFile>,
}

/// Read the form. No more than the files that fit into one message, and the SBD, are
/// held in memory.
pub(crate) async fn read(
    mut request: Request,
    message_bytes_max: u64,
) -> Result<Form, Refusal> {
    // The limits below count files, not what the form needs around them.
    DefaultBodyLimit::disable().apply(&mut request);
    let Ok(mut parts) = Multipart::from_request(request, &()).await else {
        return Err(Refusal::new(&label::MULTIPART));
    };
    let (mut sbd, mut files) = (None, Files::new(message_bytes_max));
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            // > If the `sbd` part carries a filename it is both parsed as SBD and added
            // > as an attachment (rest-api §1.5)
            Some(filename) => {
                let file = files.take(part, name, filename).await?;
                if sbd.is_none() && file.title.as_deref() == Some(SBD) {
                    sbd = Some(file.bytes.clone());
                }
                files.list.push(file);
            }
            None if name == SBD && sbd.is_none() => sbd = Some(field(part).await?),
            None => {}
        }
    }
    let sbd = sbd.ok_or_else(|| Refusal::with(&label::MISSING_PART, [text(SBD)]))?;
    if let Some(bytes) = files.over {
        return Err(too_large(bytes, message_bytes_max));
    }
    Ok(Form {
        sbd,
        files: files.list,
    })
}

const SBD: &str = "sbd";

struct Files {
    list: Vec<NewFile>,
    bytes: u64,
    bytes_max: u64,
    /// How many bytes there were with the first file that was too much.
    over: Option<u64>,
}

impl Files {
    fn new(bytes_max: u64) -> Self {
        Self {
            list: Vec::new(),
            bytes: 0,
            bytes_max,
            over: None,
        }
    }

    /// Read a file; once the message is too large, only to count.
    async fn take(
        &mut self,
        mut part: Field<'_>,
        title: String,
        filename: String,
    ) -> Result<NewFile, Refusal> {
        let given = part.headers().get(header::CONTENT_TYPE);
        let mime =
            mime::of(given.and_then(|v| v.to_str().ok()).unwrap_or(""), &filename);
        let (mut bytes, mut count) = (BytesMut::new(), 0);
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            count += piece.len() as u64;
            self.bytes += piece.len() as u64;
            if self.bytes > FORM_BYTES_MAX {
                return Err(Refusal::new(&label::BODY_TOO_LARGE));
            }
            if self.bytes <= self.bytes_max {
                bytes.extend_from_slice(&piece);
            }
        }
        if count > PART_BYTES_MAX {
            let max = i64::try_from(PART_BYTES_MAX).expect("five million");
            let arguments = [text(filename), Argument::Number(max)];
            return Err(Refusal::with(&label::PART_TOO_LARGE, arguments));
        }
        if self.bytes > self.bytes_max {
            self.over.get_or_insert(self.bytes);
        }
        let title = Some(title).filter(|title| !title.is_empty());
        Ok(NewFile {
            name: filename,
            title,
            mime,
            bytes: bytes.freeze(),
        })
    }
}

async fn field(mut part: Field<'_>) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = part.chunk().await.map_err(broken)? {
        if bytes.len() as u64 + piece.len() as u64 > SBD_BYTES_MAX {
            return Err(Refusal::new(&label::BODY_TOO_LARGE));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

#[expect(clippy::needless_pass_by_value, reason = "stands behind map_err")]
fn broken(error: MultipartError) -> Refusal {
    tracing::debug!(%error, "a form cannot be read");
    Refusal::new(&label::MULTIPART)
}
