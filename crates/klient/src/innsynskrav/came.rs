//! What of a package can be understood.

use bytes::Bytes;
use dokumentpakke::asice;
use mail::lettre::message::Mailbox;
use noark::order::Order;
use noark::unescape;
use serde_json::{Map, Value};

/// A file that is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A package, as far as it could be read.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    /// The order.
    pub(crate) order: Option<Order>,
    /// What was read out of it, for machines.
    pub(crate) extracted: Map<String, Value>,
    /// Words for people.
    pub(crate) text: String,
    /// The order itself, or the whole package where that could not be opened.
    pub(crate) file: Option<Handed>,
}

impl Came {
    pub(crate) fn of(id: &str, package: Bytes) -> Self {
        let container = match asice::read(&package) {
            Ok(container) => container,
            Err(error) => {
                tracing::warn!(message.id = id, %error, "a package is handed over unread");
                return Self::unread(package);
            }
        };
        let file = |names: &[&str]| {
            let mut files = container.files.iter();
            let found = files.find(|f| names.contains(&f.name.as_str()));
            found.map(|f| f.bytes.clone())
        };
        let xml = file(&["order.xml", "oep.xml"]);
        let order = xml.as_deref().map(Order::read).and_then(|read| {
            read.inspect_err(|error| {
                let rules = error.rules();
                tracing::warn!(
                    message.id = id,
                    rules,
                    "order.xml is handed over unread"
                );
            })
            .ok()
        });
        let judge = |xml: &[u8]| {
            let settings = noark::Settings::default();
            noark::validate("order.xml", xml, &settings).extracted
        };
        let text = file(&["emailtext"]);
        let text = text.map(|b| unescape(&String::from_utf8_lossy(&b)));
        Self {
            order,
            extracted: xml.as_deref().map(judge).unwrap_or_default(),
            text: text.unwrap_or_else(|| "Se order.xml.\n".into()),
            file: xml.map(|bytes| Handed {
                name: "order.xml",
                mime: "application/xml",
                bytes,
            }),
        }
    }

    fn unread(package: Bytes) -> Self {
        Self {
            order: None,
            extracted: Map::new(),
            text: UNREAD.into(),
            file: Some(Handed {
                name: "innsynskrav.asice",
                mime: "application/vnd.etsi.asic-e+zip",
                bytes: package.into(),
            }),
        }
    }

    /// The body's mailbox, as the order names it.
    pub(crate) fn mailbox(&self) -> Option<String> {
        self.order.as_ref()?.innsynskravepost.clone()
    }

    /// The citizen, whom the answer goes to, where the address can be read.
    pub(crate) fn citizen(&self) -> Option<Mailbox> {
        self.order.as_ref()?.epost.parse().ok()
    }

    /// Whether the order names an address that no answer can be sent to.
    pub(crate) fn is_unanswerable(&self) -> bool {
        self.order.is_some() && self.citizen().is_none()
    }
}

/// The text about a package that cannot be read.
const UNREAD: &str = "Et innsynskrav er kommet, men pakken kunne ikke leses. \
                      Den er vedlagt slik den kom.\n";
