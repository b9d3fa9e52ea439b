//! Other AMQP 1.0 brokers in the message service's place: RabbitMQ, as the machine has it,
//! and Apache Artemis carry messages between two access points while receiver and broker
//! are killed, and put aside what cannot be read. So does our own, where it imposes what
//! Azure does.
//!
//! The program for Artemis is in `conformance/sdk/artemis`; `cargo xtask test` installs
//! what it needs, and RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../kill/insist.rs"]
mod insist;
#[path = "../world/mod.rs"]
mod world;

mod artemis;
mod mistakes;
mod rabbitmq;
mod round;
mod server;
mod unreadable;

use server::Kind;

#[tokio::test]
async fn a_round_over_rabbitmq() {
    round::over(Kind::RabbitMq).await;
}

#[tokio::test]
async fn a_round_over_artemis() {
    round::over(Kind::Artemis).await;
}

#[tokio::test]
async fn a_round_over_what_does_as_azure() {
    round::over_azure().await;
}

#[tokio::test]
async fn what_rabbitmq_has_wrong_is_said() {
    mistakes::are_said(Kind::RabbitMq).await;
}

#[tokio::test]
async fn what_artemis_has_wrong_is_said() {
    mistakes::are_said(Kind::Artemis).await;
}
