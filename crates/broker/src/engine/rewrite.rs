//! Write something of a message that nobody has meanwhile: a note on it, or all of it
//! anew.

use bytes::{Bytes, BytesMut};

use super::Engine;
use super::index::Slot;
use super::message::Taken;
use super::state::State;
use crate::Error;
use crate::log::{Answer, Content, Head, Note, Op, Purpose, Put};

/// Bytes of changes that a message carries along; what is beyond is not taken.
const CHANGES_BYTES_MAX: usize = 64 * 1024;

/// When a message goes back to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    /// When the writing has failed.
    OnFailure,
    /// When it has come to an end.
    Always,
}

impl Engine {
    /// Write a note on a message.
    pub(super) fn note(
        &self,
        lane: u32,
        sequence: u64,
        back: Back,
        answer: Answer,
        note: impl FnOnce(&Slot) -> Note,
    ) {
        let answer = self.with(|state| match state.hold(lane, sequence) {
            Some(slot) => {
                let answer = self.and_back(lane, sequence, back, answer);
                let ops = vec![Op::Note(note(&slot))];
                self.append(ops, Purpose::Settle, answer);
                None
            }
            None => Some(answer),
        });
        if let Some(answer) = answer {
            answer(Err(Error::LockLost));
        }
    }

    /// Read a message and write what is made of it.
    pub(super) fn rewrite(
        &self,
        lane: u32,
        sequence: u64,
        back: Back,
        answer: Answer,
        make: impl FnOnce(&mut State, &Slot, Content) -> Vec<Op>,
    ) {
        let Some(slot) = self.with(|state| state.hold(lane, sequence)) else {
            return answer(Err(Error::LockLost));
        };
        let taken = Taken {
            lane,
            slot,
            lock: None,
            tail: None,
        };
        match self.reload(&taken) {
            Ok(put) => {
                let answer = self.and_back(lane, sequence, back, answer);
                self.with(|state| {
                    let ops = make(state, &slot, put.content);
                    self.append(ops, Purpose::Settle, answer);
                });
            }
            Err(error) => {
                if matches!(error, Error::Damaged { .. }) {
                    self.damaged(&taken, &error);
                } else {
                    self.with(|state| state.give_back(lane, sequence));
                }
                answer(Err(error));
            }
        }
    }

    fn and_back(&self, lane: u32, sequence: u64, back: Back, answer: Answer) -> Answer {
        let engine = self.clone();
        Box::new(move |result| {
            if result.is_err() || back == Back::Always {
                engine.with(|state| state.give_back(lane, sequence));
            }
            answer(result);
        })
    }
}

impl State {
    /// The head of a message as it would be written again.
    pub(super) fn head(&self, lane: u32, slot: &Slot) -> Head {
        let tails = self.lanes.get(&lane).map(|lane| &lane.tails);
        Head {
            lane,
            sequence: slot.sequence,
            due: slot.due,
            count: slot.count,
            stage: slot.stage,
            from: slot.at.file,
            tail: tails.and_then(|tails| tails.get(&slot.sequence).copied()),
        }
    }

    /// The number that the next message of a lane gets; taken with this.
    pub(super) fn next_number(&mut self, lane: u32) -> u64 {
        let Some(lane) = self.lanes.get_mut(&lane) else {
            return 0;
        };
        lane.next += 1;
        lane.next - 1
    }
}

impl Op {
    pub(super) fn put(head: Head, content: Content) -> Self {
        Self::Put(Box::new(Put { head, content }))
    }
}

impl Content {
    /// The same with these changes behind earlier ones.
    pub(super) fn with(mut self, changes: &Bytes) -> Self {
        if self.changes.len() + changes.len() <= CHANGES_BYTES_MAX {
            let mut all = BytesMut::from(&self.changes[..]);
            all.extend_from_slice(changes);
            self.changes = all.freeze();
        }
        self
    }
}
