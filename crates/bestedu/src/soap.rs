//! The calls of the contract and their answers, in SOAP 1.1 document/literal
//! (wire-format §10.1).

use crate::payload::Payload;
use crate::xml::{self, Element};
use crate::{AppReceipt, Error, print};

/// The namespace of the contract's types.
pub const TYPES: &str = "http://www.arkivverket.no/Noark/Exchange/types";

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ENVELOPE_1_2: &str = "http://www.w3.org/2003/05/soap-envelope";

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `GetCanReceiveMessage`: can this receiver be sent to?
    CanReceive(Address),
    /// `PutMessage`: here is a message.
    Put(Box<PutMessage>),
}

/// Who sends or receives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The organisation's number; may be empty.
    pub orgnr: String,
    /// Its name.
    pub name: Option<String>,
    /// Its mail address.
    pub email: Option<String>,
    /// What it calls the matter.
    pub reference: Option<String>,
}

/// A message in its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutMessage {
    /// The id under which answers come back.
    pub conversation_id: String,
    /// The namespace of what is carried, as the sender has it.
    pub content_namespace: String,
    /// From whom.
    pub sender: Address,
    /// To whom.
    pub receiver: Address,
    /// What is carried.
    pub payload: Payload,
}

/// Read a call.
///
/// Fails with what a SOAP fault is to say. What is wrong with the payload alone is no
/// failure: see [`Payload::Unreadable`].
pub fn call(text: &str) -> Result<Call, Error> {
    let root = xml::read(text)?;
    let operation = body(&root)?;
    match operation.name.as_str() {
        "GetCanReceiveMessageRequest" => {
            let receiver = operation.child("receiver").map(Address::read);
            let missing = Error::Missing("GetCanReceiveMessageRequest/receiver");
            receiver.map(Call::CanReceive).ok_or(missing)
        }
        "PutMessageRequest" => PutMessage::read(operation).map(|m| Call::Put(m.into())),
        other => Err(Error::Unknown {
            found: other.to_owned(),
            expected: "PutMessageRequest or GetCanReceiveMessageRequest",
        }),
    }
}

/// What is in the body of an envelope.
fn body(root: &Element) -> Result<&Element, Error> {
    if root.name != "Envelope" {
        return Err(Error::Unknown {
            found: root.name.clone(),
            expected: "Envelope",
        });
    }
    if root.says(ENVELOPE_1_2) {
        return Err(Error::Version);
    }
    let body = root.child("Body").ok_or(Error::Missing("Envelope/Body"))?;
    body.children
        .first()
        .ok_or(Error::Missing("the operation in Envelope/Body"))
}

impl Address {
    fn read(element: &Element) -> Self {
        Self {
            orgnr: element.text_of("orgnr").unwrap_or_default(),
            name: element.text_of("name"),
            email: element.text_of("email"),
            reference: element.text_of("ref"),
        }
    }

    fn write(&self, name: &str, out: &mut String) {
        print::open(name, out);
        print::element("orgnr", Some(&self.orgnr), out);
        print::element("name", self.name.as_deref(), out);
        print::element("email", self.email.as_deref(), out);
        print::element("ref", self.reference.as_deref(), out);
        print::close(name, out);
    }
}

impl PutMessage {
    fn read(request: &Element) -> Result<Self, Error> {
        let envelope = request.child("envelope");
        let envelope = envelope.ok_or(Error::Missing("PutMessageRequest/envelope"))?;
        let attribute = |name| envelope.attribute(name).unwrap_or_default().trim();
        let address = |name, path| {
            let found = envelope.child(name).map(Address::read);
            found.ok_or(Error::Missing(path))
        };
        let payload = request.child("payload");
        Ok(Self {
            conversation_id: attribute("conversationId").to_owned(),
            content_namespace: attribute("contentNamespace").to_owned(),
            sender: address("sender", "PutMessageRequest/envelope/sender")?,
            receiver: address("receiver", "PutMessageRequest/envelope/receiver")?,
            payload: payload.map_or(Payload::Empty, Payload::read),
        })
    }

    /// As a call: the payload is a document in a text, which every dialect takes.
    pub fn document(&self) -> String {
        let carried = match &self.payload {
            Payload::Melding(melding) => melding.document(),
            Payload::AppReceipt(receipt) => receipt.document(),
            Payload::Empty | Payload::Unreadable(_) => String::new(),
        };
        enveloped(|out| {
            out.push_str(&format!("<t:PutMessageRequest xmlns:t=\"{TYPES}\">"));
            out.push_str("<envelope conversationId=\"");
            print::escape(&self.conversation_id, out);
            out.push_str("\" contentNamespace=\"");
            print::escape(&self.content_namespace, out);
            out.push_str("\">");
            self.sender.write("sender", out);
            self.receiver.write("receiver", out);
            out.push_str("</envelope>");
            out.push_str(
                "<payload xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
                 xsi:type=\"xsd:string\">",
            );
            print::escape(&carried, out);
            out.push_str("</payload></t:PutMessageRequest>");
        })
    }
}

fn enveloped(write: impl FnOnce(&mut String)) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <soap:Envelope xmlns:soap=\"{ENVELOPE}\"><soap:Body>"
    );
    write(&mut out);
    out.push_str("</soap:Body></soap:Envelope>");
    out
}

/// The answer to `GetCanReceiveMessage`.
pub fn can_receive(can: bool) -> String {
    enveloped(|out| {
        let name = "GetCanReceiveMessageResponse";
        out.push_str(&format!(
            "<t:{name} xmlns:t=\"{TYPES}\"><result>{can}</result></t:{name}>"
        ));
    })
}

/// The answer to `PutMessage`.
pub fn put(receipt: &AppReceipt) -> String {
    enveloped(|out| {
        out.push_str(&format!("<t:PutMessageResponse xmlns:t=\"{TYPES}\">"));
        receipt.write("result", "", out);
        out.push_str("</t:PutMessageResponse>");
    })
}

/// The answer to what cannot be answered otherwise: `Client`, `Server` and the like, and
/// words.
pub fn fault(code: &str, text: &str) -> String {
    enveloped(|out| {
        out.push_str("<soap:Fault>");
        print::element("faultcode", Some(&format!("soap:{code}")), out);
        print::element("faultstring", Some(text), out);
        out.push_str("</soap:Fault>");
    })
}

/// Read what an archive answered to our `PutMessage`.
pub fn answer(text: &str) -> Result<AppReceipt, Error> {
    let root = xml::read(text)?;
    let answer = body(&root)?;
    match answer.name.as_str() {
        "PutMessageResponse" => {
            let result = answer.child("result");
            AppReceipt::read(result.ok_or(Error::Missing("PutMessageResponse/result"))?)
        }
        "Fault" => Err(Error::Fault {
            code: answer.text_of("faultcode").unwrap_or_default(),
            text: answer.text_of("faultstring").unwrap_or_default(),
        }),
        other => Err(Error::Unknown {
            found: other.to_owned(),
            expected: "PutMessageResponse",
        }),
    }
}
