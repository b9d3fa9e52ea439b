//! Say what is wrong with an access point's set-up, in the order in which to mend it.
//!
//! Nothing is changed and nothing is fetched. What a later look needs of an earlier one
//! that failed is not looked at.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ambient::Clock;
use anyhow::{Context, bail, ensure};
use dokumentpakke::Identity;
use tokio::net::TcpStream;
use transport::queue;
use transport::servicebus::Amqp;

use crate::cli::Serve as Options;
use crate::command::serve;
use crate::roles::serve::{alert, bestedu, front, guard, service, wire_bytes_max};
use crate::roles::{keyring, register, trust};
use crate::run::{runtime, shown};
use crate::settings::serve::{Alert, Protocol, Serve};

/// How long the neighbours may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Options) -> ExitCode {
    let mut report = Report::default();
    let gathered = match serve::read(options) {
        Ok(gathered) => gathered,
        Err(error) => {
            report.wrong("settings", &error);
            return report.end();
        }
    };
    let found = gathered.organisations.len();
    report.right("settings", &format!("{found} organisation(s)"));
    for (words, _) in gathered.notes.iter().filter(|(_, must)| *must) {
        println!("! settings: {words}");
    }
    let Ok(runtime) = runtime() else {
        return ExitCode::FAILURE;
    };
    for settings in &gathered.organisations {
        println!("\n{}", settings.orgnr);
        runtime.block_on(organisation(settings, &mut report));
    }
    report.end()
}

async fn organisation(settings: &Serve, report: &mut Report) {
    let clock = Clock::system();
    let keys = keys(settings, &clock);
    report.line("keys", keys.as_ref().map(|(_, words)| words.clone()));
    match unknown(settings, &clock) {
        Ok(None) => {}
        Ok(Some(words)) => println!("! keys: {words}"),
        Err(error) => report.wrong("trust lists", &error),
    }
    report.line("data", folder(&settings.data));
    report.line("listen", listen(settings));
    report.line("login", guard(settings));
    report.line("message service", message_service(settings).await);
    let own = keys.ok().map(|(own, _)| own);
    report.line("address register", registered(settings, own, &clock).await);
    if let Some(Err(error)) = settings.bestedu.as_ref().map(bestedu) {
        report.wrong("BEST/EDU", &error);
    }
    if let Some(given) = &settings.alert {
        report.line("alert", mail_server(given).await);
    }
}

#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    fn line<E: std::fmt::Display>(&mut self, what: &str, found: Result<String, E>) {
        match found {
            Ok(words) => self.right(what, &words),
            Err(error) => self.wrong(what, &error),
        }
    }

    #[expect(clippy::unused_self, reason = "stands beside `wrong`")]
    fn right(&mut self, what: &str, words: &str) {
        println!("✓ {what}: {words}");
    }

    fn wrong(&mut self, what: &str, error: &impl std::fmt::Display) {
        self.wrong += 1;
        println!("✗ {what}: {error:#}");
    }

    fn end(self) -> ExitCode {
        if self.wrong == 0 {
            println!("\nNothing is wrong.");
            return ExitCode::SUCCESS;
        }
        println!("\n{} to mend; begin with the first.", self.wrong);
        ExitCode::FAILURE
    }
}

/// The key in use: readable, of this organisation, and good today.
fn keys(settings: &Serve, clock: &Clock) -> anyhow::Result<(Identity, String)> {
    let mut all = keyring::read(&settings.keys)?;
    ensure!(
        !all.is_empty(),
        "no key is given; write [[keys]] with file and password"
    );
    let own = all.remove(0);
    let certificate = own.certificate();
    let holder = certificate.orgnr();
    let orgnr = settings.orgnr.as_str();
    if let Some(holder) = holder.filter(|holder| *holder != orgnr) {
        bail!("the certificate is that of {holder}; give the key of {orgnr}");
    }
    let (from, until) = (certificate.not_before(), certificate.not_after());
    ensure!(
        certificate.valid_at(clock.now()),
        "its certificate is good from {from} until {until}; give the key of one that is \
         good today"
    );
    let serial = certificate.serial();
    let words =
        format!("the certificate with serial number {serial} is good until {until}");
    Ok((own, words))
}

/// Why others would not believe the key in use, if the settings name whom to believe.
fn unknown(settings: &Serve, clock: &Clock) -> anyhow::Result<Option<String>> {
    let now = clock.now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let packages = &settings.packages;
    let Some(trust) = trust::read(&packages.trust, today)? else {
        return Ok(None);
    };
    let trust = trust.with_policies(packages.policies.clone());
    Ok(keyring::unknown(
        &keyring::read(&settings.keys)?,
        &trust,
        now,
    ))
}

/// A folder that can be written to.
fn folder(place: &Path) -> anyhow::Result<String> {
    let named = shown(place);
    std::fs::create_dir_all(place)
        .with_context(|| format!("{named} cannot be made; give another folder"))?;
    let probe = place.join(".sendebud-check");
    std::fs::write(&probe, b"check")
        .with_context(|| format!("{named} cannot be written to; mend its rights"))?;
    std::fs::remove_file(&probe)?;
    Ok(format!("{named} can be written to"))
}

fn listen(settings: &Serve) -> anyhow::Result<String> {
    let address = settings.listen;
    TcpListener::bind(address).with_context(|| {
        format!("{address} is taken; end what listens there, or give another address")
    })?;
    front(settings.tls.as_ref())?;
    let scheme = settings.tls.as_ref().map_or("http", |_| "https");
    Ok(format!("{scheme}://{address} is free"))
}

/// The server that takes the operator's mail.
async fn mail_server(given: &Alert) -> anyhow::Result<String> {
    let host = &given.host;
    let made = alert(given)?;
    let knocked = tokio::time::timeout(ANSWER_TIME_MAX, made.knock()).await;
    let advice = || format!("{host} does not take mail from us");
    let let_in = knocked.with_context(advice)?.with_context(advice)?;
    ensure!(let_in, advice());
    Ok(format!("{host} takes mail from us"))
}

async fn message_service(settings: &Serve) -> anyhow::Result<String> {
    let found = service(&settings.message_service)?;
    wire_bytes_max(&settings.message_service)?;
    let base = found.base.clone();
    let host = base.host_str().context("it has no host")?.to_owned();
    let (protocol, tls) = (settings.message_service.protocol, base.scheme() == "https");
    let port = base.port().unwrap_or(match (protocol, tls) {
        (Protocol::Amqp, true) => 5671,
        (Protocol::Amqp, false) => 5672,
        (_, true) => 443,
        (_, false) => 80,
    });
    let dial = TcpStream::connect((host.as_str(), port));
    let dialled = tokio::time::timeout(ANSWER_TIME_MAX, dial).await;
    let advice = || format!("{host}:{port} does not answer; is the firewall open?");
    dialled.with_context(advice)?.with_context(advice)?;
    let amqp = protocol != Protocol::Rest;
    if !amqp || (found.policy.is_none() && found.broker.is_none()) {
        return Ok(format!("{host}:{port} answers"));
    }
    let own = queue::own(&settings.orgnr, settings.mode);
    let road = Amqp::new(found, own.clone(), Clock::system())?;
    knock(&road, &own).await?;
    Ok(format!("{host}:{port} answers, and lets us read {own}"))
}

/// We may read our queue; nothing is fetched.
async fn knock(road: &Amqp, own: &str) -> anyhow::Result<()> {
    road.knock().await.map_err(|error| {
        let advice = match &error {
            transport::Error::Refused { status: 401, .. } => {
                "give the name and key, or the user and password, of who may read it"
            }
            transport::Error::Refused { status: 404, .. } => {
                "make it, or mend its address"
            }
            _ => "see what the message service says of it in its log",
        };
        anyhow::anyhow!("our queue {own} cannot be read: {error}; {advice}")
    })
}

/// The register knows us, under the certificate that we use.
async fn registered(
    settings: &Serve,
    own: Option<Identity>,
    clock: &Clock,
) -> anyhow::Result<String> {
    let keys: Vec<Identity> = own.iter().cloned().collect();
    let random = ambient::Random::system();
    let registry = register::asked(settings, &keys, clock, &random)?;
    let orgnr = settings.orgnr.as_str();
    let known = registry.certificate_of(orgnr).await.with_context(|| {
        format!("{} does not give our certificate", settings.register.url)
    })?;
    let Some(own) = own else {
        return Ok("it answers".to_owned());
    };
    let (ours, theirs) = (own.certificate().serial(), known.serial());
    ensure!(
        ours == theirs,
        "others encrypt to the certificate with serial number {theirs}, and ours has \
         {ours}; register ours, or put the key of theirs first"
    );
    Ok("it has the certificate that we use".to_owned())
}
