//! A client wants a link: to a queue, to `$cbs`, or to a queue's `$management`.

use amqp::{Attach, Condition, LinkId, Role, Terminus, condition};

use super::outgoing::Outbound;
use super::peer::{Done, Inbound, Peer};
use super::request::{Answers, Service};
use crate::Error;
use crate::engine::Place;
use crate::settings::Right;

/// Credit that a sender gets, and gets again when half is used.
pub(super) const CREDIT: u32 = 1000;
/// A token is far smaller.
const TOKEN_BYTES_MAX: u64 = 64 * 1024;
/// What a message may have around it: header, annotations, the map of a request.
const AROUND_BYTES_MAX: u64 = 64 * 1024;

/// What an address means.
#[derive(Debug, PartialEq, Eq)]
enum Node {
    Cbs,
    Management(String),
    Queue(String),
}

impl Peer {
    pub(super) fn attach(&mut self, id: LinkId, attach: Attach) {
        if let Err(error) = self.consider(id, &attach) {
            self.connection.refuse(id, &attach, error);
        }
    }

    fn consider(&mut self, id: LinkId, attach: &Attach) -> Result<(), Condition> {
        let address = match node(near(attach))? {
            Node::Cbs => {
                self.accept_service(id, attach, Service::Cbs);
                return Ok(());
            }
            Node::Management(queue) => {
                let any = [Right::Listen, Right::Send].map(|r| self.allows(&queue, r));
                if !any.contains(&true) {
                    return Err(unauthorized(&queue));
                }
                queue
            }
            Node::Queue(queue) => {
                if !self.allows(&queue, right(attach)) {
                    return Err(unauthorized(&queue));
                }
                fit(attach)?;
                self.front.charge().map_err(|e| super::condition(&e))?;
                queue
            }
        };
        // A queue may have to be made first; if not, the answer comes at once.
        match self.front.engine.find(&address) {
            Err(Error::NoQueue(_)) => {
                let (engine, attach) = (self.front.engine.clone(), attach.clone());
                self.begin(Box::pin(async move {
                    let found = engine.reach(&address).await;
                    Done::Reached(id, Box::new(attach), found)
                }));
            }
            found => self.reached(id, attach, found),
        }
        Ok(())
    }

    /// Take the link or refuse it, now that its queue is there or is not.
    pub(super) fn reached(
        &mut self,
        id: LinkId,
        attach: &Attach,
        found: Result<Place, Error>,
    ) {
        let taken =
            found.map_err(|e| super::condition(&e)).and_then(|place| {
                match node(near(attach))? {
                    Node::Management(queue) => {
                        let service = Service::Management(queue.into(), place);
                        self.accept_service(id, attach, service);
                        Ok(())
                    }
                    Node::Queue(queue) if attach.role == Role::Sender => {
                        self.accept_sender(id, attach, queue, place)
                    }
                    Node::Queue(queue) => {
                        self.accept_receiver(id, attach, queue, place)
                    }
                    Node::Cbs => Ok(()),
                }
            });
        if let Err(error) = taken {
            self.connection.refuse(id, attach, error);
        }
    }

    /// It sends to a queue. We settle first, whatever it asked for: Python asks for
    /// second and then waits for ever (servicebus §2.3).
    fn accept_sender(
        &mut self,
        id: LinkId,
        attach: &Attach,
        queue: String,
        place: Place,
    ) -> Result<(), Condition> {
        if place.is_dead() {
            let error = Error::NotImplemented("sending to a dead-letter queue");
            return Err(super::condition(&error));
        }
        let mut answer = answer(attach);
        answer.rcv_settle_mode = 0;
        answer.max_message_size = self.largest(place)?;
        self.connection.accept(id, answer);
        self.connection.grant(id, CREDIT, false);
        let inbound = Inbound {
            queue,
            place,
            gathering: None,
        };
        self.inbound.insert(id, inbound);
        self.watch(id);
        Ok(())
    }

    /// It receives from a queue.
    fn accept_receiver(
        &mut self,
        id: LinkId,
        attach: &Attach,
        queue: String,
        place: Place,
    ) -> Result<(), Condition> {
        let mut answer = answer(attach);
        answer.max_message_size = self.largest(place)?;
        let for_good = attach.snd_settle_mode == 1;
        self.connection.accept(id, answer);
        let receiver = self.front.engine.receiver(place);
        let bell = self.mailbox.bell(id);
        let outbound = Outbound::new(queue, receiver, bell, for_good);
        self.outbound.insert(id, outbound);
        self.watch(id);
        self.feed_soon(id);
        Ok(())
    }

    fn accept_service(&mut self, id: LinkId, attach: &Attach, service: Service) {
        let mut answer = answer(attach);
        if attach.role == Role::Receiver {
            let address = attach.target.as_ref().and_then(|t| t.address.clone());
            let answers = Answers::new(service, attach.name.clone(), address);
            self.connection.accept(id, answer);
            self.answers.insert(id, answers);
            return;
        }
        answer.rcv_settle_mode = 0;
        answer.max_message_size = match service {
            Service::Cbs => TOKEN_BYTES_MAX,
            Service::Management(..) => {
                self.front.engine.message_bytes_max() as u64 + AROUND_BYTES_MAX
            }
        };
        self.connection.accept(id, answer);
        self.connection.grant(id, CREDIT, false);
        self.requests.insert(id, service);
    }

    fn largest(&self, place: Place) -> Result<u64, Condition> {
        let largest = self.front.engine.largest(place);
        largest
            .map(|bytes| bytes as u64)
            .map_err(|e| super::condition(&e))
    }
}

fn right(attach: &Attach) -> Right {
    match attach.role {
        Role::Sender => Right::Send,
        Role::Receiver => Right::Listen,
    }
}

/// Fails on what no queue of ours does.
fn fit(attach: &Attach) -> Result<(), Condition> {
    let source = attach
        .source
        .as_ref()
        .filter(|_| attach.role == Role::Receiver);
    if source.is_some_and(|s| s.copies) {
        return Err(not_implemented("browsing a queue: use peek"));
    }
    let session = "com.microsoft:session-filter";
    if source.is_some_and(|s| s.filter.field(session).is_some()) {
        return Err(not_implemented("sessions"));
    }
    Ok(())
}

/// An attach back, which has both ends: Python takes one without for a refusal.
fn answer(attach: &Attach) -> Attach {
    let mut answer = attach.clone();
    let empty = || Some(Terminus::new(""));
    answer.source = answer.source.or_else(empty);
    answer.target = answer.target.or_else(empty);
    answer.properties = amqp::Value::Null;
    answer
}

/// The end of the link that is ours.
fn near(attach: &Attach) -> Option<&Terminus> {
    match attach.role {
        Role::Sender => attach.target.as_ref(),
        Role::Receiver => attach.source.as_ref(),
    }
}

fn node(end: Option<&Terminus>) -> Result<Node, Condition> {
    let end = end.filter(|e| !e.coordinator);
    let end = end.ok_or_else(|| not_implemented("transactions"))?;
    if end.dynamic {
        return Err(not_implemented("temporary queues"));
    }
    let address = end.address.as_deref().unwrap_or_default();
    let name = path(address);
    if name.eq_ignore_ascii_case("$cbs") {
        return Ok(Node::Cbs);
    }
    let management = name.rsplit_once('/');
    if let Some((queue, last)) = management
        && last.eq_ignore_ascii_case("$management")
    {
        return Ok(Node::Management(queue.to_owned()));
    }
    Ok(Node::Queue(name.to_owned()))
}

/// `q`, `/q` and `amqps://host:port/q` are the same queue.
fn path(address: &str) -> &str {
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => address,
    };
    rest.trim_matches('/')
}

fn unauthorized(queue: &str) -> Condition {
    let words = format!("no token that was shown allows this on {queue}");
    Condition::new(condition::UNAUTHORIZED, words)
}

fn not_implemented(what: &str) -> Condition {
    Condition::new(
        condition::NOT_IMPLEMENTED,
        format!("not implemented: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // The spellings of servicebus §2.3.
    #[test]
    fn addresses_name_nodes() {
        let of = |address: &str| node(Some(&Terminus::new(address)));
        let queue = |name: &str| Ok(Node::Queue(name.into()));
        assert_eq!(of("q"), queue("q"));
        assert_eq!(of("/q"), queue("q"));
        assert_eq!(of("amqps://localhost:5701/a/b"), queue("a/b"));
        assert_eq!(of("q/$DeadLetterQueue"), queue("q/$DeadLetterQueue"));
        assert_eq!(of("$cbs"), Ok(Node::Cbs));
        let management = Ok(Node::Management("q".into()));
        assert_eq!(of("amqps://localhost/q/$management"), management);
        assert!(node(None).is_err());
    }
}
