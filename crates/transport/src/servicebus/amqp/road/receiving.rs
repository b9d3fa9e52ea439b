//! What arrives from our own queue, and what becomes of it.

use amqp::{
    Attach, Condition, Delivery, Disposition, LinkId, Outcome, Role, SessionId,
    Terminus, condition,
};

use super::{Road, refused};
use crate::Error;
use crate::servicebus::amqp::inbox::Arrived;
use crate::servicebus::amqp::{Answer, Settlement, parcel};

impl Road {
    /// Open the link from our own queue, once it is wanted and the token is good.
    pub(super) fn open_source(&mut self) {
        let wanted = self.fetching || !self.knocks.is_empty();
        let open = self
            .session
            .filter(|_| wanted && self.source.is_none() && !self.leaving);
        let Some(session) = open else { return };
        if !self.tokens.opens(&self.own) {
            return;
        }
        let from = self.service.queue(&self.own, self.product);
        let to = Terminus::new("here");
        let name = format!("{}-receive", self.own);
        let mut attach = Attach::new(name, Role::Receiver, from, to);
        // Settlements are confirmed. RabbitMQ refuses that, and Artemis forgets it.
        attach.rcv_settle_mode = u8::from(self.service.broker.is_none());
        self.source = self.attach(session, attach);
    }

    pub(super) fn arrive(&mut self, link: LinkId, delivery: &Delivery) {
        let answered = self.tokens.answered(&mut self.connection, link, delivery);
        if let Some((queue, answer)) = answered {
            match answer {
                Ok(()) => {
                    self.flush(&queue);
                    self.open_source();
                }
                Err(error) => {
                    if queue == self.own {
                        self.tell_knocks(&Err(error.clone()));
                        self.inbox.fail(error.clone());
                    }
                    self.refuse(&queue, &error);
                }
            }
            return;
        }
        if self.source != Some(link) {
            return;
        }
        self.carried = true;
        let name = self.inbox.name();
        let (received, until) = parcel::arrived(delivery, name);
        let now = self.clock.now();
        let until = self.locks.hold(name, delivery.id, until, now);
        self.inbox.push(Arrived { received, until });
    }

    pub(super) fn settle(
        &mut self,
        name: u128,
        settlement: Settlement,
        answer: Answer,
    ) {
        let delivery = self.locks.release(name);
        let Some((delivery, link)) = delivery.zip(self.source) else {
            let _ = answer.send(Err(Error::LockLost));
            return;
        };
        let outcome = match settlement {
            Settlement::Complete => Outcome::Accepted,
            Settlement::Abandon => self.product.giving_back(),
            Settlement::DeadLetter {
                reason,
                description,
            } => parcel::dead_letter(&reason, &description),
        };
        self.dispose(link.session, delivery, outcome);
        if self.service.broker.is_none() {
            self.settling.insert(delivery, answer);
        } else {
            // Lost with the connection, it comes again: known by its id.
            let _ = answer.send(Ok(()));
        }
    }

    pub(super) fn dispose(
        &mut self,
        session: SessionId,
        delivery: u32,
        outcome: Outcome,
    ) {
        let (role, settled) = (Role::Receiver, self.service.broker.is_some());
        let connection = &mut self.connection;
        connection.dispose(session, role, delivery, settled, outcome);
    }

    /// The service confirms settlements, one or many.
    pub(super) fn settled(&mut self, session: SessionId, disposition: &Disposition) {
        let ours = self.source.is_some_and(|source| source.session == session);
        if !ours || disposition.last < disposition.first {
            return;
        }
        let range = disposition.first..=disposition.last;
        // Only those that we wait for, however far the range reaches.
        let done: Vec<u32> = self.settling.range(range).map(|(id, _)| *id).collect();
        for delivery in done {
            let answer = self.settling.remove(&delivery);
            let result = match &disposition.outcome {
                Some(Outcome::Rejected(Some(error))) => Err(refused(Some(error), 0)),
                _ => Ok(()),
            };
            answer
                .into_iter()
                .for_each(|a| drop(a.send(result.clone())));
        }
    }

    /// Once nothing more can come, give everything back and go.
    pub(super) fn leave(&mut self, source: LinkId) {
        if self.connection.credit(source) > 0 {
            return;
        }
        for received in self.inbox.clear() {
            let name = u128::from_str_radix(&received.lock.token, 16);
            let held = name.ok().and_then(|name| self.locks.release(name));
            if let Some(delivery) = held {
                self.dispose(source.session, delivery, Outcome::Released);
            }
        }
        self.connection.close(None);
    }

    /// The link from our own queue is gone. Azure ends one that is idle, or whose queue it
    /// moves, and takes another at once: nothing is wrong then.
    pub(super) fn source_lost(&mut self, error: Option<&Condition>) {
        self.source = None;
        self.inbox.clear();
        self.locks.clear();
        for (_, answer) in std::mem::take(&mut self.settling) {
            let _ = answer.send(Err(Error::LockLost));
        }
        self.tell_knocks(&Err(refused(error, 0)));
        if error.is_none_or(|error| error.name != condition::DETACH_FORCED) {
            self.inbox.fail(refused(error, 0));
        } else if std::mem::take(&mut self.carried) {
            // One that ends as soon as it begins waits for the next tick.
            self.open_source();
        }
    }

    pub(super) fn tell_knocks(&mut self, answer: &Result<(), Error>) {
        for knock in self.knocks.drain(..) {
            let _ = knock.send(answer.clone());
        }
    }
}
