//! What waits for a queue, and what became of what was sent.

use amqp::{Attach, Outcome, Outgoing, Role, Tag, Terminus};

use super::{Road, Sent, refused};
use crate::Error;
use crate::servicebus::amqp::parcel;

impl Road {
    /// Send what waits for the queue, as far as there is credit; open its link first.
    pub(super) fn flush(&mut self, queue: &str) {
        let Some(target) = self.targets.get_mut(queue) else {
            return;
        };
        let Some(link) = target.link else {
            if let Some(session) = self.session
                && !target.waiting.is_empty()
                && self.tokens.opens(queue)
            {
                let to = self.service.queue(queue, self.product);
                let from = Terminus::new("here");
                let name = format!("{queue}-send");
                let attach = Attach::new(name, Role::Sender, from, to);
                let link = self.attach(session, attach);
                if let Some(target) = self.targets.get_mut(queue) {
                    target.link = link;
                }
                self.queues
                    .extend(link.map(|link| (link, queue.to_owned())));
            }
            return;
        };
        while self.connection.room(link) > 0
            && let Some((parcel, answer)) = target.waiting.pop_front()
        {
            // Whoever waited for it has given up, and tries it again.
            if answer.is_closed() {
                continue;
            }
            let bytes = parcel.body.len();
            self.scratch.clear();
            parcel::front(&parcel, &mut self.scratch);
            let whole = (self.scratch.len() + bytes) as u64;
            if target.bytes_max > 0 && whole > target.bytes_max {
                let _ = answer.send(Err(Error::TooLarge { bytes }));
                continue;
            }
            self.count += 1;
            let message = Outgoing {
                tag: Tag::from(u32::try_from(self.count & 0xffff_ffff).unwrap_or(0)),
                key: self.count,
                settled: false,
                format: 0,
                head: &self.scratch,
                body: &parcel.body,
                more: false,
            };
            self.connection.send(link, &message);
            let sent = Sent {
                link,
                bytes,
                answer,
            };
            self.sent.insert(self.count, sent);
        }
    }

    pub(super) fn flush_all(&mut self) {
        let waiting = self.targets.iter().filter(|(_, t)| !t.waiting.is_empty());
        let queues: Vec<String> = waiting.map(|(queue, _)| queue.clone()).collect();
        for queue in queues {
            self.flush(&queue);
        }
    }

    /// Tell whoever waits for this queue why not; the next to send tries again.
    pub(super) fn refuse(&mut self, queue: &str, error: &Error) {
        for (_, answer) in self
            .targets
            .remove(queue)
            .into_iter()
            .flat_map(|t| t.waiting)
        {
            let _ = answer.send(Err(error.clone()));
        }
    }

    pub(super) fn sent(&mut self, key: u128, outcome: &Outcome) {
        let Some(sent) = self.sent.remove(&key) else {
            return;
        };
        let _ = sent.answer.send(match outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Rejected(error) => Err(refused(error.as_deref(), sent.bytes)),
            _ => Err(Error::Refused {
                status: 500,
                detail: "it gave the message back".into(),
            }),
        });
    }
}
