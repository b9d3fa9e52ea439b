//! Mail to citizens: kept with the order that it is about, sent until it is taken.
//!
//! Twice:  a mail has its Message-ID from the start, so a second copy is known as one.

use db::Tx;
use mail::Mailer;
use mail::lettre::message::{Mailbox, SinglePart};

use crate::run::pause;
use crate::{Error, Portal};

/// A mail that is refused so many times is given up.
const TRIES_MAX: i64 = 40;

/// A mail to a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) id: String,
    pub(crate) receiver: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Letter {
    /// Keep it to be sent.
    pub(crate) async fn keep(self, tx: &mut Tx<'_>, at: i64) -> Result<(), db::Error> {
        let sql = "INSERT INTO mail (id, receiver, subject, text, due)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            self.id.into(),
            self.receiver.into(),
            self.subject.into(),
            self.text.into(),
            at.into(),
        ];
        tx.exec(sql, &values).await?;
        Ok(())
    }
}

impl Portal {
    /// Send one mail, if one is due; answers whether there was one.
    pub async fn post(&self) -> Result<bool, Error> {
        let Some(mailer) = &self.mailer else {
            return Ok(false);
        };
        let now = self.clock.now().as_microsecond();
        let row = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT id, receiver, subject, text, tries FROM mail
                               WHERE due <= $1 ORDER BY due LIMIT 1";
                    tx.one(sql, &[now.into()]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let letter = Letter {
            id: row.text(0)?.to_owned(),
            receiver: row.text(1)?.to_owned(),
            subject: row.text(2)?.to_owned(),
            text: row.text(3)?.to_owned(),
        };
        let (id, tries) = (letter.id.clone(), row.int(4)?);
        let sent = send(mailer, letter).await;
        let over = match &sent {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(mail.id = id, attempt = tries + 1, %error, "not mailed");
                tries + 1 >= TRIES_MAX
            }
        };
        let due = now.saturating_add(pause(tries));
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    if over {
                        return tx
                            .exec("DELETE FROM mail WHERE id = $1", &[id.into()])
                            .await;
                    }
                    let sql = "UPDATE mail SET due = $1, tries = tries + 1
                               WHERE id = $2";
                    tx.exec(sql, &[due.into(), id.into()]).await
                })
            })
            .await?;
        Ok(true)
    }
}

/// Answers when the server has said 250.
async fn send(mailer: &Mailer, letter: Letter) -> Result<(), Error> {
    // What a parser says of an address may hold the address.
    let to: Mailbox = letter
        .receiver
        .parse()
        .map_err(|_| Error::Mail("the address cannot be used".into()))?;
    let message = mailer.write(to, &letter.subject, Some(&letter.id));
    let message = message
        .singlepart(SinglePart::plain(letter.text))
        .map_err(|e| Error::Mail(e.to_string()))?;
    let bytes = message.formatted();
    Ok(mailer.send(message.envelope(), &bytes).await?)
}
