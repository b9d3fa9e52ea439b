//! The eFormidling 2 REST API, wire for wire.
