//! The caller's side of the eFormidling 2 API: what a case system does with its access point.
