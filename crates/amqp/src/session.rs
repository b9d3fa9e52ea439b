//! A session: transfer windows, unsettled deliveries, links by handle (§2.5).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::link::Link;
use crate::{Disposition, Flow, LinkId, Outcome, Role, Tag};

/// How many transfers we say we can take; said anew when half is used. It is not
/// enforced: Python counts its transfers differently from us (servicebus §2.1).
pub(crate) const WINDOW: u32 = 5000;
/// Deliveries whose outcome we wait for. Beyond, the oldest are forgotten, whose locks
/// have long run out: without a limit a peer that never settles would fill us up.
const UNSETTLED_MAX: usize = 65_536;

/// Names a session of a connection. Never reused.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId {
    pub(crate) channel: u16,
    pub(crate) epoch: u32,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) epoch: u32,
    pub(crate) remote_channel: Option<u16>,
    /// We have sent our end; what the peer says in between is of no interest.
    pub(crate) ending: bool,
    pub(crate) next_incoming_id: u32,
    pub(crate) incoming_left: u32,
    pub(crate) next_outgoing_id: u32,
    /// Transfers that the peer still takes.
    pub(crate) remote_window: u32,
    /// The highest handle that the peer takes.
    pub(crate) handle_max: u32,
    pub(crate) links: Vec<Option<Link>>,
    /// Ours, by the peer's handle.
    pub(crate) handles: Vec<Option<u32>>,
    pub(crate) waiting: VecDeque<Waiting>,
    pub(crate) unsettled: Unsettled,
    /// What is said of deliveries, held back while it can be said of more at once.
    pub(crate) runs: [Option<Disposition>; 2],
}

/// Parts of a message for which the peer's window had no room.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) handle: u32,
    pub(crate) first: Option<First>,
    pub(crate) rest: Bytes,
    /// More of the message comes after this.
    pub(crate) more: bool,
}

/// What only the first transfer of a delivery says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct First {
    pub(crate) id: u32,
    pub(crate) tag: Tag,
    pub(crate) format: u32,
    pub(crate) settled: bool,
}

impl Session {
    pub(crate) fn new(epoch: u32) -> Self {
        Self {
            epoch,
            remote_channel: None,
            ending: false,
            next_incoming_id: 0,
            incoming_left: WINDOW,
            next_outgoing_id: 0,
            remote_window: 0,
            handle_max: u32::MAX,
            links: Vec::new(),
            handles: Vec::new(),
            waiting: VecDeque::new(),
            unsettled: Unsettled::default(),
            runs: [None, None],
        }
    }

    /// The link that the peer means by this handle of its own.
    pub(crate) fn by_remote(&mut self, handle: u32) -> Option<(u32, &mut Link)> {
        let local = (*self.handles.get(handle as usize)?)?;
        let link = self.links.get_mut(local as usize)?.as_mut()?;
        Some((local, link))
    }

    /// The link, if it is still the one that the id was made for.
    pub(crate) fn link(&mut self, id: LinkId) -> Option<&mut Link> {
        let link = self.links.get_mut(id.handle as usize)?.as_mut()?;
        (link.epoch == id.epoch).then_some(link)
    }

    /// The link on which this was sent, and what it was called.
    pub(crate) fn name(
        &self,
        session: SessionId,
        sent: Sent,
    ) -> Option<(LinkId, u128)> {
        let link = self.links.get(sent.handle as usize)?.as_ref()?;
        let link = LinkId {
            session,
            handle: sent.handle,
            epoch: link.epoch,
        };
        Some((link, sent.key))
    }

    /// Give the link a free handle; none when the peer takes no more.
    pub(crate) fn place(&mut self, link: Link) -> Option<u32> {
        let free = self.links.iter().position(Option::is_none);
        let handle = free.unwrap_or(self.links.len());
        let number = u32::try_from(handle).ok()?;
        if number > self.handle_max {
            return None;
        }
        if free.is_none() {
            self.links.push(None);
        }
        self.links[handle] = Some(link);
        Some(number)
    }

    /// Let the peer's handle mean this link from now on.
    pub(crate) fn map(&mut self, remote: u32, local: u32) -> bool {
        let index = remote as usize;
        if self.handles.len() <= index {
            self.handles.resize(index + 1, None);
        }
        let free = self.handles[index].is_none();
        if free {
            self.handles[index] = Some(local);
        }
        free
    }

    /// Forget the link; answers how much of a message had come on it.
    pub(crate) fn remove(&mut self, handle: u32) -> usize {
        let place = self.links.get_mut(handle as usize);
        let Some(link) = place.and_then(Option::take) else {
            return 0;
        };
        if let Some(remote) = link.remote_handle {
            self.handles[remote as usize] = None;
        }
        self.waiting.retain(|w| w.handle != handle);
        self.unsettled.forget(handle);
        link.gathered()
    }

    /// Bytes of messages that are not whole yet.
    pub(crate) fn gathered(&self) -> usize {
        self.links.iter().flatten().map(Link::gathered).sum()
    }

    /// How many transfers the peer takes now, after what it said (§2.5.6).
    pub(crate) fn widen(&mut self, flow: &Flow) {
        let expected = flow.next_incoming_id.unwrap_or(0);
        let under_way = self.next_outgoing_id.wrapping_sub(expected);
        self.remote_window = if under_way > u32::MAX / 2 {
            // It counts differently from us; its window is all we can go by.
            flow.incoming_window
        } else {
            flow.incoming_window.saturating_sub(under_way)
        };
    }

    /// Whether another delivery can be begun.
    pub(crate) fn is_open(&self) -> bool {
        !self.ending && self.waiting.is_empty() && self.remote_window > 0
    }

    /// Our half of a flow.
    pub(crate) fn flow(&mut self) -> Flow {
        self.incoming_left = WINDOW;
        Flow {
            // §2.7.4: it must be set once the peer's begin has come, and not before.
            next_incoming_id: self.remote_channel.and(Some(self.next_incoming_id)),
            incoming_window: WINDOW,
            next_outgoing_id: self.next_outgoing_id,
            outgoing_window: WINDOW,
            handle: None,
            delivery_count: None,
            link_credit: None,
            available: None,
            drain: false,
            echo: false,
        }
    }

    /// Say this of the delivery, together with the ones before it where that can be.
    /// Returns what must be said first.
    pub(crate) fn join(
        &mut self,
        role: Role,
        id: u32,
        settled: bool,
        outcome: Outcome,
    ) -> Option<Disposition> {
        let run = &mut self.runs[usize::from(role == Role::Receiver)];
        if let Some(run) = run {
            let next = run.last.wrapping_add(1) == id && run.settled == settled;
            if next && run.outcome.as_ref() == Some(&outcome) {
                run.last = id;
                return None;
            }
        }
        run.replace(Disposition {
            role,
            first: id,
            last: id,
            settled,
            outcome: Some(outcome),
        })
    }
}

/// Deliveries that we sent and whose outcome is still to come, in the order of their
/// numbers. One that is long in coming does not keep those after it.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    next: u32,
    entries: VecDeque<(u32, Option<Sent>)>,
    gone: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) handle: u32,
    pub(crate) key: u128,
}

impl Unsettled {
    /// Number the next delivery.
    pub(crate) fn push(&mut self, sent: Option<Sent>) -> u32 {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        if sent.is_some() {
            self.entries.push_back((id, sent));
        }
        if self.entries.len() - self.gone > UNSETTLED_MAX {
            self.entries.pop_front();
            self.trim();
        }
        id
    }

    /// The first at or after `from` and not after `last`.
    pub(crate) fn find(&self, from: u32, last: u32) -> Option<(u32, Sent)> {
        let start = self.place(from).unwrap_or_else(|at| at);
        let mut rest = self.entries.range(start.min(self.entries.len())..);
        let (id, sent) = rest.find_map(|(id, sent)| Some((*id, (*sent)?)))?;
        // Serial numbers (RFC 1982): what lies "after" is less than half of all away.
        (last.wrapping_sub(id) <= u32::MAX / 2).then_some((id, sent))
    }

    /// Forget one.
    pub(crate) fn take(&mut self, id: u32) -> Option<Sent> {
        let at = self.place(id).ok()?;
        let sent = self.entries.get_mut(at)?.1.take();
        self.gone += usize::from(sent.is_some());
        self.trim();
        sent
    }

    fn forget(&mut self, handle: u32) {
        let others = |sent: Sent| sent.handle != handle;
        self.entries.retain(|(_, sent)| sent.is_some_and(others));
        self.gone = 0;
    }

    /// Where the number stands, or would.
    fn place(&self, id: u32) -> Result<usize, usize> {
        let Some((first, _)) = self.entries.front() else {
            return Err(0);
        };
        let offset = |id: u32| {
            let offset = id.wrapping_sub(*first);
            // What lies before the first.
            if offset > u32::MAX / 2 {
                None
            } else {
                Some(offset)
            }
        };
        let Some(wanted) = offset(id) else {
            return Err(0);
        };
        self.entries
            .binary_search_by_key(&Some(wanted), |(id, _)| offset(*id))
    }

    fn trim(&mut self) {
        while let Some((_, None)) = self.entries.front() {
            self.entries.pop_front();
            self.gone -= 1;
        }
        if self.gone > 64 && self.gone * 2 > self.entries.len() {
            self.entries.retain(|(_, sent)| sent.is_some());
            self.gone = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(key: u128) -> Sent {
        Sent { handle: 0, key }
    }

    // > it MUST be set if the peer has received the begin frame for the session, and it
    // > MUST NOT be set if it has not (§2.7.4): RabbitMQ ends the session otherwise.
    #[test]
    fn a_flow_before_the_peers_begin_expects_nothing() {
        let mut session = Session::new(1);
        assert_eq!(session.flow().next_incoming_id, None);
        session.remote_channel = Some(0);
        session.next_incoming_id = u32::MAX - 3;
        assert_eq!(session.flow().next_incoming_id, Some(u32::MAX - 3));
    }

    #[test]
    fn one_that_is_long_in_coming_is_not_forgotten() {
        let mut unsettled = Unsettled {
            // Across the end of the numbers.
            next: u32::MAX - 10,
            ..Unsettled::default()
        };
        let first = unsettled.push(Some(sent(7)));
        for key in 0..200_000 {
            let id = unsettled.push(Some(sent(key)));
            assert_eq!(unsettled.find(id, id).map(|(_, s)| s.key), Some(key));
            assert!(unsettled.take(id).is_some());
        }
        assert!(unsettled.entries.len() < 200);
        assert_eq!(unsettled.take(first), Some(sent(7)));
        assert_eq!(unsettled.find(first, first.wrapping_add(1000)), None);
    }

    #[test]
    fn beyond_a_limit_the_oldest_go() {
        let mut unsettled = Unsettled::default();
        for key in 0..UNSETTLED_MAX as u128 + 10 {
            unsettled.push(Some(sent(key)));
        }
        assert_eq!(unsettled.entries.len(), UNSETTLED_MAX);
        assert_eq!(unsettled.take(9), None);
        assert_eq!(unsettled.take(10), Some(sent(10)));
    }

    #[test]
    fn a_range_finds_what_is_in_it() {
        let mut unsettled = Unsettled::default();
        for key in 0..10 {
            unsettled.push(Some(sent(key)));
        }
        unsettled.take(3);
        assert_eq!(unsettled.find(3, u32::MAX / 2).map(|(id, _)| id), Some(4));
        assert_eq!(unsettled.find(0, 0).map(|(id, _)| id), Some(0));
        assert_eq!(unsettled.find(10, 20), None);
        assert_eq!(unsettled.find(5, 4), None);
    }
}
