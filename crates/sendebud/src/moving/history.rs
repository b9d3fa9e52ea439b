//! Copy what another access point knows: conversations with their statuses, and who is
//! told of them.

use anyhow::Context;
use fagsystem::{Conversation, Fagsystem};
use flow::{Point, ledger, subscription};
use sbd::WireTime;
use store::conversation::{NewConversation, Told};
use store::subscription::NewSubscription;

use super::DPE;
use super::incoming::Trouble;

/// How much was new.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    /// Conversations of which something was.
    pub(crate) conversations: usize,
    /// Conversations that cannot be kept, with the reason.
    pub(crate) left: Vec<super::Left>,
    /// Subscriptions.
    pub(crate) subscriptions: usize,
}

/// Copy all of it. Twice is harmless: what is known here already stays.
pub(crate) async fn copy(point: &Point, other: &Fagsystem) -> Result<Copied, Trouble> {
    let mut copied = Copied::default();
    for number in 0.. {
        let page = other.conversations(&DPE, number).await?;
        let mut told = Vec::with_capacity(page.items.len());
        for one in &page.items {
            match ours(one) {
                Ok(one) => told.push(one),
                Err(error) => {
                    let id = one.message_id.clone();
                    copied.left.push((id, format!("{error:#}")));
                }
            }
        }
        copied.conversations += ledger::copy(point, told).await?;
        if page.last || page.items.is_empty() {
            break;
        }
    }
    for number in 0.. {
        let page = other.subscriptions(number).await?;
        for one in &page.items {
            let new = NewSubscription {
                name: one.name.clone(),
                push_endpoint: one.push_endpoint.clone(),
                resource: one.resource.clone(),
                event: one.event.clone(),
                filter: one.filter.clone(),
            };
            let added = subscription::add(point, new).await?;
            copied.subscriptions += usize::from(added.is_some());
        }
        if page.last || page.items.is_empty() {
            break;
        }
    }
    Ok(copied)
}

fn ours(one: &Conversation) -> anyhow::Result<Told> {
    let direction = one.direction.parse().ok();
    let new = NewConversation {
        message_id: one.message_id.parse()?,
        conversation_id: one.conversation_id.clone(),
        direction: direction
            .with_context(|| format!("the direction {}", one.direction))?,
        sender: one.sender.clone(),
        sender_identifier: one.sender_identifier.clone(),
        receiver: one.receiver.clone(),
        receiver_identifier: one.receiver_identifier.clone(),
        process: one.process_identifier.clone(),
        document_type: one.document_identifier.clone(),
        service: "DPE",
        expiry: one.expiry.as_ref().map(|at| (at.to_string(), at.at())),
    };
    let mut lines = Vec::with_capacity(one.message_statuses.len());
    for line in &one.message_statuses {
        let at: WireTime = line.last_update.parse()?;
        lines.push((line.status, line.description.clone(), at.at()));
    }
    Ok(Told {
        new,
        lines,
        last_update: one.last_update.at(),
    })
}
