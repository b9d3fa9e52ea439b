//! A message service as its operator sees it: which queues there are, what lies in
//! them, and what is put back or thrown away. One thing after the other, over AMQP; the
//! list of queues over HTTP.

mod admin;
mod letter;
mod line;
mod place;

use ambient::Clock;
use amqp::{Outcome, Value};
use bytes::Bytes;

pub use admin::Listed;
pub use letter::Letter;
pub use place::Place;

use crate::Error;
use line::Line;

/// Messages in one look. The service may show fewer.
pub const LOOK_MAX: u32 = 100;
/// Messages that are locked, and held in memory, at once.
pub const TAKE_MAX: u32 = 32;

/// A connection for an operator.
pub struct Desk {
    line: Line,
    place: Place,
    clock: Clock,
}

/// A message that is locked for us.
#[derive(Debug)]
pub struct Held {
    /// The message.
    pub letter: Letter,
    delivery: u32,
}

impl Desk {
    /// Connect. Fails when nobody answers, or not as a message service does.
    pub async fn open(place: Place, clock: Clock) -> Result<Self, Error> {
        let line = Line::open(&place, clock.clone()).await?;
        Ok(Self { line, place, clock })
    }

    /// Every queue, with what is in it.
    pub async fn queues(place: &Place, clock: &Clock) -> Result<Vec<Listed>, Error> {
        admin::queues(place, clock).await
    }

    /// One queue, with what is in it.
    pub async fn queue(&self, name: &str) -> Result<Listed, Error> {
        admin::queue(&self.place, &self.clock, name).await
    }

    /// Look at messages from this number on. Nobody is kept from them.
    pub async fn look(
        &mut self,
        queue: &str,
        from: i64,
        max: u32,
    ) -> Result<Vec<Letter>, Error> {
        let count = i32::try_from(max.min(LOOK_MAX)).unwrap_or(1);
        let body = Value::Map(vec![
            ("from-sequence-number".into(), Value::Long(from)),
            ("message-count".into(), Value::Int(count)),
        ]);
        let operation = "com.microsoft:peek-message";
        let answer = self.line.request(queue, operation, &body).await?;
        let messages = answer.field("messages").and_then(Value::items);
        let payloads = messages.unwrap_or_default().iter();
        payloads
            .filter_map(|message| match message.field("message") {
                Some(Value::Binary(bytes)) => Some(Letter::read(bytes.clone())),
                _ => None,
            })
            .collect()
    }

    /// Lock what waits, at most so many; none when nothing does.
    pub async fn take(&mut self, queue: &str, max: u32) -> Result<Vec<Held>, Error> {
        let taken = self.line.take(queue, max, false).await?;
        let held = taken.into_iter().map(|delivery| {
            let letter = Letter::read(delivery.payload.unwrap_or_default())?;
            Ok(Held {
                letter,
                delivery: delivery.id,
            })
        });
        held.collect()
    }

    /// Throw away what waits, at most so many; how many it was.
    pub async fn discard(&mut self, queue: &str, max: u32) -> Result<usize, Error> {
        Ok(self.line.take(queue, max, true).await?.len())
    }

    /// Send these; what became of each, in their order.
    pub async fn send(
        &mut self,
        queue: &str,
        messages: &[Bytes],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        self.line.send(queue, messages).await
    }

    /// Done with these, which came from this queue.
    pub async fn complete(&mut self, queue: &str, held: &[&Held]) -> Result<(), Error> {
        self.settle(queue, held, &Outcome::Accepted).await
    }

    /// Give these back as if they had not been touched.
    pub async fn release(&mut self, queue: &str, held: &[&Held]) -> Result<(), Error> {
        self.settle(queue, held, &Outcome::Released).await
    }

    async fn settle(
        &mut self,
        queue: &str,
        held: &[&Held],
        outcome: &Outcome,
    ) -> Result<(), Error> {
        let deliveries: Vec<u32> = held.iter().map(|held| held.delivery).collect();
        self.line.settle(queue, &deliveries, outcome).await
    }

    /// Say goodbye.
    pub async fn close(mut self) {
        self.line.close().await;
    }
}
