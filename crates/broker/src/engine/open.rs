//! Open what the folder holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use ambient::{Clock, Random};
use tokio::sync::Notify;

use super::state::State;
use super::{Engine, Inner};
use crate::Error;
use crate::log::{Applied, Disk, Files, Log, Tails, recover};
use crate::queue::{Pattern, QueueSettings, Register};

/// What an engine works by.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// The disk.
    pub disk: Disk,
    /// Largest message in bytes, whatever a queue says.
    pub message_bytes_max: usize,
    /// Largest message in bytes where a queue does not say.
    pub queue_bytes_max: usize,
    /// Size of one file of the log.
    pub file_bytes: u64,
    /// Queues that are made when they are first used.
    pub first_use: Vec<Pattern>,
    /// What they are like.
    pub first_use_settings: QueueSettings,
    /// The time.
    pub clock: Clock,
    /// Names of locks and messages.
    pub random: Random,
}

/// What must run for the engine to write: see [`Engine::open`].
pub type Work = Box<dyn FnOnce() + Send>;

impl Engine {
    /// Open what the folder holds. The work must run on a thread of its own; it ends
    /// after [`Engine::close`].
    pub fn open(setup: Setup) -> Result<(Self, Work), Error> {
        let (disk, folder) = (&setup.disk, &setup.folder);
        let (files, found) = Files::open(disk.clone(), folder, setup.file_bytes)?;
        let (register, known) = Register::open(disk, folder)?;
        let mut state = State::default();
        state.begin(known);
        found
            .numbers
            .iter()
            .for_each(|file| state.ledger.open(*file));
        for file in &found.numbers {
            let size = recover(&files, *file, |entry| state.enter(*file, entry))?;
            state.ledger.seal(*file, size);
        }
        let tails = Tails::open(disk, folder, |tail| state.needs(tail))?;
        let next = found.numbers.last().map_or(1, |last| last + 1);
        let engine = Self(Arc::new(Inner {
            state: Mutex::new(state),
            log: Mutex::new(None),
            files: files.clone(),
            tails,
            setup,
            making: tokio::sync::Mutex::default(),
            alarm: Notify::new(),
            written: Notify::new(),
        }));
        let apply = apply(Arc::downgrade(&engine.0));
        let (log, writer) = Log::new(files, found.spares, next, register, apply);
        *engine.log() = Some(log);
        Ok((engine, Box::new(move || writer.run())))
    }
}

/// What the writer tells of what it has written.
fn apply(engine: Weak<Inner>) -> Box<dyn FnMut(Option<Applied>) -> Vec<u32> + Send> {
    Box::new(move |applied| {
        let Some(engine) = engine.upgrade().map(Engine) else {
            return Vec::new();
        };
        let free = engine.with(|state| {
            match applied {
                Some(Applied::Entries(file, entries)) => {
                    entries
                        .into_iter()
                        .for_each(|entry| state.enter(file, entry));
                }
                Some(Applied::Sealed(file, size)) => state.ledger.seal(file, size),
                Some(Applied::Change(change)) => state.change_queues(change),
                None => {}
            }
            state.ledger.free()
        });
        engine.0.written.notify_waiters();
        free
    })
}
