//! The folders, and the moves between them that a crash cannot tear.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// A folder of the klient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folder {
    /// What a person or system wants published.
    Inn,
    /// Taken, and on its way.
    Sending,
    /// eInnsyn has it.
    Publisert,
    /// It cannot be published as it is.
    Avvist,
    /// It could be, but a person should look at it first.
    Karantene,
    /// Answers to what we did not send.
    Kvittering,
}

impl Folder {
    pub(crate) const ALL: [Self; 6] = [
        Self::Inn,
        Self::Sending,
        Self::Publisert,
        Self::Avvist,
        Self::Karantene,
        Self::Kvittering,
    ];

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Inn => "inn",
            Self::Sending => "sending",
            Self::Publisert => "publisert",
            Self::Avvist => "avvist",
            Self::Karantene => "karantene",
            Self::Kvittering => "kvittering",
        }
    }

    pub(crate) fn of(name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|folder| folder.as_str() == name)
            .ok_or_else(|| Error::Ledger(format!("a file in folder {name:?}")))
    }
}

/// What the name of a result ends in; it lies beside its file.
const RESULT: &str = ".resultat.json";

/// The folders of a klient.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Make what is missing.
    pub(crate) fn open(root: &Path) -> std::io::Result<Self> {
        for folder in Folder::ALL {
            std::fs::create_dir_all(root.join(folder.as_str()))?;
        }
        let root = root.to_owned();
        Ok(Self { root })
    }

    /// Where a folder is.
    pub(crate) fn at(&self, folder: Folder) -> PathBuf {
        self.root.join(folder.as_str())
    }

    /// Where a file of a folder is.
    pub(crate) fn place(&self, folder: Folder, name: &str) -> PathBuf {
        self.at(folder).join(name)
    }

    /// Names in a folder, in order; hidden files, half-written ones and results apart.
    pub(crate) fn names(&self, folder: Folder) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.at(folder))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                tracing::error!(folder = folder.as_str(), "a file's name is not UTF-8");
                continue;
            };
            let apart = [".tmp", ".part", RESULT]
                .iter()
                .any(|end| name.ends_with(end));
            if entry.file_type()?.is_file() && !name.starts_with('.') && !apart {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Move a file to another folder, with a result beside it that says why. Done again
    /// after a crash, it does what is left.
    pub(crate) fn settle(
        &self,
        to: Folder,
        name: &str,
        result: &[u8],
    ) -> std::io::Result<()> {
        let beside = format!("{name}{RESULT}");
        let others = [Folder::Sending, Folder::Karantene, Folder::Publisert];
        let others = others.into_iter().filter(|from| *from != to);
        for from in others.clone() {
            if self.place(from, name).exists() {
                self.shift(from, to, name, name)?;
            }
        }
        self.write(to, &beside, result)?;
        // The old result last: as long as it lies there alone, this is done again.
        for from in others {
            remove(&self.place(from, &beside))?;
        }
        Ok(())
    }

    /// Names of files whose results lie alone: a move was cut short.
    pub(crate) fn torn(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for folder in [Folder::Sending, Folder::Karantene, Folder::Publisert] {
            for entry in std::fs::read_dir(self.at(folder))? {
                let name = entry?.file_name().into_string().unwrap_or_default();
                let name = name.strip_suffix(RESULT).map(str::to_owned);
                names.extend(name.filter(|n| !self.place(folder, n).exists()));
            }
        }
        Ok(names)
    }

    /// Take away what was half written when we were killed: hidden, and of no use. What
    /// others lay in `inn` is theirs.
    pub(crate) fn sweep(&self) -> std::io::Result<()> {
        for folder in Folder::ALL.into_iter().filter(|f| *f != Folder::Inn) {
            for entry in std::fs::read_dir(self.at(folder))? {
                let name = entry?.file_name().into_string().unwrap_or_default();
                if name.starts_with('.') && name.ends_with(".part") {
                    remove(&self.place(folder, &name))?;
                }
            }
        }
        Ok(())
    }

    /// Move a file from one folder to another, under another name if that is taken.
    pub(crate) fn shift(
        &self,
        from: Folder,
        to: Folder,
        name: &str,
        as_name: &str,
    ) -> std::io::Result<()> {
        std::fs::rename(self.place(from, name), self.place(to, as_name))?;
        File::open(self.at(to))?.sync_all()
    }

    /// Write a file whole: beside its place, synced, then moved there.
    pub(crate) fn write(
        &self,
        folder: Folder,
        name: &str,
        text: &[u8],
    ) -> std::io::Result<()> {
        let (part, place) = (format!(".{name}.part"), self.place(folder, name));
        write_whole(&self.place(folder, &part), &place, text)
    }
}

fn remove(place: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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
