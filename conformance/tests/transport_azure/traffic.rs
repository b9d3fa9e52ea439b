//! Messages from one end to another while something is imposed on both.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use transport::{Error, Parcel, Transport};

use crate::house::{House, Protocol};

/// REST counts whole seconds.
const WAIT: Duration = Duration::from_secs(1);
/// As Azure has it where a queue does not say.
const LOCK_TIME: Duration = Duration::from_mins(1);
/// Messages under way at once.
const AT_ONCE: usize = 4;

pub(crate) struct Traffic<'a> {
    house: &'a House,
    there: Box<dyn Transport>,
    here: Box<dyn Transport>,
    told: RefCell<Told>,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Told {
    refused: BTreeMap<u16, usize>,
    unreachable: usize,
    locks_lost: usize,
    /// Deliveries.
    seen: usize,
}

#[derive(Default)]
struct Taken {
    seen: BTreeSet<Bytes>,
    completed: BTreeSet<Bytes>,
}

impl Told {
    pub(crate) fn refused(&self, status: u16) -> usize {
        self.refused.get(&status).copied().unwrap_or_default()
    }
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(house: &'a House, protocol: Protocol) -> Self {
        Self {
            house,
            there: house.end(protocol, "there"),
            here: house.end(protocol, "q"),
            told: RefCell::default(),
        }
    }

    /// Send so many, each until it is taken, and take them; between, something is
    /// imposed. Every message has come, and none was completed twice.
    pub(crate) async fn run(
        self,
        messages: usize,
        impose: impl AsyncFn(usize),
    ) -> Told {
        let sending = async {
            for first in (0..messages).step_by(AT_ONCE) {
                let last = messages.min(first + AT_ONCE);
                let some = (first..last).map(|number| self.send(number));
                futures_util::future::join_all(some).await;
                for number in first..last {
                    impose(number).await;
                }
            }
        };
        let ((), mut taken) = tokio::join!(sending, self.take(messages));
        // What was seen and is not known to be completed comes again, or is gone.
        loop {
            self.house.clock.advance(Duration::from_mins(2));
            let before = self.told.borrow().seen;
            self.some(&mut taken).await;
            if self.told.borrow().seen == before {
                break;
            }
        }
        assert_eq!(taken.seen.len(), messages);
        self.told.into_inner()
    }

    async fn send(&self, number: usize) {
        let parcel = Parcel {
            queue: "q".into(),
            message_id: number.to_string(),
            body: number.to_string().into(),
            time_to_live: None,
        };
        while let Err(error) = self.there.send(parcel.clone()).await {
            self.bear(&error);
            tokio::task::yield_now().await;
        }
    }

    async fn take(&self, messages: usize) -> Taken {
        let mut taken = Taken::default();
        while taken.seen.len() < messages {
            self.some(&mut taken).await;
        }
        taken
    }

    /// As an access point does: what was kept is known when it comes again.
    async fn some(&self, taken: &mut Taken) {
        let got = loop {
            match self.here.receive(5, WAIT).await {
                Ok(got) => break got,
                Err(error) => self.bear(&error),
            }
        };
        if got.is_empty() {
            // What is locked for a link that has ended waits for the lock's end.
            self.house.clock.advance(LOCK_TIME);
        }
        for one in got {
            self.told.borrow_mut().seen += 1;
            taken.seen.insert(one.body.clone());
            match self.here.complete(&one.lock).await {
                Ok(()) => assert!(
                    taken.completed.insert(one.body.clone()),
                    "{:?} was completed twice",
                    one.body
                ),
                Err(error) => self.bear(&error),
            }
        }
    }

    /// Whatever may be borne is told, and time passes for who must wait.
    fn bear(&self, error: &Error) {
        assert_eq!(error.fault(), fault::Fault::Link, "{error}");
        let mut told = self.told.borrow_mut();
        match error {
            Error::Refused { status, .. } => {
                *told.refused.entry(*status).or_default() += 1;
                if *status == 503 {
                    self.house.clock.advance(Duration::from_secs(1));
                }
            }
            Error::LockLost => told.locks_lost += 1,
            _ => told.unreachable += 1,
        }
    }
}
