//! Azure's patience: a link that is not used ends, and so does a connection without links
//! (servicebus §2.1). And a link may end at any time, when Azure moves its queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amqp::{Condition, LinkId, condition};
use jiff::Timestamp;

use super::peer::Peer;
use crate::azure::{Imposed, Seat};

const LINK_TIME_MAX: Duration = Duration::from_mins(10);
/// > inactive for more than the allowed 300000 milliseconds
const CONNECTION_TIME_MAX: Duration = Duration::from_mins(5);

/// How one connection uses what it has.
pub(super) struct Idle {
    imposed: Arc<Imposed>,
    links: HashMap<LinkId, Used>,
    /// Since when there is no link, if there is none.
    alone_since: Timestamp,
    /// Its place; none when there was none left.
    seat: Option<Seat>,
}

struct Used {
    at: Timestamp,
    messages: u32,
}

impl Idle {
    pub(super) fn new(imposed: &Arc<Imposed>, now: Timestamp) -> Self {
        Self {
            imposed: Arc::clone(imposed),
            links: HashMap::new(),
            alone_since: now,
            seat: imposed.seat(),
        }
    }
}

impl Peer {
    /// Refuse a connection for which there is no place.
    pub(super) fn seat(&mut self) {
        if self.idle.as_ref().is_some_and(|idle| idle.seat.is_none()) {
            let words = "the namespace has as many connections as it may";
            let error = Condition::new(condition::RESOURCE_LIMIT, words);
            self.connection.close(Some(error));
        }
    }

    /// The link is there from now on.
    pub(super) fn watch(&mut self, link: LinkId) {
        let (at, messages) = (self.front.clock.now(), 0);
        if let Some(idle) = &mut self.idle {
            idle.links.insert(link, Used { at, messages });
        }
    }

    /// The link is used: for so many messages. One that has carried its share ends.
    pub(super) fn used(&mut self, link: LinkId, messages: u32) {
        let now = self.front.clock.now();
        let Some(idle) = &mut self.idle else { return };
        let Some(used) = idle.links.get_mut(&link) else {
            return;
        };
        used.at = now;
        used.messages += messages;
        let most = idle.imposed.azure.detach_after;
        if most.is_some_and(|most| used.messages >= most) {
            self.force_off(link, "the link is moved to another node");
        }
    }

    /// End what is not used.
    pub(super) fn end_idle(&mut self) {
        let now = self.front.clock.now();
        let Some(idle) = &mut self.idle else { return };
        let since = |at: Timestamp| now.duration_since(at).unsigned_abs();
        let over = idle.links.iter();
        let over = over.filter(|(_, used)| since(used.at) >= LINK_TIME_MAX);
        let over: Vec<LinkId> = over.map(|(id, _)| *id).collect();
        for link in over {
            self.force_off(link, "IdleTimerExpired: Idle timeout: 00:10:00");
        }
        let Some(idle) = &self.idle else { return };
        if idle.links.is_empty() && since(idle.alone_since) >= CONNECTION_TIME_MAX {
            let words = "The connection was inactive for more than the allowed 300000 \
                         milliseconds and is closed";
            let error = Condition::new(condition::CONNECTION_FORCED, words);
            self.connection.close(Some(error));
        }
    }

    /// Links that are gone are no longer watched.
    pub(super) fn unwatch(&mut self, gone: impl Fn(&LinkId) -> bool) {
        let now = self.front.clock.now();
        if let Some(idle) = &mut self.idle
            && !idle.links.is_empty()
        {
            idle.links.retain(|id, _| !gone(id));
            idle.alone_since = now;
        }
    }

    fn force_off(&mut self, link: LinkId, words: &str) {
        let error = Condition::new(condition::DETACH_FORCED, words);
        self.connection.detach(link, Some(error));
        self.forget(|id| *id == link);
    }
}
