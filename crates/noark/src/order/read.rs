//! Read order.xml, after repair where it is needed.

use roxmltree::Node;

use super::{NAMESPACE_V2, Order, Ordered, Version, iso};
use crate::finding::{Finding, Rule};
use crate::html;
use crate::xml::{self, child, child_text, children};

/// Whether the bytes are, or once were, an order.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    // A byte each, also of a text in two bytes a character; good enough to find a name.
    let start = bytes.iter().take(4096).filter(|b| **b != 0).copied();
    let start: Vec<u8> = start.collect();
    let start = String::from_utf8_lossy(&start);
    start.contains("bestilling") || start.contains("<innsynskrav")
}

/// The order and what was odd; fails when it cannot be read.
pub(super) fn read(bytes: &[u8]) -> Result<(Order, Vec<Finding>), Vec<Finding>> {
    let source = xml::decode_somehow(bytes)?;
    let mut findings = Vec::new();
    if let Some(name) = &source.lie {
        findings.push(Finding::warning(Rule::Tegnsett).note(name));
    }
    let refusals = match xml::parse(&source.text) {
        Ok(document) => return Ok((order(document.root_element())?, findings)),
        Err(refusals) => refusals,
    };
    let repaired = html::replace_names(&source.text);
    if repaired == source.text {
        return Err(refusals);
    }
    let document = xml::parse(&repaired).map_err(|_| refusals)?;
    findings.push(Finding::warning(Rule::HtmlEntitet));
    Ok((order(document.root_element())?, findings))
}

fn order(root: Node<'_, '_>) -> Result<Order, Vec<Finding>> {
    let name = root.tag_name();
    let version = match (name.namespace(), name.name()) {
        (None, "bestilling") => Version::V1,
        (Some(NAMESPACE_V2), "bestilling") => Version::V2,
        (space, name) => {
            let space = space.map_or(String::new(), |space| format!(" ({space})"));
            let finding =
                Finding::refuse(Rule::Rotelement).note(format!("{name}{space}"));
            return Err(vec![finding.at(root.range().start)]);
        }
    };
    let til = child(root, "til");
    let within = |name: &str| til.and_then(|til| child_text(til, name));
    let contact = child(root, "kontaktinfo");
    let contact = |name: &str| contact.and_then(|contact| child_text(contact, name));
    let date = child_text(root, "bestillingsdato").unwrap_or_default();
    let year_first = version == Version::V1 && !is_norwegian(&date);
    let documents = children(root, "dokumenter");
    let documents = documents.flat_map(|list| children(list, "dokument"));
    Ok(Order {
        version,
        id: child_text(root, "id").unwrap_or_default(),
        date: iso(&date),
        enhet: within("enhet")
            .or_else(|| within("virksomhet"))
            .unwrap_or_default(),
        orgnr: within("orgnr"),
        enhetepost: within("enhetepost"),
        innsynskravepost: within("innsynskravepost")
            .or_else(|| child_text(root, "innsynskravepost")),
        forsendelsesmaate: contact("forsendelsesmåte"),
        epost: contact("e-post").unwrap_or_default(),
        spraak: contact("språk"),
        documents: documents.map(|node| ordered(node, year_first)).collect(),
    })
}

/// `05.03.2026`
fn is_norwegian(date: &str) -> bool {
    let numbers = date
        .split('.')
        .map(|n| n.bytes().all(|b| b.is_ascii_digit()));
    numbers.filter(|is_number| *is_number).count() == 3
}

/// > v1 files whose date is not dd.MM.yyyy have the year first in journalnr
fn ordered(node: Node<'_, '_>, year_first: bool) -> Ordered {
    let text = |name: &str| child_text(node, name);
    let system = child(node, "fagsysteminfo");
    let system = |name: &str| system.and_then(|system| child_text(system, name));
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ordered {
        arkiv: filled(system("id")),
        arkivdel: filled(system("delId")),
        id: filled(text("id")),
        system_id: filled(text("systemId")),
        saksnr: text("saksnr").unwrap_or_default(),
        dokumentnr: text("dokumentnr").unwrap_or_default(),
        journalnr: text("journalnr").unwrap_or_default(),
        year_first,
        saksbehandler: text("saksbehandler"),
        adm_enhet: text("admEnhet"),
    }
}
