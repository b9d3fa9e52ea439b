//! A client wants a link: to a queue, to `$cbs`, or to a queue's `$management`.

use std::sync::Arc;

use amqp::{Attach, Condition, LinkId, Role, Terminus, condition};

use super::outgoing::Outbound;
use super::peer::{Done, Peer};
use super::request::{Answers, Service};
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
    /// A queue may have to be made first: the answer comes when it is known.
    pub(super) fn attach(&mut self, id: LinkId, attach: Attach) {
        let queue = match node(near(&attach)) {
            Ok(Node::Queue(queue)) if self.may(&attach, &queue) => queue,
            _ => return self.attach_known(id, &attach),
        };
        let engine = self.front.engine.clone();
        self.begin(Box::pin(async move {
            // What is wrong with the name shows when the queue is looked for.
            drop(engine.reach(&queue).await);
            Done::Reached(id, Box::new(attach))
        }));
    }

    /// Take the link or refuse it, now that its queue is there if it can be.
    pub(super) fn attach_known(&mut self, id: LinkId, attach: &Attach) {
        if let Err(error) = self.consider(id, attach) {
            self.connection.refuse(id, attach, error);
        }
    }

    fn may(&self, attach: &Attach, queue: &str) -> bool {
        let sends = attach.role == Role::Sender;
        self.allows(queue, if sends { Right::Send } else { Right::Listen })
    }

    fn consider(&mut self, id: LinkId, attach: &Attach) -> Result<(), Condition> {
        let sends = attach.role == Role::Sender;
        match node(near(attach))? {
            Node::Cbs => {
                self.accept_service(id, attach, Service::Cbs);
                Ok(())
            }
            Node::Management(queue) => {
                let any = [Right::Listen, Right::Send].map(|r| self.allows(&queue, r));
                if !any.contains(&true) {
                    return Err(unauthorized(&queue));
                }
                let service = Service::Management(self.queue(&queue)?);
                self.accept_service(id, attach, service);
                Ok(())
            }
            Node::Queue(queue) if sends => self.accept_sender(id, attach, &queue),
            Node::Queue(queue) => self.accept_receiver(id, attach, &queue),
        }
    }

    /// It sends to a queue. We settle first, whatever it asked for: Python asks for
    /// second and then waits for ever (servicebus §2.3).
    fn accept_sender(
        &mut self,
        id: LinkId,
        attach: &Attach,
        queue: &str,
    ) -> Result<(), Condition> {
        if !self.allows(queue, Right::Send) {
            return Err(unauthorized(queue));
        }
        let queue = self.queue(queue)?;
        let mut answer = answer(attach);
        answer.rcv_settle_mode = 0;
        answer.max_message_size = self.message_bytes_max();
        self.connection.accept(id, answer);
        self.connection.grant(id, CREDIT, false);
        self.inbound.insert(id, queue);
        Ok(())
    }

    /// It receives from a queue.
    fn accept_receiver(
        &mut self,
        id: LinkId,
        attach: &Attach,
        queue: &str,
    ) -> Result<(), Condition> {
        if !self.allows(queue, Right::Listen) {
            return Err(unauthorized(queue));
        }
        let source = attach.source.as_ref();
        if source.is_some_and(|s| s.copies) {
            return Err(not_implemented("browsing a queue: use peek"));
        }
        let session = "com.microsoft:session-filter";
        if source.is_some_and(|s| s.filter.field(session).is_some()) {
            let words = "the queue has no sessions";
            return Err(Condition::new(condition::NOT_ALLOWED, words));
        }
        let queue = self.queue(queue)?;
        let arrivals = self.front.engine.arrivals(&queue);
        let arrivals = arrivals.map_err(|e| super::condition(&e))?;
        let mut answer = answer(attach);
        answer.max_message_size = self.message_bytes_max();
        let for_good = attach.snd_settle_mode == 1;
        self.connection.accept(id, answer);
        let outbound = Outbound::new(queue, arrivals, for_good);
        self.outbound.insert(id, outbound);
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
            Service::Management(_) => self.message_bytes_max() + AROUND_BYTES_MAX,
        };
        self.connection.accept(id, answer);
        self.connection.grant(id, CREDIT, false);
        self.requests.insert(id, service);
    }

    /// The queue under its name, if it is one.
    fn queue(&self, name: &str) -> Result<Arc<str>, Condition> {
        let found = self.front.engine.arrivals(name);
        found.map_err(|e| super::condition(&e))?;
        Ok(Arc::from(name))
    }

    fn message_bytes_max(&self) -> u64 {
        self.front.engine.message_bytes_max() as u64
    }
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
