//! Records: what one change looks like in the log.
//!
//! A record is a length, a checksum and a list of operations that happen together or
//! not at all. The checksum is seeded with the number of the file, so what an earlier
//! use of the same blocks left behind is never taken for a record.

use bytes::Bytes;

use crate::Error;

/// Length and checksum before the operations.
pub(crate) const HEADER_BYTES: usize = 8;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// A message is in a queue, or is there again in a newer file.
    Put(Put),
    /// A message is gone.
    Drop { queue: u32, sequence: u64 },
    /// A message has been delivered in vain this often.
    Count {
        queue: u32,
        sequence: u64,
        count: u32,
    },
}

/// By which protocol a message came, and so how its bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// REST: `head` is JSON, `body` is the body.
    Rest,
    /// AMQP: `head` is empty, `body` is the sections from properties to footer.
    Amqp,
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Put {
    pub(crate) queue: u32,
    pub(crate) sequence: u64,
    /// Microseconds since 1970.
    pub(crate) enqueued_at: i64,
    /// The same; 0 for never.
    pub(crate) expires_at: i64,
    pub(crate) count: u32,
    pub(crate) origin: Origin,
    pub(crate) id: String,
    /// Reason, description and source, once it lies in a dead-letter queue.
    pub(crate) dead: Option<[String; 3]>,
    pub(crate) head: Bytes,
    pub(crate) body: Bytes,
}

const PUT: u8 = 2;
const DROP: u8 = 3;
const COUNT: u8 = 4;

impl Op {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Put(put) => {
                let start = out.len();
                out.push(PUT);
                put.write(out);
                // A message is read alone, long after its record: it has its own sum.
                let sum = crc32fast::hash(&out[start..]);
                out.extend_from_slice(&sum.to_le_bytes());
            }
            Self::Drop { queue, sequence } => {
                out.push(DROP);
                out.extend_from_slice(&queue.to_le_bytes());
                out.extend_from_slice(&sequence.to_le_bytes());
            }
            Self::Count {
                queue,
                sequence,
                count,
            } => {
                out.push(COUNT);
                out.extend_from_slice(&queue.to_le_bytes());
                out.extend_from_slice(&sequence.to_le_bytes());
                out.extend_from_slice(&count.to_le_bytes());
            }
        }
    }
}

impl Put {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.queue.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.enqueued_at.to_le_bytes());
        out.extend_from_slice(&self.expires_at.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.push(u8::from(self.origin == Origin::Amqp));
        text(out, &self.id);
        out.push(u8::from(self.dead.is_some()));
        for part in self.dead.iter().flatten() {
            text(out, part);
        }
        blob(out, &self.head);
        blob(out, &self.body);
    }

    /// Bytes that it takes in a record, within a few.
    pub(crate) fn size(&self) -> usize {
        64 + self.id.len() + self.head.len() + self.body.len()
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    blob(out, text.as_bytes());
}

fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("messages are far below 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Write a record of these operations behind what is there; answers where each of them
/// begins, counted from the beginning of the record.
pub(crate) fn encode(ops: &[Op], segment: u64, out: &mut Vec<u8>) -> Vec<usize> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    let mut places = Vec::with_capacity(ops.len());
    for op in ops {
        places.push(out.len() - start);
        op.write(out);
    }
    let length = u32::try_from(out.len() - start - HEADER_BYTES);
    let length = length.expect("a record is far below 4 GiB");
    let sum = checksum(segment, &out[start + HEADER_BYTES..]);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&sum.to_le_bytes());
    places
}

pub(crate) fn checksum(segment: u64, bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&segment.to_le_bytes());
    sum.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
    sum.update(bytes);
    sum.finalize()
}

/// Read operations, each with where it begins in the bytes.
pub(crate) fn decode(bytes: &Bytes) -> Result<Vec<(usize, Op)>, &'static str> {
    let mut reader = Reader { bytes, at: 0 };
    let mut ops = Vec::new();
    while reader.at < bytes.len() {
        let place = reader.at;
        ops.push((
            place,
            reader.op().ok_or("an operation is cut off or unknown")?,
        ));
    }
    Ok(ops)
}

/// Read the one message that stands at the beginning of the bytes.
pub(crate) fn decode_put(bytes: &Bytes) -> Option<Put> {
    match (Reader { bytes, at: 0 }).op()? {
        Op::Put(put) => Some(put),
        _ => None,
    }
}

struct Reader<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn op(&mut self) -> Option<Op> {
        let [kind] = self.array()?;
        let queue = u32::from_le_bytes(self.array()?);
        Some(match kind {
            PUT => Op::Put(self.put(queue)?),
            DROP => Op::Drop {
                queue,
                sequence: u64::from_le_bytes(self.array()?),
            },
            COUNT => Op::Count {
                queue,
                sequence: u64::from_le_bytes(self.array()?),
                count: u32::from_le_bytes(self.array()?),
            },
            _ => return None,
        })
    }

    fn put(&mut self, queue: u32) -> Option<Put> {
        let sequence = u64::from_le_bytes(self.array()?);
        let enqueued_at = i64::from_le_bytes(self.array()?);
        let expires_at = i64::from_le_bytes(self.array()?);
        let count = u32::from_le_bytes(self.array()?);
        let origin = match self.array()? {
            [0] => Origin::Rest,
            _ => Origin::Amqp,
        };
        let id = self.text()?;
        let dead = match self.array()? {
            [0] => None,
            _ => Some([self.text()?, self.text()?, self.text()?]),
        };
        let (head, body) = (self.blob()?, self.blob()?);
        self.array::<4>()?;
        Some(Put {
            queue,
            sequence,
            enqueued_at,
            expires_at,
            count,
            origin,
            id,
            dead,
            head,
            body,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let end = self.at.checked_add(N)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        bytes.try_into().ok()
    }

    fn blob(&mut self) -> Option<Bytes> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let end = self.at.checked_add(length)?;
        if end > self.bytes.len() {
            return None;
        }
        let bytes = self.bytes.slice(self.at..end);
        self.at = end;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.blob()?.to_vec()).ok()
    }
}

/// A record that is not what was written.
pub(crate) fn damaged(segment: u64, offset: u64, what: &'static str) -> Error {
    Error::Damaged {
        segment,
        offset,
        what,
    }
}
