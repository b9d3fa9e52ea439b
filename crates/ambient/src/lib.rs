//! The world as a parameter: the clock and the source of randomness.
