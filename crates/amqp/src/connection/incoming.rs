//! What the peer's performatives do to our state.

use bytes::Bytes;

use super::{Connection, Event, Stage, Unfolding};
use crate::frame::FRAME_BYTES_MIN_MAX;
use crate::link::{Collected, Link, Stage as LinkStage};
use crate::performative::Performative;
use crate::session::{Session, WINDOW};
use crate::{
    Attach, Begin, Detach, Disposition, Error, Flow, LinkId, Open, Outcome, Role,
    SessionId, Transfer,
};

impl Connection {
    pub(super) fn perform(
        &mut self,
        channel: u16,
        performative: Performative,
    ) -> Result<Option<Event>, Error> {
        match performative {
            Performative::Open(open) => self.opened(open),
            Performative::Begin(begin) => self.begun(channel, begin),
            Performative::Attach(attach) => self.attached(channel, attach),
            Performative::Flow(flow) => Ok(self.flowed(channel, &flow)),
            Performative::Disposition(disposition) => {
                Ok(self.disposed(channel, disposition))
            }
            Performative::Detach(detach) => Ok(self.detached(channel, detach)),
            Performative::End(end) => Ok(self.ended(channel, end.error)),
            Performative::Close(close) => {
                self.close(None);
                self.stage = Stage::Closed;
                Ok(Some(Event::Close(close.error)))
            }
            Performative::Transfer(_) => Ok(None),
        }
    }

    fn opened(&mut self, open: Box<Open>) -> Result<Option<Event>, Error> {
        if self.peer.is_some() {
            return Err(Error::Frame("a second open on one connection"));
        }
        let max = open
            .frame_bytes_max
            .clamp(FRAME_BYTES_MIN_MAX, self.settings.open.frame_bytes_max);
        self.frame_bytes_max = max as usize;
        self.peer = Some(open.clone());
        self.open();
        Ok(Some(Event::Open(open)))
    }

    fn begun(&mut self, channel: u16, begin: Begin) -> Result<Option<Event>, Error> {
        let taken = Error::Number {
            what: "channel",
            number: channel.into(),
        };
        let index = usize::from(channel);
        let used = self.channels.get(index).is_some_and(Option::is_some);
        if channel > self.settings.open.channel_max || used {
            return Err(taken);
        }
        let local = match begin.remote_channel {
            Some(ours) => ours,
            None => self.place(Some(channel)).ok_or(taken)?,
        };
        let Some(session) = self.session_mut(local) else {
            return Err(Error::Frame("a begin answers one that we did not send"));
        };
        if begin.remote_channel.is_some() && session.remote_channel.is_some() {
            return Err(Error::Frame("a begin was answered twice"));
        }
        session.remote_channel = Some(channel);
        session.next_incoming_id = begin.next_outgoing_id;
        session.remote_window = begin.incoming_window;
        session.handle_max = begin.handle_max;
        let id = SessionId {
            channel: local,
            epoch: session.epoch,
        };
        if self.channels.len() <= index {
            self.channels.resize(index + 1, None);
        }
        self.channels[index] = Some(local);
        if begin.remote_channel.is_none() {
            self.write_begin(local, Some(channel));
        }
        Ok(Some(Event::Begin(id)))
    }

    fn attached(
        &mut self,
        channel: u16,
        attach: Box<Attach>,
    ) -> Result<Option<Event>, Error> {
        let taken = Error::Number {
            what: "handle",
            number: attach.handle,
        };
        if attach.handle > self.settings.handle_max {
            return Err(taken);
        }
        let epoch = self.new_epoch();
        let Some((id, session)) = self.by_channel(channel) else {
            return Ok(None);
        };
        let role = attach.role.other();
        let ours = session.links.iter().position(|link| {
            link.as_ref().is_some_and(|l| {
                l.remote_handle.is_none() && l.role == role && l.name == attach.name
            })
        });
        let handle = if let Some(handle) = ours.and_then(|at| u32::try_from(at).ok()) {
            handle
        } else {
            let link = Link::new(epoch, attach.name.clone(), role);
            session.place(link).ok_or(Error::Number {
                what: "handle",
                number: session.handle_max,
            })?
        };
        if !session.map(attach.handle, handle) {
            return Err(taken);
        }
        let Some(link) = session.links[handle as usize].as_mut() else {
            return Ok(None);
        };
        link.remote_handle = Some(attach.handle);
        if role == Role::Receiver {
            link.delivery_count = attach.initial_delivery_count.unwrap_or(0);
        }
        let id = LinkId {
            session: id,
            handle,
            epoch: link.epoch,
        };
        if ours.is_none() {
            return Ok(Some(Event::Attach(id, attach)));
        }
        if link.stage == LinkStage::Half {
            link.stage = LinkStage::Attached;
        }
        Ok(Some(Event::Attached(id, attach)))
    }

    fn flowed(&mut self, channel: u16, flow: &Flow) -> Option<Event> {
        let (id, session) = self.by_channel(channel)?;
        session.next_incoming_id = flow.next_outgoing_id;
        session.widen(flow);
        let mut of = None;
        if let Some(handle) = flow.handle {
            let (handle, link) = session.by_remote(handle)?;
            match link.role {
                Role::Sender => {
                    let count = flow.delivery_count.unwrap_or(0);
                    let under_way = link.delivery_count.wrapping_sub(count);
                    let credit = flow.link_credit.unwrap_or(0);
                    link.credit = if under_way > u32::MAX / 2 {
                        credit
                    } else {
                        credit.saturating_sub(under_way)
                    };
                    link.drain = flow.drain;
                }
                Role::Receiver => {
                    // It used up credit by itself: the end of a drain.
                    if let Some(count) = flow.delivery_count {
                        let used = count.wrapping_sub(link.delivery_count);
                        link.credit = link.credit.saturating_sub(used);
                        link.delivery_count = count;
                    }
                }
            }
            let epoch = link.epoch;
            of = Some(LinkId {
                session: id,
                handle,
                epoch,
            });
        }
        self.pump(id);
        if flow.echo {
            self.echo(id, of);
        }
        Some(Event::Flow(id, of))
    }

    pub(super) fn transfer(
        &mut self,
        channel: u16,
        transfer: &Transfer,
        payload: Bytes,
    ) -> Result<Option<Event>, Error> {
        let Some((id, session)) = self.by_channel(channel) else {
            return Ok(None);
        };
        session.next_incoming_id = session.next_incoming_id.wrapping_add(1);
        session.incoming_left = session.incoming_left.saturating_sub(1);
        let more_room = session.incoming_left <= WINDOW / 2;
        let mut event = None;
        let (mut before, mut after) = (0, 0);
        if let Some((handle, link)) = session.by_remote(transfer.handle)
            && link.role == Role::Receiver
            && link.stage == LinkStage::Attached
        {
            let of = LinkId {
                session: id,
                handle,
                epoch: link.epoch,
            };
            before = link.gathered();
            let collected = link.collect(transfer, payload)?;
            after = link.gathered();
            event = match collected {
                Collected::Whole(delivery) => Some(Event::Delivery(of, delivery)),
                Collected::Aborted => Some(Event::Aborted(of)),
                Collected::Part(bytes) if bytes >= self.settings.part_bytes => {
                    Some(Event::Part(of))
                }
                Collected::Part(_) => None,
            };
        }
        self.gathered = self.gathered - before + after;
        let max = self.settings.gathered_bytes_max;
        if self.gathered > max {
            return Err(Error::Gathered { max });
        }
        if more_room {
            self.echo(id, None);
        }
        Ok(event)
    }

    fn disposed(&mut self, channel: u16, disposition: Disposition) -> Option<Event> {
        let (session, _) = self.by_channel(channel)?;
        if disposition.role == Role::Sender {
            return Some(Event::Disposition(session, disposition));
        }
        let unfolding = Unfolding {
            session,
            disposition,
        };
        self.unfold(unfolding)
    }

    /// The next of the deliveries that a disposition speaks of. Only those that we
    /// know are gone through, never the numbers from first to last.
    pub(super) fn unfold(&mut self, mut unfolding: Unfolding) -> Option<Event> {
        let Unfolding {
            session: id,
            disposition,
        } = &mut unfolding;
        let (id, settled) = (*id, disposition.settled);
        let session = self.session(id)?;
        let found = session.unsettled.find(disposition.first, disposition.last);
        let outcome = match (&disposition.outcome, found) {
            // Something on the way to an outcome, of which we need not know.
            (Some(Outcome::Received), _) | (None, None) => return None,
            (Some(outcome), _) => outcome.clone(),
            // Forgotten without an outcome: as good as given back.
            (None, Some(_)) if settled => Outcome::Released,
            (None, Some(_)) => return None,
        };
        let (delivery, sent) = match found {
            Some((delivery, sent)) => (delivery, session.name(id, sent)),
            None if disposition.first == disposition.last => (disposition.first, None),
            None => return None,
        };
        if settled {
            session.unsettled.take(delivery);
        }
        if delivery != disposition.last && found.is_some() {
            disposition.first = delivery.wrapping_add(1);
            self.unfolding = Some(unfolding);
        }
        Some(Event::Outcome {
            session: id,
            delivery,
            sent,
            settled,
            outcome,
        })
    }

    fn detached(&mut self, channel: u16, detach: Detach) -> Option<Event> {
        let (id, session) = self.by_channel(channel)?;
        let (handle, link) = session.by_remote(detach.handle)?;
        let (epoch, ours) = (link.epoch, link.stage == LinkStage::Closing);
        if !ours {
            self.write_detach(id, handle, None);
        }
        self.gathered -= self.session(id)?.remove(handle);
        let link = LinkId {
            session: id,
            handle,
            epoch,
        };
        Some(Event::Detach(link, detach.error))
    }

    fn ended(
        &mut self,
        channel: u16,
        error: Option<crate::Condition>,
    ) -> Option<Event> {
        let place = self.channels.get_mut(usize::from(channel))?;
        let local = place.take()?;
        let session = self.session_mut(local)?;
        let (epoch, ours) = (session.epoch, session.ending);
        if !ours {
            self.write_end(local, None);
        }
        let ended = self.sessions[usize::from(local)].take();
        self.gathered -= ended.map_or(0, |session| session.gathered());
        let id = SessionId {
            channel: local,
            epoch,
        };
        Some(Event::End(id, error))
    }

    /// A free channel for a session, the peer's own number where that is free.
    pub(super) fn place(&mut self, wanted: Option<u16>) -> Option<u16> {
        let peer_max = self.peer.as_ref().map_or(u16::MAX, |p| p.channel_max);
        let free = |at: &usize| self.sessions.get(*at).is_none_or(Option::is_none);
        let wanted = wanted.filter(|w| *w <= peer_max).map(usize::from);
        let index = match wanted.filter(free) {
            Some(wanted) => wanted,
            None => (0..=self.sessions.len()).find(free)?,
        };
        let channel = u16::try_from(index).ok().filter(|c| *c <= peer_max)?;
        let epoch = self.new_epoch();
        if self.sessions.len() <= index {
            self.sessions.resize_with(index + 1, || None);
        }
        self.sessions[index] = Some(Session::new(epoch));
        Some(channel)
    }

    pub(super) fn new_epoch(&mut self) -> u32 {
        self.epoch = self.epoch.wrapping_add(1);
        self.epoch
    }

    fn session_mut(&mut self, local: u16) -> Option<&mut Session> {
        self.sessions.get_mut(usize::from(local))?.as_mut()
    }

    /// The session that the peer speaks of; none when it has ended, also by us.
    fn by_channel(&mut self, channel: u16) -> Option<(SessionId, &mut Session)> {
        let local = (*self.channels.get(usize::from(channel))?)?;
        let session = self.sessions.get_mut(usize::from(local))?.as_mut()?;
        if session.ending {
            return None;
        }
        let id = SessionId {
            channel: local,
            epoch: session.epoch,
        };
        Some((id, session))
    }

    pub(super) fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        let session = self.session_mut(id.channel)?;
        (session.epoch == id.epoch).then_some(session)
    }
}
