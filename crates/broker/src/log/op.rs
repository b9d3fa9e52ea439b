//! Operations: what one change looks like in the log.
//!
//! A message is written with a head of fixed size, which is all that the index needs,
//! and a checksum of its own, since it is read alone and long after its record.

use bytes::{BufMut, Bytes};

/// Where a message stands: the file, the place of its operation, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) file: u32,
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

impl Position {
    /// Where nothing stands.
    pub(crate) const NOWHERE: Self = Self {
        file: 0,
        offset: 0,
        length: 0,
    };
}

/// What a message waits for, numbered as on the wire (servicebus §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// A receiver.
    #[default]
    Active = 0,
    /// A receiver that asks for its number.
    Deferred = 1,
    /// Its time.
    Scheduled = 2,
}

impl Stage {
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Active, Self::Deferred, Self::Scheduled]
            .into_iter()
            .find(|stage| *stage as u8 == byte)
    }
}

/// What the index needs to know of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) lane: u32,
    pub(crate) sequence: u64,
    /// When it is of no more use, or when its time comes if it is scheduled, in
    /// microseconds since 1970; 0 for never.
    pub(crate) due: i64,
    /// How often it was delivered in vain.
    pub(crate) count: u16,
    pub(crate) stage: Stage,
    /// The file with the copy that this one replaces; 0 without.
    pub(crate) from: u32,
    /// The rest of its body is in a file of its own.
    pub(crate) tail: Option<Tail>,
}

/// A file with the rest of a large message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    pub(crate) number: u64,
    /// Its length.
    pub bytes: u64,
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Put {
    pub(crate) head: Head,
    pub(crate) content: Content,
}

/// What the index does not need to know of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// Microseconds since 1970, as all times here.
    pub(crate) enqueued_at: i64,
    /// For when it was scheduled, or 0.
    pub(crate) scheduled_at: i64,
    /// For how long it is of use, in microseconds; 0 for ever.
    pub(crate) time_to_live: i64,
    /// Its number in the queue that it was first in.
    pub(crate) origin: u64,
    pub(crate) id: Box<str>,
    /// Reason, description and source, once it lies in a dead-letter queue.
    pub(crate) dead: Option<Box<[String; 3]>>,
    /// What receivers have changed about it, in the front's encoding.
    pub(crate) changes: Bytes,
    /// What its sender told the broker about it, in the front's encoding.
    pub(crate) notes: Bytes,
    pub(crate) body: Bytes,
}

/// Everything else that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// The copy of the message in this file counts no longer.
    End { lane: u32, sequence: u64, file: u32 },
    /// A message has been delivered in vain this often, and waits for this.
    Mark {
        lane: u32,
        sequence: u64,
        count: u16,
        stage: Stage,
    },
    /// Numbers below have been given in this lane.
    Next { lane: u32, sequence: u64 },
    /// A message whose id has this digest was sent at this time.
    Seen {
        lane: u32,
        digest: [u8; 16],
        at: i64,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    Put(Box<Put>),
    Note(Note),
}

/// One change, as the index and the list at a file's end have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Put(Head, Position),
    Note(Note),
}

const PUT: u8 = 1;
const END: u8 = 2;
const MARK: u8 = 3;
const NEXT: u8 = 4;
const SEEN: u8 = 5;

/// Kind and length in front of a message, and the checksum behind it.
const AROUND_PUT: usize = 1 + 4 + 4;

impl Op {
    /// Write it. The checksum is seeded with the file's number, so that what an
    /// earlier use of the same blocks left behind is never taken for a message.
    pub(crate) fn write(&self, file: u32, out: &mut Vec<u8>) {
        let start = out.len();
        match self {
            Self::Put(put) => {
                out.push(PUT);
                let length = put.size() - AROUND_PUT;
                out.put_u32_le(u32::try_from(length).expect("below 4 GiB"));
                put.write(out);
            }
            Self::Note(note) => note.write(out),
        }
        out.put_u32_le(checksum(file, &out[start..]));
    }

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Put(put) => put.size(),
            Self::Note(note) => note.size(),
        }
    }
}

impl Head {
    const BYTES: usize = 44;

    fn write(&self, out: &mut Vec<u8>) {
        out.put_u32_le(self.lane);
        out.put_u64_le(self.sequence);
        out.put_i64_le(self.due);
        out.put_u16_le(self.count);
        out.push(self.stage as u8);
        out.push(u8::from(self.tail.is_some()));
        out.put_u32_le(self.from);
        let tail = self.tail.unwrap_or(Tail {
            number: 0,
            bytes: 0,
        });
        out.put_u64_le(tail.number);
        out.put_u64_le(tail.bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (lane, sequence) = (reader.u32()?, reader.u64()?);
        let (due, count) = (reader.i64()?, reader.u16()?);
        let (stage, tailed) = (Stage::from_byte(reader.u8()?)?, reader.u8()?);
        let from = reader.u32()?;
        let (number, bytes) = (reader.u64()?, reader.u64()?);
        Some(Self {
            lane,
            sequence,
            due,
            count,
            stage,
            from,
            tail: (tailed == 1).then_some(Tail { number, bytes }),
        })
    }
}

impl Put {
    fn write(&self, out: &mut Vec<u8>) {
        self.head.write(out);
        let content = &self.content;
        out.put_i64_le(content.enqueued_at);
        out.put_i64_le(content.scheduled_at);
        out.put_i64_le(content.time_to_live);
        out.put_u64_le(content.origin);
        blob(out, content.id.as_bytes());
        out.push(u8::from(content.dead.is_some()));
        for words in content.dead.iter().flat_map(|words| words.iter()) {
            blob(out, words.as_bytes());
        }
        blob(out, &content.changes);
        blob(out, &content.notes);
        blob(out, &content.body);
    }

    /// Bytes that it takes, with what is around it.
    pub(crate) fn size(&self) -> usize {
        let content = &self.content;
        let dead = content.dead.iter().flat_map(|words| words.iter());
        let dead: usize = dead.map(|words| 4 + words.len()).sum();
        let blobs = [&content.changes, &content.notes, &content.body];
        let blobs: usize = blobs.iter().map(|blob| 4 + blob.len()).sum();
        let fixed = Head::BYTES + 4 * 8 + 1;
        AROUND_PUT + fixed + 4 + content.id.len() + dead + blobs
    }

    /// Read the message that these bytes are. None when they are not what was written
    /// to this file.
    pub(crate) fn read(file: u32, bytes: &Bytes) -> Option<Self> {
        let (put, sum) = bytes.split_last_chunk::<4>()?;
        if put.first() != Some(&PUT) || checksum(file, put) != u32::from_le_bytes(*sum)
        {
            return None;
        }
        let mut reader = Reader { rest: &put[5..] };
        let head = Head::read(&mut reader)?;
        let (enqueued_at, scheduled_at) = (reader.i64()?, reader.i64()?);
        let (time_to_live, origin) = (reader.i64()?, reader.u64()?);
        let id = reader.text()?.into();
        let dead = match reader.u8()? {
            0 => None,
            _ => {
                let mut text = || reader.text().map(str::to_owned);
                Some(Box::new([text()?, text()?, text()?]))
            }
        };
        let mut part = || Some(bytes.slice_ref(reader.blob()?));
        let (changes, notes, body) = (part()?, part()?, part()?);
        let content = Content {
            enqueued_at,
            scheduled_at,
            time_to_live,
            origin,
            id,
            dead,
            changes,
            notes,
            body,
        };
        Some(Self { head, content })
    }
}

impl Note {
    fn write(&self, out: &mut Vec<u8>) {
        let start = |out: &mut Vec<u8>, kind: u8, lane: u32| {
            out.push(kind);
            out.put_u32_le(lane);
        };
        match *self {
            Self::End {
                lane,
                sequence,
                file,
            } => {
                start(out, END, lane);
                out.put_u64_le(sequence);
                out.put_u32_le(file);
            }
            Self::Mark {
                lane,
                sequence,
                count,
                stage,
            } => {
                start(out, MARK, lane);
                out.put_u64_le(sequence);
                out.put_u16_le(count);
                out.push(stage as u8);
            }
            Self::Next { lane, sequence } => {
                start(out, NEXT, lane);
                out.put_u64_le(sequence);
            }
            Self::Seen { lane, digest, at } => {
                start(out, SEEN, lane);
                out.put_slice(&digest);
                out.put_i64_le(at);
            }
        }
    }

    pub(crate) fn size(&self) -> usize {
        // Kind, lane and checksum are around all of them.
        9 + match self {
            Self::End { .. } => 12,
            Self::Mark { .. } => 11,
            Self::Next { .. } => 8,
            Self::Seen { .. } => 24,
        }
    }

    fn read(kind: u8, reader: &mut Reader<'_>) -> Option<Self> {
        let lane = reader.u32()?;
        Some(match kind {
            END => Self::End {
                lane,
                sequence: reader.u64()?,
                file: reader.u32()?,
            },
            MARK => Self::Mark {
                lane,
                sequence: reader.u64()?,
                count: reader.u16()?,
                stage: Stage::from_byte(reader.u8()?)?,
            },
            NEXT => Self::Next {
                lane,
                sequence: reader.u64()?,
            },
            SEEN => Self::Seen {
                lane,
                digest: reader.array()?,
                at: reader.i64()?,
            },
            _ => return None,
        })
    }
}

impl Entry {
    /// The lane that it is about.
    pub(crate) fn lane(&self) -> u32 {
        match *self {
            Self::Put(head, _) => head.lane,
            Self::Note(
                Note::End { lane, .. }
                | Note::Mark { lane, .. }
                | Note::Next { lane, .. }
                | Note::Seen { lane, .. },
            ) => lane,
        }
    }

    /// Write it for the list at a file's end.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Put(head, at) => {
                out.push(PUT);
                head.write(out);
                out.put_u32_le(at.offset);
                out.put_u32_le(at.length);
            }
            Self::Note(note) => note.write(out),
        }
    }

    /// Bytes that it takes there.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Put(..) => 1 + Head::BYTES + 8,
            Self::Note(note) => note.size() - 4,
        }
    }

    /// Read the next from a file's list; none when it makes no sense.
    pub(crate) fn next(file: u32, list: &mut &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: list };
        let kind = reader.u8()?;
        let entry = if kind == PUT {
            let head = Head::read(&mut reader)?;
            let (offset, length) = (reader.u32()?, reader.u32()?);
            let at = Position {
                file,
                offset,
                length,
            };
            Self::Put(head, at)
        } else {
            Self::Note(Note::read(kind, &mut reader)?)
        };
        *list = reader.rest;
        Some(entry)
    }

    /// Read the next operation of a record, which begins at this offset of the file;
    /// none when it is not what was written.
    pub(crate) fn scan(file: u32, offset: u64, record: &mut &[u8]) -> Option<Self> {
        let kind = *record.first()?;
        let length = match kind {
            PUT => {
                let length = u32::from_le_bytes(*record.get(1..)?.first_chunk()?);
                AROUND_PUT.checked_add(usize::try_from(length).ok()?)?
            }
            END => 21,
            MARK => 20,
            NEXT => 17,
            SEEN => 33,
            _ => return None,
        };
        let (op, rest) = record.split_at_checked(length)?;
        let (op, sum) = op.split_last_chunk::<4>()?;
        if checksum(file, op) != u32::from_le_bytes(*sum) {
            return None;
        }
        *record = rest;
        if kind == PUT {
            let head = Head::read(&mut Reader { rest: &op[5..] })?;
            let at = Position {
                file,
                offset: u32::try_from(offset).ok()?,
                length: u32::try_from(length).ok()?,
            };
            return Some(Self::Put(head, at));
        }
        Note::read(kind, &mut Reader { rest: &op[1..] }).map(Self::Note)
    }
}

pub(crate) fn checksum(file: u32, bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new_with_initial(file);
    sum.update(bytes);
    sum.finalize()
}

fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.put_u32_le(u32::try_from(bytes.len()).expect("below 4 GiB"));
    out.put_slice(bytes);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn blob(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.blob()?).ok()
    }
}
