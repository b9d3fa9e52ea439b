//! The operator's pages. They use the same API as everyone else.
