//! What we do: open, begin, attach, grant, send, dispose, and end it all again.

use bytes::Bytes;

use super::cut::Cut;
use super::{Connection, Stage};
use crate::frame::{self, AMQP};
use crate::link::{Link, Stage as LinkStage};
use crate::session::{First, Sent, Session, WINDOW};
use crate::{
    Attach, Begin, Close, Condition, Detach, Disposition, End, LinkId, Outcome,
    Outgoing, Role, SessionId, Transfer,
};

impl Connection {
    /// What is to be written. Drain it from the front as the socket takes it.
    pub fn output(&mut self) -> &mut Vec<u8> {
        while let Some(channel) = self.talking.pop() {
            self.say(channel);
        }
        &mut self.output
    }

    /// Begin a session.
    ///
    /// None when the peer takes no more of them.
    pub fn begin(&mut self) -> Option<SessionId> {
        let channel = self.place(None)?;
        self.write_begin(channel, None);
        let epoch = self.epoch;
        Some(SessionId { channel, epoch })
    }

    /// Begin a link; the handle is ours to choose.
    ///
    /// None when the session is gone or the peer takes no more links in it.
    pub fn attach(&mut self, id: SessionId, mut attach: Attach) -> Option<LinkId> {
        let epoch = self.new_epoch();
        let session = self.session(id).filter(|s| !s.ending)?;
        let mut link = Link::new(epoch, attach.name.clone(), attach.role);
        link.bytes_max = attach.max_message_size;
        attach.handle = session.place(link)?;
        if attach.role == Role::Sender {
            attach.initial_delivery_count = Some(0);
        }
        self.write(id.channel, |out| attach.encode(out));
        Some(LinkId {
            session: id,
            handle: attach.handle,
            epoch,
        })
    }

    /// Take the link that the peer wants. The answer is its own attach, changed where
    /// we see it otherwise; what must differ is set here.
    pub fn accept(&mut self, id: LinkId, mut answer: Attach) {
        let Some(link) = self.link(id) else { return };
        link.stage = LinkStage::Attached;
        link.bytes_max = answer.max_message_size;
        answer.role = link.role;
        answer.handle = id.handle;
        // Python detaches when a sender leaves it out (servicebus §2.3).
        answer.initial_delivery_count = (link.role == Role::Sender).then_some(0);
        let channel = id.session.channel;
        let start = self.output.len();
        self.write(channel, |out| answer.encode(out));
        if self.output.len() - start > self.frame_bytes_max {
            // What the peer said of its ends is too long to be said back to it.
            self.output.truncate(start);
            for end in [&mut answer.source, &mut answer.target] {
                *end = Some(crate::Terminus::new(""));
            }
            self.write(channel, |out| answer.encode(out));
        }
    }

    /// Do not take the link that the peer wants (§2.6.3): an attach without ends,
    /// then a detach that says why.
    pub fn refuse(&mut self, id: LinkId, wanted: &Attach, error: Condition) {
        let Some(link) = self.link(id) else { return };
        let role = link.role;
        let answer = Attach {
            name: wanted.name.clone(),
            handle: id.handle,
            role,
            snd_settle_mode: wanted.snd_settle_mode,
            rcv_settle_mode: wanted.rcv_settle_mode,
            source: None,
            target: None,
            initial_delivery_count: (role == Role::Sender).then_some(0),
            max_message_size: 0,
            properties: crate::Value::Null,
        };
        self.write(id.session.channel, |out| answer.encode(out));
        self.detach(id, Some(error));
    }

    /// Bytes that have come so far of a message that is not whole.
    pub fn part_bytes(&self, id: LinkId) -> usize {
        self.look(id).map_or(0, |(_, link)| link.gathered())
    }

    /// Take what has come so far of a message that is not whole, if it is of this
    /// format. Its delivery brings the rest.
    pub fn take_part(&mut self, id: LinkId, format: u32) -> Option<Bytes> {
        let part = self.link(id)?.take_part(format)?;
        self.gathered -= part.len();
        Some(part)
    }

    /// Let the peer send so many more, no matter how many it may send now; with
    /// `drain`, what it has, and then nothing.
    pub fn grant(&mut self, id: LinkId, credit: u32, drain: bool) {
        let Some(session) = self.session(id.session) else {
            return;
        };
        let mut flow = session.flow();
        let Some(link) = session.link(id) else { return };
        link.credit = credit;
        flow.handle = Some(id.handle);
        flow.delivery_count = Some(link.delivery_count);
        flow.link_credit = Some(credit);
        flow.drain = drain;
        self.write(id.session.channel, |out| flow.encode(out));
    }

    /// The credit that is left on the link, in whichever direction it goes.
    pub fn credit(&self, id: LinkId) -> u32 {
        self.look(id).map_or(0, |(_, link)| link.credit)
    }

    /// How many deliveries may be sent on the link now. With an empty window it is 0
    /// whatever the credit.
    pub fn room(&self, id: LinkId) -> u32 {
        match self.look(id) {
            Some((session, link))
                if session.is_open() && link.stage == LinkStage::Attached =>
            {
                link.credit
            }
            _ => 0,
        }
    }

    /// Whether both ends have the link, and neither has ended it.
    pub fn is_attached(&self, id: LinkId) -> bool {
        let found = self.look(id).filter(|(session, _)| !session.ending);
        found.is_some_and(|(_, link)| link.stage == LinkStage::Attached)
    }

    /// Whether the peer wants its credit back. Answer with [`Connection::drained`].
    pub fn drains(&self, id: LinkId) -> bool {
        let open = self.look(id).filter(|(session, _)| session.is_open());
        open.is_some_and(|(_, link)| link.drain && link.credit > 0)
    }

    /// There is nothing more to send: use up the credit (§2.6.7).
    pub fn drained(&mut self, id: LinkId) {
        let Some(session) = self.session(id.session) else {
            return;
        };
        let mut flow = session.flow();
        let Some(link) = session.link(id) else { return };
        link.delivery_count = link.delivery_count.wrapping_add(link.credit);
        link.credit = 0;
        flow.handle = Some(id.handle);
        flow.delivery_count = Some(link.delivery_count);
        flow.link_credit = Some(0);
        flow.drain = true;
        self.write(id.session.channel, |out| flow.encode(out));
    }

    /// Send a message. Returns its delivery's number; none when the link has no
    /// [`Connection::room`].
    pub fn send(&mut self, id: LinkId, message: &Outgoing<'_>) -> Option<u32> {
        if self.room(id) == 0 {
            return None;
        }
        let frame_bytes_max = self.frame_bytes_max;
        let Connection {
            sessions, output, ..
        } = self;
        let place = sessions.get_mut(usize::from(id.session.channel));
        let session = place?.as_mut().filter(|s| s.epoch == id.session.epoch)?;
        session.link(id)?.count();
        let sent = Sent {
            handle: id.handle,
            key: message.key,
        };
        let number = session.unsettled.push((!message.settled).then_some(sent));
        let cut = Cut {
            channel: id.session.channel,
            handle: id.handle,
            first: Some(First {
                id: number,
                tag: message.tag,
                format: message.format,
                settled: message.settled,
            }),
            frame_bytes_max,
            more: message.more,
        };
        cut.pieces(output, session, message.head, message.body);
        Some(number)
    }

    /// Send more of the message that was sent last on the link, which is not whole yet.
    /// Wait until the link [`Connection::flows`] before; false when it is gone.
    pub fn send_more(&mut self, id: LinkId, bytes: &[u8], more: bool) -> bool {
        let frame_bytes_max = self.frame_bytes_max;
        if self.look(id).is_none() {
            return false;
        }
        let Connection {
            sessions, output, ..
        } = self;
        let place = sessions.get_mut(usize::from(id.session.channel));
        let Some(Some(session)) = place else {
            return false;
        };
        let cut = Cut {
            channel: id.session.channel,
            handle: id.handle,
            first: None,
            frame_bytes_max,
            more,
        };
        cut.pieces(output, session, bytes, &[]);
        true
    }

    /// Take back the message that was sent last on the link, which is not whole yet.
    pub fn abort(&mut self, id: LinkId) {
        let Some(session) = self.session(id.session) else {
            return;
        };
        session
            .waiting
            .retain(|waiting| waiting.handle != id.handle);
        session.next_outgoing_id = session.next_outgoing_id.wrapping_add(1);
        let transfer = Transfer {
            handle: id.handle,
            delivery_id: None,
            tag: None,
            format: None,
            settled: None,
            more: false,
            aborted: true,
        };
        self.write(id.session.channel, |out| transfer.encode(out));
    }

    /// Whether the peer takes more of a message on the link now.
    pub fn flows(&self, id: LinkId) -> bool {
        self.look(id).is_some_and(|(session, _)| session.is_open())
    }

    /// Say what became of a delivery. Held back until [`Connection::output`], so that
    /// one frame can speak for many.
    pub fn dispose(
        &mut self,
        id: SessionId,
        role: Role,
        delivery: u32,
        settled: bool,
        outcome: Outcome,
    ) {
        let Some(session) = self.session(id).filter(|s| !s.ending) else {
            return;
        };
        let silent = session.runs.iter().all(Option::is_none);
        let before = session.join(role, delivery, settled, outcome);
        if silent {
            self.talking.push(id.channel);
        }
        if let Some(before) = before {
            self.write(id.channel, |out| before.encode(out));
        }
    }

    /// Confirm what became of a delivery that we sent, and forget it.
    pub fn settle(&mut self, id: SessionId, delivery: u32, outcome: Outcome) {
        if let Some(session) = self.session(id) {
            session.unsettled.take(delivery);
            self.dispose(id, Role::Sender, delivery, true, outcome);
        }
    }

    /// End the link.
    pub fn detach(&mut self, id: LinkId, error: Option<Condition>) {
        if let Some(link) = self.link(id)
            && link.stage != LinkStage::Closing
        {
            link.stage = LinkStage::Closing;
            self.write_detach(id.session, id.handle, error);
        }
    }

    /// End the session with all its links.
    pub fn end(&mut self, id: SessionId, error: Option<Condition>) {
        if let Some(session) = self.session(id)
            && !session.ending
        {
            session.ending = true;
            self.write_end(id.channel, error);
        }
    }

    /// Close the connection. What is in the output is still to be written.
    pub fn close(&mut self, error: Option<Condition>) {
        if matches!(self.stage, Stage::Frames) {
            self.open();
            self.output();
            let close = Close { error };
            frame::write(&mut self.output, AMQP, 0, |out| close.encode(out));
        }
        self.stage = Stage::Closed;
    }

    /// An empty frame, so that the peer does not think us dead.
    pub fn heartbeat(&mut self) {
        if matches!(self.stage, Stage::Frames) && self.open_sent {
            frame::write(&mut self.output, AMQP, 0, |_| {});
        }
    }

    pub(super) fn open(&mut self) {
        if !self.open_sent {
            self.open_sent = true;
            let open = self.settings.open.clone();
            frame::write(&mut self.output, AMQP, 0, |out| open.encode(out));
        }
    }

    pub(super) fn write_begin(&mut self, channel: u16, answers: Option<u16>) {
        let begin = Begin {
            remote_channel: answers,
            next_outgoing_id: 0,
            incoming_window: WINDOW,
            outgoing_window: WINDOW,
            handle_max: self.settings.handle_max,
        };
        self.write(channel, |out| begin.encode(out));
    }

    pub(super) fn write_detach(
        &mut self,
        id: SessionId,
        handle: u32,
        error: Option<Condition>,
    ) {
        let detach = Detach {
            handle,
            closed: true,
            error,
        };
        self.say(id.channel);
        self.write(id.channel, |out| detach.encode(out));
    }

    pub(super) fn write_end(&mut self, channel: u16, error: Option<Condition>) {
        self.say(channel);
        self.write(channel, |out| End { error }.encode(out));
    }

    /// Our view of session and link, because the peer asked or its window is low.
    pub(super) fn echo(&mut self, id: SessionId, link: Option<LinkId>) {
        let Some(session) = self.session(id) else {
            return;
        };
        let mut flow = session.flow();
        if let Some(id) = link
            && let Some(link) = session.link(id)
        {
            flow.handle = Some(id.handle);
            flow.delivery_count = Some(link.delivery_count);
            flow.link_credit = Some(link.credit);
        }
        self.write(id.channel, |out| flow.encode(out));
    }

    /// Write what was held back about the session's deliveries.
    fn say(&mut self, channel: u16) {
        let Some(Some(session)) = self.sessions.get_mut(usize::from(channel)) else {
            return;
        };
        let runs: [Option<Disposition>; 2] = std::mem::take(&mut session.runs);
        for run in runs.into_iter().flatten() {
            self.write(channel, |out| run.encode(out));
        }
    }

    fn write(&mut self, channel: u16, body: impl FnOnce(&mut Vec<u8>)) {
        frame::write(&mut self.output, AMQP, channel, body);
    }

    fn link(&mut self, id: LinkId) -> Option<&mut Link> {
        self.session(id.session)?.link(id)
    }

    fn look(&self, id: LinkId) -> Option<(&Session, &Link)> {
        let session = self.sessions.get(usize::from(id.session.channel))?;
        let session = session.as_ref().filter(|s| s.epoch == id.session.epoch)?;
        let link = session.links.get(id.handle as usize)?.as_ref()?;
        (link.epoch == id.epoch).then_some((session, link))
    }
}
