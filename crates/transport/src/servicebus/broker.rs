//! An AMQP 1.0 broker in Service Bus's place: RabbitMQ, Artemis, or another.
//!
//! It asks for a name and a password where Service Bus wants a token, shows its queues
//! under addresses of its own, and locks a message for as long as the connection lasts.

use amqp::sasl::Login;
use amqp::{Outcome, Terminus, Value};
use secrecy::{ExposeSecret, SecretString};

use super::token::encode;

/// What is to be known of a broker.
#[derive(Debug, Clone, Default)]
pub struct Broker {
    /// Name and password (SASL PLAIN); ANONYMOUS when none.
    pub user: Option<(String, SecretString)>,
    /// How it is shown a queue, `{}` for the queue's name. When none, as what it says it
    /// is wants to have it.
    pub address: Option<String>,
    /// RabbitMQ's virtual host, where it is not the usual one.
    pub virtual_host: Option<String>,
    /// Whether it puts aside what is rejected, and does not drop it.
    pub dead_letters: bool,
}

impl Broker {
    pub(super) fn login(&self) -> Login {
        match &self.user {
            None => Login::Anonymous,
            Some((name, password)) => {
                Login::Plain(name.clone(), password.expose_secret().to_owned())
            }
        }
    }

    /// Whom its open names.
    pub(super) fn hostname(&self, host: &str) -> String {
        match &self.virtual_host {
            None => host.to_owned(),
            Some(name) => format!("vhost:{name}"),
        }
    }

    /// A queue of its.
    pub(super) fn queue(&self, name: &str, product: Product) -> Terminus {
        let address = match (&self.address, product) {
            (Some(pattern), _) => pattern.replace("{}", name),
            (None, Product::RabbitMq) => format!("/queues/{}", encode(name)),
            (None, Product::RabbitMq3) => format!("/amq/queue/{}", encode(name)),
            (None, Product::Other) => name.to_owned(),
        };
        let mut terminus = Terminus::new(address);
        // Artemis makes a topic of a new name otherwise, and what is sent is lost.
        terminus.queue = true;
        terminus
    }
}

/// What a broker says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    /// RabbitMQ, where AMQP 1.0 is its own language.
    RabbitMq,
    /// RabbitMQ before 4, where a plugin speaks it.
    RabbitMq3,
    /// Any other.
    Other,
}

impl Product {
    /// By the properties of its open.
    pub(super) fn of(properties: &Value) -> Self {
        let text = |name| properties.field(name).and_then(Value::text);
        let version = text("version").unwrap_or_default();
        let major = version
            .split('.')
            .next()
            .and_then(|n| n.parse::<u32>().ok());
        match (text("product"), major) {
            (Some("RabbitMQ"), Some(..4)) => Self::RabbitMq3,
            (Some("RabbitMQ"), _) => Self::RabbitMq,
            _ => Self::Other,
        }
    }

    /// What gives a message back so that it is delivered again: counted, where the
    /// broker knows how.
    pub(super) fn giving_back(self) -> Outcome {
        match self {
            // To it, modified is no outcome.
            Self::RabbitMq3 => Outcome::Released,
            Self::RabbitMq | Self::Other => Outcome::FAILED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(product: &str, version: &str) -> Product {
        let pair = |name: &str, text: &str| (Value::Symbol(name.into()), text.into());
        let pairs = vec![pair("product", product), pair("version", version)];
        Product::of(&Value::Map(pairs))
    }

    // > /queues/:queue, where :queue is percent-encoded (RabbitMQ 4, address v2);
    // > /amq/queue/:queue (RabbitMQ 3, plugin). Artemis: the address's name.
    #[test]
    fn queues_are_shown_as_the_product_wants_them() {
        let broker = Broker::default();
        let address = |product| broker.queue("a/b", product).address.unwrap();
        assert_eq!(address(says("RabbitMQ", "4.0.5")), "/queues/a%2Fb");
        assert_eq!(address(says("RabbitMQ", "3.10.8")), "/amq/queue/a%2Fb");
        assert_eq!(address(says("apache-activemq-artemis", "2.40.0")), "a/b");
        assert_eq!(address(Product::of(&Value::Null)), "a/b");
    }

    #[test]
    fn an_address_that_is_given_is_taken() {
        let broker = Broker {
            address: Some("queue://{}".into()),
            ..Broker::default()
        };
        let terminus = broker.queue("q", Product::RabbitMq);
        assert_eq!(terminus.address.as_deref(), Some("queue://q"));
        assert!(terminus.queue);
    }
}
