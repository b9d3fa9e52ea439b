//! Take a container's entries out, with limits: a container comes from somebody else.

use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom, Write};

use aws_lc_rs::digest::{Algorithm, Context, Digest, SHA256};
use flate2::{Decompress, FlushDecompress, Status};
use rawzip::{
    CompressionMethod, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipEntry, ZipFileHeaderRecord, ZipLocalFileHeader,
    ZipLocator, ZipVerification,
};

use super::{MIME, SIMPLE_MIME, is_meta};
use crate::{Error, name};

/// How many entries a container may have.
const ENTRIES_MAX: usize = 10_000;
/// How large all of it may be, unpacked, when it is in memory.
pub(super) const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How large a list or a signature may be.
const META_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How much larger than packed an entry may be, once it is large at all.
const RATIO_MAX: u64 = 200;
const RATIO_FROM_BYTES: u64 = 10 * 1024 * 1024;
/// What is inflated at a time.
const CHUNK_BYTES: usize = 32 * 1024;

/// An entry as it lies in the container.
pub(super) struct Entry {
    pub(super) name: String,
    /// Empty where it was not to be kept.
    pub(super) bytes: Vec<u8>,
    /// How many there are, kept or not.
    pub(super) size: u64,
    /// Over all of them.
    pub(super) sha256: [u8; 32],
    /// The same by other algorithms, where they were asked for.
    others: Vec<Digest>,
}

impl Entry {
    /// Over all its bytes, if it was computed.
    pub(super) fn digest(&self, by: &'static Algorithm) -> Option<&[u8]> {
        if by == &SHA256 {
            return Some(&self.sha256);
        }
        let mut all = self.others.iter();
        all.find(|d| d.algorithm() == by).map(AsRef::as_ref)
    }
}

/// Says, of the lists and signatures, which digests of the files are asked for beyond
/// SHA-256.
pub(super) type Others = fn(&[Entry]) -> Vec<&'static Algorithm>;

/// Whose bytes to keep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Everybody's.
    All,
    /// Only those of the lists and signatures.
    Meta,
}

/// What a container holds.
pub(super) struct Unzipped {
    /// What is in META-INF, each with its checksum verified.
    pub(super) inner: Vec<Entry>,
    /// The files, in the order of the directory, the same.
    pub(super) outer: Vec<Entry>,
    /// What other readers will stumble over.
    pub(super) remarks: Vec<String>,
}

/// Reads at any place of something that seeks.
pub(super) struct Seeking<R>(RefCell<R>);

impl<R: Read + Seek> Seeking<R> {
    /// The archive in it.
    pub(super) fn archive(mut reader: R) -> Result<ZipArchive<Self>, Error> {
        let end = reader.seek(SeekFrom::End(0)).map_err(unread)?;
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        ZipLocator::new()
            .locate_in_reader(Self(RefCell::new(reader)), &mut buffer, end)
            .map_err(|(_, error)| damaged(error))
    }
}

impl<R: Read + Seek> ReaderAt for Seeking<R> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let mut reader = self.0.borrow_mut();
        reader.seek(SeekFrom::Start(offset))?;
        reader.read(buffer)
    }
}

/// An entry whose bytes somebody wants as they come.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) sink: &'a mut dyn Write,
}

/// Read them all. Fails when the container is damaged or made to hurt.
pub(super) fn entries<R: ReaderAt>(
    archive: &ZipArchive<R>,
    keep: Keep,
    mut wanted: Option<Wanted<'_>>,
    others: Others,
    unpacked_bytes_max: u64,
) -> Result<Unzipped, Error> {
    let mut remarks = Vec::new();
    let mut words = Vec::new();
    archive.comment().read_to_end(&mut words).map_err(unread)?;
    comment(&words, &mut remarks)?;
    let heads = heads(archive, &mut remarks)?;
    let (mut inner, mut outer) = (Vec::new(), Vec::new());
    let mut left = unpacked_bytes_max;
    let (first, then) = heads
        .into_iter()
        .partition(|head: &Head| is_meta(&head.name));
    let (first, then): (Vec<Head>, Vec<Head>) = (first, then);
    let mut asked = Vec::new();
    for (head, meta) in first
        .into_iter()
        .map(|head| (head, true))
        .chain(then.into_iter().map(|head| (head, false)))
    {
        if !meta && outer.is_empty() {
            asked = others(&inner);
        }
        let entry = archive.get_entry(head.place).map_err(damaged)?;
        let (start, end) = entry.compressed_data_range();
        let allowed = if meta { left.min(META_BYTES_MAX) } else { left };
        let wanted: Option<&mut dyn Write> = match &mut wanted {
            Some(wanted) if wanted.name == head.name => Some(&mut *wanted.sink),
            _ => None,
        };
        let mut sink = Sink {
            bytes: Vec::new(),
            hash: Context::new(&SHA256),
            others: asked.iter().map(|by| Context::new(by)).collect(),
            crc: crc32fast::Hasher::new(),
            size: 0,
            limit: limit(end.saturating_sub(start), allowed),
            keep: meta || keep == Keep::All,
            wanted,
        };
        INFLATER.with_borrow_mut(|inflater| {
            inflater.take(&entry, head.deflated, &mut sink)
        })?;
        left -= sink.size;
        let all = if meta { &mut inner } else { &mut outer };
        all.push(sink.entry(head.name));
    }
    Ok(Unzipped {
        inner,
        outer,
        remarks,
    })
}

/// What the directory says of an entry.
struct Head {
    name: String,
    place: ZipArchiveEntryWayfinder,
    deflated: bool,
}

/// Look at all of the directory before anything is inflated.
fn heads<R: ReaderAt>(
    archive: &ZipArchive<R>,
    remarks: &mut Vec<String>,
) -> Result<Vec<Head>, Error> {
    DIRECTORY.with_borrow_mut(|(buffer, local)| {
        buffer.resize(RECOMMENDED_BUFFER_SIZE, 0);
        local.resize(RECOMMENDED_BUFFER_SIZE, 0);
        heads_by(archive, remarks, buffer, local)
    })
}

thread_local! {
    /// Room for a record of the directory and for a local header.
    static DIRECTORY: RefCell<(Vec<u8>, Vec<u8>)> =
        const { RefCell::new((Vec::new(), Vec::new())) };
}

fn heads_by<R: ReaderAt>(
    archive: &ZipArchive<R>,
    remarks: &mut Vec<String>,
    buffer: &mut [u8],
    local: &mut [u8],
) -> Result<Vec<Head>, Error> {
    let refuse = |why: &str| Err(Error::Container(why.into()));
    let mut listing = archive.entries(buffer);
    let (mut heads, mut ranges) = (Vec::new(), Vec::new());
    while let Some(record) = listing.next_entry().map_err(damaged)? {
        if ranges.len() == ENTRIES_MAX {
            return Err(Error::TooLarge {
                what: "the number of files",
                max: ENTRIES_MAX as u64,
            });
        }
        let path = record.file_path();
        let Ok(name) = std::str::from_utf8(path.as_bytes()) else {
            return refuse("a file name is not UTF-8");
        };
        let entry = archive.get_entry(record.wayfinder()).map_err(damaged)?;
        let header = entry.local_header(local).map_err(damaged)?;
        agree(&header, &record).map_err(|why| Error::Container(why.into()))?;
        flags(archive, &record)?;
        if record.mode().is_symlink() {
            return refuse("an entry is a link to somewhere else");
        }
        ranges.push((
            record.local_header_offset(),
            entry.compressed_data_range().1,
        ));
        if record.flags().is_encrypted() {
            return refuse("a file is encrypted once more");
        }
        if record.is_dir() {
            // Whoever unpacks makes it, so it must not lead astray; whoever reads it as a
            // file must find none.
            if name::escapes(name) {
                return refuse("a folder leads out of the one that it is unpacked to");
            }
            if record.uncompressed_size_hint() > 0 {
                return refuse("a folder has bytes in it");
            }
            if is_meta(name) {
                remarks.push("META-INF/ is an entry; Java readers refuse it".into());
            }
            continue;
        }
        let deflated = match record.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            _ => return refuse("an unknown compression"),
        };
        if !deflated && record.flags().has_data_descriptor() {
            remarks
                .push("stored with a data descriptor; Java readers refuse it".into());
        }
        heads.push(Head {
            name: name.to_owned(),
            place: record.wayfinder(),
            deflated,
        });
    }
    gaps(archive, ranges, remarks)?;
    remarks.dedup();
    Ok(heads)
}

/// What lies between the entries. Those that share their bytes are how a small file
/// unpacks to a vast one; one that is not in the list is seen by readers that stream, and
/// by nobody else.
fn gaps<R: ReaderAt>(
    archive: &ZipArchive<R>,
    mut ranges: Vec<(u64, u64)>,
    remarks: &mut Vec<String>,
) -> Result<(), Error> {
    ranges.sort_unstable();
    ranges.push((archive.directory_offset(), u64::MAX));
    let mut end = 0;
    for (start, next) in ranges {
        let gap = start
            .checked_sub(end)
            .ok_or_else(|| Error::Container("its files overlap".into()))?;
        let mut bytes = vec![0; usize::try_from(gap).unwrap_or(0).min(GAP_BYTES_MAX)];
        archive
            .get_ref()
            .read_exact_at(&mut bytes, end)
            .map_err(unread)?;
        if bytes.windows(4).any(|four| four == b"PK\x03\x04") {
            return Err(Error::Container("a file in it is not in its list".into()));
        }
        if gap > DESCRIPTOR_BYTES_MAX {
            remarks.push("between its files there are bytes of none".into());
        }
        end = next;
    }
    Ok(())
}

/// How far behind an entry another could begin that a reader who streams still finds.
const GAP_BYTES_MAX: usize = 64;
/// A data descriptor with its mark and sizes of 64 bits (APPNOTE 4.3.9).
const DESCRIPTOR_BYTES_MAX: u64 = 24;

/// Readers that stream see the header, readers that seek see the list: they must see the
/// same. Sizes and checksum are held against the bytes, later, as the list has them.
fn agree(
    header: &ZipLocalFileHeader<'_>,
    record: &ZipFileHeaderRecord<'_>,
) -> Result<(), &'static str> {
    if header.file_path().as_bytes() != record.file_path().as_bytes() {
        return Err("a file has one name in its header and another in the list");
    }
    if header.compression_method() != record.compression_method() {
        return Err("a file is packed one way in its header, another in the list");
    }
    if header.last_modified_dos() != record.last_modified_dos() {
        return Err(OTHERWISE);
    }
    // Where they come behind the file, or in a zip64 field, the header has none.
    let in_header = [
        u64::from(header.crc32()),
        header.compressed_size_hint(),
        header.uncompressed_size_hint(),
    ];
    let in_list = [
        u64::from(record.crc32()),
        record.compressed_size_hint(),
        record.uncompressed_size_hint(),
    ];
    if !record.flags().has_data_descriptor() && in_header != in_list {
        return Err("a file's header has other sizes than the list");
    }
    Ok(())
}

/// The flags, and the version of the ZIP format that is needed: writers that add zip64
/// fields may write another version in one of them.
fn flags<R: ReaderAt>(
    archive: &ZipArchive<R>,
    record: &ZipFileHeaderRecord<'_>,
) -> Result<(), Error> {
    const KNOWN: [u16; 3] = [10, 20, 45];
    let at = |offset: u64| {
        let mut field = [0; 4];
        let reader = archive.get_ref();
        reader.read_exact_at(&mut field, offset).map_err(unread)?;
        let [a, b, flags @ ..] = field;
        Ok((u16::from_le_bytes([a, b]), flags))
    };
    let header = at(record.local_header_offset() + 4)?;
    let list = at(record.central_directory_offset() + 6)?;
    let known = KNOWN.contains(&header.0) && KNOWN.contains(&list.0);
    if header.1 == list.1 && (header.0 == list.0 || known) {
        return Ok(());
    }
    Err(Error::Container(OTHERWISE.into()))
}

const OTHERWISE: &str = "a file's header says otherwise than the list";

/// The comment of a container says nothing, or what its media type is; other words are
/// nobody's business. What is no text at all is damage.
fn comment(bytes: &[u8], remarks: &mut Vec<String>) -> Result<(), Error> {
    let text = std::str::from_utf8(bytes).ok();
    let text = text.filter(|text| !text.contains(char::is_control));
    match text.map(|text| (text, text.strip_prefix("mimetype="))) {
        None => Err(Error::Container("its comment is no text".into())),
        Some((_, Some(MIME | SIMPLE_MIME)) | ("", None)) => Ok(()),
        Some((_, Some(_))) => Err(Error::Container(
            "its comment names another media type".into(),
        )),
        Some((_, None)) => {
            remarks.push("its comment is not that of a container".into());
            Ok(())
        }
    }
}

thread_local! {
    /// Making a decompressor costs more than a small entry does, so each thread keeps one.
    static INFLATER: RefCell<Inflater> = RefCell::new(Inflater {
        state: Decompress::new(false),
        chunk: Vec::with_capacity(CHUNK_BYTES),
        packed: vec![0; CHUNK_BYTES],
    });
}

struct Inflater {
    state: Decompress,
    chunk: Vec<u8>,
    packed: Vec<u8>,
}

impl Inflater {
    fn take<R: ReaderAt>(
        &mut self,
        entry: &ZipEntry<'_, R>,
        deflated: bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        let mut packed = entry.reader();
        if deflated {
            self.inflate(&mut packed, sink)?;
        } else {
            self.copy(&mut packed, sink)?;
        }
        let found = ZipVerification {
            crc: sink.crc.clone().finalize(),
            uncompressed_size: sink.size,
        };
        packed.claim_verifier().valid(found).map_err(damaged)
    }

    fn copy(
        &mut self,
        stored: &mut dyn Read,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        loop {
            let count = stored.read(&mut self.packed).map_err(unread)?;
            if count == 0 {
                return Ok(());
            }
            sink.put(&self.packed[..count])?;
        }
    }

    fn inflate(
        &mut self,
        packed: &mut dyn Read,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        let broken = |why: &str| Error::Container(format!("a file is damaged: {why}"));
        self.state.reset(false);
        let (mut start, mut end) = (0, 0);
        loop {
            if start == end {
                end = packed.read(&mut self.packed).map_err(unread)?;
                start = 0;
            }
            self.chunk.clear();
            let before = self.state.total_in();
            let status = self
                .state
                .decompress_vec(
                    &self.packed[start..end],
                    &mut self.chunk,
                    FlushDecompress::None,
                )
                .map_err(|e| broken(&e.to_string()))?;
            let taken = usize::try_from(self.state.total_in() - before).unwrap_or(0);
            start += taken;
            sink.put(&self.chunk)?;
            match status {
                // Behind its end whoever streams would look for the next file.
                Status::StreamEnd if start < end => {
                    return Err(broken("bytes follow its end"));
                }
                Status::StreamEnd => match packed.read(&mut self.packed) {
                    Ok(0) => return Ok(()),
                    Ok(_) => return Err(broken("bytes follow its end")),
                    Err(error) => return Err(unread(error)),
                },
                _ if self.chunk.is_empty() && taken == 0 => {
                    return Err(broken("it is cut short"));
                }
                _ => {}
            }
        }
    }
}

/// Where an entry's bytes go by.
struct Sink<'a> {
    bytes: Vec<u8>,
    hash: Context,
    others: Vec<Context>,
    crc: crc32fast::Hasher,
    size: u64,
    limit: u64,
    keep: bool,
    wanted: Option<&'a mut dyn Write>,
}

impl Sink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Error::TooLarge {
                what: "an unpacked file",
                max: self.limit,
            });
        }
        self.hash.update(bytes);
        self.others.iter_mut().for_each(|hash| hash.update(bytes));
        self.crc.update(bytes);
        if self.keep {
            self.bytes.extend_from_slice(bytes);
        }
        match &mut self.wanted {
            Some(sink) => sink.write_all(bytes).map_err(unread),
            None => Ok(()),
        }
    }

    fn entry(self, name: String) -> Entry {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        Entry {
            name,
            bytes: self.bytes,
            size: self.size,
            sha256,
            others: self.others.into_iter().map(Context::finish).collect(),
        }
    }
}

fn unread(error: std::io::Error) -> Error {
    Error::Stream(error.to_string())
}

fn limit(packed: u64, left: u64) -> u64 {
    left.min(RATIO_FROM_BYTES.max(packed.saturating_mul(RATIO_MAX)))
}

pub(super) fn damaged(error: rawzip::Error) -> Error {
    Error::Container(error.to_string())
}
