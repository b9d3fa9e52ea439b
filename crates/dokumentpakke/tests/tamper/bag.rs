//! The entries of a container, to be changed and written again with checksums that fit.

use std::io::{Cursor, Read};

use rawzip::ZipArchive;

#[derive(Clone)]
pub(crate) struct Bag(Vec<(String, Vec<u8>)>);

impl Bag {
    pub(crate) fn new(entries: &[(&str, &[u8])]) -> Self {
        let own = |(name, bytes): &(&str, &[u8])| ((*name).to_owned(), bytes.to_vec());
        Self(entries.iter().map(own).collect())
    }

    /// What we have written ourselves.
    pub(crate) fn read(container: &[u8]) -> Self {
        let archive = ZipArchive::from_slice(container).unwrap();
        let mut all = Vec::new();
        for record in archive.entries() {
            let record = record.unwrap();
            let entry = archive.get_entry(record.wayfinder()).unwrap();
            let packed = entry.data();
            let mut bytes = Vec::new();
            match record.compression_method().as_u16() {
                0 => bytes.extend_from_slice(packed),
                _ => {
                    let mut inflate =
                        flate2::read::DeflateDecoder::new(Cursor::new(packed));
                    inflate.read_to_end(&mut bytes).unwrap();
                }
            }
            let name = String::from_utf8(record.file_path().as_bytes().to_vec());
            all.push((name.unwrap(), bytes));
        }
        Self(all)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn find(&self, name: &str) -> &[u8] {
        let found = self.0.iter().find(|(n, _)| n == name);
        &found.unwrap_or_else(|| panic!("{name} is not there")).1
    }

    /// The name of the signature's entry.
    pub(crate) fn signature(&self) -> String {
        let found = self.0.iter().find(|(n, _)| n.ends_with(".p7s"));
        found.unwrap().0.clone()
    }

    pub(crate) fn with(&self, name: &str, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        let entry = changed.0.iter_mut().find(|(n, _)| n == name).unwrap();
        entry.1 = bytes.to_vec();
        changed
    }

    /// Every entry stored.
    pub(crate) fn write(&self) -> Vec<u8> {
        let (mut out, mut list) = (Vec::new(), Vec::new());
        for (name, bytes) in &self.0 {
            let offset = u32::try_from(out.len()).unwrap();
            let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let crc = crc32fast::hash(bytes).to_le_bytes();
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            // Version needed, flags, method, time, date.
            let utf8 = if name.is_ascii() { 0 } else { 8 };
            let fields = [20, 0, 0, utf8, 0, 0, 0, 0, 0x21, 0];
            let common = [&fields[..], &crc, &size, &size, &length, &[0, 0]].concat();
            out.extend_from_slice(b"PK\x03\x04");
            out.extend_from_slice(&common);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(bytes);
            list.extend_from_slice(b"PK\x01\x02\x14\x00");
            list.extend_from_slice(&common);
            list.extend_from_slice(&[0; 10]);
            list.extend_from_slice(&offset.to_le_bytes());
            list.extend_from_slice(name.as_bytes());
        }
        let count = u16::try_from(self.0.len()).unwrap().to_le_bytes();
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
}
