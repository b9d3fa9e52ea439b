//! The sending case system: create, attach, submit; each until it is done.

use std::rc::Rc;

use ambient::Random;
use bytes::Bytes;
use fagsystem::{Correspondence, Fagsystem, Upload, innsynskrav};
use sbd::MessageId;

use crate::insist::insist;
use crate::progress::Progress;
use crate::world::{EINNSYN, KOMMUNE};

/// The name of each message's file.
pub(crate) const FILE: &str = "order.xml";
const FILE_BYTES: usize = 10_000;
/// Above 64 KiB, where files lie on disk beside the database.
const LARGE_FILE_BYTES: usize = 100_000;

/// A message to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) number: usize,
    pub(crate) id: MessageId,
    pub(crate) conversation: String,
    pub(crate) file: Bytes,
}

/// Message number `n`; every tenth has a large file.
pub(crate) fn letter(number: usize, random: &Random) -> Letter {
    let large = number % 10 == 9;
    let mut file = vec![0; if large { LARGE_FILE_BYTES } else { FILE_BYTES }];
    random.fill(&mut file);
    Letter {
        number,
        id: random.uuid().to_string().parse().unwrap(),
        conversation: random.uuid().to_string(),
        file: file.into(),
    }
}

/// Deal the letters out, as cards are.
pub(crate) fn shares(letters: &[Letter], hands: usize) -> Vec<Vec<Letter>> {
    let share = |hand| letters.iter().skip(hand).step_by(hands).cloned().collect();
    (0..hands).map(share).collect()
}

/// Send them, one after another.
pub(crate) async fn all(
    point: Fagsystem,
    letters: Vec<Letter>,
    progress: Rc<Progress>,
) {
    for letter in letters {
        progress.room(letter.number).await;
        one(&point, &letter, &progress).await;
    }
}

async fn one(point: &Fagsystem, letter: &Letter, progress: &Progress) {
    let id = &letter.id;
    let who = Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: id.clone(),
        conversation_id: letter.conversation.clone(),
        expires: None,
    };
    let message = innsynskrav(&who, &who.receiver, "innsyn@fjordvik.example");
    let created = "MessageAlreadyExistsException";
    let call = async || point.create(&message).await;
    insist("create", created, call).await.done("create");
    progress.step().await;

    let attached = "DuplicateFilenameException";
    let file = Upload {
        name: FILE.into(),
        mime: "application/xml".into(),
        bytes: letter.file.clone(),
    };
    let call = async || point.attach(id, file.clone()).await;
    insist("attach", attached, call).await.done("attach");
    progress.step().await;

    // Submitted, sent and forgotten before we asked again.
    let submitted = "MessageNotFoundException";
    let call = async || point.submit(id).await;
    insist("submit", submitted, call).await.done("submit");
    progress.step().await;
}
