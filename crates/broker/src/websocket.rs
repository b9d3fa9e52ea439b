//! WebSocket (RFC 6455) as a stream of bytes: AMQP for those behind a proxy.
//!
//! Binary messages only; where one ends means nothing to AMQP.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

/// What every server says (RFC 6455 §1.3).
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Bytes of a frame of ours.
const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a control frame (§5.5).
const CONTROL_BYTES_MAX: u64 = 125;
/// Answers to pings that the client has not taken: beyond, no more are answered.
const ANSWERS_BYTES_MAX: usize = 4096;

/// The answer to a client's key (§4.2.2).
pub(crate) fn accept(key: &str) -> String {
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{SALT}").as_bytes());
    STANDARD.encode(sum)
}

/// The server's end.
pub(crate) struct WebSocket<S> {
    stream: S,
    input: BytesMut,
    /// What of the frame that is being read is still to come, and its mask.
    left: u64,
    mask: [u8; 4],
    turn: usize,
    /// Answers to pings, and frames of which a part has gone.
    output: VecDeque<u8>,
    closed: bool,
}

impl<S> WebSocket<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            left: 0,
            mask: [0; 4],
            turn: 0,
            output: VecDeque::new(),
            closed: false,
        }
    }

    /// Read the head of the next frame, if it is there; whether it was.
    fn head(&mut self) -> io::Result<bool> {
        let Some((first, second)) = self.input.first().zip(self.input.get(1)) else {
            return Ok(false);
        };
        let (kind, masked) = (first & 0x0f, second & 0x80 != 0);
        let short = second & 0x7f;
        let (more, length) = match short {
            126 => (2, self.number(2, 2)),
            127 => (8, self.number(2, 8)),
            short => (0, Some(u64::from(short))),
        };
        let mask = self.input.get(2 + more..2 + more + 4);
        let Some((length, mask)) = length.zip(mask) else {
            return Ok(false);
        };
        if !masked || first & 0x70 != 0 {
            return Err(broken("a frame without a mask, or with unknown bits"));
        }
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        let start = 2 + more + 4;
        match kind {
            CONTINUATION | BINARY => {
                self.input.advance(start);
                (self.left, self.mask, self.turn) = (length, mask, 0);
                Ok(true)
            }
            CLOSE | PING | PONG if length <= CONTROL_BYTES_MAX => {
                let length = usize::try_from(length).unwrap_or_default();
                let Some(data) = self.input.get(start..start + length) else {
                    return Ok(false);
                };
                let data = unmasked(data, mask);
                self.input.advance(start + length);
                self.control(kind, &data);
                Ok(true)
            }
            TEXT => Err(broken("text, where AMQP is binary")),
            _ => Err(broken("an unknown or overlong frame")),
        }
    }

    fn number(&self, at: usize, bytes: usize) -> Option<u64> {
        let bytes = self.input.get(at..at + bytes)?;
        Some(
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    }

    fn control(&mut self, kind: u8, data: &[u8]) {
        if kind == CLOSE {
            self.closed = true;
        }
        let answer = match kind {
            PING => PONG,
            CLOSE => CLOSE,
            _ => return,
        };
        if self.output.len() < ANSWERS_BYTES_MAX {
            let length = u8::try_from(data.len()).unwrap_or_default();
            self.output.extend([0x80 | answer, length]);
            self.output.extend(data);
        }
    }
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

fn unmasked(data: &[u8], mask: [u8; 4]) -> Vec<u8> {
    data.iter()
        .zip(mask.iter().cycle())
        .map(|(d, m)| d ^ m)
        .collect()
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Write what has waited; ready when nothing does any longer.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let (first, _) = self.output.as_slices();
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, first))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            // Answers to pings go when they can, and hold nothing up.
            if let Poll::Ready(Err(error)) = this.poll_output(cx) {
                return Poll::Ready(Err(error));
            }
            if this.closed {
                return Poll::Ready(Ok(()));
            }
            if this.left > 0 && !this.input.is_empty() {
                let left = usize::try_from(this.left).unwrap_or(usize::MAX);
                let count = left.min(this.input.len()).min(into.remaining());
                let mut some = this.input.split_to(count);
                for byte in some.iter_mut() {
                    *byte ^= this.mask[this.turn % 4];
                    this.turn += 1;
                }
                into.put_slice(&some);
                this.left -= count as u64;
                return Poll::Ready(Ok(()));
            }
            if this.left == 0 && this.head()? {
                continue;
            }
            this.input.reserve(FRAME_BYTES_MAX);
            let read = poll_read_buf(Pin::new(&mut this.stream), cx, &mut this.input);
            if ready!(read)? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_output(cx))?;
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let some = &bytes[..bytes.len().min(FRAME_BYTES_MAX)];
        this.output.push_back(0x80 | BINARY);
        match (u8::try_from(some.len()), u16::try_from(some.len())) {
            (Ok(short), _) if short < 126 => this.output.push_back(short),
            (_, Ok(medium)) => {
                this.output.push_back(126);
                this.output.extend(medium.to_be_bytes());
            }
            _ => {
                this.output.push_back(127);
                this.output.extend((some.len() as u64).to_be_bytes());
            }
        }
        this.output.extend(some);
        // What does not go now goes before anything else does.
        match this.poll_output(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(some.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_output(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.closed, true) {
            this.output.extend([0x80 | CLOSE, 0]);
        }
        ready!(this.poll_output(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    // The example of RFC 6455 §1.3.
    #[test]
    fn the_answer_to_a_key_is_that_of_the_rfc() {
        let answer = accept("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    fn block<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.build().unwrap().block_on(future)
    }

    fn frame(first: u8, data: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut out = vec![first];
        match u8::try_from(data.len()) {
            Ok(short) if short < 126 => out.push(0x80 | short),
            _ => {
                out.push(0xfe);
                out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            }
        }
        out.extend(mask);
        out.extend(unmasked(data, mask));
        out
    }

    #[test]
    fn bytes_come_through_whatever_frames_they_are_in() {
        block(async {
            let (mut client, server) = duplex(1 << 20);
            let mut socket = WebSocket::new(server);
            // Two frames of one message, a ping between them, a long one, a close.
            client.write_all(&frame(0x02, b"AM")).await.unwrap();
            client.write_all(&frame(0x89, b"hi")).await.unwrap();
            client.write_all(&frame(0x80, b"QP")).await.unwrap();
            client.write_all(&frame(0x82, &[7; 300])).await.unwrap();
            client.write_all(&frame(0x88, b"")).await.unwrap();
            let mut read = Vec::new();
            socket.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, [b"AMQP".to_vec(), vec![7; 300]].concat());
            let mut answers = [0; 6];
            client.read_exact(&mut answers).await.unwrap();
            assert_eq!(answers, [0x8a, 2, b'h', b'i', 0x88, 0]);
        });
    }

    #[test]
    fn what_is_written_is_framed() {
        block(async {
            let (mut client, server) = duplex(1 << 20);
            let mut socket = WebSocket::new(server);
            socket.write_all(b"AMQP").await.unwrap();
            socket.write_all(&[1; 300]).await.unwrap();
            socket.write_all(&vec![2; 70_000]).await.unwrap();
            socket.shutdown().await.unwrap();
            drop(socket);
            let mut all = Vec::new();
            client.read_to_end(&mut all).await.unwrap();
            assert_eq!(&all[..6], [0x82, 4, b'A', b'M', b'Q', b'P']);
            assert_eq!(&all[6..10], [0x82, 126, 1, 44]);
            assert_eq!(&all[310..320], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
            assert_eq!(all[all.len() - 2..], [0x88, 0]);
        });
    }

    #[test]
    fn what_is_no_frame_ends_the_connection() {
        for wrong in [
            vec![0x82, 4, 1, 2, 3, 4, 5, 6, 7, 8],
            frame(0x81, b"text"),
            frame(0xc2, b"x"),
            frame(0x83, b"x"),
        ] {
            block(async {
                let (mut client, server) = duplex(1000);
                let mut socket = WebSocket::new(server);
                client.write_all(&wrong).await.unwrap();
                assert!(socket.read(&mut [0; 10]).await.is_err(), "{wrong:?}");
            });
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            block(async {
                let (mut client, server) = duplex(1 << 20);
                let mut socket = WebSocket::new(server);
                client.write_all(&bytes).await.unwrap();
                client.shutdown().await.unwrap();
                let mut read = Vec::new();
                let _ = socket.read_to_end(&mut read).await;
                assert!(read.len() <= bytes.len());
            });
        }
    }
}
