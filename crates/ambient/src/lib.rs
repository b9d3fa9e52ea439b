//! The world as a parameter: the clock and the source of randomness.
//!
//! Nothing else in the house reads the time or draws a random number (clippy.toml
//! bans the usual doors), so a test can set the clock and repeat a run from its seed.

mod clock;
mod random;

pub use clock::Clock;
pub use random::Random;
