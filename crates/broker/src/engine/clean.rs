//! Empty a file of the log in which little counts, so that it can be used again.

use super::Engine;
use super::index::{Hold, Slot};
use super::later;
use super::message::Taken;
use super::state::State;
use crate::Error;
use crate::log::{Content, Entry, Note, Op, Purpose, recover};

/// What is written at once: so many operations, and about so many bytes.
const OPS_MAX: usize = 256;
const BYTES_MAX: u64 = 1024 * 1024;

impl Engine {
    /// Empty one file, if there are too many for what is in them.
    pub(super) async fn clean(&self) -> Result<(), Error> {
        let bytes = self.0.setup.file_bytes;
        let crowded = self.with(|state| state.ledger.crowded(bytes));
        let Some(file) = crowded else {
            return Ok(());
        };
        let mut entries = Vec::new();
        recover(&self.0.files, file, |entry| entries.push(entry))?;
        self.move_messages(file, &entries).await?;
        self.carry_notes(file, entries).await?;
        self.with(|state| state.ledger.carried(file));
        if let Some(log) = &*self.log() {
            log.free();
        }
        Ok(())
    }

    /// Write the messages of a file again at the end of the log.
    async fn move_messages(&self, file: u32, entries: &[Entry]) -> Result<(), Error> {
        let heads = entries.iter().filter_map(|entry| match entry {
            Entry::Put(head, at) => Some((head.lane, head.sequence, *at)),
            Entry::Note(_) => None,
        });
        let mut some = Vec::new();
        let mut bytes = 0;
        for (lane, sequence, at) in heads {
            let slot = self.with(|state| state.slot(lane, sequence).copied());
            let Some(slot) = slot.filter(|slot| slot.at == at) else {
                continue;
            };
            let taken = Taken {
                lane,
                slot,
                lock: None,
                tail: None,
            };
            match self.reload(&taken) {
                Ok(put) => {
                    bytes += u64::from(slot.at.length);
                    some.push((lane, slot, put.content));
                }
                Err(Error::NoMessage(_)) => {}
                Err(error) => {
                    self.damaged(&taken, &error);
                    self.with(|state| state.ledger.stuck(file));
                }
            }
            if some.len() >= OPS_MAX || bytes >= BYTES_MAX {
                self.move_some(std::mem::take(&mut some)).await?;
                bytes = 0;
            }
        }
        self.move_some(some).await
    }

    async fn move_some(&self, some: Vec<(u32, Slot, Content)>) -> Result<(), Error> {
        let (answer, answered) = later();
        self.with(|state| {
            let ops = some.into_iter().filter_map(|(lane, slot, content)| {
                // What is on its way out must not come again behind its own end.
                let now = state.slot(lane, slot.sequence).copied()?;
                let stays = matches!(now.hold, Hold::Free | Hold::Locked);
                let same = stays && now.at == slot.at;
                same.then(|| Op::put(state.head(lane, &now), content))
            });
            let ops = ops.collect();
            self.append(ops, Purpose::Settle, Box::new(answer));
        });
        answered.await
    }

    /// Write all that is small in a file, and still counts, again at the end.
    async fn carry_notes(&self, file: u32, entries: Vec<Entry>) -> Result<(), Error> {
        for some in entries.chunks(OPS_MAX) {
            let (answer, answered) = later();
            self.with(|state| {
                let notes = some.iter().filter_map(|entry| state.carried(file, entry));
                let ops = notes.map(Op::Note).collect();
                self.append(ops, Purpose::Settle, Box::new(answer));
            });
            answered.await?;
        }
        let (answer, answered) = later();
        let ids = self.with(|state| {
            let numbers = state.ledger.numbers(file).into_iter().filter_map(|lane| {
                let sequence = state.lanes.get(&lane)?.known + 1;
                Some(Op::Note(Note::Next { lane, sequence }))
            });
            let numbers = numbers.collect();
            self.append(numbers, Purpose::Settle, Box::new(answer));
            state.ids(file)
        });
        answered.await?;
        for some in ids.chunks(OPS_MAX) {
            let (answer, answered) = later();
            let ops = some.iter().copied().map(Op::Note).collect();
            self.append(ops, Purpose::Settle, Box::new(answer));
            answered.await?;
        }
        self.with(|state| state.forget_file(file));
        Ok(())
    }
}

impl State {
    /// What must be said again when the file is gone that says this.
    fn carried(&self, own: u32, entry: &Entry) -> Option<Note> {
        let end = |lane, sequence, file| {
            let note = Note::End {
                lane,
                sequence,
                file,
            };
            self.ledger.is_other(file, own).then_some(note)
        };
        if !self.lanes.contains_key(&entry.lane()) {
            return None;
        }
        match *entry {
            Entry::Put(head, _) => end(head.lane, head.sequence, head.from),
            Entry::Note(Note::End {
                lane,
                sequence,
                file,
            }) => end(lane, sequence, file),
            Entry::Note(Note::Mark { lane, sequence, .. }) => {
                let slot = self.slot(lane, sequence)?;
                Some(Note::Mark {
                    lane,
                    sequence,
                    count: slot.count,
                    stage: slot.stage,
                })
            }
            Entry::Note(Note::Next { .. } | Note::Seen { .. }) => None,
        }
    }

    /// Ids that were seen in this file.
    fn ids(&self, file: u32) -> Vec<Note> {
        let lanes = self.ledger.seen(file);
        let known = lanes.into_iter().filter_map(|lane| {
            let history = self.lanes.get(&lane)?.history.as_ref()?;
            Some(history.within(file).map(move |(at, digest)| Note::Seen {
                lane,
                digest,
                at,
            }))
        });
        known.flatten().collect()
    }

    fn forget_file(&mut self, file: u32) {
        for number in self.ledger.seen(file) {
            let lane = self.lanes.get_mut(&number);
            if let Some(history) = lane.and_then(|lane| lane.history.as_mut()) {
                history.leave(file);
            }
        }
    }
}
