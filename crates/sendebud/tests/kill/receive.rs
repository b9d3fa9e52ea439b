//! The receiving case system: peek, pop, delete; each until it is done, or until the
//! lock has run out meanwhile and the message must be peeked again.

use std::rc::Rc;

use bytes::Bytes;
use fagsystem::{Error, Fagsystem};
use sbd::MessageId;

use crate::insist::{Insisted, insist, trouble};
use crate::ledger::Ledger;
use crate::progress::Progress;
use crate::world::until;

const NOT_FOUND: &str = "MessageNotFoundException";
const NOT_LOCKED: &str = "MessageNotLockedException";

/// Take messages until all are taken.
pub(crate) async fn all(point: Fagsystem, ledger: Rc<Ledger>, progress: Rc<Progress>) {
    while let Some(id) = peek(&point, &ledger).await {
        if ledger.peeked(&id) {
            progress.step().await;
        }
        let Some(package) = pop(&point, &ledger, &id).await else {
            continue;
        };
        if ledger.popped(&id, &package) {
            progress.step().await;
        }
        if delete(&point, &ledger, &id).await {
            progress.took();
            progress.step().await;
        }
    }
}

async fn peek(point: &Fagsystem, ledger: &Ledger) -> Option<MessageId> {
    until("a message to peek", async || {
        let taken_before = ledger.taken();
        if taken_before.is_all() {
            return Some(None);
        }
        match point.peek(&[]).await {
            Ok(Some(envelope)) => {
                let id = envelope.facts().unwrap().message_id;
                assert!(!taken_before.has(&id), "{id} was taken, and came again");
                Some(Some(id))
            }
            Ok(None) => None,
            Err(error) if trouble(&error) => None,
            Err(error) => panic!("peek: {error}"),
        }
    })
    .await
}

async fn pop(point: &Fagsystem, ledger: &Ledger, id: &MessageId) -> Option<Bytes> {
    match insist("pop", "", async || point.pop(id).await).await {
        Insisted::Answered(package) => Some(package.expect("an innsynskrav has files")),
        Insisted::Refused(error) => {
            ran_out(ledger, id, &error);
            None
        }
        Insisted::Lost => unreachable!("no answer has an empty label"),
    }
}

/// Answers whether it was the first to be told that the message is gone.
async fn delete(point: &Fagsystem, ledger: &Ledger, id: &MessageId) -> bool {
    match insist("delete", NOT_FOUND, async || point.delete(id).await).await {
        Insisted::Answered(()) => ledger.deleted(id),
        Insisted::Lost => ledger.found_gone(id),
        Insisted::Refused(error) => {
            ran_out(ledger, id, &error);
            false
        }
    }
}

/// The only reason for a no: somebody else peeked after our lock had run out.
fn ran_out(ledger: &Ledger, id: &MessageId, error: &Error) {
    let elsewhere = error.is(NOT_FOUND) && ledger.taken().has(id);
    assert!(error.is(NOT_LOCKED) || elsewhere, "{id}: {error}");
    ledger.ran_out();
}
