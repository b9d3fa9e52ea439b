//! The whole chain in one process, with everything that should happen checked.

mod chain;
mod steps;
mod timeline;

use std::net::TcpListener;
use std::path::PathBuf;

use ambient::Random;
use anyhow::Context;

use crate::cli::Demo;
use crate::init::{self, PORTS, Ports};
use crate::run::{runtime, shown, told};

/// Run the demonstration.
pub(crate) fn demo(options: &Demo) -> anyhow::Result<()> {
    if std::env::var_os("SENDEBUD_LOG").is_some() {
        crate::log::start();
    }
    let random = Random::system();
    let folder = match &options.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("sendebud-{}", random.uuid())),
    };
    let ports = match options.port_base {
        Some(base) => Ports::new(base)?,
        None => free(&random)?,
    };
    anyhow::ensure!(
        !folder.join("broker.toml").exists(),
        "{} holds an earlier demo; name another folder",
        shown(&folder)
    );
    init::write(&folder, ports)?;
    runtime()?.block_on(async {
        let chain = chain::start(&folder).await?;
        let done = steps::all(&folder, ports).await;
        if options.once || done.is_err() {
            chain.stop().await;
            println!("Everything lies in {}", shown(&folder));
            return done;
        }
        addresses(&folder, ports);
        told().await;
        chain.stop().await;
        Ok(())
    })
}

/// Eight free ports in a row.
fn free(random: &Random) -> anyhow::Result<Ports> {
    let starts = std::iter::repeat_with(|| 20_000 + (random.number() % 2_000) * 10);
    let all_free = |base: &u16| {
        (*base..*base + PORTS)
            .all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    };
    let start = starts
        .take(200)
        .filter_map(|n| u16::try_from(n).ok())
        .find(all_free);
    Ports::new(start.context("no eight free ports in a row were found")?)
}

fn addresses(folder: &std::path::Path, ports: Ports) {
    let place = |name: &str| -> PathBuf { folder.join(name) };
    println!();
    println!("The chain stays up until you press ctrl-c:");
    println!(
        "  portal                  http://127.0.0.1:{}/",
        ports.portal()
    );
    println!(
        "  test console            http://127.0.0.1:{}/test",
        ports.portal()
    );
    println!(
        "  access point, kommune   http://127.0.0.1:{}/",
        ports.kommune()
    );
    println!(
        "  access point, eInnsyn   http://127.0.0.1:{}/",
        ports.einnsyn()
    );
    println!(
        "  address register        http://127.0.0.1:{}/",
        ports.registry()
    );
    println!(
        "  message service         http://127.0.0.1:{} and amqp://127.0.0.1:{}",
        ports.broker_http(),
        ports.broker_amqp()
    );
    println!("  connection strings      {}", shown(&place("keys")));
    println!("  publish from            {}", shown(&place("klient/inn")));
    println!("  mailbox                 {}", shown(&place("postmottak")));
    println!("  payloads and packages   {}", shown(&place("artefakter")));
}
