//! A message's way through the access point, out and in: the only place that changes a status.
