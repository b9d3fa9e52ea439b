//! Answer: kvitteringer that were noted with an import are sent.
//!
//! Order:  oldest due → create → submit → forget.
//! Twice:  each has had its message id from the start, and the access point takes an id
//!         once.

use db::Row;
use fagsystem::{Correspondence, kvittering};

use crate::run::pause;
use crate::{Error, Portal};

impl Portal {
    /// Send one kvittering, if one is due; answers whether there was one.
    pub async fn answer(&self) -> Result<bool, Error> {
        let now = self.clock.now().as_microsecond();
        let row = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT message_id, receiver, conversation_id,
                                   dokument_id, status, tries
                               FROM kvittering WHERE due <= $1
                               ORDER BY due, rowid LIMIT 1";
                    tx.one(sql, &[now.into()]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let id = row.text(0)?.to_owned();
        let sent = self.send_kvittering(&row).await;
        // One that cannot go does not stand in the way of the others.
        let due = now.saturating_add(pause(row.int(5)?));
        let done = sent.is_ok();
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    if done {
                        let sql = "DELETE FROM kvittering WHERE message_id = $1";
                        return tx.exec(sql, &[id.into()]).await;
                    }
                    let sql = "UPDATE kvittering SET due = $1, tries = tries + 1
                               WHERE message_id = $2";
                    tx.exec(sql, &[due.into(), id.into()]).await
                })
            })
            .await?;
        sent.map(|()| true)
    }

    async fn send_kvittering(&self, row: &Row) -> Result<(), Error> {
        let wrong = |e: sbd::Error| Error::Settings(e.to_string());
        let who = Correspondence {
            sender: self.settings.orgnr.clone(),
            receiver: row.text(1)?.parse().map_err(wrong)?,
            message_id: row.text(0)?.parse().map_err(wrong)?,
            conversation_id: row.text(2)?.to_owned(),
            expires: None,
        };
        let message = kvittering(&who, row.text(3)?, row.text(4)?.to_owned());
        match self.access_point.create(&message).await {
            Err(error) if error.is("MessageAlreadyExistsException") => {}
            created => drop(created?),
        }
        match self.access_point.submit(&who.message_id).await {
            // Sent before we were cut short.
            Err(error) if error.is("MessageNotFoundException") => Ok(()),
            submitted => Ok(submitted?),
        }
    }
}
