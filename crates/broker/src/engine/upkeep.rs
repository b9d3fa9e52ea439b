//! What time does to queues: locks run out, messages outlive their use, files of the
//! log grow old.

use std::sync::Arc;

use super::Engine;
use super::state::Held;
use crate::Error;
use crate::log::{Op, Put};

/// Files of the log that may lie there before stragglers are moved out of the oldest.
const FILES_BEFORE_MOVING: usize = 3;
/// How many stragglers a file may have to be worth moving them, and how many are moved
/// at once.
const STRAGGLERS_MAX: u64 = 4096;
const MOVED_AT_ONCE: usize = 64;

impl Engine {
    /// Do what is due by now. Called several times a second.
    pub async fn upkeep(&self) -> Result<(), Error> {
        self.unlock_overdue().await?;
        self.drop_outlived().await?;
        self.move_stragglers().await
    }

    async fn unlock_overdue(&self) -> Result<(), Error> {
        let out = self.state().run_out(self.now());
        for held in out {
            match self.count_and_return(held).await {
                // Settled in the same moment, by whoever was faster.
                Ok(()) | Err(Error::LockLost) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// To the dead-letter queue, as the Java side expects nothing to vanish.
    async fn drop_outlived(&self) -> Result<(), Error> {
        let over = self.state().outlived(self.now());
        for (queue, sequence) in over {
            let held = Held {
                queue,
                sequence,
                until: 0,
            };
            let words = "The message expired and was dead lettered.";
            match self.put_aside(held, "TTLExpiredException", words).await {
                Ok(()) | Err(Error::LockLost) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Write the last few messages of the oldest file again at the end, so that the
    /// file can be freed.
    async fn move_stragglers(&self) -> Result<(), Error> {
        let files = self.0.segments.numbers();
        if files.len() <= FILES_BEFORE_MOVING {
            return Ok(());
        }
        let oldest = files[0];
        let stragglers = {
            let state = self.state();
            if state.live(oldest) > STRAGGLERS_MAX {
                return Ok(());
            }
            state.within(oldest, MOVED_AT_ONCE)
        };
        let mut moved = Vec::new();
        for (queue, taken) in stragglers {
            let put = match taken.put {
                Some(put) => put,
                None => Arc::new(self.0.segments.read(taken.at, taken.sequence)?),
            };
            moved.push((
                queue,
                Put {
                    count: taken.count,
                    ..(*put).clone()
                },
            ));
        }
        let written = {
            let mut state = self.state();
            // Whatever has left meanwhile must not come again behind its own end.
            moved.retain(|(queue, put)| state.stays(*queue, put.sequence));
            let ops: Vec<Op> = moved.into_iter().map(|(_, put)| Op::Put(put)).collect();
            if ops.is_empty() {
                return Ok(());
            }
            self.append(ops)
        };
        written.await
    }
}
