//! Measure the search: `search_bench FOLDER JOURNALPOSTER` prints its figures as JSON.
//!
//! The tables are filled directly, the index by the portal itself, once for a folder.
//! Then whole pages are asked for, one at a time, as a browser gets them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::{Clock, Random};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use portal::{Portal, Settings, router};
use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};
use tower::ServiceExt;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const BODIES: u64 = 40;
const ENTRIES_A_CASE: u64 = 8;
const WORDS: u64 = 30_000;
/// Pages asked for of each kind.
const ROUNDS: u64 = 300;

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("a folder")?;
    let count: u64 = args.next().ok_or("a number")?.parse()?;
    let folder = Path::new(&folder);
    let portal = Arc::new(Portal::open(
        settings(folder)?,
        Clock::system(),
        Random::seeded(7),
    )?);
    let started = Instant::now();
    fill(&folder.join("portal.db"), count)?;
    while portal.wash().await? {}
    let filled = started.elapsed();
    let figures = measure(&router(portal)).await?;
    let bytes = std::fs::metadata(folder.join("portal.db"))?.len();
    let answer = json!({
        "journalposter": count,
        "fillSeconds": filled.as_secs(),
        "databaseBytes": bytes,
        "kinds": figures,
    });
    println!("{answer}");
    Ok(())
}

fn settings(folder: &Path) -> Result<Settings> {
    Ok(Settings {
        orgnr: "310000027".parse()?,
        access_point: "http://127.0.0.1:9/".parse()?,
        listen: "127.0.0.1:0".parse()?,
        address: None,
        data: folder.to_owned(),
        enheter: Vec::new(),
        mail: None,
        test: false,
        payload_days: 30,
        poll_milliseconds: 1_000,
    })
}

/// Numbers that are the same each time.
struct Dice(Random);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        self.0.number() % end
    }

    /// A word; a few stand in many titles and most in few, as in a language.
    fn word(&self) -> String {
        let (a, b, c) = (self.below(WORDS), self.below(WORDS), self.below(WORDS));
        word(a * b / WORDS * c / WORDS)
    }

    fn title(&self) -> String {
        let length = 4 + self.below(7);
        let words: Vec<String> = (0..length).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// Twenty beginnings, twenty middles and twenty-five ends of words.
const FIRST: &str = "vann bygge skole vei helse plan avløps kultur barne nærings miljø \
    bolig havne skatte trafikk fjell kyst idretts biblioteks omsorgs";
const MIDDLE: &str = "- tilsyns søknads drifts kontroll støtte områd grunn felles \
    regions kommune etats avdelings fag prosjekt anleggs tjeneste vedtaks hørings \
    budsjett";
const LAST: &str = "sak brev rapport møte avtale vedtak klage søknad svar notat melding \
    plan referat tillatelse gebyr kart tilbud kontrakt faktura uttalelse innspill \
    vurdering oversikt rutine instruks";

/// The nth word.
fn word(n: u64) -> String {
    let pick = |list: &'static str, n: u64, length: u64| {
        let place = usize::try_from(n % length).unwrap_or_default();
        list.split(' ').nth(place).unwrap_or_default()
    };
    let end = match n / 10_000 {
        0 => String::new(),
        number => number.to_string(),
    };
    let middle = pick(MIDDLE, n / 20, 20).trim_start_matches('-');
    format!(
        "{}{middle}{}{end}",
        pick(FIRST, n, 20),
        pick(LAST, n / 400, 25)
    )
}

fn orgnr(n: u64) -> String {
    (910_000_000 + n).to_string()
}

/// Cases, journalposter, a party and a document each, straight into the tables.
fn fill(path: &Path, count: u64) -> Result<()> {
    let mut connection = Connection::open(path)?;
    let there: i64 =
        connection.query_row("SELECT count(*) FROM registrering", [], |r| r.get(0))?;
    if there == int(count) {
        return Ok(());
    }
    connection.execute_batch("PRAGMA synchronous = OFF")?;
    let tx = connection.transaction()?;
    rows(&tx, count)?;
    Ok(tx.commit()?)
}

const MAPPE: &str =
    "INSERT INTO mappe (id, iri, owner, kind, tittel, tittel_sensitiv, aar, nummer)
     VALUES (?1, ?2, ?3, 'saksmappe', ?4, ?4, ?5, ?1)";
const POST: &str =
    "INSERT INTO registrering (id, iri, einnsyn_id, owner, kind, mappe, tittel,
         tittel_sensitiv, slag, dato, aar, sekvens, nummer, key, published, changed,
         named)
     VALUES (?1, ?2, ?2, ?3, 'journalpost', ?4, ?5, ?6, 'inngåendeDokument', ?7, ?8, ?1,
         ?9, 0, ?10, ?10, 0)";
const PART: &str = "INSERT INTO part (registrering, place, slag, navn, navn_sensitiv)
     VALUES (?1, 0, 'avsender', '*****', ?2)";
const DOKUMENT: &str =
    "INSERT INTO dokument (registrering, place, slag, tittel, tittel_sensitiv)
     VALUES (?1, 0, 'hoveddokument', ?2, ?3)";

fn rows(tx: &Transaction<'_>, count: u64) -> Result<()> {
    let dice = Dice(Random::seeded(11));
    let now = Clock::system().now().as_microsecond();
    let (mut mappe, mut post) = (tx.prepare(MAPPE)?, tx.prepare(POST)?);
    let (mut part, mut dokument) = (tx.prepare(PART)?, tx.prepare(DOKUMENT)?);
    for n in 0..count {
        let (case, year) = (n / ENTRIES_A_CASE + 1, 2016 + n * 10 / count);
        let owner = orgnr(case % BODIES);
        if n % ENTRIES_A_CASE == 0 {
            let iri = format!("https://arkiv.example/sak/{case}");
            mappe.execute(params![int(case), iri, owner, dice.title(), int(year)])?;
        }
        let title = dice.title();
        let name = [word(dice.below(WORDS)), word(dice.below(WORDS))].join(" ");
        let sensitive = format!("{title} {name}");
        let date =
            format!("{year}-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28));
        let iri = format!("https://arkiv.example/post/{n}");
        let (id, number) = (int(n + 1), int(n % ENTRIES_A_CASE + 1));
        let (case, year) = (int(case), int(year));
        post.execute(params![
            id, iri, owner, case, title, sensitive, date, year, number, now
        ])?;
        part.execute(params![id, name])?;
        dokument.execute(params![id, title, sensitive])?;
    }
    Ok(())
}

/// As SQLite counts.
fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What is asked for, by its kind.
fn query(kind: &str, dice: &Dice) -> String {
    let body = orgnr(dice.below(BODIES));
    let (one, two) = (dice.word(), dice.word());
    let common = word(dice.below(40));
    match kind {
        "newest" => format!("/?side={}", 1 + dice.below(3)),
        "one word" => format!("/?q={one}"),
        "a common word" => format!("/?q={common}"),
        "two words" => format!("/?q={one}+{two}"),
        "common words" => format!("/?q={common}+{}", word(dice.below(40))),
        "word, body, type" => {
            format!("/?q={common}&virksomhet={body}&type=journalpost")
        }
        "word and year" => {
            let year = 2016 + dice.below(10);
            format!("/?q={one}&fra={year}-01-01&til={year}-12-31")
        }
        "body" => format!("/?virksomhet={body}"),
        "beginning of a word" => {
            format!("/?q={}*", one.chars().take(6).collect::<String>())
        }
        "phrase" => format!("/?q=%22{common}+{}%22", word(dice.below(40))),
        _ => format!("/?q={common}&side=40"),
    }
}

async fn measure(router: &Router) -> Result<BTreeMap<String, Value>> {
    let kinds = [
        "newest",
        "one word",
        "a common word",
        "two words",
        "common words",
        "word, body, type",
        "word and year",
        "body",
        "beginning of a word",
        "phrase",
        "page 40",
    ];
    let dice = Dice(Random::seeded(13));
    let mut figures = BTreeMap::new();
    let mut all = Vec::new();
    for kind in kinds {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let path = query(kind, &dice)
                .replace('ø', "%C3%B8")
                .replace('å', "%C3%A5");
            let path = path.replace('æ', "%C3%A6");
            let request = Request::get(&path).body(Body::empty())?;
            let started = Instant::now();
            let answer = router.clone().oneshot(request).await?;
            let status = answer.status();
            let page = answer.into_body().collect().await?.to_bytes();
            times.push(started.elapsed());
            if !status.is_success() || page.is_empty() {
                return Err(format!("{path}: {status}").into());
            }
        }
        all.extend(times.iter().copied());
        figures.insert(kind.to_owned(), summed(times));
    }
    figures.insert("all".into(), summed(all));
    Ok(figures)
}

fn summed(mut times: Vec<Duration>) -> Value {
    times.sort();
    let ms = |part: usize| {
        let place = (times.len() * part / 100).min(times.len() - 1);
        times[place].as_secs_f64() * 1000.0
    };
    json!({"medianMs": ms(50), "p99Ms": ms(99), "maxMs": ms(100)})
}
