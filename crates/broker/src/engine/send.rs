//! Send: messages are kept all or none, in the order of their numbers.

use std::collections::HashSet;
use std::sync::Arc;

use super::history::{Digest, History, Known, digested};
use super::message::Message;
use super::queues::Place;
use super::state::State;
use super::{Engine, later, micros};
use crate::Error;
use crate::log::{Content, Head, Kept, Note, Op, Purpose, Put, Stage};
use crate::queue::QueueSettings;

/// The numbers of messages that were sent; 0 for a duplicate, which was dropped.
pub type Sent = Vec<u64>;

/// What came of handing messages over.
enum Handed {
    /// They are on their way; the answer comes.
    Over,
    /// One of them may be a duplicate of one that is being written: wait for that.
    Unsure(Vec<Message>),
}

impl Engine {
    /// Send messages, all or none; answers their numbers when they are durable.
    pub async fn send(
        &self,
        place: Place,
        mut messages: Vec<Message>,
    ) -> Result<Sent, Error> {
        loop {
            let written = self.0.written.notified();
            let (answer, answered) = later();
            match self.hand_over(place, messages, answer)? {
                Handed::Over => return answered.await,
                Handed::Unsure(again) => messages = again,
            }
            written.await;
        }
    }

    /// The same, told when it is done. Gives the messages back when [`Engine::send`]
    /// must be waited for.
    pub(crate) fn post(
        &self,
        place: Place,
        messages: Vec<Message>,
        answer: impl FnOnce(Result<Sent, Error>) + Send + 'static,
    ) -> Result<Option<Vec<Message>>, Error> {
        Ok(match self.hand_over(place, messages, answer)? {
            Handed::Over => None,
            Handed::Unsure(messages) => Some(messages),
        })
    }

    fn hand_over(
        &self,
        place: Place,
        messages: Vec<Message>,
        answer: impl FnOnce(Result<Sent, Error>) + Send + 'static,
    ) -> Result<Handed, Error> {
        if place.is_dead() {
            return Err(Error::NotImplemented("sending to a dead-letter queue"));
        }
        let now = self.now();
        self.with(|state| {
            let settings = state.used(place, now, |s| s.status.sends())?.clone();
            self.check(state, place, &settings, &messages)?;
            let Some((ids, news)) = sort_out(state, place, &settings, &messages, now)
            else {
                return Ok(Handed::Unsure(messages));
            };
            let mut sent = Vec::with_capacity(messages.len());
            let mut ops = Vec::with_capacity(messages.len());
            let Some(lane) = state.lanes.get_mut(&place.0) else {
                return Err(Error::NoQueue("that was deleted".into()));
            };
            let seen = ids.iter().map(|digest| {
                let (lane, digest, at) = (place.0, *digest, now);
                Op::Note(Note::Seen { lane, digest, at })
            });
            ops.extend(seen);
            let mut tails = Vec::new();
            for (mut message, new) in messages.into_iter().zip(news) {
                if !new {
                    lane.totals.duplicates += 1;
                    sent.push(0);
                    continue;
                }
                let sequence = lane.next;
                lane.next += 1;
                lane.totals.sent += 1;
                sent.push(sequence);
                let tail = message.tail.take();
                let head_tail = tail.as_ref().map(|kept| kept.tail);
                tails.extend(tail);
                let mut put = self.put(place, sequence, message, &settings, now);
                put.head.tail = head_tail;
                ops.push(Op::Put(Box::new(put)));
            }
            let engine = self.clone();
            // Handed over before the state is let go: the log's order is the numbers'.
            let done = move |result: Result<(), Error>| {
                if result.is_err() && !ids.is_empty() {
                    engine.with(|state| unexpect(state, place, &ids));
                    engine.0.written.notify_waiters();
                }
                if result.is_ok() {
                    let tails = tails.into_iter().filter_map(Arc::into_inner);
                    tails.for_each(Kept::keep);
                }
                answer(result.map(|()| sent));
            };
            self.append(ops, Purpose::Add, Box::new(done));
            Ok(Handed::Over)
        })
    }

    fn check(
        &self,
        state: &State,
        place: Place,
        settings: &QueueSettings,
        messages: &[Message],
    ) -> Result<(), Error> {
        let max = self.largest_of(settings);
        let mut all = 0_usize;
        for message in messages {
            let bytes = message.bytes();
            if bytes > max {
                return Err(Error::TooLarge { bytes, max });
            }
            all = all.saturating_add(bytes);
        }
        let bytes =
            |place: Place| state.lanes.get(&place.0).map_or(0, |lane| lane.bytes);
        let used = bytes(place) + bytes(Place(place.0 + 1)) + all as u64;
        let megabytes = settings.megabytes_max;
        if used > megabytes.saturating_mul(1024 * 1024) {
            return Err(Error::Quota { megabytes });
        }
        Ok(())
    }

    fn put(
        &self,
        place: Place,
        sequence: u64,
        message: Message,
        settings: &QueueSettings,
        now: i64,
    ) -> Put {
        let id = message.id.filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| self.0.setup.random.uuid().simple().to_string());
        let lives = [message.time_to_live, settings.time_to_live];
        let time_to_live = lives.into_iter().flatten().min().map_or(0, micros);
        let later = message.scheduled_at.filter(|at| *at > now);
        let due = match (later, time_to_live) {
            (Some(at), _) => at,
            (None, 0) => 0,
            (None, time) => now.saturating_add(time),
        };
        let stage = match later {
            Some(_) => Stage::Scheduled,
            None => Stage::Active,
        };
        Put {
            head: Head {
                lane: place.0,
                sequence,
                due,
                count: 0,
                stage,
                from: 0,
                tail: None,
            },
            content: Content {
                enqueued_at: now,
                scheduled_at: message.scheduled_at.unwrap_or(0),
                time_to_live,
                origin: sequence,
                id: id.into(),
                dead: None,
                changes: bytes::Bytes::new(),
                notes: message.notes,
                body: message.body,
            },
        }
    }
}

/// Which messages are no duplicates, and the ids to be remembered for them. None when
/// that is not known yet.
fn sort_out(
    state: &mut State,
    place: Place,
    settings: &QueueSettings,
    messages: &[Message],
    now: i64,
) -> Option<(Vec<Digest>, Vec<bool>)> {
    if !settings.detects_duplicates {
        return Some((Vec::new(), vec![true; messages.len()]));
    }
    let lane = state.lanes.get_mut(&place.0)?;
    let history: &mut History = lane.history.get_or_insert_default();
    let since = now.saturating_sub(micros(settings.duplicate_window));
    let (mut own, mut ids, mut news) = (HashSet::new(), Vec::new(), Vec::new());
    for message in messages {
        let id = message
            .id
            .as_deref()
            .filter(|id| !id.is_empty())
            .map(digested);
        let Some(id) = id else {
            news.push(true);
            continue;
        };
        let known = history.known(&id, since);
        if known == Known::Unsure {
            return None;
        }
        // The second of one id in one batch is dropped with the first.
        let new = known == Known::New && own.insert(id);
        news.push(new);
        if new {
            ids.push(id);
        }
    }
    ids.iter().for_each(|id| history.expect(*id, now));
    Some((ids, news))
}

fn unexpect(state: &mut State, place: Place, ids: &[Digest]) {
    let lane = state.lanes.get_mut(&place.0);
    if let Some(history) = lane.and_then(|lane| lane.history.as_mut()) {
        ids.iter().for_each(|id| history.unexpect(id));
    }
}
