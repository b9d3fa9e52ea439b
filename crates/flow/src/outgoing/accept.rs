//! Accept an outgoing message: POST /api/messages/out ends here.
//!
//! Order:   sender → receiver → defaults → rules → certificate → store.
//! Writes:  message, status OPPRETTET. No job: files may follow.
//! Refuses: unknown receiver or process, another service than ours, a type that does
//!          not fit its document type, an id that is taken, an own certificate that
//!          cannot be used. What the document alone can tell is checked at the door.

use db::Tx;
use jiff::Timestamp;
use registry::ServiceRecord;
use sbd::{
    BusinessScope, CorrelationInformation, DocumentIdentification, Envelope, Facts,
    Orgnr, Partner, Scope, Status, WireTime,
};
use store::conversation::{self, Direction, NewConversation};
use store::outgoing::{self, NewOutgoing};

use crate::route::{self, DPE};
use crate::time::after;
use crate::{Error, Point, certificate};

/// Accept the message; answers it completed with what the caller left out.
pub async fn accept(point: &Point, envelope: Envelope) -> Result<Envelope, Error> {
    let draft = complete(point, envelope).await?;
    keep(point, draft).await
}

/// A message that has passed every rule and waits to be stored.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) envelope: Envelope,
    pub(super) new: NewOutgoing,
    conversation: NewConversation,
}

/// Fill in what is missing and look at every rule that needs the world.
pub(super) async fn complete(
    point: &Point,
    mut envelope: Envelope,
) -> Result<Draft, Error> {
    name_sender(point, &mut envelope);
    fill(point, &mut envelope);
    if envelope.header.receiver.as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::ServiceDisabled("UNKNOWN".into()));
    }
    let facts = envelope.facts()?;
    let record = route::record(point, &facts).await?;
    if let Err(refusal) = rules(point, &facts, record).await {
        // Of two reasons the caller is told the first in this order: the id is taken.
        free(point, &facts).await?;
        return Err(refusal);
    }
    let expires_at = facts.expires_at.as_ref().map(WireTime::at);
    let new = NewOutgoing {
        message_id: facts.message_id.clone(),
        conversation_id: facts.conversation_id.to_string(),
        process: facts.process.clone(),
        // > outgoing senderIdentifier is part-or-primary (wire-format §1.3)
        sender_identifier: facts.sender.part_or_primary().to_owned(),
        receiver_identifier: facts.receiver.organisation().to_owned(),
        service: DPE,
        sbd: envelope.to_json(),
        expires_at,
    };
    Ok(Draft {
        conversation: noted(&facts),
        envelope,
        new,
    })
}

/// The rules that come after the id, which the store looks at when it keeps the draft.
async fn rules(
    point: &Point,
    facts: &Facts,
    record: ServiceRecord,
) -> Result<(), Error> {
    certificate::check(point).await?;
    if record.service_identifier != DPE {
        return Err(Error::ServiceDisabled(record.service_identifier));
    }
    fits(facts)
}

/// Store the draft in a transaction of its own.
#[tracing::instrument(name = "create", skip_all, fields(message.id = %draft.new.message_id))]
pub(super) async fn keep(point: &Point, draft: Draft) -> Result<Envelope, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            insert(tx, &owner, &draft, now).await?;
            Ok::<_, Error>(draft.envelope)
        })
    });
    work.await
}

/// Inside the caller's transaction: the message is there, and OPPRETTET with it.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    draft: &Draft,
    now: Timestamp,
) -> Result<i64, Error> {
    let taken = || Error::AlreadyExists(draft.new.message_id.clone());
    let (number, new) = conversation::open(tx, owner, &draft.conversation, now).await?;
    if !new {
        return Err(taken());
    }
    let row = outgoing::insert(tx, owner, &draft.new, now)
        .await?
        .ok_or_else(taken)?;
    conversation::record(tx, number, Status::Opprettet, None, now).await?;
    Ok(row)
}

/// Without a sender it is us; another organisation is one that we act for.
///
/// > sender ISO6523 without part identifier and orgnr ≠ own becomes
/// > `0192:<own orgnr>:<given orgnr>` (rest-api §4.1)
fn name_sender(point: &Point, envelope: &mut Envelope) {
    let own = point.orgnr();
    let senders = envelope.header.sender.get_or_insert_default();
    if senders.is_empty() {
        senders.push(Partner::organisation(&format!("0192:{own}")));
    }
    let identifier = senders[0].identifier.as_mut();
    let Some((identifier, party)) =
        identifier.and_then(|id| id.party().ok().map(|party| (id, party)))
    else {
        return;
    };
    if party.part().is_none() && party.organisation() != own.as_str() {
        let acting = format!("0192:{own}:{}", party.organisation());
        identifier.value = Some(acting);
    }
}

/// Ids, times and references that the caller may leave to us.
fn fill(point: &Point, envelope: &mut Envelope) {
    let (now, random) = (point.setup.clock.now(), &point.setup.random);
    let header = &mut envelope.header;
    let what: &mut DocumentIdentification =
        header.document_identification.get_or_insert_default();
    what.instance_identifier
        .get_or_insert_with(|| random.uuid().to_string());
    what.creation_date_and_time
        .get_or_insert_with(|| WireTime::oslo(now));
    let business: &mut BusinessScope = header.business_scope.get_or_insert_default();
    for scope in business.scope.iter_mut().flatten() {
        let id = scope.instance_identifier.get_or_insert_default();
        if id.trim().is_empty() {
            *id = random.uuid().to_string();
        }
        if scope.is("ConversationId") {
            deadline(scope, after(now, point.setup.limits.levetid));
        }
    }
}

fn deadline(scope: &mut Scope, default: Timestamp) {
    let information = scope.scope_information.get_or_insert_default();
    if information.is_empty() {
        information.push(CorrelationInformation::default());
    }
    let first = &mut information[0].expected_response_date_time;
    first.get_or_insert_with(|| WireTime::oslo(default));
}

/// The id is used neither by a message nor by the memory of one.
async fn free(point: &Point, facts: &Facts) -> Result<(), Error> {
    let (owner, id) = (point.orgnr().clone(), facts.message_id.clone());
    let known = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { conversation::number(tx, &owner, &id).await })
        })
        .await?;
    match known {
        Some(_) => Err(Error::AlreadyExists(facts.message_id.clone())),
        None => Ok(()),
    }
}

/// > `standard` must end with `::<type>` (wire-format §1.7)
fn fits(facts: &Facts) -> Result<(), Error> {
    if facts.document_type.ends_with(&format!("::{}", facts.kind)) {
        return Ok(());
    }
    Err(Error::TypeMismatch {
        kind: facts.kind,
        document_type: facts.document_type.clone(),
    })
}

fn noted(facts: &Facts) -> NewConversation {
    NewConversation {
        message_id: facts.message_id.clone(),
        conversation_id: facts.conversation_id.to_string(),
        direction: Direction::Outgoing,
        sender: facts.sender.as_str().to_owned(),
        sender_identifier: facts.sender.part_or_primary().to_owned(),
        receiver: facts.receiver.as_str().to_owned(),
        receiver_identifier: facts.receiver.organisation().to_owned(),
        process: facts.process.clone(),
        document_type: facts.document_type.clone(),
        service: DPE,
        expiry: facts
            .expires_at
            .as_ref()
            .map(|at| (at.to_string(), at.at())),
    }
}
