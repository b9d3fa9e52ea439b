//! A connection, from either end: bytes in, events out, and verbs that write bytes.
//!
//! The owner of the socket reads into [`Connection::input`], calls
//! [`Connection::next`] until it has no more, answers through the verbs (`accept`,
//! `send`, `dispose`, …), and writes what [`Connection::output`] holds. What the
//! protocol itself demands is answered here: headers, begin, end, detach, close,
//! session windows.

mod cut;
mod incoming;
mod outgoing;

use bytes::{Buf, BytesMut};

use crate::frame::{self, AMQP, AMQP_HEADER, FRAME_BYTES_MIN_MAX, SASL_HEADER};
use crate::performative::Performative;
use crate::sasl::{self, Init, Login, SaslFrame};
use crate::session::Session;
use crate::{
    Attach, Condition, Delivery, Disposition, Error, LinkId, Open, Outcome, Reader,
    SessionId, condition,
};

/// Sasl-codes (§5.3.3.6): the credentials are good, or not.
const SASL_OK: u8 = 0;
const SASL_AUTH: u8 = 1;

/// What we say of ourselves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our open. Its limits are those that the peer is held to.
    pub open: Open,
    /// The highest handle that a peer may use in a session.
    pub handle_max: u32,
    /// Bytes of messages that are not whole yet, on all links together.
    pub gathered_bytes_max: usize,
    /// When so much of one message has come, [`Event::Part`] says so.
    pub part_bytes: usize,
}

impl Settings {
    /// Ours, and limits that suit an end which takes messages whole.
    pub fn new(open: Open) -> Self {
        Self {
            open,
            handle_max: 255,
            gathered_bytes_max: 256 * 1024 * 1024,
            part_bytes: usize::MAX,
        }
    }
}

/// What the peer did.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Server: it wants to log in. Nothing more comes before [`Connection::welcome`].
    Login(Init),
    /// It has opened the connection.
    Open(Box<Open>),
    /// It has begun a session, or answered our begin.
    Begin(SessionId),
    /// It wants a link: answer with `accept` or `refuse`.
    Attach(LinkId, Box<Attach>),
    /// It has answered our attach. A refusal has no source or no target, and its
    /// detach follows.
    Attached(LinkId, Box<Attach>),
    /// Credit or window has changed: of the link, or of all in the session.
    Flow(SessionId, Option<LinkId>),
    /// A message has come.
    Delivery(LinkId, Delivery),
    /// A good part of a large message has come: [`Connection::take_part`] takes it.
    Part(LinkId),
    /// A message of which a part was taken will not be whole.
    Aborted(LinkId),
    /// It says what became of a delivery that we sent.
    Outcome {
        /// The link's session: what to `settle` in.
        session: SessionId,
        /// The delivery's number.
        delivery: u32,
        /// On which link we sent it and what we called it; none when it is not, or no
        /// more, known.
        sent: Option<(LinkId, u128)>,
        /// It has forgotten the delivery and waits for no answer.
        settled: bool,
        /// What became of it.
        outcome: Outcome,
    },
    /// It says what became of deliveries that it sent.
    Disposition(SessionId, Disposition),
    /// It has ended the link.
    Detach(LinkId, Option<Condition>),
    /// It has ended the session and all links in it.
    End(SessionId, Option<Condition>),
    /// It has closed the connection.
    Close(Option<Condition>),
}

/// Which bytes come next.
#[derive(Debug)]
enum Stage {
    /// Its first protocol header.
    Header,
    /// Client: its offer of mechanisms.
    Offer,
    /// Server: its choice of a mechanism.
    Choice,
    /// Server: our verdict on its credentials.
    Verdict,
    /// Client: its verdict on ours.
    Outcome,
    /// The protocol header after a login.
    AmqpHeader,
    /// Frames.
    Frames,
    /// None: the connection is closed.
    Closed,
}

/// Which end we are.
#[derive(Debug)]
enum End {
    Server,
    Client(Login),
}

/// A disposition whose deliveries are being handed out one by one.
#[derive(Debug)]
struct Unfolding {
    session: SessionId,
    disposition: Disposition,
}

/// One end of a connection.
#[derive(Debug)]
pub struct Connection {
    settings: Settings,
    end: End,
    stage: Stage,
    input: BytesMut,
    output: Vec<u8>,
    peer: Option<Box<Open>>,
    open_sent: bool,
    /// The largest frame that we send.
    frame_bytes_max: usize,
    sessions: Vec<Option<Session>>,
    /// Ours, by the peer's channel.
    channels: Vec<Option<u16>>,
    /// Sessions of which something is still to be said.
    talking: Vec<u16>,
    epoch: u32,
    /// Bytes of messages that are not whole yet.
    gathered: usize,
    unfolding: Option<Unfolding>,
}

impl Connection {
    /// The end that listens.
    pub fn server(settings: Settings) -> Self {
        Self::new(settings, End::Server)
    }

    /// The end that calls.
    pub fn client(settings: Settings, login: Login) -> Self {
        let mut connection = Self::new(settings, End::Client(login));
        connection.output.extend_from_slice(&SASL_HEADER);
        connection
    }

    fn new(settings: Settings, end: End) -> Self {
        Self {
            settings,
            end,
            stage: Stage::Header,
            input: BytesMut::new(),
            output: Vec::new(),
            peer: None,
            open_sent: false,
            frame_bytes_max: FRAME_BYTES_MIN_MAX as usize,
            sessions: Vec::new(),
            channels: Vec::new(),
            talking: Vec::new(),
            epoch: 0,
            gathered: 0,
            unfolding: None,
        }
    }

    /// Where to put what was read.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// The peer's open, once it has come.
    pub fn peer(&self) -> Option<&Open> {
        self.peer.as_deref()
    }

    /// Whether either side has closed. What is in `output` is still to be written.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// What the peer did next; none when more must be read to know.
    ///
    /// Fails when it broke the protocol. The connection is closed then, and the
    /// output says why.
    #[expect(clippy::should_implement_trait, reason = "it needs more input between")]
    pub fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            match self.step() {
                Ok(Step::Event(event)) => return Ok(Some(event)),
                Ok(Step::Again) => {}
                Ok(Step::Wait) => return Ok(None),
                Err(error) => {
                    let name = match error {
                        Error::Gathered { .. } => condition::RESOURCE_LIMIT,
                        Error::FrameSize { .. }
                        | Error::Frame(_)
                        | Error::Number { .. } => condition::FRAMING_ERROR,
                        _ => condition::DECODE_ERROR,
                    };
                    self.close(Some(Condition::new(name, error.to_string())));
                    return Err(error);
                }
            }
        }
    }

    /// Server: say whether the credentials are good.
    pub fn welcome(&mut self, good: bool) {
        if matches!(self.stage, Stage::Verdict) {
            sasl::outcome(&mut self.output, if good { SASL_OK } else { SASL_AUTH });
            self.stage = if good {
                Stage::AmqpHeader
            } else {
                Stage::Closed
            };
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        match self.stage {
            Stage::Frames => self.frame(),
            Stage::Header | Stage::AmqpHeader => self.header(),
            Stage::Offer | Stage::Choice | Stage::Outcome => self.login(),
            Stage::Verdict | Stage::Closed => Ok(Step::Wait),
        }
    }

    fn header(&mut self) -> Result<Step, Error> {
        let Some(header) = frame::header(&mut self.input)? else {
            return Ok(Step::Wait);
        };
        let first = matches!(self.stage, Stage::Header);
        let server = matches!(self.end, End::Server);
        self.stage = match header {
            SASL_HEADER if first && server => {
                self.output.extend_from_slice(&SASL_HEADER);
                sasl::offer(&mut self.output);
                Stage::Choice
            }
            SASL_HEADER if first => Stage::Offer,
            AMQP_HEADER if server => {
                self.output.extend_from_slice(&AMQP_HEADER);
                Stage::Frames
            }
            AMQP_HEADER if !first => Stage::Frames,
            other => return Err(Error::Header(other)),
        };
        Ok(Step::Again)
    }

    fn login(&mut self) -> Result<Step, Error> {
        let max = self.settings.open.frame_bytes_max;
        let Some(frame) = sasl::next(&mut self.input, max)? else {
            return Ok(Step::Wait);
        };
        match (&self.stage, frame, &self.end) {
            (Stage::Choice, SaslFrame::Init(init), _) => {
                self.stage = Stage::Verdict;
                Ok(Step::Event(Event::Login(init)))
            }
            (Stage::Offer, SaslFrame::Mechanisms(names), End::Client(login)) => {
                sasl::init(&mut self.output, &login.init(&names)?);
                self.stage = Stage::Outcome;
                Ok(Step::Again)
            }
            (Stage::Outcome, SaslFrame::Outcome(SASL_OK), _) => {
                self.stage = Stage::AmqpHeader;
                self.output.extend_from_slice(&AMQP_HEADER);
                self.open();
                Ok(Step::Again)
            }
            (Stage::Outcome, SaslFrame::Outcome(code), _) => Err(Error::Login(code)),
            _ => Err(Error::Frame("a frame of the login came out of turn")),
        }
    }

    fn frame(&mut self) -> Result<Step, Error> {
        if let Some(unfolding) = self.unfolding.take()
            && let Some(event) = self.unfold(unfolding)
        {
            return Ok(Step::Event(event));
        }
        let max = self.settings.open.frame_bytes_max;
        let Some(head) = frame::peek(&self.input, max)? else {
            return Ok(Step::Wait);
        };
        if head.kind != AMQP {
            return Err(Error::Frame("a frame of SASL came after the login's end"));
        }
        let body = &self.input[head.body..head.size];
        if body.is_empty() {
            self.input.advance(head.size);
            return Ok(Step::Again);
        }
        let mut reader = Reader::new(body);
        let performative = Performative::decode(&mut reader)?;
        let payload_at = head.size - reader.rest().len();
        if self.peer.is_none() && !matches!(performative, Performative::Open(_)) {
            return Err(Error::Frame("the first frame is not an open"));
        }
        let event = if let Performative::Transfer(transfer) = performative {
            let mut payload = self.input.split_to(head.size).freeze();
            payload.advance(payload_at);
            self.transfer(head.channel, &transfer, payload)?
        } else {
            self.input.advance(head.size);
            self.perform(head.channel, performative)?
        };
        Ok(event.map_or(Step::Again, Step::Event))
    }
}

enum Step {
    Event(Event),
    Again,
    Wait,
}
