//! A stream of bytes inside a WebSocket (RFC 6455), the client's end: AMQP from networks
//! that let nothing but HTTPS out.
//!
//! Binary messages only; where one ends means nothing to AMQP.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ambient::Random;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// > `wss://host:443/$servicebus/websocket` (servicebus §3)
const PATH: &str = "/$servicebus/websocket";
/// What every server says (RFC 6455 §1.3).
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of the answer to the first request.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a frame of ours, and of one read.
const FRAME_BYTES_MAX: usize = 64 * 1024;
const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Bytes of a control frame (§5.5).
const CONTROL_BYTES_MAX: u64 = 125;
/// Answers to pings that the service has not taken: beyond, no more are given. It may be
/// satisfied with the latest of them (§5.5.3), or hang up.
const ANSWERS_BYTES_MAX: usize = 4096;

/// The client's end.
pub(super) struct WebSocket<S> {
    stream: S,
    random: Random,
    /// What was read and not looked at.
    input: VecDeque<u8>,
    /// What of the frame that is being read is still to come.
    left: u64,
    output: VecDeque<u8>,
    closed: bool,
    buffer: Box<[u8]>,
}

/// Ask the host for a WebSocket.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    host: &str,
    random: Random,
) -> io::Result<WebSocket<S>> {
    let mut key = [0; 16];
    random.fill(&mut key);
    let key = STANDARD.encode(key);
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: AMQPWSB10\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(broken("its answer does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    if first.split(' ').nth(1) != Some("101") {
        return Err(broken(&format!("it gives no WebSocket: {first:.80}")));
    }
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{SALT}").as_bytes());
    let expected = STANDARD.encode(sum);
    let accepted =
        lines
            .filter_map(|line| line.split_once(':'))
            .any(|(name, value)| {
                name.eq_ignore_ascii_case("Sec-WebSocket-Accept")
                    && value.trim() == expected
            });
    if !accepted {
        return Err(broken("it answers another's request for a WebSocket"));
    }
    Ok(WebSocket {
        stream,
        random,
        input: VecDeque::new(),
        left: 0,
        output: VecDeque::new(),
        closed: false,
        buffer: vec![0; FRAME_BYTES_MAX].into(),
    })
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

impl<S> WebSocket<S> {
    /// Read the head of the next frame, if it is there; whether it was.
    fn head(&mut self) -> io::Result<bool> {
        let byte = |at: usize| self.input.get(at).copied();
        let Some((first, second)) = byte(0).zip(byte(1)) else {
            return Ok(false);
        };
        let more = match second {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.input.len() < 2 + more {
            return Ok(false);
        }
        if second & 0x80 != 0 || first & 0x70 != 0 {
            return Err(broken("a frame with a mask, or with unknown bits"));
        }
        let long = self.input.range(2..2 + more);
        let length = match more {
            0 => u64::from(second),
            _ => long.fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        match first & 0x0f {
            CONTINUATION | BINARY => {
                self.input.drain(..2 + more);
                self.left = length;
                Ok(true)
            }
            kind @ (CLOSE | PING | PONG) if length <= CONTROL_BYTES_MAX => {
                let end = 2 + usize::try_from(length).unwrap_or_default();
                if self.input.len() < end {
                    return Ok(false);
                }
                let data: Vec<u8> = self.input.drain(..end).skip(2).collect();
                match kind {
                    CLOSE => {
                        self.closed = true;
                        self.frame(CLOSE, &data);
                    }
                    PING if self.output.len() < ANSWERS_BYTES_MAX => {
                        self.frame(PONG, &data);
                    }
                    _ => {}
                }
                Ok(true)
            }
            _ => Err(broken("a frame that is not binary")),
        }
    }

    /// Lay a frame out to be written, under a mask (§5.3).
    fn frame(&mut self, kind: u8, data: &[u8]) {
        self.output.push_back(0x80 | kind);
        match (u8::try_from(data.len()), u16::try_from(data.len())) {
            (Ok(short), _) if short < 126 => self.output.push_back(0x80 | short),
            (_, Ok(medium)) => {
                self.output.push_back(0xfe);
                self.output.extend(medium.to_be_bytes());
            }
            _ => {
                self.output.push_back(0xff);
                self.output.extend((data.len() as u64).to_be_bytes());
            }
        }
        let mut mask = [0; 4];
        self.random.fill(&mut mask);
        self.output.extend(mask);
        let masked = data.iter().zip(mask.iter().cycle()).map(|(d, m)| d ^ m);
        self.output.extend(masked);
    }
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
                let (some, _) = this.input.as_slices();
                let left = usize::try_from(this.left).unwrap_or(usize::MAX);
                let count = left.min(some.len()).min(into.remaining());
                into.put_slice(&some[..count]);
                this.input.drain(..count);
                this.left -= count as u64;
                return Poll::Ready(Ok(()));
            }
            if this.left == 0 && this.head()? {
                continue;
            }
            let mut read = ReadBuf::new(&mut this.buffer);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.input.extend(read.filled());
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
        let some = &bytes[..bytes.len().min(FRAME_BYTES_MAX)];
        if some.is_empty() {
            return Poll::Ready(Ok(0));
        }
        this.frame(BINARY, some);
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
            this.frame(CLOSE, &[]);
        }
        ready!(this.poll_output(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    /// A client that has shaken hands with whoever answers so to its key.
    async fn with(
        answer: impl FnOnce(&str) -> String,
    ) -> io::Result<(WebSocket<DuplexStream>, DuplexStream)> {
        let (here, mut there) = duplex(1 << 20);
        let asked = upgrade(here, "x.servicebus.windows.net", Random::seeded(1));
        let answered = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(there.read_u8().await?);
            }
            let head = String::from_utf8(head).unwrap();
            let key = head.split("Sec-WebSocket-Key: ").nth(1).unwrap();
            let key = key.lines().next().unwrap();
            there.write_all(answer(key).as_bytes()).await
        };
        let (socket, answered) = tokio::join!(asked, answered);
        answered?;
        Ok((socket?, there))
    }

    fn accepted(key: &str) -> String {
        let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{SALT}").as_bytes());
        let sum = STANDARD.encode(sum);
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {sum}\r\n\r\n"
        )
    }

    // RFC 6455 §5.7: an unmasked "Hello" in two frames, a ping with it between, and what
    // a client answers, under whatever mask.
    #[tokio::test]
    async fn frames_are_those_of_the_rfc() {
        let (mut socket, mut there) = with(accepted).await.unwrap();
        there.write_all(b"\x02\x03Hel").await.unwrap();
        there.write_all(b"\x89\x05Hello").await.unwrap();
        there.write_all(b"\x80\x02lo").await.unwrap();
        let mut read = [0; 5];
        socket.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"Hello");
        socket.flush().await.unwrap();
        let mut pong = [0; 11];
        there.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong[..2], [0x8a, 0x85]);
        let data = pong[6..].iter().zip(pong[2..6].iter().cycle());
        assert_eq!(data.map(|(d, m)| d ^ m).collect::<Vec<_>>(), b"Hello");

        // 256 bytes have their length in two octets (the same section).
        socket.write_all(&[7; 256]).await.unwrap();
        let mut head = [0; 8];
        there.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..4], [0x82, 0xfe, 0x01, 0x00]);
        there.read_exact(&mut [0; 256]).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut close = [0; 6];
        there.read_exact(&mut close).await.unwrap();
        assert_eq!(close[..2], [0x88, 0x80]);
    }

    // > If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response
    // > to previous Ping frame(s), the endpoint MAY elect to send a Pong frame for only the
    // > most recently processed (RFC 6455 §5.5.3)
    #[tokio::test]
    async fn pings_without_end_take_no_memory_without_end() {
        let (mut socket, mut there) = with(accepted).await.unwrap();
        let pings = async {
            for _ in 0..10_000 {
                there.write_all(b"\x89\x05Hello").await.unwrap();
            }
            there.write_all(b"\x82\x02hi").await.unwrap();
            there
        };
        let mut read = [0; 2];
        let (_there, read_to) = tokio::join!(pings, socket.read_exact(&mut read));
        read_to.unwrap();
        assert_eq!(&read, b"hi");
        assert!(socket.output.len() < ANSWERS_BYTES_MAX + 200);
    }

    #[tokio::test]
    async fn whoever_gives_none_is_named() {
        for (answer, part) in [
            ("HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
            ("HTTP/1.1 101 Yes\r\n\r\n", "another's request"),
            (
                "HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
                "another's request",
            ),
        ] {
            let refused = with(|_| answer.to_owned()).await;
            let words = refused.err().expect("it is none").to_string();
            assert!(words.contains(part), "{words}");
        }
        for wrong in [b"\x81\x02hi".as_slice(), b"\x82\x82....", b"\xc2\x00"] {
            let (mut socket, mut there) = with(accepted).await.unwrap();
            there.write_all(wrong).await.unwrap();
            assert!(socket.read(&mut [0; 9]).await.is_err(), "{wrong:?}");
        }
    }
}
