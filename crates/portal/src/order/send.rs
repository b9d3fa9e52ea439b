//! Ask: verified orders are sent, message by message.
//!
//! Order:   oldest due → send → note that it is sent.
//! Writes:  the message's state, or when to try again and why it failed.
//! Refuses: nothing; what cannot go is tried until its time has run out.
//! Twice:   each message has had its id from the start, and the access point takes an
//!          id once.

use bytes::Bytes;
use db::Row;
use fagsystem::{Correspondence, Upload, innsynskrav};
use sbd::WireTime;

use crate::run::pause;
use crate::{Error, Portal};

impl Portal {
    /// Send one innsynskrav, if one is due; answers whether there was one.
    pub async fn ask(&self) -> Result<bool, Error> {
        let now = self.clock.now().as_microsecond();
        let row = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT message_id, owner, receiver, conversation_id,
                                   epost, order_xml, emailtext, expires_at, tries
                               FROM innsynskrav
                               WHERE state = 'waiting' AND due <= $1
                               ORDER BY due LIMIT 1";
                    tx.one(sql, &[now.into()]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let id = row.text(0)?.to_owned();
        let sent = self.send_krav(&row).await;
        let (state, words) = match &sent {
            Ok(()) => ("sent", None),
            Err(_) if now > row.int(7)? => ("done", None),
            Err(error) => ("waiting", Some(error.to_string())),
        };
        let due = match sent {
            Ok(()) => now,
            Err(_) => now.saturating_add(pause(row.int(8)?)),
        };
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE innsynskrav SET state = $1, due = $2, words = $3,
                                   tries = CASE WHEN $1 = 'sent' THEN 0 ELSE tries + 1
                                   END
                               WHERE message_id = $4";
                    let values = [state.into(), due.into(), words.into(), id.into()];
                    tx.exec(sql, &values).await
                })
            })
            .await?;
        sent.map(|()| true)
    }

    async fn send_krav(&self, row: &Row) -> Result<(), Error> {
        let wrong = |e: sbd::Error| Error::Settings(e.to_string());
        let owner: sbd::Orgnr = row.text(1)?.parse().map_err(wrong)?;
        let expires = jiff::Timestamp::from_microsecond(row.int(7)?);
        let expires = expires.unwrap_or(jiff::Timestamp::MAX);
        let who = Correspondence {
            sender: self.settings.orgnr.clone(),
            receiver: row.text(2)?.parse().map_err(wrong)?,
            message_id: row.text(0)?.parse().map_err(wrong)?,
            conversation_id: row.text(3)?.to_owned(),
            expires: Some(WireTime::oslo(expires)),
        };
        let file = |name: &str, mime: &str, text: &str| Upload {
            name: name.to_owned(),
            mime: mime.to_owned(),
            bytes: Bytes::from(text.to_owned()),
        };
        let files = vec![
            file("order.xml", "application/xml", row.text(5)?),
            file("emailtext", "application/octet-stream", row.text(6)?),
        ];
        let message = innsynskrav(&who, &owner, row.text(4)?);
        match self.access_point.multipart(&message, files).await {
            // Sent before we were cut short.
            Err(error) if error.is("MessageAlreadyExistsException") => Ok(()),
            sent => Ok(sent.map(drop)?),
        }
    }
}
