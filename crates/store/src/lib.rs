//! Everything that an access point keeps across a restart.
