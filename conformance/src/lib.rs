//! The outside world as tests: foreign vectors, other implementations, faults.
