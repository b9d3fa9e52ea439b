//! Make a container of files that are read as they are packed, in little memory.

use std::io::{self, Read, Write};

use ambient::Random;
use aws_lc_rs::digest::{Context, SHA256};
use flate2::{Compress, Compression, FlushCompress, Status};

use super::manifest::{self, Listed};
use super::write::{is_packed, names};
use super::zip::{DEFLATED, Directory, STORED, Sizes, common, size};
use super::{
    ASIC_MANIFEST_ENTRY, MANIFEST_ENTRY, MIME, MIMETYPE_ENTRY, ODF_MANIFEST_ENTRY,
};
use crate::{Error, Sealing, cms};

/// What is read and compressed at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// The sizes come behind the entry.
const SIZES_FOLLOW: u16 = 1 << 3;

/// A file to be packed while it is read.
pub struct Source<'a> {
    /// Its name in the container.
    pub name: &'a str,
    /// Its media type, as the manifests state it.
    pub mime: &'a str,
    /// Where its bytes come from.
    pub reader: &'a mut dyn Read,
}

/// Write a container to `out`; answers it.
pub(crate) fn pour<W: Write>(
    out: W,
    sealing: &Sealing<'_>,
    files: &mut [Source<'_>],
    random: &Random,
) -> Result<W, Error> {
    names(files.iter().map(|file| file.name))?;
    let first = files.first().map(|file| (file.name, file.mime));
    let own = manifest::eformidling(sealing, first);
    let mut zip = Zip::new(out);
    zip.small(MIMETYPE_ENTRY, MIME.as_bytes())?;
    zip.small(MANIFEST_ENTRY, own.as_bytes())?;
    let mut listed = vec![Listed {
        name: MANIFEST_ENTRY,
        mime: "application/xml",
        digest: super::sha256(own.as_bytes()),
    }];
    for file in files.iter_mut() {
        let digest = zip.large(file.name, file.reader)?;
        let (name, mime) = (file.name, file.mime);
        listed.push(Listed { name, mime, digest });
    }
    let signature_entry = format!("META-INF/signature-{}.p7s", random.uuid());
    let etsi = manifest::etsi(&signature_entry, &listed);
    let signature = cms::sign(etsi.as_bytes(), sealing.signer, sealing.now)?;
    zip.small(ASIC_MANIFEST_ENTRY, etsi.as_bytes())?;
    zip.small(&signature_entry, &signature)?;
    zip.small(ODF_MANIFEST_ENTRY, manifest::odf(&listed).as_bytes())?;
    zip.finish(&format!("mimetype={MIME}"))
}

struct Zip<W> {
    out: W,
    at: u64,
    directory: Directory,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl<W: Write> Zip<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            at: 0,
            directory: Directory::default(),
            input: vec![0; CHUNK_BYTES],
            output: Vec::with_capacity(CHUNK_BYTES),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes).map_err(broken)
    }

    /// Stored, its sizes first: the only kind of stored entry that Java reads.
    fn small(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let offset = size(self.at)?;
        let sizes = Sizes {
            crc: crc32fast::hash(bytes),
            packed: bytes.len() as u64,
            bytes: bytes.len() as u64,
        };
        let common = common(name, STORED, 0, &sizes)?;
        self.head(name, &common)?;
        self.put(bytes)?;
        self.directory.list(name, &common, offset);
        Ok(())
    }

    fn head(&mut self, name: &str, common: &[u8; 24]) -> Result<(), Error> {
        // The extra field's length, of which there is none, comes before the name.
        let head = [b"PK\x03\x04", common.as_slice(), &[0, 0], name.as_bytes()];
        self.put(&head.concat())
    }

    /// Deflated, its sizes behind; what is packed already goes into stored blocks.
    /// Answers its SHA-256.
    fn large(&mut self, name: &str, reader: &mut dyn Read) -> Result<[u8; 32], Error> {
        let offset = size(self.at)?;
        let head = common(name, DEFLATED, SIZES_FOLLOW, &Sizes::default())?;
        self.head(name, &head)?;
        let (begun, mut bytes) = (self.at, 0_u64);
        let (mut hash, mut crc) = (Context::new(&SHA256), crc32fast::Hasher::new());
        let mut compress = None;
        loop {
            let count = fill(reader, &mut self.input)?;
            let mut chunk = std::mem::take(&mut self.input);
            bytes += count as u64;
            hash.update(&chunk[..count]);
            crc.update(&chunk[..count]);
            let compress = compress.get_or_insert_with(|| {
                let packed = is_packed(&chunk[..count]);
                Compress::new(Compression::new(u32::from(!packed)), false)
            });
            let last = count < chunk.len();
            let done = self.deflate(compress, &chunk[..count], last);
            std::mem::swap(&mut self.input, &mut chunk);
            done?;
            if last {
                break;
            }
        }
        let sizes = Sizes {
            crc: crc.finalize(),
            packed: self.at - begun,
            bytes,
        };
        let common = common(name, DEFLATED, SIZES_FOLLOW, &sizes)?;
        self.put(&[b"PK\x07\x08", &common[10..22]].concat())?;
        self.directory.list(name, &common, offset);
        let mut digest = [0; 32];
        digest.copy_from_slice(hash.finish().as_ref());
        Ok(digest)
    }

    fn deflate(
        &mut self,
        compress: &mut Compress,
        bytes: &[u8],
        last: bool,
    ) -> Result<(), Error> {
        let flush = match last {
            true => FlushCompress::Finish,
            false => FlushCompress::None,
        };
        let start = compress.total_in();
        loop {
            let done = usize::try_from(compress.total_in() - start).unwrap_or(0);
            let mut output = std::mem::take(&mut self.output);
            let status = compress.compress_vec(&bytes[done..], &mut output, flush);
            let put = self.put(&output);
            let full = output.len() == output.capacity();
            output.clear();
            self.output = output;
            put?;
            let status = status.map_err(|e| Error::Container(e.to_string()))?;
            let taken = compress.total_in() - start == bytes.len() as u64;
            if status == Status::StreamEnd || (!last && taken && !full) {
                return Ok(());
            }
        }
    }

    fn finish(mut self, comment: &str) -> Result<W, Error> {
        let directory = std::mem::take(&mut self.directory);
        let end = directory.end(self.at, comment)?;
        self.put(&end)?;
        Ok(self.out)
    }
}

/// Read until the buffer is full or there is no more.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(broken(e)),
        }
    }
    Ok(filled)
}

fn broken(error: io::Error) -> Error {
    Error::Stream(error.to_string())
}
