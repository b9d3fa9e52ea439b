//! A broker by itself, for trying clients on: `cargo run -p broker --example broker`.
//!
//! Keeps its queues under the folder that is named first (default `target/broker`) and
//! listens for AMQP on 5672 and HTTP on 5300, with the emulator's well-known key.

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{FirstUse, Policy, Right, Settings};
use tokio::sync::{oneshot, watch};

#[tokio::main]
async fn main() -> Result<(), broker::Error> {
    let folder = std::env::args().nth(1);
    let settings = Settings {
        http: ([127, 0, 0, 1], 5300).into(),
        amqp: ([127, 0, 0, 1], 5672).into(),
        policies: vec![Policy {
            name: "RootManageSharedAccessKey".into(),
            key: "SAS_KEY_VALUE".into(),
            secondary_key: None,
            rights: vec![Right::Manage],
        }],
        lock_seconds: 30,
        first_use: FirstUse {
            names: vec![Pattern::from("*".to_owned())],
            ..FirstUse::default()
        },
        ..Settings::new(folder.unwrap_or_else(|| "target/broker".into()))
    };
    let (_stop, stopped) = watch::channel(false);
    let (ready, _listening) = oneshot::channel();
    let (clock, random) = (Clock::system(), Random::system());
    broker::run(settings, clock, random, ready, stopped).await
}
