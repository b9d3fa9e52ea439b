//! Access points at work, in one process: delivery, nodes, lifetimes, crowds; on SQLite
//! and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod crowd;
mod delivery;
mod fit;
mod lifetime;
mod lock;
mod moved;
mod nodes;
mod register;
mod renewal;
mod twice;
mod world;
