//! Randomness: the kernel's, or a repeatable stream for simulations.

use std::sync::{Arc, Mutex};

use uuid::{Builder, Uuid};

/// Draws random bytes. Cheap to clone; clones of a seeded source share its stream.
#[derive(Debug, Clone)]
pub struct Random(Source);

#[derive(Debug, Clone)]
enum Source {
    System(Arc<Mutex<Drawn>>),
    Seeded(Arc<Mutex<u64>>),
}

/// Bytes that the kernel has given and nobody has had: a broker names a lock for each
/// message, and asking the kernel each time is a twentieth of its work.
struct Drawn {
    bytes: [u8; DRAWN_BYTES],
    left: usize,
}

const DRAWN_BYTES: usize = 1024;
/// What is drawn at once beyond this is asked of the kernel: keys are.
const SMALL_BYTES: usize = 16;

impl Random {
    /// The kernel's generator, fit for keys.
    pub fn system() -> Self {
        let none = Drawn {
            bytes: [0; DRAWN_BYTES],
            left: 0,
        };
        Self(Source::System(Arc::new(Mutex::new(none))))
    }

    /// A stream that depends on the seed alone. For tests: never fit for keys.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(seed))))
    }

    /// Fill the buffer with random bytes.
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System(drawn) if buffer.len() <= SMALL_BYTES => {
                let mut drawn = drawn.lock().expect("no one panics while drawing");
                drawn.take(buffer);
            }
            Source::System(_) => ask(buffer),
            Source::Seeded(state) => {
                let mut state = state.lock().expect("no one panics while drawing");
                for chunk in buffer.chunks_mut(8) {
                    let bytes = step(&mut state).to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                }
            }
        }
    }

    /// A random 64-bit number.
    pub fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A version 4 UUID (RFC 9562 §5.4), as message and conversation ids are.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl Drawn {
    fn take(&mut self, buffer: &mut [u8]) {
        if self.left < buffer.len() {
            ask(&mut self.bytes);
            self.left = DRAWN_BYTES;
        }
        let start = self.left - buffer.len();
        let taken = &mut self.bytes[start..self.left];
        buffer.copy_from_slice(taken);
        // Given once, and to be found nowhere else.
        taken.fill(0);
        self.left = start;
    }
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drawn").finish_non_exhaustive()
    }
}

fn ask(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the kernel answers getrandom");
}

/// SplitMix64 (Steele, Lea, Flood 2014): one multiplication chain a number.
fn step(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_stream() {
        let (a, b) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(a.uuid(), Random::seeded(8).uuid());
    }

    #[test]
    fn uuids_are_version_four() {
        assert_eq!(Random::system().uuid().get_version_num(), 4);
    }

    #[test]
    fn what_the_kernel_gave_is_given_once() {
        let random = Random::system();
        let seen: std::collections::HashSet<Uuid> =
            (0..10_000).map(|_| random.clone().uuid()).collect();
        assert_eq!(seen.len(), 10_000);
        assert!(seen.iter().all(|id| !id.is_nil()));
        assert_eq!(format!("{random:?}").matches("Drawn { .. }").count(), 1);
    }

    // The first outputs for seed 1234567 as published with the reference generator.
    #[test]
    fn the_stream_is_splitmix64() {
        let r = Random::seeded(1_234_567);
        assert_eq!(r.number(), 6_457_827_717_110_365_317);
        assert_eq!(r.number(), 3_203_168_211_198_807_973);
    }
}
