//! Bytes between a socket and a peer: many frames in one read, many in one write.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::io::poll_read_buf;

use super::peer::Peer;

/// What one read can bring.
const READ_BYTES: usize = 64 * 1024;
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
        if input.capacity() - input.len() < READ_BYTES / 4 {
            input.reserve(READ_BYTES);
        }
        let count = ready!(poll_read_buf(Pin::new(&mut self.stream), cx, input))?;
        if count > 0 {
            self.peer.hear();
        }
        Poll::Ready(Ok(count > 0))
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
