//! Bytes between a socket and a peer: many frames in one read, many in one write.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::io::poll_read_buf;

use super::peer::Peer;

/// What one read can bring: little from those who have little to say, since there may
/// be thousands of them.
const READ_BYTES_MIN: usize = 2 * 1024;
const READ_BYTES_MAX: usize = 256 * 1024;
/// A buffer that has grown beyond this gives its memory back when it is empty.
const OUTPUT_BYTES_KEPT: usize = 256 * 1024;

/// Serve one connection to its end.
pub(super) async fn carry<S: AsyncRead + AsyncWrite + Unpin>(stream: S, peer: Peer) {
    let timer = Box::pin(sleep(peer.tick_time()));
    let mut wire = Wire {
        stream,
        peer,
        written: 0,
        spoke: false,
        heard: false,
        read_bytes: READ_BYTES_MIN,
        timer,
    };
    std::future::poll_fn(|cx| wire.turn(cx)).await;
}

struct Wire<S> {
    stream: S,
    peer: Peer,
    /// How much of the output has gone.
    written: usize,
    /// Whether anything has gone since the timer rang.
    spoke: bool,
    /// Whether anything has come since then.
    heard: bool,
    /// What the next read is to bring.
    read_bytes: usize,
    timer: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Go round until nothing moves; ready when the connection is over. Reading goes
    /// on while writing waits, or two sides with full buffers would wait for ever.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut moved = self.peer.finish(cx);
            let backlog = self.peer.connection.output().len() - self.written;
            moved |= self.peer.deliver(backlog);
            match self.write(cx) {
                Poll::Ready(Ok(more)) => moved |= more,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            let backlog = self.peer.connection.output().len() - self.written;
            if self.peer.connection.is_closed() {
                if backlog == 0 {
                    return Poll::Ready(());
                }
            } else if self.peer.may_read(backlog) {
                match self.read(cx) {
                    Poll::Ready(Ok(true)) => moved = true,
                    Poll::Ready(Ok(false) | Err(_)) => return Poll::Ready(()),
                    Poll::Pending => {}
                }
            }
            if self.timer.as_mut().poll(cx).is_ready() {
                moved = true;
                if !self.peer.tick(std::mem::take(&mut self.spoke)) {
                    return Poll::Ready(());
                }
                if !std::mem::take(&mut self.heard) {
                    self.relax();
                }
                let next = Instant::now() + self.peer.tick_time();
                self.timer.as_mut().reset(next);
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let input: &mut BytesMut = self.peer.connection.input();
        if input.capacity() - input.len() < self.read_bytes / 4 {
            input.reserve(self.read_bytes);
        }
        let room = input.capacity() - input.len();
        let read = poll_read_buf(Pin::new(&mut self.stream), cx, input);
        let count = ready!(read)?;
        if count == room {
            self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
        }
        if count > 0 {
            self.heard = true;
            self.peer.hear();
            // Its open may say that it waits for less than we have planned.
            let next = Instant::now() + self.peer.tick_time();
            if next < self.timer.deadline() {
                self.timer.as_mut().reset(next);
            }
        }
        Poll::Ready(Ok(count > 0))
    }

    /// Nothing has come for a while: nor is a buffer kept for it.
    fn relax(&mut self) {
        let input = self.peer.connection.input();
        if input.is_empty() {
            *input = BytesMut::new();
            self.read_bytes = READ_BYTES_MIN;
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let output = self.peer.connection.output();
        if output.is_empty() {
            return Poll::Ready(Ok(false));
        }
        while self.written < output.len() {
            let rest = &output[self.written..];
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            self.spoke = true;
        }
        output.clear();
        output.shrink_to(OUTPUT_BYTES_KEPT);
        self.written = 0;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        Poll::Ready(Ok(true))
    }
}
