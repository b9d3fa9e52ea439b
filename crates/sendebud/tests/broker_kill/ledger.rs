//! What the callers know: which messages were confirmed, came, and were settled.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[derive(Default)]
pub(crate) struct Ledger {
    next: AtomicU64,
    steps: AtomicU64,
    /// How often the broker has been killed.
    life: AtomicU64,
    sends: AtomicBool,
    ends: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    messages: HashMap<u64, Message>,
    /// Confirmed and not seen yet.
    missing: std::collections::BTreeSet<u64>,
    wrong: Vec<String>,
    confirmed: u64,
    settled: u64,
    again: u64,
}

#[derive(Default)]
struct Message {
    came: u32,
    /// In which of the broker's lives it was settled.
    settled: Option<u64>,
}

impl Ledger {
    /// The number of a new message.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The broker says that it has the message.
    pub(crate) fn confirmed(&self, number: u64) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        let mut known = self.known.lock().unwrap();
        known.confirmed += 1;
        let came = known.messages.entry(number).or_default().came;
        if came == 0 {
            known.missing.insert(number);
        }
    }

    /// The message came, from the broker in one of its lives. What a killed one had sent
    /// may be read after the next one has settled it.
    pub(crate) fn came(&self, number: u64, life: u64) {
        let attempted = self.next.load(Ordering::Relaxed);
        let mut known = self.known.lock().unwrap();
        if number >= attempted {
            known
                .wrong
                .push(format!("{number} came and was never sent"));
        }
        known.missing.remove(&number);
        let message = known.messages.entry(number).or_default();
        message.came += 1;
        let settled = message.settled.is_some_and(|settled| settled <= life);
        let again = message.came > 1;
        known.again += u64::from(again);
        if settled {
            known
                .wrong
                .push(format!("{number} came back after it was settled"));
        }
    }

    /// The broker says that the message is gone.
    pub(crate) fn settled(&self, number: u64, life: u64) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        let mut known = self.known.lock().unwrap();
        known.settled += 1;
        known.messages.entry(number).or_default().settled = Some(life);
    }

    /// Something that must not happen has.
    pub(crate) fn wrong(&self, words: String) {
        self.known.lock().unwrap().wrong.push(words);
    }

    /// The life that the broker is in.
    pub(crate) fn life(&self) -> u64 {
        self.life.load(Ordering::Relaxed)
    }

    /// The broker was killed.
    pub(crate) fn killed(&self) {
        self.life.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// A message that was confirmed and has not come.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.known.lock().unwrap().missing.first().copied()
    }

    pub(crate) fn check(&self) {
        let known = self.known.lock().unwrap();
        assert!(known.wrong.is_empty(), "{:#?}", known.wrong);
    }

    pub(crate) fn summary(&self) -> String {
        let known = self.known.lock().unwrap();
        format!(
            "{} sent, {} settled, {} came more than once",
            known.confirmed, known.settled, known.again
        )
    }

    pub(crate) fn stop_sending(&self) {
        self.sends.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    pub(crate) fn sends(&self) -> bool {
        !self.sends.load(Ordering::Relaxed)
    }

    pub(crate) fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }
}
