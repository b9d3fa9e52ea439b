//! What others have done for a connection, told from whichever thread did it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Wake, Waker};

use amqp::LinkId;

use super::peer::Done;

/// Where it is put down. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Mailbox(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    letters: Vec<Done>,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(super) fn put(&self, letter: Done) {
        let mut inner = self.lock();
        inner.letters.push(letter);
        let waker = inner.waker.take();
        drop(inner);
        // Woken once for all that comes before it looks.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What has come since the last time, in order. With nothing, whoever asks is woken
    /// when something has.
    pub(super) fn empty(&self, cx: &Context<'_>, into: &mut Vec<Done>) {
        let mut inner = self.lock();
        std::mem::swap(&mut inner.letters, into);
        if into.is_empty() {
            inner.waker = Some(cx.waker().clone());
        }
    }

    /// A waker that puts down that something has come for a link.
    pub(super) fn bell(&self, link: LinkId) -> Waker {
        let mailbox = self.clone();
        Waker::from(Arc::new(Bell { mailbox, link }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

struct Bell {
    mailbox: Mailbox,
    link: LinkId,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.mailbox.put(Done::Stirred(self.link));
    }
}
