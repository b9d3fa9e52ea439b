//! Keep the search index: one row for each registrering, under its date and id.

use db::{Error, Row, Tx};
use jiff::civil::Date;

use super::terms::terms;

/// The row of the search index: days first, so that newer ones come later.
pub(crate) fn key(dato: Option<&str>, published: i64, id: i64) -> i64 {
    let given = dato.and_then(|dato| dato.parse::<Date>().ok());
    let date = given.unwrap_or_else(|| {
        let at = jiff::Timestamp::from_microsecond(published).unwrap_or_default();
        at.to_zoned(jiff::tz::TimeZone::UTC).date()
    });
    (day(date) << 32) | id
}

/// Days since the first of January of year 1.
pub(super) fn day(date: Date) -> i64 {
    let first = Date::constant(1, 1, 1);
    i64::from((date - first).get_days()).max(0)
}

/// What every row has among its tags.
pub(super) const EVERYTHING: &str = "zalt";

pub(super) fn owner_tag(orgnr: &str) -> String {
    format!("ze{}", terms(orgnr).replace(' ', ""))
}

pub(super) fn kind_tag(kind: &str) -> String {
    format!("zs{}", terms(kind).replace(' ', ""))
}

/// Write the row of a registrering anew, with the sensitive text if it may be found.
pub(crate) async fn index(
    tx: &mut Tx<'_>,
    id: i64,
    named_after: i64,
) -> Result<(), Error> {
    let sql = "SELECT r.key, r.published, r.owner, r.kind, r.tittel,
                   r.tittel_sensitiv, r.saksbehandler, r.dato, r.aar, r.sekvens,
                   m.tittel, m.tittel_sensitiv, m.aar, m.nummer, m.utvalg, m.dato
               FROM registrering r LEFT JOIN mappe m ON m.id = r.mappe
               WHERE r.id = $1";
    let Some(row) = tx.one(sql, &[id.into()]).await? else {
        return Ok(());
    };
    let (old, published) = (row.int(0)?, row.int(1)?);
    let kind = row.text(3)?;
    // A meeting may be moved after its matters were published.
    let held = row.maybe_text(15)?.filter(|_| kind != "journalpost");
    let dato = held.or(row.maybe_text(7)?);
    let new = key(dato, published, id);
    let texts = texts(tx, id, &row).await?;
    let named = published >= named_after && texts.sensitive != texts.washed;
    let sensitive = if named {
        texts.sensitive
    } else {
        String::new()
    };
    let (owner, kind) = (owner_tag(row.text(2)?), kind_tag(kind));
    // Both in one, so that a search for both has one list to go through.
    let tags = [EVERYTHING, &owner, &kind, &format!("{owner}{kind}")];
    tx.exec("DELETE FROM search WHERE rowid = $1", &[old.into()])
        .await?;
    let sql = "INSERT INTO search (rowid, washed, sensitive, tags)
               VALUES ($1, $2, $3, $4)";
    let values = [
        new.into(),
        texts.washed.into(),
        sensitive.into(),
        tags.join(" ").into(),
    ];
    tx.exec(sql, &values).await?;
    let sql = "UPDATE registrering SET key = $1, named = $2 WHERE id = $3";
    tx.exec(sql, &[new.into(), named.into(), id.into()]).await?;
    Ok(())
}

struct Texts {
    washed: String,
    sensitive: String,
}

async fn texts(tx: &mut Tx<'_>, id: i64, row: &Row) -> Result<Texts, Error> {
    let text = |column| Ok::<_, Error>(row.maybe_text(column)?.unwrap_or_default());
    let number = format!("{}/{} {}/{}", text(12)?, text(13)?, text(8)?, text(9)?);
    let common = [text(6)?, &number, text(14)?].join(" . ");
    let mut washed = [&common, text(4)?, text(10)?].join(" . ");
    let mut sensitive = [&common, text(5)?, text(11)?].join(" . ");
    for sql in [
        "SELECT navn, navn_sensitiv FROM part WHERE registrering = $1",
        "SELECT tittel, tittel_sensitiv FROM dokument WHERE registrering = $1",
    ] {
        for row in tx.query(sql, &[id.into()]).await? {
            washed = [&washed, row.text(0)?].join(" . ");
            sensitive = [&sensitive, row.text(1)?].join(" . ");
        }
    }
    Ok(Texts {
        washed: terms(&washed),
        sensitive: terms(&sensitive),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_days_have_larger_keys_whatever_the_id() {
        let first = key(Some("2026-03-05"), 0, 4_000_000_000);
        let second = key(Some("2026-03-06"), 0, 1);
        assert!(second > first);
        assert_eq!(second & 0xffff_ffff, 1);
        assert!(key(Some("0001-01-01"), 0, 7) > 0);
        assert_eq!(key(None, 0, 7), key(Some("1970-01-01"), 0, 7));
    }
}
