//! Bytes between the socket and the road: reading goes on while writing waits, or two
//! sides with full buffers would wait for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

use super::Command;
use super::road::Road;
use crate::Error;

/// What one read can bring.
const READ_BYTES: usize = 64 * 1024;
/// Bytes that the service has not taken: beyond, no further commands are.
const BACKLOG_BYTES_MAX: usize = 1024 * 1024;
/// A buffer that has grown beyond this gives its memory back when it is empty.
const OUTPUT_BYTES_KEPT: usize = 256 * 1024;

/// Carry until the connection ends or nobody has a command any longer; says why.
pub(super) async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    road: &mut Road,
    commands: &mut mpsc::Receiver<Command>,
) -> Ended {
    let mut wire = Wire {
        stream,
        road,
        commands,
        written: 0,
        unflushed: false,
        spoke: false,
        ending: false,
        timer: Box::pin(sleep(Road::TICK_TIME)),
        buffer: vec![0; READ_BYTES].into(),
    };
    std::future::poll_fn(|cx| wire.turn(cx)).await
}

/// Why a connection ended.
pub(super) enum Ended {
    /// Nobody needs it any longer.
    Unneeded,
    /// It broke.
    Broken(Error),
}

impl Ended {
    fn broken(words: &dyn std::fmt::Display) -> Self {
        Self::Broken(Error::Unreachable(words.to_string()))
    }
}

struct Wire<'a, S> {
    stream: S,
    road: &'a mut Road,
    commands: &'a mut mpsc::Receiver<Command>,
    /// How much of the output has gone.
    written: usize,
    /// What has gone may still be held by the stream: TLS has a buffer of its own.
    unflushed: bool,
    /// Whether anything has gone since the timer rang.
    spoke: bool,
    /// Nobody has a command any longer.
    ending: bool,
    timer: Pin<Box<Sleep>>,
    buffer: Box<[u8]>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<'_, S> {
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        loop {
            let mut moved = self.command(cx);
            self.road.work();
            match self.write(cx) {
                Poll::Ready(Ok(more)) => moved |= more,
                Poll::Ready(Err(e)) => return Poll::Ready(Ended::broken(&e)),
                Poll::Pending => {}
            }
            let all_gone = self.backlog() == 0 && !self.unflushed;
            if self.road.connection.is_closed() && all_gone {
                return Poll::Ready(if self.ending {
                    Ended::Unneeded
                } else {
                    Ended::Broken(self.road.last_words())
                });
            }
            match self.read(cx) {
                Poll::Ready(Ok(true)) => moved = true,
                Poll::Ready(Ok(false)) => {
                    return Poll::Ready(Ended::Broken(self.road.last_words()));
                }
                Poll::Ready(Err(e)) => return Poll::Ready(Ended::broken(&e)),
                Poll::Pending => {}
            }
            if self.timer.as_mut().poll(cx).is_ready() {
                moved = true;
                if !self.road.tick(std::mem::take(&mut self.spoke)) {
                    let words = &"the message service has fallen silent";
                    return Poll::Ready(Ended::broken(words));
                }
                let next = Instant::now() + self.road.tick_time();
                self.timer.as_mut().reset(next);
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    /// Take what is asked, as long as there is room to do it.
    fn command(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.ending && self.backlog() < BACKLOG_BYTES_MAX {
            match self.commands.poll_recv(cx) {
                Poll::Ready(Some(command)) => self.road.obey(command),
                Poll::Ready(None) => {
                    self.ending = true;
                    self.road.close();
                }
                Poll::Pending => return moved,
            }
            moved = true;
        }
        moved
    }

    fn backlog(&mut self) -> usize {
        self.road.connection.output().len() - self.written
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut buffer = ReadBuf::new(&mut self.buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        let read = buffer.filled();
        if read.is_empty() {
            return Poll::Ready(Ok(false));
        }
        self.road.connection.input().extend_from_slice(read);
        self.road.hear();
        Poll::Ready(Ok(true))
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let output = self.road.connection.output();
        while self.written < output.len() {
            let rest = &output[self.written..];
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            self.unflushed = true;
            self.spoke = true;
        }
        if self.written > 0 {
            output.clear();
            output.shrink_to(OUTPUT_BYTES_KEPT);
            self.written = 0;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        }
        Poll::Ready(Ok(std::mem::take(&mut self.unflushed)))
    }
}
