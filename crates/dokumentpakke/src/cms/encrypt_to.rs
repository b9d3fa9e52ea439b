//! EnvelopedData whose length is not known before: BER with indefinite lengths, as the
//! Java access point writes it, in little memory.

use std::io::{self, Write};

use ambient::Random;
use zeroize::Zeroizing;

use super::encrypt::Lock;
use crate::cipher;
use crate::encode::{oid, oids, open};
use crate::tlv::{INTEGER, OCTET_STRING, SEQUENCE, context};
use crate::{Certificate, Error, KeyTransport};

/// Clear text that is encrypted at a time; whole blocks.
const CHUNK_BYTES: usize = 64 * 1024;
/// The elements that are open while content is written.
const OPEN: usize = 5;

/// Takes clear text, writes a package to `out`.
pub(crate) struct Encryptor<W> {
    out: W,
    key: Zeroizing<[u8; 32]>,
    iv: [u8; 16],
    chunk: Zeroizing<Vec<u8>>,
}

impl<W: Write> Encryptor<W> {
    pub(crate) fn new(
        mut out: W,
        to: &Certificate,
        transport: KeyTransport,
        random: &Random,
    ) -> Result<Self, Error> {
        let lock = Lock::new(to, transport, random)?;
        let zero: &[u8] = &[INTEGER, 1, 0];
        let (kind, data) = (oid(oids::ENVELOPED_DATA), oid(oids::DATA));
        let head = [
            &[SEQUENCE, 0x80],
            kind.as_slice(),
            &[context(0, true), 0x80, SEQUENCE, 0x80],
            zero,
            &lock.recipients,
            &[SEQUENCE, 0x80],
            &data,
            &lock.cipher,
            &[context(0, true), 0x80],
        ];
        out.write_all(&head.concat())
            .map_err(|e| Error::Stream(e.to_string()))?;
        Ok(Self {
            out,
            key: lock.key,
            iv: lock.iv,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + 16)),
        })
    }

    fn emit(&mut self) -> io::Result<()> {
        cipher::encrypt_blocks(&self.key, self.iv, &mut self.chunk);
        let last = self.chunk.len() - self.iv.len();
        self.iv.copy_from_slice(&self.chunk[last..]);
        let head = open(OCTET_STRING, &[], self.chunk.len());
        self.out.write_all(&head)?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }

    /// Pad, and close every element.
    pub(crate) fn finish(mut self) -> Result<W, Error> {
        let end = cipher::padded(self.chunk.len());
        let count = u8::try_from(end - self.chunk.len()).expect("at most one block");
        self.chunk.resize(end, count);
        self.emit()
            .and_then(|()| self.out.write_all(&[0; 2 * OPEN]))
            .and_then(|()| self.out.flush())
            .map_err(|e| Error::Stream(e.to_string()))?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Encryptor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK_BYTES - self.chunk.len();
        let count = room.min(bytes.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        if self.chunk.len() == CHUNK_BYTES {
            self.emit()?;
        }
        Ok(count)
    }

    /// Nothing: what is not a whole chunk waits for its end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
