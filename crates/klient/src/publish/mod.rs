//! Publish: a file from the folder becomes messages to eInnsyn, and what becomes of them
//! is written beside it.
//!
//! Order:   inn, or a form → sending → read and judge → ledger (ids) → access point → ledger →
//!          statuses, kvittering → ledger → publisert or avvist.
//! Refuses: what cannot be published goes to avvist; what holds somebody's identity
//!          number, or a name where none should be, to karantene, until a person lets it
//!          go or hands in a better one.
//! Cut short anywhere, it goes on with the ids that the ledger has: the ledger says where
//! a file belongs, and the file follows.

mod change;
mod follow;
mod judge;
mod kvittering;
mod result;
mod send;

use crate::files::Folder;
use crate::ledger::{file, form};
use crate::{Error, Klient};

impl Klient {
    /// Take what lies in the folder, send what may be sent, ask after what was sent.
    /// Answers whether there was anything to do.
    pub async fn publish(&self) -> Result<bool, Error> {
        let taken = self.take().await?;
        let sent = self.send_ready().await?;
        let heard = self.follow().await?;
        Ok(taken || sent || heard)
    }

    async fn take(&self) -> Result<bool, Error> {
        let names = self.folders.names(Folder::Inn)?;
        for name in &names {
            let kept = self.free_name(name).await?;
            self.folders
                .shift(Folder::Inn, Folder::Sending, name, &kept)?;
        }
        // A form's file is written until the ledger has judged it: always the same.
        for (name, payload) in form::unjudged(&self.db).await? {
            self.folders.write(Folder::Sending, &name, &payload)?;
        }
        for name in self.folders.names(Folder::Sending)? {
            match file::find(&self.db, &name).await? {
                None => self.judge_file(&name).await?,
                // Cut short between ledger and folder.
                Some(file) if file.folder != Folder::Sending => {
                    self.settle(&file.name).await?;
                }
                Some(_) => {}
            }
        }
        Ok(!names.is_empty())
    }

    /// Finish the moves that a crash has torn. Done once, before anything else.
    pub(crate) async fn mend(&self) -> Result<(), Error> {
        self.folders.sweep()?;
        for name in self.folders.torn()? {
            if file::find(&self.db, &name).await?.is_some() {
                self.settle(&name).await?;
            }
        }
        Ok(())
    }

    /// A name that no file has or had.
    async fn free_name(&self, name: &str) -> Result<String, Error> {
        let (stem, end) = name.split_once('.').unwrap_or((name, "jsonld"));
        let mut candidate = name.to_owned();
        for number in 2..10_000 {
            let lies = Folder::ALL.into_iter().filter(|f| *f != Folder::Inn);
            let mut lies = lies.map(|f| self.folders.place(f, &candidate));
            if !lies.any(|place| place.exists())
                && file::find(&self.db, &candidate).await?.is_none()
            {
                return Ok(candidate);
            }
            candidate = format!("{stem}-{number}.{end}");
        }
        let words = format!("there are 10 000 files named {stem}.{end}");
        Err(Error::Settings(words))
    }

    /// Let a file go that was held back; who did is kept.
    pub async fn approve(&self, name: &str, by: &str) -> Result<bool, Error> {
        if !file::approve(&self.db, name, by).await? {
            return Ok(false);
        }
        self.settle(name).await?;
        Ok(true)
    }

    /// Put a file where the ledger says that it belongs, with its result beside it.
    pub(crate) async fn settle(&self, name: &str) -> Result<(), Error> {
        // One at a time, so that nobody writes down what was true before.
        let _alone = self.settling.lock().await;
        let file = file::find(&self.db, name).await?;
        let file = file.ok_or_else(|| Error::Ledger(format!("{name} is gone")))?;
        let result = self.result(&file).await?;
        Ok(self.folders.settle(file.folder, name, &result)?)
    }
}
