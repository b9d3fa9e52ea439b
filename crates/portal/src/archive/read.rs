//! What the pages show: a document, a case, a meeting, a month, a body.

use db::{Db, Row, Value};

use super::Hit;
use super::search::HIT;
use crate::Error;
use crate::publication::{Dokument, Skjerming, is_web};

/// Rows that one page lists at the most.
const ROWS_MAX: i64 = 500;

/// A registrering with everything that is published of it.
#[derive(Debug, Clone)]
pub(crate) struct Full {
    pub(crate) hit: Hit,
    pub(crate) system_id: Option<String>,
    /// With the names in it: for the body's eyes.
    pub(crate) tittel_sensitiv: String,
    pub(crate) dokumentdato: Option<String>,
    pub(crate) saksbehandler: Option<String>,
    pub(crate) adm_enhet: Option<String>,
    pub(crate) beskrivelse: Option<String>,
    pub(crate) videolink: Option<String>,
    pub(crate) referanse: Option<String>,
    pub(crate) changed: i64,
    pub(crate) mappe_kind: Option<String>,
    pub(crate) mappe_tittel_sensitiv: String,
    pub(crate) arkiv: Option<String>,
    pub(crate) arkivdel: Option<String>,
    /// Role and name.
    pub(crate) parter: Vec<(String, String)>,
    pub(crate) dokumenter: Vec<Dokument>,
    pub(crate) skjerming: Option<Skjerming>,
}

/// A case and its journalposter.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) owner: String,
    pub(crate) tittel: String,
    pub(crate) aar: Option<String>,
    pub(crate) nummer: Option<String>,
    pub(crate) dato: Option<String>,
    pub(crate) adm_enhet: Option<String>,
    pub(crate) ansvarlig: Option<String>,
    pub(crate) hits: Vec<Hit>,
}

/// A meeting as a list shows it.
#[derive(Debug, Clone)]
pub(crate) struct Meeting {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) tittel: String,
    pub(crate) utvalg: String,
    pub(crate) dato: Option<String>,
    pub(crate) klokke: Option<String>,
    pub(crate) sted: Option<String>,
    pub(crate) nummer: Option<String>,
    pub(crate) saker: i64,
}

/// A meeting with its agenda.
#[derive(Debug, Clone)]
pub(crate) struct Agenda {
    pub(crate) meeting: Meeting,
    pub(crate) videolink: Option<String>,
    pub(crate) beskrivelse: Option<String>,
    pub(crate) saker: Vec<Full>,
    pub(crate) dokumenter: Vec<Full>,
}

/// What a body has published.
#[derive(Debug, Clone)]
pub(crate) struct Newest {
    /// Kind and number.
    pub(crate) counts: Vec<(String, i64)>,
    pub(crate) meetings: Vec<Meeting>,
}

async fn rows(db: &Db, sql: String, values: Vec<Value>) -> Result<Vec<Row>, Error> {
    let read = db.read::<_, db::Error, _>(move |tx| {
        Box::pin(async move { tx.query(&sql, &values).await })
    });
    Ok(read.await?)
}

/// The number under which an IRI has its page.
pub(crate) async fn number_of(db: &Db, iri: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM registrering WHERE iri = $1".to_owned();
    let rows = rows(db, sql, vec![iri.into()]).await?;
    Ok(rows.first().map(|row| row.int(0)).transpose()?)
}

/// Registreringer by their numbers, those that there still are.
pub(crate) async fn find(db: &Db, ids: &[i64]) -> Result<Vec<Full>, Error> {
    let mut all = Vec::new();
    for id in ids {
        all.extend(full(db, *id).await?);
    }
    Ok(all)
}

/// A registrering.
pub(crate) async fn full(db: &Db, id: i64) -> Result<Option<Full>, Error> {
    Ok(fulls(db, "r.id = $1", vec![id.into()]).await?.pop())
}

async fn fulls(db: &Db, filter: &str, values: Vec<Value>) -> Result<Vec<Full>, Error> {
    let sql = format!(
        "SELECT {HIT}, r.system_id, r.tittel_sensitiv, r.dokumentdato,
             r.saksbehandler, r.adm_enhet, r.beskrivelse,
             r.videolink, r.referanse, r.changed, m.kind,
             coalesce(m.tittel_sensitiv, ''), m.arkiv, m.arkivdel
         FROM registrering r LEFT JOIN mappe m ON m.id = r.mappe
         WHERE {filter}
         ORDER BY CAST(r.nummer AS INTEGER), CAST(r.sekvens AS INTEGER), r.id
         LIMIT {ROWS_MAX}"
    );
    let read = db.read::<_, db::Error, _>(move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for row in tx.query(&sql, &values).await? {
                let mut full = Full::read(&row)?;
                full.within(tx).await?;
                all.push(full);
            }
            Ok(all)
        })
    });
    Ok(read.await?)
}

impl Full {
    fn read(row: &Row) -> Result<Self, db::Error> {
        let own =
            |column| Ok::<_, db::Error>(row.maybe_text(column)?.map(str::to_owned));
        Ok(Self {
            hit: Hit::read(row)?,
            system_id: own(17)?,
            tittel_sensitiv: row.text(18)?.to_owned(),
            dokumentdato: own(19)?,
            saksbehandler: own(20)?,
            adm_enhet: own(21)?,
            beskrivelse: own(22)?,
            videolink: own(23)?,
            referanse: own(24)?,
            changed: row.int(25)?,
            mappe_kind: own(26)?,
            mappe_tittel_sensitiv: row.text(27)?.to_owned(),
            arkiv: own(28)?,
            arkivdel: own(29)?,
            parter: Vec::new(),
            dokumenter: Vec::new(),
            skjerming: None,
        })
    }

    async fn within(&mut self, tx: &mut db::Tx<'_>) -> Result<(), db::Error> {
        let id = [Value::from(self.hit.id)];
        // > The frontend shows plain titles but korrespondansepartNavnSensitiv (§4.3)
        let sql = "SELECT slag, navn_sensitiv FROM part
                   WHERE registrering = $1 ORDER BY place";
        for row in tx.query(sql, &id).await? {
            let part = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            self.parter.push(part);
        }
        let sql = "SELECT slag, tittel, tittel_sensitiv, fil, format FROM dokument
                   WHERE registrering = $1 ORDER BY place";
        for row in tx.query(sql, &id).await? {
            self.dokumenter.push(Dokument {
                slag: row.text(0)?.to_owned(),
                tittel: row.text(1)?.to_owned(),
                tittel_sensitiv: row.text(2)?.to_owned(),
                fil: row.maybe_text(3)?.map(str::to_owned),
                format: row.maybe_text(4)?.map(str::to_owned),
            });
        }
        let sql = "SELECT restriksjon, hjemmel FROM skjerming WHERE registrering = $1";
        if let Some(row) = tx.one(sql, &id).await? {
            self.skjerming = Some(Skjerming {
                restriksjon: row.text(0)?.to_owned(),
                hjemmel: row.maybe_text(1)?.map(str::to_owned),
            });
        }
        Ok(())
    }
}

/// A case, if there is one of this number.
pub(crate) async fn case(db: &Db, id: i64) -> Result<Option<Case>, Error> {
    let sql = "SELECT owner, tittel, aar, nummer, dato, adm_enhet, ansvarlig
               FROM mappe WHERE id = $1 AND kind = 'saksmappe'"
        .to_owned();
    let found = rows(db, sql, vec![id.into()]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {HIT} FROM registrering r LEFT JOIN mappe m ON m.id = r.mappe
         WHERE r.mappe = $1 ORDER BY CAST(r.nummer AS INTEGER), r.id LIMIT {ROWS_MAX}"
    );
    let hits = rows(db, sql, vec![id.into()]).await?;
    let own = |column| Ok::<_, db::Error>(row.maybe_text(column)?.map(str::to_owned));
    Ok(Some(Case {
        owner: row.text(0)?.to_owned(),
        tittel: row.text(1)?.to_owned(),
        aar: own(2)?,
        nummer: own(3)?,
        dato: own(4)?,
        adm_enhet: own(5)?,
        ansvarlig: own(6)?,
        hits: hits.iter().map(Hit::read).collect::<Result<_, _>>()?,
    }))
}

const MEETING: &str =
    "m.id, m.owner, m.tittel, coalesce(m.utvalg, ''), m.dato, m.klokke,
    m.sted, m.nummer, (SELECT count(*) FROM registrering r WHERE r.mappe = m.id
    AND r.kind = 'moetesak')";

impl Meeting {
    fn read(row: &Row) -> Result<Self, db::Error> {
        let own =
            |column| Ok::<_, db::Error>(row.maybe_text(column)?.map(str::to_owned));
        Ok(Self {
            id: row.int(0)?,
            owner: row.text(1)?.to_owned(),
            tittel: row.text(2)?.to_owned(),
            utvalg: row.text(3)?.to_owned(),
            dato: own(4)?,
            klokke: own(5)?,
            sted: own(6)?,
            nummer: own(7)?,
            saker: row.int(8)?,
        })
    }
}

/// Meetings from one day to another, both included, of one body or of all.
pub(crate) async fn meetings(
    db: &Db,
    from: &str,
    to: &str,
    owner: Option<&str>,
) -> Result<Vec<Meeting>, Error> {
    let mut values: Vec<Value> = vec![from.into(), to.into()];
    let mut only = "";
    if let Some(owner) = owner {
        only = "AND m.owner = $3";
        values.push(owner.into());
    }
    let sql = format!(
        "SELECT {MEETING} FROM mappe m
         WHERE m.kind = 'moetemappe' AND m.dato BETWEEN $1 AND $2 {only}
         ORDER BY m.dato, m.klokke, m.id LIMIT {ROWS_MAX}"
    );
    let found = rows(db, sql, values).await?;
    Ok(found.iter().map(Meeting::read).collect::<Result<_, _>>()?)
}

/// A meeting, if there is one of this number.
pub(crate) async fn agenda(db: &Db, id: i64) -> Result<Option<Agenda>, Error> {
    let sql = format!(
        "SELECT {MEETING}, m.videolink, m.beskrivelse FROM mappe m
         WHERE m.id = $1 AND m.kind = 'moetemappe'"
    );
    let found = rows(db, sql, vec![id.into()]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let all = fulls(db, "r.mappe = $1", vec![id.into()]).await?;
    let (saker, dokumenter) = all
        .into_iter()
        .partition(|full| full.hit.kind == "moetesak");
    Ok(Some(Agenda {
        meeting: Meeting::read(row)?,
        videolink: row.maybe_text(9)?.map(str::to_owned),
        beskrivelse: row.maybe_text(10)?.map(str::to_owned),
        saker,
        dokumenter,
    }))
}

/// A body's numbers, and its meetings from a day on.
pub(crate) async fn body(db: &Db, owner: &str, today: &str) -> Result<Newest, Error> {
    let sql = "SELECT kind, count(*) FROM registrering WHERE owner = $1
               GROUP BY kind ORDER BY kind"
        .to_owned();
    let mut counts = Vec::new();
    for row in rows(db, sql, vec![owner.into()]).await? {
        counts.push((row.text(0)?.to_owned(), row.int(1)?));
    }
    let mut meetings = meetings(db, today, "9999", Some(owner)).await?;
    meetings.truncate(10);
    Ok(Newest { counts, meetings })
}

/// The last that happened to an IRI: when, and what.
pub(crate) async fn event_of(
    db: &Db,
    iri: &str,
) -> Result<Option<(i64, String)>, Error> {
    let sql = "SELECT at, what FROM event WHERE iri = $1 AND what <> 'refused'
               ORDER BY id DESC LIMIT 1"
        .to_owned();
    let found = rows(db, sql, vec![iri.into()]).await?;
    let read = |row: &Row| Ok::<_, db::Error>((row.int(0)?, row.text(1)?.to_owned()));
    Ok(found.first().map(read).transpose()?)
}

impl Full {
    /// Under which path its mappe has a page.
    pub(crate) fn folder(&self) -> &'static str {
        match self.mappe_kind.as_deref() {
            Some("moetemappe") => "moete",
            _ => "sak",
        }
    }

    pub(crate) fn video(&self) -> Option<&str> {
        web(self.videolink.as_deref())
    }
}

impl Case {
    pub(crate) fn number(&self) -> String {
        let all = [self.aar.as_deref(), self.nummer.as_deref()];
        all.into_iter().flatten().collect::<Vec<_>>().join("/")
    }
}

impl Meeting {
    /// `yyyy-mm`
    pub(crate) fn month(&self) -> Option<&str> {
        self.dato.as_deref()?.get(..7)
    }
}

impl Agenda {
    pub(crate) fn video(&self) -> Option<&str> {
        web(self.videolink.as_deref())
    }
}

fn web(address: Option<&str>) -> Option<&str> {
    address.filter(|address| is_web(address))
}
