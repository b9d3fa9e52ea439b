//! How the access point and its neighbours are, looked at and not guessed.

use crate::{Error, Point, ledger};

/// Room on the disk that is needed to go on.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Well.
    Up,
    /// Not well, and ours to mend.
    Down(String),
    /// A neighbour is away: nothing is lost, and starting us anew mends nothing.
    Away(String),
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Health {
    /// The database can be read: what waits in it.
    pub waiting: Result<ledger::Waiting, String>,
    /// There is room on the disk.
    pub disk: State,
    /// Bytes free on the disk, and in all.
    pub space: Option<(u64, u64)>,
    /// Whether the database is a server's.
    pub server: bool,
    /// The message service could be read from when it was last tried.
    pub message_service: State,
}

impl Health {
    /// Whether what is ours is well.
    pub fn is_up(&self) -> bool {
        self.waiting.is_ok() && !matches!(self.disk, State::Down(_))
    }
}

/// Look at everything.
pub async fn look(point: &Point) -> Health {
    let waiting = ledger::waiting(point).await;
    let space = point.setup.store.space();
    let closed = point.road_closed.lock();
    let closed = closed.expect("nobody panics while holding it").clone();
    Health {
        waiting: waiting.map_err(|error: Error| error.to_string()),
        disk: match &space {
            Ok(Some((free, _))) if *free < FREE_BYTES_MIN => {
                State::Down(format!("{free} bytes are free"))
            }
            Ok(_) => State::Up,
            Err(error) => State::Down(format!("it cannot be looked at: {error}")),
        },
        space: space.ok().flatten(),
        server: point.setup.store.is_shared(),
        message_service: closed.map_or(State::Up, State::Away),
    }
}
