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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    /// Forget the link.
    pub(crate) fn remove(&mut self, handle: u32) {
        let place = self.links.get_mut(handle as usize);
        if let Some(link) = place.and_then(Option::take) {
            if let Some(remote) = link.remote_handle {
                self.handles[remote as usize] = None;
            }
            self.waiting.retain(|w| w.handle != handle);
            self.unsettled.forget(handle);
        }
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
            next_incoming_id: Some(self.next_incoming_id),
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

/// Deliveries that we sent and whose outcome is still to come, by their numbers,
/// which are consecutive.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    first: u32,
    entries: VecDeque<Option<Sent>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) handle: u32,
    pub(crate) key: u128,
}

impl Unsettled {
    /// Number the next delivery.
    pub(crate) fn push(&mut self, sent: Option<Sent>) -> u32 {
        let id = self.first.wrapping_add(self.count());
        self.entries.push_back(sent);
        if self.entries.len() > UNSETTLED_MAX {
            self.entries.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.trim();
        id
    }

    /// The first at or after `from` and not after `last`.
    pub(crate) fn find(&self, from: u32, last: u32) -> Option<(u32, Sent)> {
        // Serial numbers (RFC 1982): what lies "before" the first counts as negative.
        let end = last.wrapping_sub(self.first);
        if end > u32::MAX / 2 || self.entries.is_empty() {
            return None;
        }
        let start = from.wrapping_sub(self.first);
        let start = if start > u32::MAX / 2 { 0 } else { start };
        let end = end.min(self.count() - 1);
        (start..=end).find_map(|offset| {
            let sent = self.entries[offset as usize]?;
            Some((self.first.wrapping_add(offset), sent))
        })
    }

    /// Forget one.
    pub(crate) fn take(&mut self, id: u32) -> Option<Sent> {
        let offset = id.wrapping_sub(self.first) as usize;
        let sent = self.entries.get_mut(offset)?.take();
        self.trim();
        sent
    }

    fn forget(&mut self, handle: u32) {
        for entry in &mut self.entries {
            if entry.is_some_and(|sent| sent.handle == handle) {
                *entry = None;
            }
        }
        self.trim();
    }

    fn trim(&mut self) {
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }
}
