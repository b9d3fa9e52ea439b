//! Calls and answers: what is written is read again, and nothing that is read does harm.

use bestedu::melding::{Avsmot, Dokument, Journpost, Noarksak};
use bestedu::publication::publication;
use bestedu::soap::{self, Address, Call, PutMessage};
use bestedu::{AppReceipt, Error, Melding, Outcome, Payload, Remark};
use proptest::prelude::*;

const SAMPLES: [&str; 3] = [
    include_str!("samples/ephorte.xml"),
    include_str!("samples/p360.xml"),
    include_str!("samples/websak.xml"),
];

/// A text as it may stand in XML, with nothing around it and something in it.
fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[!-~ æøåÆØÅ&<>\"'\t\n\r]{1,20}".prop_map(|text| {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        }),
    ]
}

prop_compose! {
    fn avsmot()(
        am_id in text(), am_navn in text(), am_ihtype in text(), am_u1 in text(),
        am_besvardok in text(),
    ) -> Avsmot {
        Avsmot { am_id, am_navn, am_ihtype, am_u1, am_besvardok, ..Avsmot::default() }
    }
}

prop_compose! {
    fn dokument()(
        dl_rnr in text(), db_tittel in text(), base64 in text(), ve_filnavn in text(),
    ) -> Dokument {
        Dokument { dl_rnr, db_tittel, base64, ve_filnavn, ..Dokument::default() }
    }
}

prop_compose! {
    fn journpost()(
        (jp_id, jp_jaar, jp_seknr, jp_jpostnr) in (text(), text(), text(), text()),
        (jp_jdato, jp_ndoktype, jp_innhold) in (text(), text(), text()),
        jp_sa_ekstern_nokkel in text(),
        avsmot in prop::collection::vec(avsmot(), 0..3),
        dokument in prop::collection::vec(dokument(), 0..3),
    ) -> Journpost {
        Journpost {
            jp_id, jp_jaar, jp_seknr, jp_jpostnr, jp_jdato, jp_ndoktype, jp_innhold,
            jp_sa_ekstern_nokkel, avsmot, dokument, ..Journpost::default()
        }
    }
}

prop_compose! {
    fn noarksak()(
        (sa_id, sa_saar, sa_seknr, sa_tittel) in (text(), text(), text(), text()),
        journpost in prop::collection::vec(journpost(), 0..2),
    ) -> Noarksak {
        Noarksak { sa_id, sa_saar, sa_seknr, sa_tittel, journpost, ..Noarksak::default() }
    }
}

fn receipt() -> impl Strategy<Value = AppReceipt> {
    let outcome = prop::sample::select(vec![
        Outcome::Ok,
        Outcome::NotSupported,
        Outcome::Warning,
        Outcome::Error,
    ]);
    let remark = ("[A-Za-z0-9]{1,8}", text()).prop_map(|(code, text)| Remark {
        code,
        text: text.unwrap_or_default(),
    });
    let remarks = prop::collection::vec(remark, 0..3);
    (outcome, remarks).prop_map(|(outcome, remarks)| AppReceipt { outcome, remarks })
}

fn payload() -> impl Strategy<Value = Payload> {
    let journpost = prop::option::of(journpost());
    let melding = (journpost, prop::option::of(noarksak()));
    prop_oneof![
        Just(Payload::Empty),
        receipt().prop_map(Payload::AppReceipt),
        melding.prop_map(|(journpost, noarksak)| {
            Payload::Melding(Box::new(Melding {
                journpost,
                noarksak,
            }))
        }),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    (text(), text(), text(), text()).prop_map(|(orgnr, name, email, reference)| {
        Address {
            orgnr: orgnr.unwrap_or_default(),
            name,
            email,
            reference,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        conversation_id in "[!-~&<>\"]{0,40}",
        sender in address(),
        receiver in address(),
        payload in payload(),
    ) {
        let message = PutMessage {
            conversation_id,
            content_namespace: bestedu::melding::NOARK.to_owned(),
            sender,
            receiver,
            payload,
        };
        let read = soap::call(&message.document()).unwrap();
        prop_assert_eq!(read, Call::Put(Box::new(message)));
    }

    #[test]
    fn answers_are_read_again(receipt in receipt()) {
        prop_assert_eq!(soap::answer(&soap::put(&receipt)).unwrap(), receipt);
    }

    /// Whatever is done to a call, it is read or refused.
    #[test]
    fn no_call_does_harm(
        sample in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), ".{0,3}", 0..4_usize), 1..6),
    ) {
        let mut text: Vec<char> = SAMPLES[sample].chars().collect();
        for (at, put, gone) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + gone).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        if let Ok(Call::Put(message)) = soap::call(&text)
            && let Payload::Melding(melding) = &message.payload
        {
            let _ = publication(melding, "310000019");
        }
        let _ = soap::answer(&text);
    }
}

#[test]
fn what_is_no_call_says_so() {
    let enveloped = |ns: &str, body: &str| {
        format!("<e:Envelope xmlns:e=\"{ns}\"><e:Body>{body}</e:Body></e:Envelope>")
    };
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let soap_1_2 = "http://www.w3.org/2003/05/soap-envelope";
    let version = soap::call(&enveloped(soap_1_2, "<x/>")).unwrap_err();
    assert_eq!(
        (version.code(), &version),
        ("VersionMismatch", &Error::Version)
    );
    for (body, part) in [
        ("", "the operation"),
        ("<GetMessage/>", "GetMessage is not known here"),
        (
            "<PutMessageRequest/>",
            "PutMessageRequest/envelope is missing",
        ),
        (
            "<PutMessageRequest><envelope/></PutMessageRequest>",
            "sender is missing",
        ),
        ("<GetCanReceiveMessageRequest/>", "receiver is missing"),
    ] {
        let error = soap::call(&enveloped(soap, body)).unwrap_err();
        assert_eq!(error.code(), "Client");
        assert!(error.to_string().contains(part), "{body}: {error}");
    }
}

#[test]
fn a_payload_that_is_neither_is_told_of_without_a_fault() {
    let (start, rest) = SAMPLES[2].split_once("<payload>").unwrap();
    let end = rest.split_once("</payload>").unwrap().1;
    for (payload, wanted) in [
        ("<payload/>", None),
        ("<payload>  </payload>", None),
        ("", None),
        ("<payload>hei</payload>", Some("line 1")),
        (
            "<payload>&lt;Melding></payload>",
            Some("the end is missing"),
        ),
        (
            "<payload>&lt;Brev/></payload>",
            Some("Brev er verken Melding"),
        ),
        ("<payload><Brev/></payload>", Some("Brev er verken Melding")),
        (
            "<payload><AppReceipt type='JA'/></payload>",
            Some("OK, NOTSUPPORTED"),
        ),
    ] {
        let Call::Put(message) = soap::call(&format!("{start}{payload}{end}")).unwrap()
        else {
            panic!("it is a PutMessage");
        };
        match (&message.payload, wanted) {
            (Payload::Empty, None) => {}
            (Payload::Unreadable(words), Some(part)) if words.contains(part) => {}
            other => panic!("{payload}: {other:?}"),
        }
    }
}

/// > Fault: faultcode, faultstring (SOAP 1.1, 4.4)
#[test]
fn a_fault_is_a_fault_to_whoever_reads_it() {
    let error = soap::answer(&soap::fault("Server", "a < b")).unwrap_err();
    let Error::Fault { code, text } = error else {
        panic!("{error}");
    };
    assert_eq!((code.as_str(), text.as_str()), ("soap:Server", "a < b"));
}
