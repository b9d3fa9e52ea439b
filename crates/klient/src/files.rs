//! The folders, and the moves between them that a crash cannot tear.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folders of a klient.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Make what is missing.
    pub(crate) fn open(root: &Path) -> std::io::Result<Self> {
        for name in ["inn", "behandles", "sendt", "feil", "kvittering"] {
            std::fs::create_dir_all(root.join(name))?;
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    pub(crate) fn place(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(name)
    }

    /// Names in a folder, oldest name first; hidden and half-written ones apart.
    pub(crate) fn names(&self, folder: &str) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let partial = [".tmp", ".part"].iter().any(|end| name.ends_with(end));
            if entry.file_type()?.is_file() && !name.starts_with('.') && !partial {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Move a file from one folder to another, under another name if that is taken.
    pub(crate) fn shift(
        &self,
        from: &str,
        to: &str,
        name: &str,
        as_name: &str,
    ) -> std::io::Result<()> {
        std::fs::rename(self.place(from, name), self.place(to, as_name))?;
        File::open(self.root.join(to))?.sync_all()
    }

    /// Write a file whole: beside its place, synced, then moved there.
    pub(crate) fn write(
        &self,
        folder: &str,
        name: &str,
        text: &[u8],
    ) -> std::io::Result<()> {
        let (part, place) = (format!(".{name}.part"), self.place(folder, name));
        write_whole(&self.place(folder, &part), &place, text)
    }
}

/// Write beside the place, sync, move there, sync the folder.
pub(crate) fn write_whole(
    part: &Path,
    place: &Path,
    bytes: &[u8],
) -> std::io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(part, place)?;
    match place.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
