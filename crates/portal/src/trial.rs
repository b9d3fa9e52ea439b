//! Trial: what integrators need to see, sent on demand.
//!
//! What is sent goes the same way as everything else that the portal sends: it is kept
//! with its ids, and a loop takes it from there.

use jiff::SignedDuration;
use noark::kvittering::Result as Outcome;
use noark::order::{Order, Ordered, Version};
use noark::write_emailtext;
use sbd::{Orgnr, WireTime};

use crate::archive;
use crate::imports::local;
use crate::order::{Asked, DOCUMENTS_MAX, New, insert, ordered};
use crate::{Error, Portal};
use pages::Language;

/// Invented; the citizen of every order that is sent from the test console.
const CITIZEN: &str = "kari.borger@eksempel.example";
/// Long enough to leave our own access point, too short for anybody to fetch it.
const SHORT: SignedDuration = SignedDuration::from_secs(3);
const LONG: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Which innsynskrav.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    V1,
    V2,
    /// As in 2017: the year first, a time with a zone, fewer elements.
    Old,
    Duplicate,
    Expired,
    Escaped,
    Fifty,
}

/// Which kvittering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Published,
    Refused,
    Warning,
    Other,
    Broken,
}

impl Kind {
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("v1", Self::V1),
        ("v2", Self::V2),
        ("gammel", Self::Old),
        ("duplikat", Self::Duplicate),
        ("utloept", Self::Expired),
        ("html", Self::Escaped),
        ("femti", Self::Fifty),
    ];
}

impl Answer {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("publisert", Self::Published),
        ("ikkePublisert", Self::Refused),
        ("advarsel", Self::Warning),
        ("annet", Self::Other),
        ("ugyldig", Self::Broken),
    ];
}

impl Portal {
    /// Send an innsynskrav of this kind; answers its order's id.
    pub(crate) async fn try_krav(
        &self,
        kind: Kind,
        receiver: &Orgnr,
        owner: &Orgnr,
        iri: &str,
    ) -> Result<String, Error> {
        let published = match archive::number_of(&self.db, iri).await? {
            Some(id) => archive::full(&self.db, id).await?,
            None => None,
        };
        let count = if kind == Kind::Fifty {
            DOCUMENTS_MAX
        } else {
            2
        };
        let mut documents: Vec<Ordered> = published.iter().map(ordered).collect();
        if documents.is_empty() {
            documents = (1..=count).map(|n| self.invented(n)).collect();
        }
        let id = format!("ik_{}", self.random.uuid().simple());
        let message = self.krav(&id, kind, receiver, owner, documents);
        let mut messages = vec![message];
        if kind == Kind::Duplicate {
            // > A retry makes new message and conversation ids (einnsyn §1.6)
            let mut again = messages[0].clone();
            again.message_id = self.random.uuid().to_string();
            again.conversation_id = self.random.uuid().to_string();
            messages.push(again);
        }
        let at = self.clock.now().as_microsecond();
        let kept = id.clone();
        let written = self.db.write::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                insert(tx, &id, CITIZEN, Language::Bokmaal, at, None).await?;
                for message in messages {
                    message.insert(tx, &id, at).await?;
                }
                let sql = "UPDATE innsynskrav SET state = 'waiting'
                           WHERE bestilling = $1";
                tx.exec(sql, &[id.into()]).await
            })
        });
        written.await?;
        self.wake.notify_waiters();
        Ok(kept)
    }

    fn invented(&self, number: usize) -> Ordered {
        let id = self.random.uuid();
        Ordered {
            id: Some(format!("https://arkiv.fiktiv.example/id/{id}")),
            system_id: Some(id.to_string()),
            saksnr: "2026/417".into(),
            dokumentnr: number.to_string(),
            journalnr: format!("{}/26", 90_000 + number),
            saksbehandler: Some("[Ufordelt]".into()),
            ..Ordered::default()
        }
    }

    fn krav(
        &self,
        id: &str,
        kind: Kind,
        receiver: &Orgnr,
        owner: &Orgnr,
        documents: Vec<Ordered>,
    ) -> New {
        let now = self.clock.now();
        let date = WireTime::oslo(now).to_string();
        let enhet = self.settings.enhet(owner.as_str());
        let navn = self.settings.navn(owner.as_str()).to_owned();
        let navn = match kind {
            Kind::Escaped => format!("{navn} & \"Co\""),
            _ => navn,
        };
        let mailbox = enhet.map_or("innsyn@fiktiv.example", |e| &e.innsynskravepost);
        let mut order = Order {
            id: id.to_owned(),
            date: date.get(..10).unwrap_or_default().to_owned(),
            enhet: navn,
            orgnr: Some(owner.to_string()),
            innsynskravepost: Some(mailbox.to_owned()),
            epost: CITIZEN.to_owned(),
            documents,
            ..Order::default()
        };
        let titles: Vec<(String, String)> = order
            .documents
            .iter()
            .map(|d| {
                (
                    "Tilsyn & «kontroll»".into(),
                    format!("Brev nr. {}", d.dokumentnr),
                )
            })
            .collect();
        let text = write_emailtext(&order, &titles);
        let version = match kind {
            Kind::V1 | Kind::Old => Version::V1,
            _ => Version::V2,
        };
        if kind == Kind::Old {
            for document in &mut order.documents {
                let (number, year) =
                    document.journalnr.split_once('/').unwrap_or_default();
                document.journalnr = format!("20{year:0>2}/{number}");
            }
        }
        let xml = order.write(version);
        let (order_xml, emailtext) = match kind {
            Kind::Old => (as_in_2017(&xml, &date), text),
            Kind::Escaped => {
                (xml.replacen(" &amp; ", "&nbsp;&amp; ", 1), escaped(&text))
            }
            _ => (xml, text),
        };
        let levetid = if kind == Kind::Expired { SHORT } else { LONG };
        let expires = now.checked_add(levetid).unwrap_or(now);
        New {
            message_id: self.random.uuid().to_string(),
            conversation_id: self.random.uuid().to_string(),
            owner: owner.to_string(),
            receiver: receiver.to_string(),
            epost: mailbox.to_owned(),
            order_xml,
            emailtext,
            expires_at: expires.as_microsecond(),
            asked: order.documents.iter().zip(titles).map(asked).collect(),
        }
    }

    /// Send a kvittering of this kind about an IRI.
    pub(crate) async fn try_kvittering(
        &self,
        kind: Answer,
        receiver: &Orgnr,
        iri: &str,
    ) -> Result<(), Error> {
        let status = self.status(kind, receiver, iri);
        let at = self.clock.now().as_microsecond();
        let values = [
            self.random.uuid().to_string().into(),
            receiver.as_str().into(),
            self.random.uuid().to_string().into(),
            iri.into(),
            status.into(),
            at.into(),
        ];
        let written = self.db.write::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO kvittering (message_id, receiver,
                               conversation_id, dokument_id, status, due)
                           VALUES ($1, $2, $3, $4, $5, $6)";
                tx.exec(sql, &values).await
            })
        });
        written.await?;
        self.wake.notify_waiters();
        Ok(())
    }

    fn status(&self, kind: Answer, receiver: &Orgnr, iri: &str) -> String {
        let local = local(self.clock.now());
        let result = |why_not: Option<&str>| {
            let outcome = Outcome {
                publisert: why_not.is_none(),
                publisert_datotid: local.clone(),
                arkivskaper_orgnummer: receiver.to_string(),
                arkivskapernavn: self.settings.navn(receiver.as_str()).to_owned(),
                publisert_av_orgnummer: receiver.to_string(),
                dokument_id: Some(format!(
                    "http://data.einnsyn.no/{}",
                    self.random.uuid()
                )),
                feilmelding: why_not.map(str::to_owned),
                ..Outcome::default()
            };
            outcome.write()
        };
        const ARKIV: &str = noark::vocabulary::ARKIV;
        match kind {
            Answer::Published => result(None),
            Answer::Refused => result(Some("offentligTittel mangler.")),
            Answer::Warning => serde_json::json!({
                "publisertAvOrgnummer": receiver.to_string(),
                "dokumentId": null,
                "transactionId": self.random.uuid().to_string(),
                "conversationId": self.random.uuid().to_string(),
                "alvorlighetsgrad": "ADVARSEL",
                "valideringsfeil": [{
                    "elementId": iri,
                    "elementType": format!("{ARKIV}Journalpost"),
                    "attributt": format!("{ARKIV}parent"),
                    "attributtVerdi": null,
                    "feilmelding": "Feil/ukjent type, eller mangler verdi.",
                }],
            })
            .to_string(),
            Answer::Other => "publisert".into(),
            // > raw newlines and unescaped quotes within the string (einnsyn §5)
            Answer::Broken => format!(
                "{{\"publisert\":true,\n\"arkivskapernavn\":\"Etaten \"Fiktiv\"\",\n\
                 \"dokumentId\":\"{iri}\"}}"
            ),
        }
    }
}

fn asked((document, (_, tittel)): (&Ordered, (String, String))) -> Asked {
    Asked {
        id: None,
        tittel,
        saksnr: document.saksnr.clone(),
        dokumentnr: document.dokumentnr.clone(),
    }
}

/// > bestillingsdato is a full xsd:dateTime with zone … and enhetepost,
/// > innsynskravepost, navn, organisasjon, land and saksbehandler are absent (§1.4)
fn as_in_2017(xml: &str, date: &str) -> String {
    const ABSENT: [&str; 6] = [
        "<enhetepost>",
        "<innsynskravepost>",
        "<navn>",
        "<organisasjon>",
        "<land>",
        "<saksbehandler>",
    ];
    let lines = xml
        .lines()
        .filter(|line| !ABSENT.iter().any(|name| line.contains(name)));
    let lines = lines.map(|line| match line.contains("<bestillingsdato>") {
        true => format!("    <bestillingsdato>{date}</bestillingsdato>"),
        false => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// > Mustache HTML-escapes values also in the plain text (einnsyn §1.4)
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
