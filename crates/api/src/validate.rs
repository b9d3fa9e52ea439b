//! What an SBD must hold before it is looked at any further: the rules on its members.
//!
//! Pure; one function for each part of the header (rest-api §1.1, §4.1 step 2).

use jiff::Timestamp;
use sbd::{ContactInformation, Envelope, Header, Identifier, Partner, PartyId, Scope};
use serde::Serialize;
use serde_json::{Value, json};

use crate::label;
use crate::refusal::{Refusal, text};
use crate::violation::Violation;

const HEADER: &str = "standardBusinessDocumentHeader";
const STRING: &str = "java.lang.String";
const SET: &str = "java.util.Set";

const SCOPE_TYPES: [&str; 6] = [
    "JournalpostId",
    "ConversationId",
    "ParentId",
    "SenderRef",
    "ReceiverRef",
    "MessageChannel",
];

/// Refuse a JSON body that breaks a rule.
pub(crate) fn body(envelope: &Envelope, now: Timestamp) -> Result<(), Refusal> {
    const OBJECT: &str = "standardBusinessDocument";
    let broken = violations(envelope, now);
    if broken.is_empty() {
        return Ok(());
    }
    Err(bound(OBJECT, broken))
}

/// Refuse a form's SBD that breaks a rule.
pub(crate) fn part(envelope: &Envelope, now: Timestamp) -> Result<(), Refusal> {
    const PREFIX: &str = "createAndSendMessage.sbd.";
    let broken = violations(envelope, now);
    if broken.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = broken.iter().map(|v| v.line(PREFIX)).collect();
    let errors = broken.into_iter().map(|v| v.flat(PREFIX)).collect();
    Err(Refusal::listing(
        &label::INVALID_PART,
        [text(lines.join(", "))],
        errors,
    ))
}

/// The refusal of an object in a JSON body.
pub(crate) fn bound(object: &str, broken: Vec<Violation>) -> Refusal {
    let count = broken.len();
    let errors = broken.into_iter().map(|v| v.bound(object, false)).collect();
    Refusal::listing(&label::INVALID, [text(object), text(count)], errors)
}

/// Every rule that the SBD breaks.
pub(crate) fn violations(envelope: &Envelope, now: Timestamp) -> Vec<Violation> {
    let header = &envelope.header;
    let mut broken = Vec::new();
    if header.header_version.is_none() {
        broken.push(missing("headerVersion", Some(STRING)));
    }
    partners(&mut broken, "sender", header.sender.as_deref());
    partners(&mut broken, "receiver", header.receiver.as_deref());
    identification(&mut broken, header);
    manifest(&mut broken, header);
    scopes(&mut broken, header, now);
    broken
}

fn partners(broken: &mut Vec<Violation>, role: &str, partners: Option<&[Partner]>) {
    let partners = partners.unwrap_or_default();
    if partners.len() > 1 {
        let words = "size must be between 0 and 1";
        let size = Violation::new(at(role), "Size", words).of_type(SET);
        broken.push(
            size.rejecting(value(&partners))
                .with(vec![json!(1), json!(0)]),
        );
    }
    for partner in partners {
        match &partner.identifier {
            None => broken.push(missing(&format!("{role}[].identifier"), None)),
            Some(identifier) => identity(broken, role, identifier),
        }
        for contact in partner.contact_information.iter().flatten() {
            contacts(broken, role, contact);
        }
    }
}

fn identity(broken: &mut Vec<Violation>, role: &str, identifier: &Identifier) {
    let path = |member: &str| format!("{role}[].identifier.{member}");
    match identifier.value.as_deref() {
        None => broken.push(missing(&path("value"), None)),
        // A receiver that is none is refused when its process is looked up.
        Some(text) if role == "sender" && text.parse::<PartyId>().is_err() => {
            let words =
                "{no.difi.meldingsutveksling.validation.IntegrasjonspunktOrganization}";
            let violation = Violation::new(at(&path("value")), "SenderValue", words);
            broken.push(violation.rejecting(text.into()));
        }
        Some(_) => {}
    }
    if identifier.authority.is_none() {
        broken.push(missing(&path("authority"), None));
    }
}

fn contacts(broken: &mut Vec<Violation>, role: &str, contact: &ContactInformation) {
    if contact.contact.is_none() {
        broken.push(missing(
            &format!("{role}[].contactInformation[].contact"),
            None,
        ));
    }
}

fn identification(broken: &mut Vec<Violation>, header: &Header) {
    let Some(identification) = &header.document_identification else {
        let java = "no.difi.meldingsutveksling.domain.sbdh.DocumentIdentification";
        broken.push(missing("documentIdentification", Some(java)));
        return;
    };
    let path = |member: &str| format!("documentIdentification.{member}");
    for (member, value) in [
        ("standard", &identification.standard),
        ("typeVersion", &identification.type_version),
    ] {
        if value.is_none() {
            broken.push(missing(&path(member), Some(STRING)));
        }
    }
    let id = identification.instance_identifier.as_deref();
    if let Some(id) = id.filter(|id| !sbd::is_uuid(id)) {
        let words = format!("'{id}' is not a UUID.");
        let violation = Violation::new(at(&path("instanceIdentifier")), "UUID", words);
        broken.push(violation.of_type(STRING).rejecting(id.into()));
    }
}

fn manifest(broken: &mut Vec<Violation>, header: &Header) {
    let Some(manifest) = &header.manifest else {
        return;
    };
    let items = manifest.manifest_item.as_deref();
    if items.is_none_or(<[_]>::is_empty) {
        let path = at("manifest.manifestItem");
        let violation =
            Violation::new(path, "NotEmpty", "must not be empty").of_type(SET);
        broken.push(match items {
            Some(items) => violation.rejecting(value(&items)),
            None => violation,
        });
    }
    for item in items.unwrap_or_default() {
        for (member, value) in [
            ("mimeTypeQualifierCode", &item.mime_type_qualifier_code),
            (
                "uniformResourceIdentifier",
                &item.uniform_resource_identifier,
            ),
        ] {
            if value.is_none() {
                broken
                    .push(missing(&format!("manifest.manifestItem[].{member}"), None));
            }
        }
    }
}

fn scopes(broken: &mut Vec<Violation>, header: &Header, now: Timestamp) {
    let Some(business) = &header.business_scope else {
        let java = "no.difi.meldingsutveksling.domain.sbdh.BusinessScope";
        broken.push(missing("businessScope", Some(java)));
        return;
    };
    let Some(scopes) = &business.scope else {
        broken.push(missing("businessScope.scope", Some(SET)));
        return;
    };
    if scopes.is_empty() {
        let words = "size must be between 1 and 2147483647";
        let size =
            Violation::new(at("businessScope.scope"), "Size", words).of_type(SET);
        broken.push(
            size.rejecting(json!([]))
                .with(vec![json!(i32::MAX), json!(1)]),
        );
    }
    for scope in scopes {
        kind(broken, scope);
        conversation(broken, scope);
        deadline(broken, scope, now);
    }
}

fn kind(broken: &mut Vec<Violation>, scope: &Scope) {
    let path = "businessScope.scope[].type";
    match scope.kind.as_deref() {
        None => broken.push(missing(path, None)),
        Some(kind) if !SCOPE_TYPES.contains(&kind) => {
            let violation = one_of(at(path), kind, &SCOPE_TYPES);
            broken.push(violation);
        }
        Some(_) => {}
    }
}

/// A conversation's id is a UUID; other references are free.
fn conversation(broken: &mut Vec<Violation>, scope: &Scope) {
    let id = scope.instance_identifier.as_deref();
    let wrong = id.is_some_and(|id| !sbd::is_uuid(id));
    if wrong && scope.kind.as_deref() == Some("ConversationId") {
        let words = format!("'{}' is not a UUID.", printed(scope));
        let constraint = "SbdScopeConditionalInstanceIdentifierUuid";
        let violation = Violation::new(at("businessScope.scope[]"), constraint, words);
        broken.push(violation.rejecting(value(scope)));
    }
}

fn deadline(broken: &mut Vec<Violation>, scope: &Scope, now: Timestamp) {
    for information in scope.scope_information.iter().flatten() {
        let deadline = information.expected_response_date_time.as_ref();
        if let Some(past) = deadline.filter(|deadline| deadline.at() <= now) {
            let path =
                at("businessScope.scope[].scopeInformation[].expectedResponseDateTime");
            let violation = Violation::new(path, "Future", "must be a future date");
            broken.push(violation.rejecting(past.to_string().into()));
        }
    }
}

/// The value is not among those that there are.
pub(crate) fn one_of(path: String, given: &str, allowed: &[&str]) -> Violation {
    let list = allowed.join(", ");
    let words = format!("'{given}' is not expected. Allowed values are: [{list}]");
    let violation = Violation::new(path, "OneOf", words);
    violation.rejecting(given.into()).with(vec![json!(allowed)])
}

/// The scope as its Java class prints itself.
fn printed(scope: &Scope) -> String {
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
    let information = scope.scope_information.iter().flatten().map(|information| {
        format!(
            "CorrelationInformation(requestingDocumentCreationDateTime={}, \
             requestingDocumentInstanceIdentifier={}, expectedResponseDateTime={})",
            or_null(
                information
                    .requesting_document_creation_date_time
                    .as_ref()
                    .map(ToString::to_string)
            ),
            or_null(information.requesting_document_instance_identifier.clone()),
            or_null(
                information
                    .expected_response_date_time
                    .as_ref()
                    .map(ToString::to_string)
            ),
        )
    });
    format!(
        "Scope(type={}, instanceIdentifier={}, identifier={}, scopeInformation=[{}])",
        or_null(scope.kind.clone()),
        or_null(scope.instance_identifier.clone()),
        or_null(scope.identifier.clone()),
        information.collect::<Vec<_>>().join(", "),
    )
}

fn missing(path: &str, java_type: Option<&'static str>) -> Violation {
    let violation = Violation::new(at(path), "NotNull", "must not be null");
    match java_type {
        Some(java_type) => violation.of_type(java_type),
        None => violation,
    }
}

fn at(path: &str) -> String {
    format!("{HEADER}.{path}")
}

fn value(part: &impl Serialize) -> Value {
    serde_json::to_value(part).expect("texts, numbers and lists only")
}
