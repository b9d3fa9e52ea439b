//! What `flow` refuses, as the caller is told it.

use axum::response::Response;
use fault::Fault;

use crate::capability::{not_found, wrong_type};
use crate::label;
use crate::refusal::{Refusal, text};
use crate::unreadable;
use crate::violation::Violation;

impl From<flow::Error> for Refusal {
    fn from(error: flow::Error) -> Self {
        use flow::Error as E;
        match error {
            E::MessageNotFound(id) => Self::with(&label::MESSAGE_NOT_FOUND, [text(id)]),
            E::NotLocked(id) => Self::with(&label::MESSAGE_NOT_LOCKED, [text(id)]),
            E::AlreadyExists(id) => Self::with(&label::MESSAGE_EXISTS, [text(id)]),
            E::DuplicateFilename { name, .. } => {
                Self::with(&label::DUPLICATE_FILENAME, [text(name)])
            }
            E::BadFilename { reason, .. } => {
                Self::with(&label::ARGUMENT, [text(reason)])
            }
            E::MissingMember { member, .. } => absent(member),
            E::MissingFile(_) => Self::new(&label::MISSING_FILE),
            E::TooLarge { bytes, max, .. } => too_large(bytes, max),
            E::WireTooLarge { bytes, max, .. } => {
                let size = |bytes| text(format!("{bytes}b on the wire"));
                Refusal::with(&label::TOO_LARGE, [size(bytes), size(max)])
            }
            E::Envelope(error) => error.into(),
            E::ReceiverRefuses {
                receiver,
                process,
                conversation,
                document_type,
                ..
            } => {
                let conversation = conversation.as_str();
                let description = match document_type {
                    Some(wanted) => {
                        wrong_type(&receiver, &process, conversation, &wanted)
                    }
                    None => {
                        not_found(&receiver, Some(&process), None, Some(conversation))
                    }
                };
                Self::describing(&label::RECEIVER_REFUSES, [text(process)], description)
            }
            E::ServiceDisabled(service) => {
                Self::with(&label::SERVICE_DISABLED, [text(service)])
            }
            E::TypeMismatch {
                kind,
                document_type,
            } => Self::with(&label::TYPE_MISFIT, [text(kind), text(document_type)]),
            E::LevetidUtlopt { expired_at, .. } => {
                Self::with(&label::LEVETID_UTLOPT, [text(expired_at)])
            }
            E::Certificate(reason) => Self::with(&label::CERTIFICATE, [text(reason)]),
            E::Unreadable { message, reason } => {
                Self::with(&label::UNREADABLE, [text(message), text(reason)])
            }
            error => ours(&error),
        }
    }
}

fn absent(member: &str) -> Refusal {
    let violation = Violation::new(member, "NotNull", "must not be null");
    let line = text(violation.line(""));
    Refusal::listing(&label::INVALID_PART, [line], vec![violation.flat("")])
}

/// The caller can do nothing about it but try again. The log has the details; the
/// answer has none.
fn ours(error: &flow::Error) -> Refusal {
    tracing::error!(%error, "a request could not be carried out");
    match (error, error.fault()) {
        (flow::Error::Registry(_), Fault::Link) => {
            let words = "The address register does not answer. Try again later";
            Refusal::with(&label::UNREACHABLE, [text(words)])
        }
        (_, Fault::Link) => {
            let words = "The access point is busy or its disk is full. Try again later";
            Refusal::with(&label::UNREACHABLE, [text(words)])
        }
        _ => Refusal::new(&label::OURS),
    }
}

impl From<sbd::Error> for Refusal {
    fn from(error: sbd::Error) -> Self {
        use sbd::Error as E;
        match error {
            E::Json(words) => Self::with(
                &label::NOT_READABLE,
                [text(format!("JSON parse error: {words}"))],
            ),
            E::Empty => unreadable::nothing(CREATE),
            E::MissingType => Self::with(
                &label::NOT_READABLE,
                [text("I/O error while reading input message")],
            ),
            E::Missing(member) if member.starts_with("the ConversationId scope") => {
                Self::with(&label::STATE, [text("SBD missing process")])
            }
            E::Missing("receiver") => {
                Self::with(&label::SERVICE_DISABLED, [text("UNKNOWN")])
            }
            error => Self::with(&label::ARGUMENT, [text(error)]),
        }
    }
}

/// The Java method that reads an SBD.
const CREATE: &str = "no.difi.meldingsutveksling.domain.sbdh.StandardBusinessDocument \
    no.difi.meldingsutveksling.nextmove.v2.NextMoveMessageOutController.createMessage(\
    no.difi.meldingsutveksling.domain.sbdh.StandardBusinessDocument,java.lang.String)";

/// The files of a message are too large together.
pub(crate) fn too_large(bytes: u64, max: u64) -> Refusal {
    Refusal::with(&label::TOO_LARGE, [text(size(bytes)), text(size(max))])
}

/// Whole megabytes, bytes below one.
///
/// > sizes rendered `NMB` (floored) or `Nb` when total < 1 MB (rest-api §4.2)
fn size(bytes: u64) -> String {
    const MB: u64 = 1024 * 1024;
    if bytes < MB {
        format!("{bytes}b")
    } else {
        format!("{}MB", bytes / MB)
    }
}

/// A refusal where a failure of the store is the only one there can be.
impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        flow::Error::from(error).into()
    }
}

/// The answer of a handler.
pub(crate) type Answer = Result<Response, Refusal>;
