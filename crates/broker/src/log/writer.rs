//! The one thread that writes: gathers what waits, writes it, syncs once, confirms all.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::record::{Op, encode};
use super::segment::{Position, Segments, failed};
use crate::Error;
use crate::queue::{Change, Register};

/// Bytes that may share one write and sync.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Records that may.
const BATCH_RECORDS_MAX: usize = 1024;

/// An operation that is on stable storage, and where, if it is a message.
pub(crate) type Written = (Op, Position);

/// What was written.
pub(crate) enum Applied {
    /// To the log.
    Ops(Vec<Written>),
    /// To the register.
    Change(Change),
}

/// Told what was written before whoever asked for it.
pub(crate) type Apply = Box<dyn Fn(Applied) + Send>;
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    send: Sender<Job>,
}

enum Job {
    Record(Record),
    Change(Change, Answer),
}

struct Record {
    ops: Vec<Op>,
    answer: Answer,
}

/// What the thread works with.
pub(crate) struct Writer {
    receive: Receiver<Job>,
    segments: Segments,
    register: Register,
    apply: Apply,
    current: Option<Current>,
    next: u64,
}

struct Current {
    number: u64,
    file: Arc<File>,
    at: u64,
    size: u64,
}

impl Log {
    /// A log that goes on in a new file after those that are there.
    pub(crate) fn new(
        segments: Segments,
        register: Register,
        apply: Apply,
    ) -> (Self, Writer) {
        let (send, receive) = channel();
        let next = segments.numbers().last().map_or(1, |last| last + 1);
        let writer = Writer {
            receive,
            segments,
            register,
            apply,
            current: None,
            next,
        };
        (Self { send }, writer)
    }

    /// Hand over operations that happen together. The answer comes when they are on
    /// stable storage and applied, or when they are not going to be.
    pub(crate) fn append(
        &self,
        ops: Vec<Op>,
        answer: impl FnOnce(Result<(), Error>) + Send + 'static,
    ) {
        let record = Record {
            ops,
            answer: Box::new(answer),
        };
        self.hand_over(Job::Record(record));
    }

    /// Hand over a change of what queues there are, likewise.
    pub(crate) fn change(
        &self,
        change: Change,
        answer: impl FnOnce(Result<(), Error>) + Send + 'static,
    ) {
        self.hand_over(Job::Change(change, Box::new(answer)));
    }

    fn hand_over(&self, job: Job) {
        if let Err(lost) = self.send.send(job) {
            let (Job::Record(Record { answer, .. }) | Job::Change(_, answer)) = lost.0;
            answer(Err(Error::Closed));
        }
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record of {} operations", self.ops.len())
    }
}

impl Writer {
    /// Write until nobody can hand anything over any longer.
    pub(crate) fn run(mut self) {
        while let Ok(first) = self.receive.recv() {
            let (mut next, mut batch, mut bytes) = (Some(first), Vec::new(), 0);
            while let Some(Job::Record(record)) = next.take_if(|job| {
                let room = batch.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX;
                room && matches!(job, Job::Record(_))
            }) {
                bytes += size(&record.ops);
                batch.push(record);
                next = self.receive.try_recv().ok();
            }
            self.write(batch);
            match next {
                Some(Job::Change(change, answer)) => self.register(change, answer),
                Some(Job::Record(record)) => self.write(vec![record]),
                None => {}
            }
        }
    }

    fn register(&mut self, change: Change, answer: Answer) {
        let written = self.register.append(&change);
        if written.is_ok() {
            (self.apply)(Applied::Change(change));
        }
        answer(written);
    }

    /// Write a batch, in as many pieces as files make of it.
    fn write(&mut self, batch: Vec<Record>) {
        let mut rest = batch.into_iter().peekable();
        while rest.peek().is_some() {
            let least = rest.peek().map_or(0, |record| size(&record.ops));
            if let Err(error) = self.room(least as u64) {
                let words = error.to_string();
                rest.for_each(|r| (r.answer)(Err(Error::Full(words.clone()))));
                return;
            }
            let Some(current) = self.current.as_mut() else {
                return;
            };
            let (mut bytes, mut piece) = (Vec::new(), Vec::new());
            let (mut written, start) = (Vec::new(), current.at);
            while let Some(record) = rest.next_if(|next| {
                let end = start + (bytes.len() + size(&next.ops)) as u64;
                end <= current.size
            }) {
                place(
                    record,
                    current.number,
                    start,
                    &mut bytes,
                    &mut written,
                    &mut piece,
                );
            }
            let done = current.file.write_all_at(&bytes, start);
            let done = done.and_then(|()| current.file.sync_data());
            current.at = start + bytes.len() as u64;
            match done {
                Ok(()) => self.confirm(written, piece),
                Err(error) => {
                    // What stands behind a failed write is unknown: begin a new file.
                    self.current = None;
                    let error = failed("write", &error).to_string();
                    piece
                        .into_iter()
                        .for_each(|a| a(Err(Error::Full(error.clone()))));
                }
            }
        }
    }

    fn confirm(&mut self, written: Vec<Written>, piece: Vec<Answer>) {
        (self.apply)(Applied::Ops(written));
        piece.into_iter().for_each(|answer| answer(Ok(())));
    }

    /// See that the current file has room for the record, or begin a new one.
    fn room(&mut self, least: u64) -> Result<(), Error> {
        if self
            .current
            .as_ref()
            .is_some_and(|c| c.at + least <= c.size)
        {
            return Ok(());
        }
        let number = self.next;
        let file = self.segments.make(number, least)?;
        self.next += 1;
        self.current = Some(Current {
            number,
            file,
            at: 0,
            size: self.segments.size().max(least),
        });
        Ok(())
    }
}

/// Bytes that a record takes at the most.
fn size(ops: &[Op]) -> usize {
    let one = |op: &Op| match op {
        Op::Put(put) => put.size() + dead(put.dead.as_ref()),
        _ => 32,
    };
    16 + ops.iter().map(one).sum::<usize>()
}

fn dead(words: Option<&[String; 3]>) -> usize {
    words.into_iter().flatten().map(|word| 4 + word.len()).sum()
}

fn place(
    record: Record,
    segment: u64,
    start: u64,
    bytes: &mut Vec<u8>,
    written: &mut Vec<Written>,
    piece: &mut Vec<Answer>,
) {
    let base = start + bytes.len() as u64;
    let places = encode(&record.ops, segment, bytes);
    let ends = places.iter().skip(1).copied();
    let end = usize::try_from(start + bytes.len() as u64 - base).unwrap_or_default();
    let ends: Vec<usize> = ends.chain([end]).collect();
    let offset = |place: usize| {
        u32::try_from(base + place as u64).expect("files of a log are below 4 GiB")
    };
    for ((op, place), end) in record.ops.into_iter().zip(places).zip(ends) {
        let length = u32::try_from(end - place).unwrap_or(u32::MAX);
        let at = Position {
            segment,
            offset: offset(place),
            length,
        };
        written.push((op, at));
    }
    piece.push(record.answer);
}
