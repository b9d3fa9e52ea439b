//! Read a body, counting while it streams.

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::label;
use crate::negotiate::charset;
use crate::refusal::Refusal;

/// Bytes of a body that is too large that are still read, so that the caller, who is
/// busy sending, gets to see the answer.
const DRAIN_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What became of reading.
pub(crate) enum Read {
    /// All of it.
    Whole(Bytes),
    /// It is larger than allowed: this many bytes, as far as we know.
    Over(u64),
}

/// Read at most this many bytes. Fails when the connection does.
pub(crate) async fn read(
    body: Body,
    headers: &HeaderMap,
    bytes_max: u64,
) -> Result<Read, Refusal> {
    let declared = length(headers).or_else(|| body.size_hint().exact());
    if let Some(declared) = declared.filter(|declared| *declared > bytes_max) {
        drain(body, 0).await;
        return Ok(Read::Over(declared));
    }
    let mut body = body;
    // Most bodies come in one piece, which is then not copied.
    let Some(first) = data(&mut body).await? else {
        return Ok(Read::Whole(Bytes::new()));
    };
    let mut count = first.len() as u64;
    let mut whole = Collected::One(first);
    while count <= bytes_max {
        let Some(next) = data(&mut body).await? else {
            return Ok(Read::Whole(whole.into_bytes()));
        };
        count += next.len() as u64;
        if count <= bytes_max {
            whole = whole.and(&next, declared);
        }
    }
    Ok(Read::Over(drain(body, count).await))
}

/// Read JSON, for which there is no other limit than good sense, as UTF-8: what is said
/// to be ISO-8859-1 becomes that.
pub(crate) async fn read_json(
    body: Body,
    headers: &HeaderMap,
    bytes_max: u64,
) -> Result<Bytes, Refusal> {
    const LATIN: [&str; 4] = ["iso-8859-1", "latin1", "windows-1252", "us-ascii"];
    let bytes = read_all(body, headers, bytes_max).await?;
    if !LATIN.contains(&charset(headers).as_str()) {
        return Ok(bytes);
    }
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    Ok(text.into())
}

/// Read a body for which there is no other limit than good sense.
pub(crate) async fn read_all(
    body: Body,
    headers: &HeaderMap,
    bytes_max: u64,
) -> Result<Bytes, Refusal> {
    match read(body, headers, bytes_max).await? {
        Read::Whole(bytes) => Ok(bytes),
        Read::Over(_) => Err(Refusal::new(&label::BODY_TOO_LARGE)),
    }
}

enum Collected {
    One(Bytes),
    More(BytesMut),
}

impl Collected {
    fn and(self, next: &[u8], declared: Option<u64>) -> Self {
        let mut more = match self {
            Self::More(more) => more,
            Self::One(first) => {
                let size = declared.and_then(|n| usize::try_from(n).ok());
                let mut more = BytesMut::with_capacity(
                    size.unwrap_or(2 * first.len() + next.len()),
                );
                more.extend_from_slice(&first);
                more
            }
        };
        more.extend_from_slice(next);
        Self::More(more)
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::One(first) => first,
            Self::More(more) => more.freeze(),
        }
    }
}

async fn data(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a caller hung up before its body was sent");
                return Err(Refusal::Bare(axum::http::StatusCode::BAD_REQUEST));
            }
        }
    }
}

/// Read on without keeping anything; answers how many bytes there were.
async fn drain(mut body: Body, mut count: u64) -> u64 {
    while count < DRAIN_BYTES_MAX
        && let Ok(Some(next)) = data(&mut body).await
    {
        count += next.len() as u64;
    }
    count
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
