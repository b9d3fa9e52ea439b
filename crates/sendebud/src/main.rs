//! eInnsyns meldingstjeneste in one binary: access point, message service, registry, portal, klient.
fn main() {}
