//! Search: words and filters, the newest first, a page at a time.

use db::{Db, Row, Value};
use jiff::civil::Date;

use super::index::{EVERYTHING, day, kind_tag, owner_tag};
use super::terms::query;
use crate::Error;

/// Hits on a page.
pub(crate) const PAGE_HITS: i64 = 20;
/// Pages that can be turned; whoever needs more narrows the search.
pub(crate) const PAGES_MAX: i64 = 50;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Search {
    /// As it was typed.
    pub(crate) words: String,
    /// A body's organisation number.
    pub(crate) owner: Option<String>,
    /// `journalpost`, `moetesak` or `moetedokument`.
    pub(crate) kind: Option<String>,
    /// First day.
    pub(crate) from: Option<Date>,
    /// Last day.
    pub(crate) to: Option<Date>,
    /// From 1.
    pub(crate) page: i64,
}

/// A page of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// How many there are in all, as far as pages go.
    pub(crate) count: i64,
    /// Whether there are more than that.
    pub(crate) more: bool,
}

/// A registrering as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) iri: String,
    pub(crate) owner: String,
    pub(crate) kind: String,
    pub(crate) slag: Option<String>,
    pub(crate) tittel: String,
    pub(crate) dato: Option<String>,
    pub(crate) aar: Option<String>,
    pub(crate) sekvens: Option<String>,
    pub(crate) nummer: Option<String>,
    pub(crate) published: i64,
    pub(crate) withheld: bool,
    pub(crate) mappe: Option<i64>,
    pub(crate) mappe_tittel: String,
    pub(crate) mappe_aar: Option<String>,
    pub(crate) mappe_nummer: Option<String>,
    pub(crate) files: i64,
}

/// The columns of a hit, in order.
pub(super) const HIT: &str = "r.id, r.iri, r.owner, r.kind, r.slag, r.tittel,
     CASE WHEN r.kind = 'journalpost' THEN r.dato ELSE coalesce(m.dato, r.dato) END,
     r.aar, r.sekvens, r.nummer, r.published,
     EXISTS (SELECT 1 FROM skjerming k WHERE k.registrering = r.id
             AND k.restriksjon <> 'ugradert'),
     r.mappe, coalesce(m.tittel, ''), m.aar, m.nummer,
     (SELECT count(*) FROM dokument d WHERE d.registrering = r.id
      AND d.fil IS NOT NULL)";

impl Hit {
    pub(super) fn read(row: &Row) -> Result<Self, db::Error> {
        let own =
            |column| Ok::<_, db::Error>(row.maybe_text(column)?.map(str::to_owned));
        Ok(Self {
            id: row.int(0)?,
            iri: row.text(1)?.to_owned(),
            owner: row.text(2)?.to_owned(),
            kind: row.text(3)?.to_owned(),
            slag: own(4)?,
            tittel: row.text(5)?.to_owned(),
            dato: own(6)?,
            aar: own(7)?,
            sekvens: own(8)?,
            nummer: own(9)?,
            published: row.int(10)?,
            withheld: row.truth(11)?,
            mappe: row.maybe_int(12)?,
            mappe_tittel: row.text(13)?.to_owned(),
            mappe_aar: own(14)?,
            mappe_nummer: own(15)?,
            files: row.int(16)?,
        })
    }
}

impl Search {
    /// As the index understands it.
    fn matched(&self) -> String {
        let words = query(&self.words).map(|q| format!("{{washed sensitive}} : ({q})"));
        let owner = self.owner.as_deref().map(owner_tag);
        let kind = self.kind.as_deref().map(kind_tag);
        let tag = match (owner, kind) {
            (None, None) => words.is_none().then(|| EVERYTHING.to_owned()),
            (owner, kind) => {
                Some(owner.unwrap_or_default() + &kind.unwrap_or_default())
            }
        };
        let tag = tag.map(|tag| format!("tags : {tag}"));
        words
            .into_iter()
            .chain(tag)
            .collect::<Vec<_>>()
            .join(" AND ")
    }

    /// First and last row that the days let through.
    fn rows(&self) -> (i64, i64) {
        let first = self.from.map_or(0, |from| day(from) << 32);
        let last = self.to.map_or(i64::MAX, |to| ((day(to) + 1) << 32) - 1);
        (first, last)
    }
}

/// Look; what was published before `named_after` is found by its washed text alone.
pub(crate) async fn search(
    db: &Db,
    search: &Search,
    named_after: i64,
) -> Result<Found, Error> {
    // A row that is due to be washed and is not yet is not found at all.
    let from = "FROM search s JOIN registrering r ON r.id = (s.rowid & 4294967295)
        WHERE search MATCH $1 AND s.rowid BETWEEN $2 AND $3
            AND (r.named = 0 OR r.published >= $4)";
    let page = format!(
        "SELECT {HIT} FROM (
             SELECT r.id AS id, s.rowid AS key {from}
             ORDER BY s.rowid DESC LIMIT $5 OFFSET $6
         ) hit JOIN registrering r ON r.id = hit.id
         LEFT JOIN mappe m ON m.id = r.mappe ORDER BY hit.key DESC"
    );
    let count = format!("SELECT count(*) FROM (SELECT 1 {from} LIMIT $5)");
    let (first, last) = search.rows();
    let common = [
        Value::from(search.matched()),
        first.into(),
        last.into(),
        named_after.into(),
    ];
    let number = search.page.clamp(1, PAGES_MAX);
    let counted = PAGE_HITS * PAGES_MAX;
    let (rows, count) = db
        .read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let [m, f, l, n] = common;
                let base = [m, f, l, n];
                let mut values = base.to_vec();
                values.extend([PAGE_HITS.into(), ((number - 1) * PAGE_HITS).into()]);
                let rows = tx.query(&page, &values).await?;
                let mut values = base.to_vec();
                values.push((counted + 1).into());
                let count = tx.one(&count, &values).await?;
                let count = count.map(|row| row.int(0)).transpose()?;
                Ok((rows, count.unwrap_or_default()))
            })
        })
        .await?;
    let hits = rows.iter().map(Hit::read).collect::<Result<_, _>>()?;
    Ok(Found {
        hits,
        count: count.min(counted),
        more: count > counted,
    })
}

impl Hit {
    /// `year/number` of the case, or of the matter before a meeting.
    pub(crate) fn case_number(&self) -> String {
        match self.kind.as_str() {
            "journalpost" => {
                both(self.mappe_aar.as_deref(), self.mappe_nummer.as_deref())
            }
            _ => both(self.aar.as_deref(), self.sekvens.as_deref()),
        }
    }

    /// > journalsekvensnummer/(journalaar mod 100), not zero padded (einnsyn §1.4)
    pub(crate) fn journal_number(&self) -> String {
        let sequence = self.sekvens.as_deref().unwrap_or_default();
        let year = self
            .aar
            .as_deref()
            .and_then(|year| year.parse::<u32>().ok());
        match year {
            Some(year) if !sequence.is_empty() => format!("{sequence}/{}", year % 100),
            _ => sequence.to_owned(),
        }
    }
}

fn both(year: Option<&str>, number: Option<&str>) -> String {
    let all: Vec<&str> = [year, number].into_iter().flatten().collect();
    all.join("/")
}
