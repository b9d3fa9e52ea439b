//! The broker over real connections: REST and AMQP.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod amqp_links;
mod amqp_management;
mod amqp_messages;
mod amqp_peers;
mod azure;
mod client;
mod house;
mod large;
mod leaving;
mod rest_rows;
mod rest_words;
mod roads;
mod tokens;
mod watching;
