//! Messages cut into frames: as large as the peer takes, as many as its window holds.

use bytes::Bytes;

use super::Connection;
use crate::frame::{self, AMQP};
use crate::session::{First, Session, Waiting};
use crate::{SessionId, Transfer};

impl Connection {
    /// Send what waited for the window.
    pub(super) fn pump(&mut self, id: SessionId) {
        let frame_bytes_max = self.frame_bytes_max;
        let Connection {
            sessions, output, ..
        } = self;
        let Some(Some(session)) = sessions.get_mut(usize::from(id.channel)) else {
            return;
        };
        while session.remote_window > 0 {
            let Some(mut waiting) = session.waiting.pop_front() else {
                return;
            };
            let mut cut = Cut {
                channel: id.channel,
                handle: waiting.handle,
                first: waiting.first,
                frame_bytes_max,
                more: waiting.more,
            };
            let mut head = &waiting.rest[..];
            let whole = cut.write(output, session, &mut head, &mut &[][..]);
            let sent = waiting.rest.len() - head.len();
            if !whole {
                waiting.rest = waiting.rest.slice(sent..);
                waiting.first = None;
                session.waiting.push_front(waiting);
            }
        }
    }
}

/// A message being cut into frames that the peer takes.
pub(super) struct Cut {
    pub(super) channel: u16,
    pub(super) handle: u32,
    pub(super) first: Option<First>,
    pub(super) frame_bytes_max: usize,
    /// More of the message comes after this.
    pub(super) more: bool,
}

impl Cut {
    /// Write as much as the peer's window takes; the rest waits for it.
    pub(super) fn pieces<'a>(
        mut self,
        out: &mut Vec<u8>,
        session: &mut Session,
        mut head: &'a [u8],
        mut body: &'a [u8],
    ) {
        loop {
            if session.remote_window == 0 || !session.waiting.is_empty() {
                session.waiting.push_back(Waiting {
                    handle: self.handle,
                    first: self.first,
                    rest: Bytes::from([head, body].concat()),
                    more: self.more,
                });
                return;
            }
            if self.write(out, session, &mut head, &mut body) {
                return;
            }
        }
    }

    /// Write one frame with as much as it holds; whether that was all.
    fn write<'a>(
        &mut self,
        out: &mut Vec<u8>,
        session: &mut Session,
        head: &mut &'a [u8],
        body: &mut &'a [u8],
    ) -> bool {
        session.remote_window -= 1;
        session.next_outgoing_id = session.next_outgoing_id.wrapping_add(1);
        let first = self.first.take();
        let mut transfer = Transfer {
            handle: self.handle,
            delivery_id: first.map(|f| f.id),
            tag: first.map(|f| f.tag),
            format: first.map(|f| f.format),
            settled: first.map(|f| f.settled),
            more: self.more,
            aborted: false,
        };
        let start = out.len();
        frame::write(out, AMQP, self.channel, |out| {
            transfer.encode(out);
            let room = self.frame_bytes_max - (out.len() - start);
            if head.len() + body.len() > room && !self.more {
                out.truncate(start + frame::HEADER_BYTES);
                transfer.more = true;
                transfer.encode(out);
            }
            for part in [&mut *head, &mut *body] {
                let room = self.frame_bytes_max - (out.len() - start);
                let (now, later) = part.split_at(part.len().min(room));
                out.extend_from_slice(now);
                *part = later;
            }
        });
        head.is_empty() && body.is_empty()
    }
}
