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
/// A buffer that has grown beyond this gives its memory back when it is empty. What is
/// put into it at once fits, or each time its pages would be asked for again.
const OUTPUT_BYTES_KEPT: usize = 1024 * 1024;

/// Serve one connection to its end.
pub(super) async fn carry<S: AsyncRead + AsyncWrite + Unpin>(stream: S, peer: Peer) {
    let timer = Box::pin(sleep(peer.tick_time()));
    let mut wire = Wire {
        stream,
        peer,
        written: 0,
        unflushed: false,
        spoke: false,
        heard: false,
        read_bytes: READ_BYTES_MIN,
        timer,
    };
    std::future::poll_fn(|cx| wire.turn(cx)).await;
    // TLS says that this is the end. Whoever has gone need not hear it.
    let shut = std::future::poll_fn(|cx| {
        drop(Pin::new(&mut wire.stream).poll_shutdown(cx));
        Poll::Ready(())
    });
    shut.await;
}

struct Wire<S> {
    stream: S,
    peer: Peer,
    /// How much of the output has gone.
    written: usize,
    /// What has gone may still be held by the stream: TLS has a buffer of its own.
    unflushed: bool,
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
                if backlog == 0 && !self.unflushed {
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

    /// Nothing has come for a while: nor are buffers kept for it.
    fn relax(&mut self) {
        let output = self.peer.connection.output();
        if output.is_empty() {
            output.shrink_to(READ_BYTES_MIN);
        }
        let input = self.peer.connection.input();
        if input.is_empty() {
            *input = BytesMut::new();
            self.read_bytes = READ_BYTES_MIN;
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let output = self.peer.connection.output();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::amqp::sasl::Login;
    use ::amqp::{Connection, Open, Settings, Value};
    use ambient::{Clock, Random};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};

    use super::*;
    use crate::amqp::Front;
    use crate::engine::{Disk, Engine, Setup};
    use crate::queue::QueueSettings;
    use crate::sas::Guard;
    use crate::settings::Authentication;

    /// Nothing takes longer here unless it is broken.
    const PATIENCE: Duration = Duration::from_secs(20);
    /// What is under way at once.
    const ROOM: usize = 16;

    /// A stream like that of TLS: it takes what it is given, and passes it on when
    /// there is room and it is asked to.
    struct Holding {
        inner: DuplexStream,
        held: Vec<u8>,
    }

    impl AsyncRead for Holding {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_read(cx, into)
        }
    }

    impl AsyncWrite for Holding {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.held.extend_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<io::Result<()>> {
            let own = self.get_mut();
            while !own.held.is_empty() {
                let gone = Pin::new(&mut own.inner).poll_write(cx, &own.held);
                own.held.drain(..ready!(gone)?);
            }
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<io::Result<()>> {
            self.poll_flush(cx)
        }
    }

    fn peer(folder: &std::path::Path) -> Peer {
        let (clock, random) = (Clock::system(), Random::system());
        let (engine, _) = Engine::open(Setup {
            folder: folder.to_owned(),
            disk: Disk::trial(u64::MAX),
            message_bytes_max: 1000,
            queue_bytes_max: 1000,
            file_bytes: 8192,
            first_use: Vec::new(),
            first_use_settings: QueueSettings::default(),
            clock: clock.clone(),
            random: random.clone(),
        })
        .unwrap();
        let guard = Guard::new(
            Authentication::None,
            Vec::new(),
            std::sync::Arc::new(|_| None),
        );
        Peer::new(Front {
            engine,
            guard,
            clock,
            random,
            imposed: None,
        })
    }

    /// Open and close a connection; answers the last that the broker says.
    async fn visit(mut stream: DuplexStream) -> Vec<u8> {
        let open = Open {
            container: "test".into(),
            hostname: None,
            frame_bytes_max: 512,
            channel_max: 1,
            idle_millis: None,
            properties: Value::Null,
        };
        let mut client = Connection::client(Settings::new(open), Login::Anonymous);
        while client.peer().is_none() {
            stream.write_all(client.output()).await.unwrap();
            client.output().clear();
            stream.read_buf(client.input()).await.unwrap();
            while client.next().unwrap().is_some() {}
        }
        client.close(None);
        stream.write_all(client.output()).await.unwrap();
        let mut last = Vec::new();
        stream.read_to_end(&mut last).await.unwrap();
        last
    }

    #[tokio::test]
    async fn what_the_stream_holds_back_goes_when_there_is_room() {
        let folder = tempfile::TempDir::new().unwrap();
        let (inner, stream) = tokio::io::duplex(ROOM);
        let held = Vec::new();
        let carried = carry(Holding { inner, held }, peer(folder.path()));
        let both = async { tokio::join!(carried, visit(stream)).1 };
        let last = tokio::time::timeout(PATIENCE, both).await;
        let last = last.expect("the end of an answer is missing");
        // Its close, whole, without an error (§2.7.9).
        let close = [0, 0, 0, 15, 2, 0, 0, 0, 0, 0x53, 0x18, 0xc0, 2, 1, 0x40];
        assert_eq!(last, close);
    }
}
