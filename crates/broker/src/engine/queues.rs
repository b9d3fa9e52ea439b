//! Make, change, find and delete queues.

use jiff::Timestamp;

use super::lane::{self, Lane};
use super::state::{Owned, State};
use super::{Engine, later};
use crate::Error;
use crate::queue::{
    Address, Change, Counts, Described, Known, Queue, QueueName, QueueSettings,
};
use crate::settings::Policy;

/// Where messages are: a queue, or its dead-letter queue. Good until it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place(pub(super) u32);

impl Place {
    /// Whether it is a dead-letter queue.
    pub fn is_dead(self) -> bool {
        lane::is_dead(self.0)
    }
}

impl Engine {
    /// Make a queue; it is there for good when this answers. Fails when there is one
    /// of that name.
    pub async fn create(
        &self,
        name: &QueueName,
        settings: QueueSettings,
    ) -> Result<Queue, Error> {
        let _alone = self.0.making.lock().await;
        let number = self.with(|state| {
            if state.described(name).is_some() {
                return Err(Error::Exists(name.to_string()));
            }
            state.next_queue += 1;
            Ok(state.next_queue - 1)
        })?;
        let now = self.0.setup.clock.now();
        let queue = Described {
            number,
            name: name.clone(),
            created_at: now,
            updated_at: now,
            settings,
        };
        self.register(Change::Is(Box::new(queue))).await?;
        self.queue(name)
    }

    /// Give a queue other settings. What waits in it stays.
    pub async fn update(
        &self,
        name: &QueueName,
        settings: QueueSettings,
    ) -> Result<Queue, Error> {
        let _alone = self.0.making.lock().await;
        let known = self.with(|state| state.described(name).cloned());
        let known = known.ok_or_else(|| Error::NoQueue(name.to_string()))?;
        let queue = Described {
            updated_at: self.0.setup.clock.now(),
            settings,
            ..known
        };
        self.register(Change::Is(Box::new(queue))).await?;
        self.queue(name)
    }

    /// Delete a queue with all that is in it.
    pub async fn delete(&self, name: &QueueName) -> Result<(), Error> {
        let _alone = self.0.making.lock().await;
        let number = self.with(|state| state.described(name).map(|queue| queue.number));
        let number = number.ok_or_else(|| Error::NoQueue(name.to_string()))?;
        self.register(Change::Gone(number)).await
    }

    /// A queue by its name.
    pub fn queue(&self, name: &QueueName) -> Result<Queue, Error> {
        let found = self.with(|state| {
            let number = *state.names.get(&name.key())?;
            state.queues.get(&number).map(|owned| state.seen(owned))
        });
        found.ok_or_else(|| Error::NoQueue(name.to_string()))
    }

    /// Every queue, in the order of their names.
    pub fn queues(&self) -> Vec<Queue> {
        let mut all: Vec<Queue> = self.with(|state| {
            let queues = state.queues.values();
            queues.map(|owned| state.seen(owned)).collect()
        });
        all.sort_by_cached_key(|queue| queue.name.key());
        all
    }

    /// What a client means by an address. A queue that is missing is made now if it is
    /// one of those that are.
    pub async fn reach(&self, address: &str) -> Result<Place, Error> {
        match self.find(address) {
            Err(Error::NoQueue(missing)) => {
                let address: Address = address.parse()?;
                let setup = &self.0.setup;
                if !setup.first_use.iter().any(|some| some.fits(&address.queue)) {
                    return Err(Error::NoQueue(missing));
                }
                let settings = setup.first_use_settings.clone();
                match self.create(&address.queue, settings).await {
                    // Made by someone else meanwhile.
                    Ok(_) | Err(Error::Exists(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            other => return other,
        }
        self.find(address)
    }

    /// What a client means by an address.
    pub fn find(&self, address: &str) -> Result<Place, Error> {
        let address: Address = address.parse()?;
        let key = address.queue.key();
        let known = self.with(|state| state.names.get(&key).copied());
        let queue = known.ok_or_else(|| Error::NoQueue(address.queue.to_string()))?;
        Ok(Place(lane::number(queue, address.dead)))
    }

    /// Largest message in bytes that any queue takes.
    pub fn message_bytes_max(&self) -> usize {
        self.0.setup.message_bytes_max
    }

    /// Largest message in bytes of a queue that does not say.
    pub fn queue_bytes_max(&self) -> usize {
        self.0.setup.queue_bytes_max
    }

    /// Largest message in bytes that this queue takes.
    pub fn largest(&self, place: Place) -> Result<usize, Error> {
        self.with(|state| Ok(self.largest_of(state.settings(place)?)))
    }

    pub(super) fn largest_of(&self, settings: &QueueSettings) -> usize {
        let all = self.message_bytes_max();
        let own = settings.message_kilobytes_max;
        let own = own.and_then(|kilobytes| usize::try_from(kilobytes * 1024).ok());
        own.unwrap_or(self.queue_bytes_max()).min(all)
    }

    /// Who may use this queue, beside those whom the whole broker knows. The path may
    /// lead to something in the queue.
    pub(crate) fn policies(&self, path: &str) -> Option<(QueueName, Vec<Policy>)> {
        let mut path = path.trim_matches('/');
        loop {
            let found = path.parse().ok().and_then(|name: QueueName| {
                self.with(|state| {
                    let queue = state.described(&name)?;
                    Some((queue.name.clone(), queue.settings.policies.clone()))
                })
            });
            if found.is_some() {
                return found;
            }
            path = path.rsplit_once('/')?.0;
        }
    }

    async fn register(&self, change: Change) -> Result<(), Error> {
        let (answer, answered) = later();
        match &*self.log() {
            Some(log) => log.change(change, Box::new(answer)),
            None => return Err(Error::Closed),
        }
        answered.await
    }
}

impl State {
    /// Know what the register knew.
    pub(super) fn begin(&mut self, known: Known) {
        self.next_queue = known.next;
        for (_, queue) in known.queues {
            self.describe(queue);
        }
    }

    /// Take in a change of what queues there are.
    pub(super) fn change_queues(&mut self, change: Change) {
        match change {
            Change::Is(queue) => self.describe(*queue),
            Change::Gone(number) => {
                if let Some(queue) = self.queues.remove(&number) {
                    self.names.remove(&queue.described.name.key());
                }
                self.close(lane::number(number, false));
                self.close(lane::number(number, true));
            }
            Change::Next(_) => {}
        }
    }

    fn describe(&mut self, queue: Described) {
        let number = queue.number;
        self.next_queue = self.next_queue.max(number + 1);
        self.names.insert(queue.name.key(), number);
        let lanes = [lane::number(number, false), lane::number(number, true)];
        for lane in lanes {
            self.lanes.entry(lane).or_insert_with(|| Lane::new(lane));
            // Whoever waits looks again at what it may do.
            let waiting = self
                .lanes
                .get_mut(&lane)
                .map(|l| std::mem::take(&mut l.waiting));
            let seats = waiting.into_iter().flatten();
            self.wake
                .extend(seats.filter_map(|seat| self.seats.wake(seat)));
        }
        let used_at = self.queues.get(&number).map_or(0, |owned| owned.used_at);
        let owned = Owned {
            used_at: used_at.max(queue.updated_at.as_microsecond()),
            described: queue,
        };
        self.queues.insert(number, owned);
    }

    pub(super) fn described(&self, name: &QueueName) -> Option<&Described> {
        let owned = self.queues.get(self.names.get(&name.key())?)?;
        Some(&owned.described)
    }

    pub(super) fn settings(&self, place: Place) -> Result<&QueueSettings, Error> {
        let owned = self.queues.get(&lane::queue(place.0));
        let owned = owned.ok_or_else(|| Error::NoQueue("that was deleted".into()))?;
        Ok(&owned.described.settings)
    }

    pub(super) fn queue_name(&self, lane: u32) -> String {
        let owned = self.queues.get(&lane::queue(lane));
        owned
            .map(|owned| owned.described.name.to_string())
            .unwrap_or_default()
    }

    /// Fails when the queue's status does not allow it, and notes that it is used.
    pub(super) fn used(
        &mut self,
        place: Place,
        now: i64,
        allowed: impl FnOnce(&QueueSettings) -> bool,
    ) -> Result<&QueueSettings, Error> {
        let owned = self.queues.get_mut(&lane::queue(place.0));
        let owned = owned.ok_or_else(|| Error::NoQueue("that was deleted".into()))?;
        owned.used_at = now;
        let settings = &owned.described.settings;
        if !allowed(settings) {
            let name = owned.described.name.to_string();
            return Err(Error::Disabled(name, settings.status.as_str()));
        }
        Ok(settings)
    }

    fn seen(&self, owned: &Owned) -> Queue {
        let queue = &owned.described;
        let used = Timestamp::from_microsecond(owned.used_at);
        Queue {
            name: queue.name.clone(),
            settings: queue.settings.clone(),
            created_at: queue.created_at,
            updated_at: queue.updated_at,
            accessed_at: used.unwrap_or(queue.updated_at),
            counts: self.counts(queue.number),
        }
    }

    pub(super) fn counts(&self, queue: u32) -> Counts {
        let lane = |dead| self.lanes.get(&lane::number(queue, dead));
        let mut counts = Counts::default();
        if let Some(lane) = lane(false) {
            counts.active = lane.tally.active;
            counts.ready = lane.tally.ready;
            counts.locked = lane.tally.locked;
            counts.scheduled = lane.tally.scheduled;
            counts.deferred = lane.tally.deferred;
            counts.bytes = lane.bytes;
        }
        if let Some(dead) = lane(true) {
            counts.dead_letter = dead.tally.active + dead.tally.deferred;
            counts.bytes += dead.bytes;
        }
        counts
    }
}
