//! Containers made to hurt: bombs, lies, links, names that lead astray. Refused, in
//! little time and memory; and what is only unusual is read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::process::Command;

use dokumentpakke::asice::{self, Verdict};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// An entry with everything that can be said of it, right unless it is changed.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    listed_name: Option<Vec<u8>>,
    packed: Vec<u8>,
    method: u16,
    flags: u16,
    crc: u32,
    size: u32,
    made_by: u16,
    attributes: u32,
    /// Where the list says that it is, if not where it is.
    offset: Option<u32>,
    packed_size: Option<u32>,
}

fn stored(name: &str, bytes: &[u8]) -> Entry {
    Entry {
        name: name.into(),
        listed_name: None,
        packed: bytes.to_vec(),
        method: 0,
        flags: 0,
        crc: crc32fast::hash(bytes),
        size: u32::try_from(bytes.len()).unwrap(),
        made_by: 20,
        attributes: 0,
        offset: None,
        packed_size: None,
    }
}

fn deflated(name: &str, bytes: &[u8]) -> Entry {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(bytes).unwrap();
    Entry {
        packed: deflate.finish().unwrap(),
        method: 8,
        ..stored(name, bytes)
    }
}

fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for e in entries {
        let offset = e.offset.unwrap_or(u32::try_from(out.len()).unwrap());
        let packed = u32::try_from(e.packed.len()).unwrap();
        let packed = e.packed_size.unwrap_or(packed);
        let common = |name: &[u8]| {
            let mut c = Vec::new();
            for field in [20, e.flags, e.method, 0, 0x21] {
                c.extend_from_slice(&u16::to_le_bytes(field));
            }
            for field in [e.crc, packed, e.size] {
                c.extend_from_slice(&field.to_le_bytes());
            }
            c.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
            c.extend_from_slice(&[0, 0]);
            c
        };
        if e.offset.is_none() {
            out.extend_from_slice(b"PK\x03\x04");
            out.extend_from_slice(&common(&e.name));
            out.extend_from_slice(&e.name);
            out.extend_from_slice(&e.packed);
        }
        let listed = e.listed_name.as_ref().unwrap_or(&e.name);
        list.extend_from_slice(b"PK\x01\x02");
        list.extend_from_slice(&e.made_by.to_le_bytes());
        list.extend_from_slice(&common(listed));
        list.extend_from_slice(&[0; 6]);
        list.extend_from_slice(&e.attributes.to_le_bytes());
        list.extend_from_slice(&offset.to_le_bytes());
        list.extend_from_slice(listed);
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let start = u32::try_from(out.len()).unwrap().to_le_bytes();
    let size = u32::try_from(list.len()).unwrap().to_le_bytes();
    let end = [
        b"PK\x05\x06\0\0\0\0",
        &count[..],
        &count,
        &size,
        &start,
        &[0, 0],
    ];
    out.extend_from_slice(&list);
    out.extend_from_slice(&end.concat());
    out
}

fn refusal(entries: &[Entry]) -> String {
    refusal_of(&zip(entries))
}

fn refusal_of(bytes: &[u8]) -> String {
    match asice::read(bytes) {
        Err(error) => error.to_string(),
        Ok(container) => match container.signature.verdict {
            Verdict::Valid => panic!("it is taken for good"),
            verdict => format!("{verdict:?}"),
        },
    }
}

#[test]
fn a_bomb_is_stopped_before_it_unpacks() {
    // A hundred megabytes of zeros, a thousandth of that packed.
    let bomb = deflated("bombe.txt", &vec![0; 100 << 20]);
    assert!(bomb.packed.len() < 200_000);
    let why = refusal(std::slice::from_ref(&bomb));
    assert!(why.contains("too large"), "{why}");
    // A small lie in front of it does not help: what is inflated counts, not the list.
    let lie = Entry { size: 100, ..bomb };
    let why = refusal(&[lie]);
    assert!(why.contains("too large") || why.contains("size"), "{why}");
    // One file listed five hundred times.
    let file = stored("a", &vec![7; 50_000]);
    let shared = (0..500).map(|n| Entry {
        offset: (n > 0).then_some(0),
        ..file.clone()
    });
    let why = refusal(&shared.collect::<Vec<_>>());
    assert!(why.contains("overlap"), "{why}");
    let many: Vec<Entry> = (0..10_001).map(|n| stored(&format!("{n}"), b"")).collect();
    let why = refusal(&many);
    assert!(why.contains("number of files"), "{why}");
    // A list that does not end.
    let endless = Entry {
        name: b"META-INF/ASiCManifest.xml".to_vec(),
        ..deflated("x", &vec![b' '; 20 << 20])
    };
    let why = refusal(&[endless]);
    assert!(why.contains("too large"), "{why}");
}

/// What is wrong, how it is made so, and what the reason says.
type Lie = (&'static str, fn(&mut Entry), &'static str);

const LIES: &[Lie] = &[
    (
        "other name in the list",
        |e| e.listed_name = Some(b"b".to_vec()),
        "one name in",
    ),
    (
        "a name that is no UTF-8",
        |e| e.name = vec![0xff, 0xfe],
        "UTF-8",
    ),
    ("a wrong checksum", |e| e.crc = 1, "damaged"),
    ("a size too large", |e| e.size = 4, "damaged"),
    (
        "more than there is",
        |e| e.packed_size = Some(0x7fff_ffff),
        "damaged",
    ),
    ("behind the end", |e| e.offset = Some(0xfff_ffff), ""),
    ("an unknown compression", |e| e.method = 93, "compression"),
    ("encryption", |e| e.flags = 1, "encrypted"),
    (
        "a symbolic link",
        |e| (e.made_by, e.attributes) = (3 << 8, 0o120_777 << 16),
        "link",
    ),
    ("a broken stream", |e| e.method = 8, "damaged"),
    (
        "bytes behind a stream's end",
        |e| {
            *e = deflated("a.txt", b"hei");
            e.packed.extend_from_slice(b"PK\x03\x04");
        },
        "bytes follow its end",
    ),
    (
        "a folder with bytes",
        |e| e.name = b"a/".to_vec(),
        "folder has bytes",
    ),
    (
        "a folder that is elsewhere",
        |e| *e = stored("../a/", b""),
        "folder leads out",
    ),
];

#[test]
fn lies_are_refused() {
    for (what, make, words) in LIES {
        let mut entry = stored("a.txt", b"hei");
        make(&mut entry);
        let why = refusal(&[entry]);
        assert!(why.contains(words), "{what}: {why}");
    }
}

/// A file whose sizes and place are in zip64 fields (APPNOTE 4.5.3) alone: those of its
/// header, and those of the list.
fn zip64(header: [u64; 2], list: [u64; 3]) -> Vec<u8> {
    const BYTES: &[u8] = b"hei";
    let field = |numbers: &[u64]| {
        let length = u16::try_from(8 * numbers.len()).unwrap();
        let mut out = [1_u16.to_le_bytes(), length.to_le_bytes()].concat();
        numbers
            .iter()
            .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out
    };
    let common = |extra: &[u8]| {
        let mut out = Vec::new();
        for number in [45_u16, 0, 0, 0, 0x21] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&crc32fast::hash(BYTES).to_le_bytes());
        out.extend_from_slice(&[0xff; 8]);
        out.extend_from_slice(&[5, 0]);
        out.extend_from_slice(&u16::try_from(extra.len()).unwrap().to_le_bytes());
        out
    };
    let (local, central) = (field(&header), field(&list));
    let file = [b"PK\x03\x04", &common(&local)[..], b"a.txt", &local, BYTES].concat();
    let head = [b"PK\x01\x02\x2d\0", &common(&central)[..]].concat();
    let rest = [&[0; 10][..], &[0xff; 4], b"a.txt", &central].concat();
    let directory = [head, rest].concat();
    let sizes = [directory.len(), file.len()].map(|n| u32::try_from(n).unwrap());
    let end = [&sizes[0].to_le_bytes()[..], &sizes[1].to_le_bytes()].concat();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &end[..], &[0, 0]].concat();
    [file, directory, end].concat()
}

#[test]
fn zip64_is_read_and_its_lies_are_not() {
    let read = asice::read(&zip64([3, 3], [3, 3, 0])).unwrap();
    assert_eq!(
        (read.files[0].name.as_str(), read.files[0].size),
        ("a.txt", 3)
    );
    let absurd = [u64::MAX, u64::MAX - 64, 1 << 62, 1 << 40, 0xffff_ffff, 4, 2];
    for number in absurd {
        for header in [[number, 3], [3, number]] {
            let why = refusal_of(&zip64(header, [3, 3, 0]));
            assert!(why.contains("header"), "{number:#x}: {why}");
        }
        for place in 0..3 {
            let mut list = [3, 3, 0];
            list[place] = number;
            refusal_of(&zip64([3, 3], list));
            refusal_of(&zip64([list[0], list[1]], list));
        }
    }
}

/// Readers that stream never look at the list: they would see another container.
#[test]
fn what_the_list_does_not_have_is_not_there() {
    let (one, two) = (stored("a.txt", b"hei"), stored("b.txt", b"hopp"));
    let both = zip(&[one.clone(), two]);
    let list = both.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let second = list + 46 + 5;
    // The second entry stays where it is; the list forgets it.
    let mut hidden = both.clone();
    hidden.drain(second..second + 51);
    let end = hidden.len() - 22;
    hidden[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    hidden[end + 12..end + 16].copy_from_slice(&51_u32.to_le_bytes());
    let why = refusal_of(&hidden);
    assert!(why.contains("not in its list"), "{why}");
    // In front of the first, too.
    let mut hidden = both;
    hidden.drain(list..list + 51);
    let end = hidden.len() - 22;
    hidden[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    hidden[end + 12..end + 16].copy_from_slice(&51_u32.to_le_bytes());
    let why = refusal_of(&hidden);
    assert!(why.contains("not in its list"), "{why}");
    // Bytes that nobody takes for a file are odd, and no more.
    let mut padded = zip(&[one]);
    let list = padded.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    padded.splice(list..list, [0; 40]);
    let end = padded.len() - 22;
    let start = u32::try_from(list + 40).unwrap();
    padded[end + 16..end + 20].copy_from_slice(&start.to_le_bytes());
    let read = asice::read(&padded).unwrap();
    assert_eq!(read.files.len(), 1);
    assert!(read.remarks.join(" ").contains("bytes of none"));
}

/// What Python's zipfile writes, to a file and to a pipe, in the ways that it has.
#[test]
fn containers_of_another_writer_are_read() {
    const WRITE: &str = "import io, sys, zipfile
class Pipe(io.RawIOBase):
    def __init__(self): self.all = b''
    def writable(self): return True
    def write(self, some): self.all += bytes(some); return len(some)
how = sys.argv[1]
out = Pipe() if 'pipe' in how else io.BytesIO()
packed = zipfile.ZIP_DEFLATED if 'deflated' in how else zipfile.ZIP_STORED
with zipfile.ZipFile(out, 'w', packed) as archive:
    if 'comment' in how: archive.comment = 'til deg og bare deg'.encode()
    if 'folder' in how: archive.writestr('vedlegg/', b'')
    for name, text in [('vedlegg/bl\u{e5}b\u{e6}r.txt', b'hei' * 500), ('tom', b''),
                       ('mimetype', b'application/vnd.etsi.asic-e+zip')]:
        info = zipfile.ZipInfo(name)
        info.compress_type = packed
        if 'extra' in how: info.extra = b'\\xfe\\xca\\x00\\x00'
        with archive.open(info, 'w', force_zip64='64' in how) as entry:
            entry.write(text)
sys.stdout.buffer.write(out.all if 'pipe' in how else out.getvalue())
";
    for packed in ["stored", "deflated"] {
        for to in ["", "pipe"] {
            for more in ["", "comment", "folder", "extra", "64"] {
                let how = format!("{packed} {to} {more}");
                let python = Command::new("python3").args(["-c", WRITE, &how]).output();
                let python =
                    python.unwrap_or_else(|e| panic!("python3 is needed: {e}"));
                let words = String::from_utf8_lossy(&python.stderr);
                assert!(python.status.success(), "{words}");
                let read = asice::read(&python.stdout);
                let read = read.unwrap_or_else(|e| panic!("{how}: {e}"));
                let names: Vec<&str> =
                    read.files.iter().map(|f| f.name.as_str()).collect();
                assert_eq!(names, ["vedlegg/bl\u{e5}b\u{e6}r.txt", "tom"], "{how}");
                assert_eq!(read.files[0].bytes, b"hei".repeat(500), "{how}");
            }
        }
    }
}

#[test]
fn names_that_lead_astray_are_not_good_even_when_signed() {
    for name in [
        "../evil",
        "/etc/passwd",
        "C:\\evil",
        "..\\evil",
        "a/../../b",
    ] {
        let container = asice::read(&zip(&[stored(name, b"x")])).unwrap();
        assert!(container.files[0].escapes(), "{name}");
        assert_ne!(container.signature.verdict, Verdict::Valid, "{name}");
    }
}

#[test]
fn absurd_lengths_take_no_memory() {
    // A comment, a name, an extra field, a directory longer than the file.
    let good = zip(&[stored("a.txt", b"hei")]);
    let end = good.len() - 22;
    for (at, bytes) in [
        (end + 20, &[0xff, 0xff][..]),
        (end + 12, &[0xff; 4]),
        (end + 16, &[0xff, 0xff, 0xff, 0x7f]),
        (end + 8, &[0xff; 4]),
        (26, &[0xff, 0xff]),
        (28, &[0xff, 0xff]),
    ] {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        // Where the directory ends shows by itself; nobody needs these numbers.
        if let Ok(read) = asice::read(&bad) {
            assert_eq!(read, asice::read(&good).unwrap(), "at {at}");
            assert!(at == end + 8 || at == end + 12, "at {at}");
        }
    }
}
