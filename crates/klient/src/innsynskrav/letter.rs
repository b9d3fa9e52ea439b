//! Mail to postmottak, from the body's own domain, so that it is not taken for spam.

use ambient::{Clock, Random};
use mail::Mailer;
use mail::lettre::message::header::ContentType;
use mail::lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::Parcel;
use super::secure::Secured;
use crate::settings::{Language, Letter};
use crate::{Error, Settings};

/// Whoever writes the mails.
pub(crate) struct Writer {
    mailer: Mailer,
    language: Language,
    secured: Option<Secured>,
}

impl Writer {
    /// The one that the settings ask for; none without `[mail]`.
    pub(crate) fn new(
        settings: &Settings,
        clock: &Clock,
        random: &Random,
    ) -> Result<Option<Self>, Error> {
        let Some(server) = &settings.mail else {
            return Ok(None);
        };
        let Letter { language, smime } = &settings.letter;
        let secured = smime.as_ref();
        let secured = secured.map(|smime| Secured::new(smime, clock, random));
        Ok(Some(Self {
            secured: secured.transpose()?,
            mailer: Mailer::new(server)?,
            language: *language,
        }))
    }

    /// Mail an order; answers when the server has said 250.
    pub(crate) async fn order(&self, to: &str, parcel: &Parcel) -> Result<(), Error> {
        let message = self.message(to, parcel)?;
        let mut bytes = message.formatted();
        if let Some(secured) = &self.secured {
            bytes = secured.wrap(to, &bytes)?;
        }
        Ok(self.mailer.send(message.envelope(), &bytes).await?)
    }

    /// Mail the operator.
    pub(crate) async fn alert(&self, to: &str, words: &str) -> Result<(), Error> {
        let message = self
            .mailer
            .write(mailbox(to)?, "Sendebud: noe må ses på", None);
        let message = message.singlepart(SinglePart::plain(words.to_owned()));
        let message = message.map_err(|e| refused(&e))?;
        let bytes = message.formatted();
        Ok(self.mailer.send(message.envelope(), &bytes).await?)
    }

    fn message(&self, to: &str, parcel: &Parcel) -> Result<Message, Error> {
        let words = words(self.language);
        let id = format!("innsynskrav.{}", parcel.name());
        let mut message = self.mailer.write(mailbox(to)?, words.subject, Some(&id));
        let mut text = parcel.came.text.clone();
        if let Some(citizen) = parcel.came.citizen() {
            message = message.reply_to(citizen);
        } else if parcel.came.is_unanswerable() {
            text = format!("{}\n\n{text}", words.unanswerable);
        }
        let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text));
        if let Some(file) = &parcel.came.file {
            let mime = ContentType::parse(file.mime).map_err(|e| refused(&e))?;
            let name = file.name.to_owned();
            parts =
                parts.singlepart(Attachment::new(name).body(file.bytes.clone(), mime));
        }
        // Beside the text and not in it: an answer to the citizen would quote it.
        let note = Attachment::new(words.note_name.to_owned())
            .body(note(words, parcel), ContentType::TEXT_PLAIN);
        let message = message.multipart(parts.singlepart(note));
        message.map_err(|e| refused(&e))
    }
}

fn mailbox(address: &str) -> Result<Mailbox, Error> {
    address.parse().map_err(|e| refused(&e))
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::Refused(error.to_string())
}

/// What the klient says in one language.
struct Words {
    subject: &'static str,
    note_name: &'static str,
    due: &'static str,
    some: &'static str,
    same_requester: &'static str,
    same_document: &'static str,
    unanswerable: &'static str,
}

fn words(language: Language) -> &'static Words {
    match language {
        Language::Nb => &Words {
            subject: "Innsynskrav",
            note_name: "til-saksbehandler.txt",
            due: "Kravet bør besvares innen",
            some: "Denne e-posten gjelder bare dokument nr. {which} av {total} i kravet. \
                   De andre er sendt dit de hører hjemme.",
            same_requester: "Den som ber om innsyn, har sendt {n} andre krav de siste 90 dagene.",
            same_document: "Et av dokumentene er det også bedt om i {n} andre krav de siste \
                            90 dagene.",
            unanswerable: "NB: Adressen til den som ber om innsyn, kan ikke leses. Et svar på denne \
                           e-posten når ikke fram; se order.xml.",
        },
        Language::Nn => &Words {
            subject: "Innsynskrav",
            note_name: "til-saksbehandlar.txt",
            due: "Kravet bør svarast på innan",
            some: "Denne e-posten gjeld berre dokument nr. {which} av {total} i kravet. \
                   Dei andre er sende dit dei høyrer heime.",
            same_requester: "Den som ber om innsyn, har sendt {n} andre krav dei siste 90 dagane.",
            same_document: "Eit av dokumenta er det òg bede om i {n} andre krav dei siste \
                            90 dagane.",
            unanswerable: "NB: Adressa til den som ber om innsyn, kan ikkje lesast. Eit svar på denne \
                           e-posten når ikkje fram; sjå order.xml.",
        },
        Language::En => &Words {
            subject: "Access request",
            note_name: "to-the-case-worker.txt",
            due: "The request should be answered by",
            some: "This mail is about document no. {which} of {total} in the request only. \
                   The others were sent where they belong.",
            same_requester: "The requester has sent {n} other requests in the last 90 days.",
            same_document: "One of the documents was also asked for in {n} other requests in \
                            the last 90 days.",
            unanswerable: "NB: The address of the requester cannot be read. An answer to this mail \
                           will not arrive; see order.xml.",
        },
    }
}

fn note(words: &Words, parcel: &Parcel) -> String {
    let mut lines = vec![format!(
        "{} {}.",
        words.due,
        parcel.due.strftime("%d.%m.%Y")
    )];
    if !parcel.which.is_empty() {
        let which = parcel.which.iter().map(ToString::to_string);
        let which = which.collect::<Vec<_>>().join(", ");
        let total = parcel.total.to_string();
        lines.push(
            words
                .some
                .replace("{which}", &which)
                .replace("{total}", &total),
        );
    }
    let hints = [
        (words.same_requester, parcel.before.same_requester),
        (words.same_document, parcel.before.same_document),
    ];
    for (text, n) in hints.into_iter().filter(|(_, n)| *n > 0) {
        lines.push(text.replace("{n}", &n.to_string()));
    }
    lines.join("\n") + "\n"
}
