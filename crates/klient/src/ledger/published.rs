//! What is published now: what a change is laid over, and what is sent again.

use std::collections::BTreeSet;

use db::{Db, Tx};
use noark::kvittering::Valideringsfeil;

use super::part::Part;
use crate::Error;

/// A part was sent: it is what is published under its IRI from now on.
pub(crate) async fn now(
    tx: &mut Tx<'_>,
    part: &Part,
    objects: BTreeSet<String>,
) -> Result<(), Error> {
    let iri = part.iri.as_str();
    tx.exec(
        "INSERT INTO published (iri, file, number) VALUES ($1, $2, $3)
         ON CONFLICT (iri) DO UPDATE SET file = excluded.file, number = excluded.number",
        &[iri.into(), part.file.as_str().into(), part.number.into()],
    )
    .await?;
    tx.exec("DELETE FROM inside WHERE iri = $1", &[iri.into()])
        .await?;
    for object in objects {
        let sql = "INSERT INTO inside (object, iri) VALUES ($1, $2)";
        tx.exec(sql, &[object.into(), iri.into()]).await?;
    }
    Ok(())
}

/// These are withdrawn.
pub(crate) async fn withdrawn(tx: &mut Tx<'_>, iris: &[String]) -> Result<(), Error> {
    for iri in iris {
        let iri = iri.as_str();
        tx.exec("DELETE FROM inside WHERE iri = $1", &[iri.into()])
            .await?;
        tx.exec("DELETE FROM published WHERE iri = $1", &[iri.into()])
            .await?;
        tx.exec("DELETE FROM before WHERE iri = $1", &[iri.into()])
            .await?;
    }
    Ok(())
}

/// What is published, with any of these objects in it: IRI and payload.
pub(crate) async fn with(
    db: &Db,
    objects: Vec<String>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let mut iris = BTreeSet::new();
            for object in objects {
                let sql = "SELECT iri FROM inside WHERE object = $1";
                for row in tx.query(sql, &[object.into()]).await? {
                    iris.insert(row.text(0)?.to_owned());
                }
            }
            let mut all = Vec::new();
            for iri in iris {
                let sql = "SELECT p.payload FROM published b
                           JOIN part p ON p.file = b.file AND p.number = b.number
                           WHERE b.iri = $1";
                if let Some(row) = tx.one(sql, &[iri.as_str().into()]).await? {
                    all.push((iri, row.blob(0)?.to_vec()));
                }
            }
            Ok(all)
        })
    })
    .await
}

/// These were published by the client that was here before.
pub(crate) async fn before(tx: &mut Tx<'_>, iris: &[String]) -> Result<(), Error> {
    for iri in iris {
        let sql = "INSERT INTO before (iri) VALUES ($1) ON CONFLICT DO NOTHING";
        tx.exec(sql, &[iri.as_str().into()]).await?;
    }
    Ok(())
}

/// Whether it was published by the client that was here before.
pub(crate) async fn was_before(db: &Db, iri: String) -> Result<bool, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT 1 FROM before WHERE iri = $1";
            Ok(tx.one(sql, &[iri.into()]).await?.is_some())
        })
    })
    .await
}

/// Everything that is published: IRI, and file and number of the part.
pub(crate) async fn all(db: &Db) -> Result<Vec<(String, String, i64)>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql = "SELECT iri, file, number FROM published ORDER BY iri";
            let rows = tx.query(sql, &[]).await?;
            let read = |row: &db::Row| {
                Ok((
                    row.text(0)?.to_owned(),
                    row.text(1)?.to_owned(),
                    row.int(2)?,
                ))
            };
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// Remember what eInnsyn complained of.
pub(crate) async fn complained(
    tx: &mut Tx<'_>,
    of: &[Valideringsfeil],
) -> Result<(), Error> {
    for one in of {
        tx.exec(
            "INSERT INTO complaint (element_type, attributt, feilmelding)
             VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[
                one.element_type.as_str().into(),
                one.attributt.as_str().into(),
                one.feilmelding.as_str().into(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// What eInnsyn has complained of.
pub(crate) async fn complaints(db: &Db) -> Result<Vec<Valideringsfeil>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql =
                "SELECT element_type, attributt, feilmelding FROM complaint LIMIT 200";
            let rows = tx.query(sql, &[]).await?;
            let read = |row: &db::Row| {
                Ok(Valideringsfeil {
                    element_type: row.text(0)?.to_owned(),
                    attributt: row.text(1)?.to_owned(),
                    feilmelding: row.text(2)?.to_owned(),
                    ..Valideringsfeil::default()
                })
            };
            rows.iter().map(read).collect()
        })
    })
    .await
}
