//! S/MIME around a mail: signed by the body, encrypted to whom it goes.

use std::collections::BTreeMap;

use ambient::{Clock, Random};
use dokumentpakke::{Certificate, Identity, smime};
use secrecy::ExposeSecret;

use crate::Error;
use crate::settings::{Smime, secret};

/// Keys and certificates, read.
pub(super) struct Secured {
    signer: Option<Identity>,
    /// By address, in small letters.
    receivers: BTreeMap<String, Certificate>,
    clock: Clock,
    random: Random,
}

impl Secured {
    pub(super) fn new(
        settings: &Smime,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let wrong = |what: &dyn std::fmt::Display| {
            Error::Settings(format!("letter.smime: {what}"))
        };
        let signer = settings.key.as_ref().map(|key| {
            let bytes = std::fs::read(&key.file).map_err(|e| wrong(&e))?;
            let password = secret(&key.password_file)?;
            Identity::from_pkcs12(&bytes, password.expose_secret())
                .map_err(|e| wrong(&e))
        });
        let mut receivers = BTreeMap::new();
        for (address, file) in &settings.certificates {
            let pem = std::fs::read_to_string(file)
                .map_err(|e| wrong(&format!("{address:?}: {e}")))?;
            let certificate = Certificate::from_pem(&pem)
                .map_err(|e| wrong(&format!("{address:?}: {e}")))?;
            receivers.insert(address.to_lowercase(), certificate);
        }
        Ok(Self {
            signer: signer.transpose()?,
            receivers,
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// The mail as it is sent: signed, then encrypted, as far as there are keys for it.
    /// The headers about the mail stay as they are.
    pub(super) fn wrap(&self, to: &str, mail: &[u8]) -> Result<Vec<u8>, Error> {
        let (mut head, mut entity) = split(mail);
        let wrong = |e: dokumentpakke::Error| Error::Mail(format!("S/MIME: {e}"));
        if let Some(signer) = &self.signer {
            let boundary = format!("signert-{}", self.random.uuid().simple());
            let now = self.clock.now();
            entity = smime::sign(&entity, signer, &boundary, now).map_err(wrong)?;
        }
        if let Some(certificate) = self.receivers.get(&to.to_lowercase()) {
            entity =
                smime::encrypt(&entity, certificate, &self.random).map_err(wrong)?;
        }
        head.extend_from_slice(&entity);
        Ok(head)
    }
}

/// The headers about the mail, and the entity that it carries: the headers about content
/// and the content.
fn split(mail: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut head, mut entity) = (Vec::new(), Vec::new());
    let mut rest = mail;
    let mut of_content = false;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        if line.trim_ascii().is_empty() {
            break;
        }
        // A line that begins with a space goes on with the header before it.
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.get(..8).unwrap_or_default();
            of_content = name.eq_ignore_ascii_case(b"content-");
        }
        let part = if of_content { &mut entity } else { &mut head };
        part.extend_from_slice(line);
        rest = after;
    }
    entity.extend_from_slice(rest);
    (head, entity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_about_content_go_with_it() {
        let mail = b"From: a\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\
                     Subject: b\r\n c\r\n\r\nWords\r\n\r\nContent-Type: no\r\n";
        let (head, entity) = split(mail);
        assert_eq!(head, b"From: a\r\nSubject: b\r\n c\r\n");
        let expected = b"Content-Type: text/plain;\r\n charset=utf-8\r\n\r\n\
                         Words\r\n\r\nContent-Type: no\r\n";
        assert_eq!(entity, expected);
    }
}
