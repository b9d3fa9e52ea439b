//! What a demonstration does, and what must come of it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::{Context, bail, ensure};
use dokumentpakke::Identity;
use fagsystem::Fagsystem;
use noark::sample::{Sample, journalpost, moete};
use sbd::MessageId;
use serde_json::{Value, json};

use super::timeline::Step;
use crate::init::{EINNSYN, KOMMUNE, Ports};
use crate::settings::secret;

/// How long anything may take before it is said not to have happened.
const STEP_TIME_MAX: Duration = Duration::from_secs(60);
const LOOK_TIME: Duration = Duration::from_millis(25);
const CITIZEN: &str = "kari.borger@eksempel.example";
const BASE: &str = "https://arkiv.fjordvik.example/id/";

struct Demo {
    folder: PathBuf,
    ports: Ports,
    http: reqwest::Client,
    random: Random,
}

/// Publish, order, and check everything that should come of it.
pub(crate) async fn all(folder: &Path, ports: Ports) -> anyhow::Result<()> {
    let demo = Demo {
        folder: folder.to_owned(),
        ports,
        http: reqwest::Client::new(),
        random: Random::system(),
    };
    let post = demo.publish("Publisering: journalpost", false).await?;
    let sak = demo.publish("Publisering: møte", true).await?;
    demo.order(&[post, sak]).await?;
    demo.unpack()
}

async fn step<T>(
    name: &'static str,
    work: impl Future<Output = anyhow::Result<(T, String)>>,
) -> anyhow::Result<T> {
    let step = Step::begin(name);
    match work.await {
        Ok((value, detail)) => {
            step.done(&detail);
            Ok(value)
        }
        Err(error) => {
            step.failed(&format!("{error:#}"));
            Err(error.context(name))
        }
    }
}

/// Look again until it is there, or the time is over.
async fn until<T, F: Future<Output = anyhow::Result<Option<T>>>>(
    what: &str,
    look: impl Fn() -> F,
) -> anyhow::Result<T> {
    let end = tokio::time::Instant::now() + STEP_TIME_MAX;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > end {
            bail!("{what} did not happen within {} s", STEP_TIME_MAX.as_secs());
        }
        tokio::time::sleep(LOOK_TIME).await;
    }
}

impl Demo {
    /// Drop a file; answers the IRI under which the portal then finds it.
    async fn publish(
        &self,
        name: &'static str,
        meeting: bool,
    ) -> anyhow::Result<String> {
        let ids: [String; 4] = std::array::from_fn(|_| self.random.uuid().to_string());
        let iri = format!("{BASE}{}", ids[1]);
        let file = if meeting {
            "moete.jsonld"
        } else {
            "journalpost.jsonld"
        };
        let text = text(&ids, meeting);
        step(name, async {
            let inn = self.folder.join("klient/inn");
            std::fs::write(inn.join(format!("{file}.tmp")), text)?;
            std::fs::rename(inn.join(format!("{file}.tmp")), inn.join(file))?;
            Ok(((), format!("{file} → klient/inn")))
        })
        .await?;
        step("  portalen har importert den og finner den", async {
            until("the import", || self.found(&iri)).await?;
            Ok(((), iri.clone()))
        })
        .await?;
        step("  kvitteringen ligger ved siden av filen", async {
            let place = self
                .folder
                .join(format!("klient/publisert/{file}.resultat.json"));
            let text = until("the kvittering", || async {
                Ok(std::fs::read_to_string(&place).ok())
            });
            let kvittering: Value = serde_json::from_str(&text.await?)?;
            ensure!(
                kvittering["deler"][0]["tilstand"] == "publisert",
                "it says {kvittering}"
            );
            ensure!(
                kvittering["deler"][0]["iri"] == iri,
                "it is about another document"
            );
            Ok(((), format!("klient/publisert/{file}.resultat.json")))
        })
        .await?;
        Ok(iri)
    }

    async fn found(&self, iri: &str) -> anyhow::Result<Option<()>> {
        let url = format!("http://127.0.0.1:{}/api/sok", self.ports.portal());
        let answer = self
            .http
            .get(url)
            .query(&[("q", "Fjordvik")])
            .send()
            .await?;
        let found: Value = answer.json().await?;
        let hits = found["treff"].as_array().context("treff")?;
        Ok(hits
            .iter()
            .any(|hit| hit["registrering"]["iri"] == iri)
            .then_some(()))
    }

    async fn order(&self, iris: &[String]) -> anyhow::Result<()> {
        let portal = format!("http://127.0.0.1:{}", self.ports.portal());
        let id = step("Innsynskrav: en borger bestiller to dokumenter", async {
            let body = json!({"dokumenter": iris, "epost": CITIZEN});
            let request = self
                .http
                .post(format!("{portal}/api/bestilling"))
                .json(&body);
            let answer: Value = request.send().await?.json().await?;
            let id = answer["id"].as_str().with_context(|| answer.to_string())?;
            Ok((id.to_owned(), id.to_owned()))
        })
        .await?;
        step("  borgeren følger lenken i e-posten", self.confirm(&id)).await?;
        step("  postmottak har fått e-posten", self.mail(&id)).await?;
        let message = step(
            "  avsenderen ser OPPRETTET, SENDT, MOTTATT, LEVERT",
            async {
                let url = format!("{portal}/api/bestilling/{id}");
                let wanted = json!(["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"]);
                let message = until("LEVERT", || async {
                    let answer: Value =
                        self.http.get(&url).send().await?.json().await?;
                    let krav = &answer["innsynskrav"][0];
                    let here = krav["statuser"] == wanted;
                    Ok(here
                        .then(|| krav["messageId"].as_str().map(str::to_owned))
                        .flatten())
                });
                let message = message.await?;
                Ok((message.clone(), message))
            },
        )
        .await?;
        step("  mottakeren ser INNKOMMENDE_MOTTATT og _LEVERT", async {
            let wanted = ["OPPRETTET", "INNKOMMENDE_MOTTATT", "INNKOMMENDE_LEVERT"];
            let id: MessageId = message.parse()?;
            let base = format!("http://127.0.0.1:{}", self.ports.kommune()).parse()?;
            let lines = Fagsystem::new(&base, None)?.statuses(&id).await?;
            let lines: Vec<_> = lines.iter().map(|line| line.status.as_str()).collect();
            ensure!(lines == wanted, "it sees {lines:?}");
            Ok(((), String::new()))
        })
        .await
    }

    /// Nothing is sent before the citizen has pressed the button behind the link.
    async fn confirm(&self, order: &str) -> anyhow::Result<((), String)> {
        let start = format!("/bestilling/{order}/bekreft/");
        let (_, text) = self.letter(|text| text.contains(&start)).await?;
        let secret = text.split(&start).nth(1).unwrap_or_default();
        let secret: String = secret
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let portal = self.ports.portal();
        let link = format!("http://127.0.0.1:{portal}{start}{secret}");
        let answer = self.http.post(&link).send().await?;
        ensure!(answer.status().is_success(), "it says {}", answer.status());
        Ok(((), link))
    }

    /// The mail in the mailbox that is so, soft line breaks undone.
    async fn letter(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<(PathBuf, String)> {
        let folder = self.folder.join("postmottak");
        until("the mail", || async {
            let Ok(entries) = std::fs::read_dir(&folder) else {
                return Ok(None);
            };
            let paths = entries.flatten().map(|entry| entry.path());
            let mails =
                paths.filter(|path| path.extension().is_some_and(|e| e == "eml"));
            let mut read = mails.filter_map(|path| {
                let text = std::fs::read_to_string(&path).ok()?;
                Some((path, text.replace("=\r\n", "")))
            });
            Ok(read.find(|(_, text)| wanted(text)))
        })
        .await
    }

    async fn mail(&self, order: &str) -> anyhow::Result<((), String)> {
        let is_krav = |text: &str| text.contains("To: innsyn@fjordvik.example");
        let (name, text) = self.letter(is_krav).await?;
        let holds = |line: &str| text.lines().any(|l| l.trim_end() == line);
        ensure!(
            holds(&format!("Reply-To: {CITIZEN}")),
            "Reply-To is not the citizen"
        );
        ensure!(
            holds("To: innsyn@fjordvik.example"),
            "it is not to postmottak"
        );
        ensure!(
            text.contains("filename=\"order.xml\""),
            "order.xml is not attached"
        );
        ensure!(text.contains(order), "it is about another order");
        Ok(((), name.display().to_string()))
    }

    /// Lay each package's container beside it, for whoever wants to look inside.
    fn unpack(&self) -> anyhow::Result<()> {
        let password = secret(&self.folder.join("keys/passord"))?;
        let mut keys = Vec::new();
        for (orgnr, _) in [KOMMUNE, EINNSYN] {
            let bytes = std::fs::read(self.folder.join(format!("keys/{orgnr}.p12")))?;
            keys.push(Identity::from_pkcs12(&bytes, &password)?);
        }
        for role in ["kommune", "einnsyn"] {
            for entry in std::fs::read_dir(self.folder.join("artefakter").join(role))? {
                let path = entry?.path();
                if path.extension().is_some_and(|e| e == "p7m") {
                    let opened = dokumentpakke::open(&std::fs::read(&path)?, &keys)?;
                    std::fs::write(path.with_extension("asice"), opened.asice)?;
                }
            }
        }
        Ok(())
    }
}

fn text(ids: &[String; 4], meeting: bool) -> String {
    let today = sbd::WireTime::oslo(Clock::system().now()).to_string();
    let sample = Sample {
        base: BASE,
        ids: [&ids[0], &ids[1], &ids[2], &ids[3]],
        year: today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026),
        number: if meeting { (31, 1) } else { (417, 3) },
        date: today.get(..10).unwrap_or("2026-11-24"),
        mappe: if meeting {
            "Formannskapet i Fjordvik"
        } else {
            "Vann og avløp i Fjordvik"
        },
        title: if meeting {
            "Reguleringsplan for Nordneset"
        } else {
            "Søknad om tilkobling til vannledning"
        },
    };
    if meeting {
        moete(&sample)
    } else {
        journalpost(&sample)
    }
}
