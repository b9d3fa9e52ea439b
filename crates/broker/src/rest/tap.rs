//! Between the socket and HTTP: what HTTP hides and a broker needs to know.
//!
//! How header names were spelled, since a property's name is one; and whether an answer
//! has left, since a message in one that has not must not stay locked.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{HeaderMap, Response, header};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::headers::Spelling;
use crate::engine::{Lock, Receiver};

/// Bytes of what was read that are looked through for names. HTTP's own buffer is no
/// larger.
pub(super) const HEARD_BYTES_MAX: usize = 64 * 1024;

/// What the tap has heard. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Tap(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    read: Vec<u8>,
    /// Messages in answers that have been handed over in full but not left yet.
    leaving: Vec<Lent>,
}

/// A message in an answer: it goes back unless the answer has left.
pub(crate) struct Lent {
    receiver: Receiver,
    lock: Option<Lock>,
}

impl Lent {
    pub(super) fn new(receiver: Receiver, lock: Lock) -> Self {
        Self {
            receiver,
            lock: Some(lock),
        }
    }

    /// The answer has left: it is the client's now.
    fn keep(mut self) {
        self.lock = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.receiver.give_back(self.lock.take());
    }
}

impl Tap {
    /// How the names of the request's headers were spelled. What was read before is
    /// forgotten.
    pub(super) fn spelling(&self, headers: &HeaderMap) -> Spelling {
        let read = std::mem::take(&mut self.lock().read);
        let names = headers
            .keys()
            .filter_map(|name| spelled(&read, name.as_str()));
        Spelling(names.collect())
    }

    fn hear(&self, bytes: &[u8]) {
        let read = &mut self.lock().read;
        read.extend_from_slice(bytes);
        if read.len() > 2 * HEARD_BYTES_MAX {
            read.drain(..read.len() - HEARD_BYTES_MAX);
        }
    }

    /// Everything that was handed over has left.
    fn left(&self) {
        let leaving = std::mem::take(&mut self.lock().leaving);
        leaving.into_iter().for_each(Lent::keep);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

/// The last place where a line begins with this name.
fn spelled(read: &[u8], name: &str) -> Option<String> {
    let length = name.len();
    let line = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| read.get(before));
        let found = read.get(*at..at + length);
        before == Some(&b'\n')
            && read.get(at + length) == Some(&b':')
            && found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    };
    let at = (0..read.len()).rev().find(line)?;
    std::str::from_utf8(&read[at..at + length])
        .ok()
        .map(str::to_owned)
}

/// A stream that is listened to.
pub(super) struct Tapped<S> {
    stream: S,
    tap: Tap,
}

impl<S> Tapped<S> {
    pub(super) fn new(stream: S, tap: Tap) -> Self {
        Self { stream, tap }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        self.tap.hear(&into.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.tap.left();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of an answer, with the message that is in it.
pub(super) struct Carrying {
    body: Body,
    /// Bytes that are still to come, where that is known: HTTP asks for no more then.
    left: Option<u64>,
    lent: Option<Lent>,
    tap: Tap,
}

/// Let an answer carry its message, if it has one, until it has left.
pub(super) fn carry(
    mut answer: Response<Body>,
    tap: &Tap,
) -> Response<UnsyncBoxBody<Bytes, axum::Error>> {
    let lent = answer.extensions_mut().remove::<Arc<Mutex<Option<Lent>>>>();
    let lent = lent.and_then(|lent| lent.lock().ok()?.take());
    let told = answer.headers().get(header::CONTENT_LENGTH);
    let told = told.and_then(|length| length.to_str().ok()?.parse().ok());
    let tap = tap.clone();
    answer.map(|body| {
        UnsyncBoxBody::new(Carrying {
            left: told.or_else(|| body.size_hint().exact()),
            body,
            lent,
            tap,
        })
    })
}

impl hyper::body::Body for Carrying {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let length = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        self.left = self.left.map(|left| left.saturating_sub(length as u64));
        let failed = matches!(frame, Some(Err(_)));
        let over = frame.is_none() || self.left == Some(0) || self.body.is_end_stream();
        if !failed
            && over
            && let Some(lent) = self.lent.take()
        {
            self.tap.lock().leaving.push(lent);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        // An empty body is never asked for: what it carries leaves with the head.
        self.lent.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_they_were_spelled() {
        let read = b"POST /q HTTP/1.1\r\nHost: h\r\nPriority: 1\r\n\r\nx\nPRIORITY\n";
        let of = |name| spelled(read, name);
        assert_eq!(of("host").as_deref(), Some("Host"));
        assert_eq!(of("priority").as_deref(), Some("Priority"));
        assert_eq!(of("prio"), None);
        assert_eq!(of("h"), None);
    }
}
