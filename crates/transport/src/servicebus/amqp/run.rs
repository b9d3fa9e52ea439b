//! The task: connect when something is asked, carry, and connect again.

#![expect(
    clippy::disallowed_methods,
    reason = "the connection's task starts here"
)]

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use amqp::Terminus;
use amqp::sasl::Login;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::inbox::Inbox;
use super::road::Road;
use super::wire::{Ended, carry};
use super::{Command, Settings};
use crate::Error;
use crate::servicebus::broker::{Broker, Product};
use crate::servicebus::dial::{Address, amqp_port, dial};

/// The wait before connecting again, doubled each time that fails.
const AGAIN_TIME_MIN: Duration = Duration::from_millis(100);
const AGAIN_TIME_MAX: Duration = Duration::from_secs(30);

/// Where the message service is, and what it knows us by.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) host: String,
    port: u16,
    tls: bool,
    authorities: Option<Vec<u8>>,
    websocket: Option<Random>,
    /// Whose token is shown, where there are tokens.
    pub(super) policy: Option<(String, SecretString)>,
    /// What stands in Service Bus's place.
    pub(super) broker: Option<Broker>,
}

impl Service {
    pub(super) fn new(settings: Settings) -> Result<Self, Error> {
        let base = settings.base;
        let tls = base.scheme() == "https";
        let host = base.host_str();
        let host = host.ok_or_else(|| Error::Settings("it names no host".into()))?;
        Ok(Self {
            host: host.to_owned(),
            // A URL leaves out the port that its scheme has: a WebSocket's.
            port: base.port().unwrap_or(match settings.websocket {
                None => amqp_port(tls),
                Some(_) if tls => 443,
                Some(_) => 80,
            }),
            tls,
            authorities: settings.authorities,
            websocket: settings.websocket,
            policy: settings.policy.filter(|_| settings.broker.is_none()),
            broker: settings.broker,
        })
    }

    pub(super) fn login(&self) -> Login {
        self.broker.as_ref().map_or(Login::Anonymous, Broker::login)
    }

    /// Whom our open names.
    pub(super) fn hostname(&self) -> String {
        let broker = self.broker.as_ref();
        broker.map_or_else(|| self.host.clone(), |broker| broker.hostname(&self.host))
    }

    /// A queue, as it is shown to whoever answers with these properties.
    pub(super) fn queue(&self, name: &str, product: Product) -> Terminus {
        match &self.broker {
            None => Terminus::new(name),
            Some(broker) => broker.queue(name, product),
        }
    }

    fn address(&self) -> Address<'_> {
        Address {
            host: &self.host,
            port: self.port,
            tls: self.tls,
            authorities: self.authorities.as_deref(),
            websocket: self.websocket.as_ref(),
        }
    }
}

pub(super) struct Run {
    pub(super) service: Service,
    pub(super) own: String,
    pub(super) prefetch: u32,
    pub(super) clock: Clock,
    pub(super) inbox: Arc<Inbox>,
}

impl Run {
    pub(super) fn start(self, commands: mpsc::Receiver<Command>) {
        tokio::spawn(self.run(commands));
    }

    async fn run(self, mut commands: mpsc::Receiver<Command>) {
        let mut again = AGAIN_TIME_MIN;
        // Whether anyone receives; if so, we connect without being asked.
        let mut fetching = false;
        loop {
            let mut first = None;
            if !fetching {
                match commands.recv().await {
                    Some(command) => first = Some(command),
                    None => return,
                }
            }
            fetching |= matches!(first, Some(Command::Fetch));
            let error = match dial(self.service.address()).await {
                Err(error) => error,
                Ok(stream) => {
                    let mut road = Road::new(&self, fetching);
                    first.take().into_iter().for_each(|c| road.obey(c));
                    let ended = carry(stream, &mut road, &mut commands).await;
                    fetching = road.is_fetching();
                    if road.was_open() {
                        again = AGAIN_TIME_MIN;
                    }
                    match ended {
                        Ended::Unneeded => return,
                        Ended::Broken(error) => {
                            road.fail(&error);
                            error
                        }
                    }
                }
            };
            first.into_iter().for_each(|c| fail(c, &error));
            self.inbox.fail(error.clone());
            match pause(&mut commands, again, &error).await {
                Some(fetch) => fetching |= fetch,
                None => return,
            }
            again = (again * 2).min(AGAIN_TIME_MAX);
        }
    }
}

/// Wait before the next attempt; whoever asks meanwhile is told why not. Answers whether
/// anyone wanted messages; none when nobody can ask any longer.
async fn pause(
    commands: &mut mpsc::Receiver<Command>,
    time: Duration,
    error: &Error,
) -> Option<bool> {
    let end = Instant::now() + time;
    let mut fetch = false;
    loop {
        match timeout_at(end, commands.recv()).await {
            Err(_) => return Some(fetch),
            Ok(Some(Command::Fetch)) => fetch = true,
            Ok(Some(command)) => fail(command, error),
            Ok(None) => return None,
        }
    }
}

fn fail(command: Command, error: &Error) {
    match command {
        Command::Send(_, answer)
        | Command::Settle(_, _, answer)
        | Command::Knock(answer) => drop(answer.send(Err(error.clone()))),
        Command::Fetch => {}
    }
}
