//! Look a receiver up, verify the answer, remember it; and serve a registry.
