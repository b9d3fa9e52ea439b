//! The roles of a chain and what each is called.

/// A process of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Broker,
    Registry,
    Einnsyn,
    Kommune,
    Postmottak,
    Portal,
    Klient,
}

impl Role {
    /// All, each after those that it needs.
    pub(crate) const ALL: [Self; 7] = [
        Self::Broker,
        Self::Registry,
        Self::Einnsyn,
        Self::Kommune,
        Self::Postmottak,
        Self::Portal,
        Self::Klient,
    ];

    /// The subcommand that starts it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Registry => "registry",
            Self::Einnsyn | Self::Kommune => "serve",
            Self::Postmottak => "postmottak",
            Self::Portal => "portal",
            Self::Klient => "klient",
        }
    }

    /// Its settings, as `init` names them.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Broker => "broker.toml",
            Self::Registry => "registry.toml",
            Self::Einnsyn => "einnsyn.toml",
            Self::Kommune => "kommune.toml",
            Self::Postmottak => "postmottak.toml",
            Self::Portal => "portal.toml",
            Self::Klient => "klient.toml",
        }
    }

    /// What its settings call the address that it speaks HTTP on.
    pub(crate) fn http(self) -> &'static str {
        match self {
            Self::Broker => "http",
            _ => "listen",
        }
    }

    /// What its settings call each address that it listens on.
    pub(crate) fn listens(self) -> &'static [&'static str] {
        match self {
            Self::Broker => &["http", "amqp"],
            Self::Klient => &[],
            _ => &["listen"],
        }
    }
}
