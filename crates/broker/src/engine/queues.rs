//! Make, change, find and delete queues.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::Engine;
use crate::Error;
use crate::queue::{Address, Change, Described, Queue, QueueName, QueueSettings};
use crate::settings::Policy;

impl Engine {
    /// Make a queue; it is there for good when this answers. Fails when there is one
    /// of that name.
    pub async fn create(
        &self,
        name: &QueueName,
        settings: QueueSettings,
    ) -> Result<Queue, Error> {
        let _alone = self.0.making.lock().await;
        let number = {
            let mut state = self.state();
            if state.described(name).is_some() {
                return Err(Error::Exists(name.to_string()));
            }
            state.next()
        };
        let now = self.0.setup.clock.now();
        let queue = Described {
            number,
            name: name.clone(),
            created_at: now,
            updated_at: now,
            settings,
        };
        self.change(Change::Is(Box::new(queue))).await?;
        self.queue(name)
    }

    /// Give a queue other settings. What waits in it stays.
    pub async fn update(
        &self,
        name: &QueueName,
        settings: QueueSettings,
    ) -> Result<Queue, Error> {
        let _alone = self.0.making.lock().await;
        let known = self.state().described(name).cloned();
        let known = known.ok_or_else(|| Error::NoQueue(name.to_string()))?;
        let queue = Described {
            updated_at: self.0.setup.clock.now(),
            settings,
            ..known
        };
        self.change(Change::Is(Box::new(queue))).await?;
        self.queue(name)
    }

    /// Delete a queue with all that is in it.
    pub async fn delete(&self, name: &QueueName) -> Result<(), Error> {
        let _alone = self.0.making.lock().await;
        let number = self.state().described(name).map(|queue| queue.number);
        let number = number.ok_or_else(|| Error::NoQueue(name.to_string()))?;
        self.change(Change::Gone(number)).await
    }

    /// A queue by its name.
    pub fn queue(&self, name: &QueueName) -> Result<Queue, Error> {
        let state = self.state();
        let queue = state.described(name);
        let queue = queue.ok_or_else(|| Error::NoQueue(name.to_string()))?;
        Ok(seen(&state, queue))
    }

    /// Every queue, in the order of their names.
    pub fn queues(&self) -> Vec<Queue> {
        let state = self.state();
        let mut all: Vec<Queue> =
            state.all().map(|queue| seen(&state, queue)).collect();
        drop(state);
        all.sort_by_cached_key(|queue| queue.name.key());
        all
    }

    /// Largest message in bytes that any queue takes.
    pub fn message_bytes_max(&self) -> usize {
        self.0.setup.message_bytes_max
    }

    /// Largest message in bytes that this queue takes.
    pub(super) fn largest(&self, settings: &QueueSettings) -> usize {
        let all = self.message_bytes_max();
        let own = settings.message_kilobytes_max;
        let own = own.and_then(|kilobytes| usize::try_from(kilobytes * 1024).ok());
        own.map_or(all, |own| own.min(all))
    }

    /// Who may use this queue, beside those whom the whole broker knows. The path may
    /// lead to something in the queue.
    pub(crate) fn policies(&self, path: &str) -> Option<(QueueName, Vec<Policy>)> {
        let state = self.state();
        let mut path = path.trim_matches('/');
        loop {
            let name: Option<QueueName> = path.parse().ok();
            if let Some(queue) = name.and_then(|name| state.described(&name)) {
                return Some((queue.name.clone(), queue.settings.policies.clone()));
            }
            path = path.rsplit_once('/')?.0;
        }
    }

    /// What a client means by an address. A queue that is missing is made now if it is
    /// one of those that are.
    pub(crate) async fn reach(&self, address: &str) -> Result<Address, Error> {
        let address: Address = address.parse()?;
        if self.state().described(&address.queue).is_some() {
            return Ok(address);
        }
        let setup = &self.0.setup;
        if !setup.first_use.iter().any(|some| some.fits(&address.queue)) {
            return Err(Error::NoQueue(address.queue.to_string()));
        }
        let settings = setup.first_use_settings.clone();
        match self.create(&address.queue, settings).await {
            // Made by someone else meanwhile.
            Ok(_) | Err(Error::Exists(_)) => Ok(address),
            Err(error) => Err(error),
        }
    }

    async fn change(&self, change: Change) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        match &*self.log() {
            Some(log) => log.change(change, |result| drop(answer.send(result))),
            None => return Err(Error::Closed),
        }
        answered.await.unwrap_or(Err(Error::Closed))
    }
}

fn seen(state: &super::State, queue: &Described) -> Queue {
    let used = Timestamp::from_microsecond(state.used_at(queue.number));
    Queue {
        name: queue.name.clone(),
        settings: queue.settings.clone(),
        created_at: queue.created_at,
        updated_at: queue.updated_at,
        accessed_at: used.unwrap_or(queue.updated_at),
        counts: state.counts(queue.number),
    }
}
