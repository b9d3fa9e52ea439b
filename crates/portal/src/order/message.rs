//! The message to one unit: order.xml and emailtext, with ids of its own.

use db::Tx;
use jiff::SignedDuration;
use noark::order::{Order, Ordered, Version};
use noark::write_emailtext;
use sbd::WireTime;
use serde::{Deserialize, Serialize};

use crate::Portal;
use crate::archive::Full;
use crate::settings::Enhet;

/// > now + EXPECTED_RESPONSE_TIMEOUT_DAYS (30) days (einnsyn §1.3)
const LEVETID: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Characters of an address (RFC 5321 §4.5.3.1.3).
const ADDRESS_CHARS_MAX: usize = 254;

/// A message that is to be kept.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) message_id: String,
    pub(crate) conversation_id: String,
    pub(crate) owner: String,
    pub(crate) receiver: String,
    pub(crate) epost: String,
    pub(crate) order_xml: String,
    pub(crate) emailtext: String,
    pub(crate) expires_at: i64,
    pub(crate) asked: Vec<Asked>,
}

/// A document that was asked for, as the citizen's page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Its page, if it is published here.
    pub(crate) id: Option<i64>,
    pub(crate) tittel: String,
    pub(crate) saksnr: String,
    pub(crate) dokumentnr: String,
}

/// An address that an answer can be sent to, without spaces around it.
pub(crate) fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, domain) = text.split_once('@')?;
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"(),;:@".contains(c);
    let sound = !name.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && text.chars().count() <= ADDRESS_CHARS_MAX
        && name.chars().chain(domain.chars()).all(plain);
    sound.then(|| text.to_owned())
}

impl Portal {
    pub(super) fn message(
        &self,
        id: &str,
        epost: &str,
        enhet: &Enhet,
        documents: &[Full],
    ) -> New {
        let now = self.clock.now();
        let date = WireTime::oslo(now).to_string();
        let mut documents: Vec<&Full> = documents.iter().collect();
        // > Documents sorted by saksår, sakssekvensnummer, journalpostnummer (§1.4)
        documents.sort_by_key(|d| sorted(d));
        let order = Order {
            id: id.to_owned(),
            date: date.get(..10).unwrap_or_default().to_owned(),
            enhet: enhet.navn.clone(),
            orgnr: Some(enhet.orgnr.to_string()),
            enhetepost: enhet.enhetepost.clone(),
            innsynskravepost: Some(enhet.innsynskravepost.clone()),
            epost: epost.to_owned(),
            documents: documents.iter().map(|d| ordered(d)).collect(),
            ..Order::default()
        };
        let version = match enhet.order_versjon {
            1 => Version::V1,
            _ => Version::V2,
        };
        let titles = documents.iter().map(|d| {
            let case = d.mappe_tittel_sensitiv.clone();
            (case, d.tittel_sensitiv.clone())
        });
        let titles: Vec<_> = titles.collect();
        let expires = now.checked_add(LEVETID).unwrap_or(jiff::Timestamp::MAX);
        New {
            message_id: self.random.uuid().to_string(),
            conversation_id: self.random.uuid().to_string(),
            owner: enhet.orgnr.to_string(),
            receiver: enhet.receiver().to_string(),
            epost: enhet.innsynskravepost.clone(),
            order_xml: order.write(version),
            emailtext: write_emailtext(&order, &titles),
            expires_at: expires.as_microsecond(),
            asked: documents.iter().map(|d| asked(d)).collect(),
        }
    }
}

impl New {
    /// Keep it, to be sent when the order is verified.
    pub(crate) async fn insert(
        self,
        tx: &mut Tx<'_>,
        bestilling: &str,
        now: i64,
    ) -> Result<(), db::Error> {
        let sql = "INSERT INTO innsynskrav (message_id, bestilling, owner, receiver,
                       conversation_id, epost, order_xml, emailtext, expires_at,
                       titles, state, due)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'unverified', $11)";
        let titles = serde_json::to_string(&self.asked).unwrap_or_default();
        let values = [
            self.message_id.into(),
            bestilling.into(),
            self.owner.into(),
            self.receiver.into(),
            self.conversation_id.into(),
            self.epost.into(),
            self.order_xml.into(),
            self.emailtext.into(),
            self.expires_at.into(),
            titles.into(),
            now.into(),
        ];
        tx.exec(sql, &values).await?;
        Ok(())
    }
}

fn sorted(document: &Full) -> [i64; 3] {
    let number = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.parse().unwrap_or(i64::MAX)
    };
    let hit = &document.hit;
    [
        number(&hit.mappe_aar),
        number(&hit.mappe_nummer),
        number(&hit.nummer),
    ]
}

/// A document as order.xml has it.
pub(crate) fn ordered(document: &Full) -> Ordered {
    let handler = document.saksbehandler.clone();
    Ordered {
        arkiv: document.arkiv.clone(),
        arkivdel: document.arkivdel.clone(),
        id: Some(document.hit.iri.clone()),
        system_id: document.system_id.clone(),
        saksnr: document.hit.case_number(),
        dokumentnr: document.hit.nummer.clone().unwrap_or_default(),
        journalnr: document.hit.journal_number(),
        saksbehandler: Some(handler.unwrap_or_else(|| "[Ufordelt]".into())),
        adm_enhet: document.adm_enhet.clone(),
        ..Ordered::default()
    }
}

fn asked(document: &Full) -> Asked {
    Asked {
        id: Some(document.hit.id),
        tittel: document.hit.tittel.clone(),
        saksnr: document.hit.case_number(),
        dokumentnr: document.hit.nummer.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_has_a_name_a_place_and_nothing_else() {
        assert_eq!(address(" a@b.no ").as_deref(), Some("a@b.no"));
        for bad in [
            "a",
            "a@b",
            "@b.no",
            "a@.no",
            "a@b.",
            "a b@c.no",
            "a@b.no,c@d.no",
            "a@b.no\nBcc: x@y.no",
            "a@b@c.no",
            "<a@b.no>",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
