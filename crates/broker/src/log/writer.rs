//! The one thread that writes: gathers what waits, writes it, syncs once, confirms all.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use super::disk::File;
use super::files::{Files, failed};
use super::layout::{self, HEADER_BYTES, TRAILER_BYTES};
use super::op::{Entry, Op};
use crate::Error;
use crate::queue::{Change, Register};

/// Bytes that may share one write and sync.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Records that may.
const BATCH_RECORDS_MAX: usize = 1024;
/// As many records as were confirmed together come together again: a write waits for so
/// many to share its sync, and for so long at the most.
const GATHER_TIME: Duration = Duration::from_micros(500);
/// A buffer that has grown beyond this gives its memory back.
const BUFFER_BYTES_KEPT: usize = 1024 * 1024;

/// Told when a record is on stable storage and applied, or is not going to be.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What was written, and to which file, for the index. Told before whoever asked for it.
#[derive(Debug)]
pub(crate) enum Applied {
    /// To the log.
    Entries(u32, Vec<Entry>),
    /// The file is full, and so large.
    Sealed(u32, u64),
    /// To the register.
    Change(Change),
}

/// Takes in what was written; answers files in which nothing counts any longer, and is
/// asked again until there are none.
pub(crate) type Apply = Box<dyn FnMut(Option<Applied>) -> Vec<u32> + Send>;

/// The way to the writer. What is handed over first is first in the log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    send: Sender<Job>,
}

enum Job {
    Record(Record),
    Change(Change, Answer),
    /// See whether files can be freed.
    Free,
}

struct Record {
    ops: Vec<Op>,
    purpose: Purpose,
    answer: Answer,
}

/// What a record is for: when room is short, the last of it is for what makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// More messages.
    Add,
    /// Fewer messages, or the same.
    Settle,
}

/// What the thread works with.
pub(crate) struct Writer {
    receive: Receiver<Job>,
    files: Files,
    spares: Vec<PathBuf>,
    register: Register,
    apply: Apply,
    current: Option<Current>,
    next: u32,
    /// No file could be made that nothing is in yet.
    short: bool,
    /// Records of the last batch.
    together: usize,
    buffer: Vec<u8>,
}

/// The file that is written to.
struct Current {
    number: u32,
    file: Arc<File>,
    at: u64,
    size: u64,
    list: Vec<u8>,
}

impl Log {
    /// A log that goes on in a new file after those that are there.
    pub(crate) fn new(
        files: Files,
        spares: Vec<PathBuf>,
        next: u32,
        register: Register,
        apply: Apply,
    ) -> (Self, Writer) {
        let (send, receive) = channel();
        let writer = Writer {
            receive,
            files,
            spares,
            register,
            apply,
            current: None,
            next,
            short: false,
            together: 0,
            buffer: Vec::new(),
        };
        (Self { send }, writer)
    }

    /// Hand over operations that happen together. The answer comes when they are on
    /// stable storage and applied, or when they are not going to be.
    pub(crate) fn append(&self, ops: Vec<Op>, purpose: Purpose, answer: Answer) {
        self.hand_over(Job::Record(Record {
            ops,
            purpose,
            answer,
        }));
    }

    /// Hand over a change of what queues there are, likewise.
    pub(crate) fn change(&self, change: Change, answer: Answer) {
        self.hand_over(Job::Change(change, answer));
    }

    /// See whether files can be freed.
    pub(crate) fn free(&self) {
        self.hand_over(Job::Free);
    }

    /// When the writer has ended, the answer is dropped unasked.
    fn hand_over(&self, job: Job) {
        drop(self.send.send(job));
    }
}

impl Writer {
    /// Write until nobody can hand anything over any longer.
    pub(crate) fn run(mut self) {
        self.free();
        let mut next = None;
        while let Some(job) = next.take().or_else(|| self.wait()) {
            match job {
                Job::Record(first) => next = self.gather(first),
                Job::Change(change, answer) => self.register(change, answer),
                Job::Free => self.free(),
            }
        }
    }

    /// The next job. Before it has to be waited for, a file is made to be ready when
    /// the current one is full.
    fn wait(&mut self) -> Option<Job> {
        match self.receive.try_recv() {
            Ok(job) => Some(job),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.provide();
                self.receive.recv().ok()
            }
        }
    }

    /// Write this record and those that wait behind it; answers the job after them.
    fn gather(&mut self, first: Record) -> Option<Job> {
        let mut bytes = layout::record_size(&first.ops);
        let mut batch = vec![first];
        let mut next = None;
        let until = Instant::now() + GATHER_TIME;
        while batch.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX {
            let wait = batch.len() < self.together;
            match self.another(wait.then_some(until)) {
                Ok(Job::Record(record)) => {
                    bytes += layout::record_size(&record.ops);
                    batch.push(record);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.together = batch.len();
        self.write(batch);
        next
    }

    /// A job that is there, or comes until then.
    fn another(&self, until: Option<Instant>) -> Result<Job, RecvTimeoutError> {
        let now = Instant::now();
        let left = until.unwrap_or(now).saturating_duration_since(now);
        self.receive.recv_timeout(left)
    }

    fn register(&mut self, change: Change, answer: Answer) {
        let written = self.register.append(&change);
        if written.is_ok() {
            (self.apply)(Some(Applied::Change(change)));
        }
        answer(written);
    }

    /// Write a batch, in as many pieces as files make of it.
    fn write(&mut self, batch: Vec<Record>) {
        let mut rest = batch.into_iter().peekable();
        while let Some(first) = rest.next() {
            // A record of nothing is only behind those before it.
            if first.ops.is_empty() {
                (first.answer)(Ok(()));
                continue;
            }
            let mut current = match self.room(&first.ops, first.purpose) {
                Ok(current) => current,
                Err(error) => {
                    (first.answer)(Err(error));
                    continue;
                }
            };
            let mut piece = Piece::new(&mut self.buffer, self.short);
            piece.add(&current, first);
            while let Some(record) =
                rest.next_if(|record| piece.takes(&current, record))
            {
                piece.add(&current, record);
            }
            let (written, answers) = piece.write(&mut current);
            match written {
                Ok(entries) => self.confirm(current, entries, answers),
                Err(error) => self.refuse(&current, &error, answers),
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
    }

    fn confirm(&mut self, current: Current, entries: Vec<Entry>, answers: Vec<Answer>) {
        let number = current.number;
        self.current = Some(current);
        let done = (self.apply)(Some(Applied::Entries(number, entries)));
        answers.into_iter().for_each(|answer| answer(Ok(())));
        self.let_go(done);
    }

    /// What stands behind a failed write is unknown: a new file is begun.
    fn refuse(&mut self, current: &Current, error: &Error, answers: Vec<Answer>) {
        tracing::error!(%error, "the log could not be written");
        self.sealed(current);
        let full = matches!(error, Error::Full(_));
        let words = error.to_string();
        answers.into_iter().for_each(|answer| {
            answer(Err(match full {
                true => Error::Full(words.clone()),
                false => Error::Log(words.clone()),
            }));
        });
    }

    /// The file to write the record to, taken out.
    fn room(&mut self, ops: &[Op], purpose: Purpose) -> Result<Current, Error> {
        if self.short && purpose == Purpose::Add {
            // The last of the room is for what makes room.
            self.provide();
            if self.short {
                return Err(Error::Full("the disk is full".into()));
            }
        }
        if let Some(mut current) = self.current.take() {
            if current.fits(0, 0, ops) {
                return Ok(current);
            }
            current.seal();
            self.sealed(&current);
        }
        let least = layout::record_size(ops) + layout::list_size(ops);
        let least = (least + HEADER_BYTES + TRAILER_BYTES) as u64;
        let number = self.next;
        let file = self.files.begin(number, least, &mut self.spares)?;
        self.next += 1;
        self.provide();
        Ok(Current {
            number,
            size: file.size().map_err(|e| failed("measure", &e))?,
            file,
            at: 0,
            list: Vec::new(),
        })
    }

    fn sealed(&mut self, current: &Current) {
        let done = (self.apply)(Some(Applied::Sealed(current.number, current.size)));
        self.let_go(done);
    }

    /// See that a file is ready for when the current one is full.
    fn provide(&mut self) {
        if self.spares.is_empty() {
            match self.files.spare() {
                Ok(spare) => self.spares.push(spare),
                Err(error) => {
                    if !self.short {
                        tracing::error!(%error, "no more messages are taken");
                    }
                    self.short = true;
                    self.files.set_full(true);
                    return;
                }
            }
        }
        if std::mem::take(&mut self.short) {
            self.files.set_full(false);
            tracing::info!("there is room again: messages are taken");
        }
    }

    fn free(&mut self) {
        let done = (self.apply)(None);
        self.let_go(done);
    }

    /// Free files, and those in which nothing counts any longer because of that.
    fn let_go(&mut self, mut done: Vec<u32>) {
        while !done.is_empty() {
            if let Err(error) = self.files.free(&done, &mut self.spares) {
                tracing::error!(%error, "files of the log could not be freed");
                return;
            }
            done = (self.apply)(None);
        }
    }
}

impl Current {
    /// Whether the record has room behind others that are to be written too.
    fn fits(&self, before: usize, listed: usize, ops: &[Op]) -> bool {
        let header = if self.at == 0 { HEADER_BYTES } else { 0 };
        let list = self.list.len() + listed + layout::list_size(ops);
        let record = before.max(header) + layout::record_size(ops);
        self.at + (record + list + TRAILER_BYTES) as u64 <= self.size
    }

    /// Write the list of what is in the file. Should that fail, a start reads it all.
    fn seal(&mut self) {
        let trailer = layout::write_trailer(self.number, self.at, &self.list);
        let end = self.size - TRAILER_BYTES as u64;
        let written = self.file.write(self.at, &self.list);
        if let Err(error) = written.and_then(|()| self.file.write(end, &trailer)) {
            tracing::warn!(file = self.number, %error, "a file's list was not written");
        }
    }
}

/// Records that go into one file with one write.
struct Piece<'a> {
    bytes: &'a mut Vec<u8>,
    short: bool,
    entries: Vec<Entry>,
    answers: Vec<Answer>,
    list: usize,
}

impl<'a> Piece<'a> {
    fn new(bytes: &'a mut Vec<u8>, short: bool) -> Self {
        bytes.clear();
        Self {
            bytes,
            short,
            entries: Vec::new(),
            answers: Vec::new(),
            list: 0,
        }
    }

    fn takes(&self, current: &Current, record: &Record) -> bool {
        let wanted = !self.short || record.purpose == Purpose::Settle;
        let fits = current.fits(self.bytes.len(), self.list, &record.ops);
        wanted && !record.ops.is_empty() && fits
    }

    fn add(&mut self, current: &Current, record: Record) {
        let start = current.at;
        if start == 0 && self.bytes.is_empty() {
            layout::write_header(current.number, self.bytes);
        }
        self.list += layout::list_size(&record.ops);
        let (file, out) = (current.number, &mut *self.bytes);
        layout::write_record(&record.ops, file, start, out, &mut self.entries);
        self.answers.push(record.answer);
    }

    fn write(self, current: &mut Current) -> (Result<Vec<Entry>, Error>, Vec<Answer>) {
        let written = current.file.write(current.at, self.bytes);
        if let Err(error) = written.and_then(|()| current.file.sync()) {
            return (Err(failed("write", &error)), self.answers);
        }
        current.at += self.bytes.len() as u64;
        for entry in &self.entries {
            entry.write(&mut current.list);
        }
        (Ok(self.entries), self.answers)
    }
}
