//! Keep what is published, in place of what was there; and take it away again.

use db::{Error, Tx};

use super::index;
use crate::publication::{Mappe, Registrering};

/// What became of something that was to be kept or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Put {
    /// It was not here before.
    New,
    /// It is in place of an earlier one.
    Replaced,
    /// It is here no longer.
    Withdrawn,
    /// Somebody else published it; nothing was done.
    NotYours,
    /// There is no such thing.
    Unknown,
}

/// Who publishes, and when.
#[derive(Debug, Clone)]
pub(crate) struct By<'a> {
    /// The body whose data it is.
    pub(crate) owner: &'a str,
    /// Now, in microseconds.
    pub(crate) at: i64,
    /// What was published before this is found by its washed text alone.
    pub(crate) named_after: i64,
}

/// Keep a mappe; answers none when it is somebody else's.
pub(crate) async fn put_mappe(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    mappe: &Mappe,
) -> Result<Put, Error> {
    let sql = "SELECT id, owner, tittel, tittel_sensitiv, dato, utvalg, aar, nummer
               FROM mappe WHERE iri = $1";
    let known = tx.one(sql, &[mappe.iri.as_str().into()]).await?;
    if let Some(row) = &known
        && row.text(1)? != by.owner
    {
        return Ok(Put::NotYours);
    }
    let sql = "INSERT INTO mappe (iri, owner, kind, system_id, tittel,
                   tittel_sensitiv, aar, nummer, utvalg, dato, klokke, sted,
                   videolink, beskrivelse, adm_enhet, ansvarlig, arkiv, arkivdel)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                   $15, $16, $17, $18)
               ON CONFLICT (iri) DO UPDATE SET kind = excluded.kind,
                   system_id = excluded.system_id, tittel = excluded.tittel,
                   tittel_sensitiv = excluded.tittel_sensitiv, aar = excluded.aar,
                   nummer = excluded.nummer, utvalg = excluded.utvalg,
                   dato = excluded.dato, klokke = excluded.klokke,
                   sted = excluded.sted, videolink = excluded.videolink,
                   beskrivelse = excluded.beskrivelse,
                   adm_enhet = excluded.adm_enhet, ansvarlig = excluded.ansvarlig,
                   arkiv = excluded.arkiv, arkivdel = excluded.arkivdel";
    let m = mappe.clone();
    let values = [
        m.iri.into(),
        by.owner.into(),
        m.kind.into(),
        m.system_id.into(),
        m.tittel.into(),
        m.tittel_sensitiv.into(),
        m.aar.into(),
        m.nummer.into(),
        m.utvalg.into(),
        m.dato.into(),
        m.klokke.into(),
        m.sted.into(),
        m.videolink.into(),
        m.beskrivelse.into(),
        m.adm_enhet.into(),
        m.ansvarlig.into(),
        m.arkiv.into(),
        m.arkivdel.into(),
    ];
    tx.exec(sql, &values).await?;
    let Some(row) = known else {
        adopt(tx, by, mappe).await?;
        return Ok(Put::New);
    };
    let searched = [
        Some(mappe.tittel.as_str()),
        Some(mappe.tittel_sensitiv.as_str()),
        mappe.dato.as_deref(),
        mappe.utvalg.as_deref(),
        mappe.aar.as_deref(),
        mappe.nummer.as_deref(),
    ];
    let mut before = Vec::new();
    for column in 2..8 {
        before.push(row.maybe_text(column)?);
    }
    if before != searched {
        reindex(tx, by, row.int(0)?).await?;
    }
    Ok(Put::Replaced)
}

/// Registreringer that came before their mappe find it now.
async fn adopt(tx: &mut Tx<'_>, by: &By<'_>, mappe: &Mappe) -> Result<(), Error> {
    let iri = mappe.iri.as_str();
    let sql = "SELECT id FROM mappe WHERE iri = $1";
    let Some(row) = tx.one(sql, &[iri.into()]).await? else {
        return Ok(());
    };
    let id = row.int(0)?;
    let sql = "UPDATE registrering SET mappe = $1
               WHERE id IN (SELECT registrering FROM orphan WHERE mappe_iri = $2)
                   AND owner = $3";
    if tx
        .exec(sql, &[id.into(), iri.into(), by.owner.into()])
        .await?
        > 0
    {
        reindex(tx, by, id).await?;
    }
    Ok(())
}

/// Write the index of everything in a mappe anew.
async fn reindex(tx: &mut Tx<'_>, by: &By<'_>, mappe: i64) -> Result<(), Error> {
    let sql = "SELECT id FROM registrering WHERE mappe = $1";
    for row in tx.query(sql, &[mappe.into()]).await? {
        index(tx, row.int(0)?, by.named_after).await?;
    }
    Ok(())
}

/// Keep a registrering and all that is in it; what it had before and has no longer is
/// gone.
pub(crate) async fn put_registrering(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    einnsyn_id: &str,
    registrering: &Registrering,
) -> Result<Put, Error> {
    let r = registrering.clone();
    let sql = "SELECT id, owner, mappe FROM registrering WHERE iri = $1";
    let known = tx.one(sql, &[r.iri.as_str().into()]).await?;
    if let Some(row) = &known
        && row.text(1)? != by.owner
    {
        return Ok(Put::NotYours);
    }
    let mappe = match &r.mappe {
        Some(iri) => {
            let sql = "SELECT id FROM mappe WHERE iri = $1 AND owner = $2";
            let values = [iri.as_str().into(), by.owner.into()];
            tx.one(sql, &values).await?.map(|row| row.int(0))
        }
        None => None,
    };
    let mappe = mappe.transpose()?;
    let id = upsert(tx, by, einnsyn_id, r, mappe).await?;
    within(tx, id, registrering).await?;
    let waits = registrering.mappe.as_deref().filter(|_| mappe.is_none());
    wait_for(tx, id, waits).await?;
    index(tx, id, by.named_after).await?;
    match known {
        None => Ok(Put::New),
        Some(row) => {
            if let Some(old) = row.maybe_int(2)?.filter(|old| Some(*old) != mappe) {
                sweep(tx, old).await?;
            }
            Ok(Put::Replaced)
        }
    }
}

/// The row itself; answers its number, which stays what it was.
async fn upsert(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    einnsyn_id: &str,
    r: Registrering,
    mappe: Option<i64>,
) -> Result<i64, Error> {
    let sql = "INSERT INTO registrering (iri, einnsyn_id, owner, kind, mappe,
                   system_id, tittel, tittel_sensitiv, slag, dato, dokumentdato, aar,
                   sekvens, nummer, saksbehandler, adm_enhet, journalenhet,
                   beskrivelse, videolink, referanse, published, changed, key, named)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                   $15, $16, $17, $18, $19, $20, $21, $21, 0, 0)
               ON CONFLICT (iri) DO UPDATE SET kind = excluded.kind,
                   mappe = excluded.mappe, system_id = excluded.system_id,
                   tittel = excluded.tittel,
                   tittel_sensitiv = excluded.tittel_sensitiv, slag = excluded.slag,
                   dato = excluded.dato, dokumentdato = excluded.dokumentdato,
                   aar = excluded.aar, sekvens = excluded.sekvens,
                   nummer = excluded.nummer, saksbehandler = excluded.saksbehandler,
                   adm_enhet = excluded.adm_enhet,
                   journalenhet = excluded.journalenhet,
                   beskrivelse = excluded.beskrivelse,
                   videolink = excluded.videolink, referanse = excluded.referanse,
                   changed = excluded.changed
               RETURNING id";
    let values = [
        r.iri.as_str().into(),
        einnsyn_id.into(),
        by.owner.into(),
        r.kind.into(),
        mappe.into(),
        r.system_id.into(),
        r.tittel.into(),
        r.tittel_sensitiv.into(),
        r.slag.into(),
        r.dato.into(),
        r.dokumentdato.into(),
        r.aar.into(),
        r.sekvens.into(),
        r.nummer.into(),
        r.saksbehandler.into(),
        r.adm_enhet.into(),
        r.journalenhet.into(),
        r.beskrivelse.into(),
        r.videolink.into(),
        r.referanse.into(),
        by.at.into(),
    ];
    let row = tx.one(sql, &values).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.unwrap_or_default())
}

/// Note that a registrering's mappe has not come yet, or that it has.
async fn wait_for(tx: &mut Tx<'_>, id: i64, iri: Option<&str>) -> Result<(), Error> {
    tx.exec("DELETE FROM orphan WHERE registrering = $1", &[id.into()])
        .await?;
    if let Some(iri) = iri {
        let sql = "INSERT INTO orphan (registrering, mappe_iri) VALUES ($1, $2)";
        tx.exec(sql, &[id.into(), iri.into()]).await?;
    }
    Ok(())
}

/// Parties, documents and skjerming, in place of those that were there.
async fn within(
    tx: &mut Tx<'_>,
    id: i64,
    registrering: &Registrering,
) -> Result<(), Error> {
    for table in ["part", "dokument", "skjerming"] {
        let sql = format!("DELETE FROM {table} WHERE registrering = $1");
        tx.exec(&sql, &[id.into()]).await?;
    }
    for (place, part) in (0_u32..).zip(&registrering.parter) {
        let sql = "INSERT INTO part (registrering, place, slag, navn, navn_sensitiv)
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            id.into(),
            place.into(),
            part.slag.as_str().into(),
            part.navn.as_str().into(),
            part.navn_sensitiv.as_str().into(),
        ];
        tx.exec(sql, &values).await?;
    }
    for (place, dokument) in (0_u32..).zip(&registrering.dokumenter) {
        let sql = "INSERT INTO dokument (registrering, place, slag, tittel,
                       tittel_sensitiv, fil, format)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            id.into(),
            place.into(),
            dokument.slag.as_str().into(),
            dokument.tittel.as_str().into(),
            dokument.tittel_sensitiv.as_str().into(),
            dokument.fil.clone().into(),
            dokument.format.clone().into(),
        ];
        tx.exec(sql, &values).await?;
    }
    if let Some(skjerming) = &registrering.skjerming {
        let sql = "INSERT INTO skjerming (registrering, restriksjon, hjemmel)
                   VALUES ($1, $2, $3)";
        let values = [
            id.into(),
            skjerming.restriksjon.as_str().into(),
            skjerming.hjemmel.clone().into(),
        ];
        tx.exec(sql, &values).await?;
    }
    Ok(())
}

/// Take away what was published under an IRI, or under the systemID in it; with a mappe
/// goes everything that lies in it.
pub(crate) async fn withdraw(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    iri: &str,
    system_id: Option<&str>,
) -> Result<Put, Error> {
    let values = [iri.into(), by.owner.into(), system_id.into()];
    for table in ["registrering", "mappe"] {
        let sql = format!(
            "SELECT id, owner FROM {table}
             WHERE iri = $1 OR (owner = $2 AND system_id = $3)"
        );
        let Some(row) = tx.one(&sql, &values).await? else {
            continue;
        };
        if row.text(1)? != by.owner {
            return Ok(Put::NotYours);
        }
        let id = row.int(0)?;
        if table == "registrering" {
            remove(tx, id).await?;
            return Ok(Put::Withdrawn);
        }
        let sql = "SELECT id FROM registrering WHERE mappe = $1";
        for row in tx.query(sql, &[id.into()]).await? {
            remove(tx, row.int(0)?).await?;
        }
        tx.exec("DELETE FROM mappe WHERE id = $1", &[id.into()])
            .await?;
        return Ok(Put::Withdrawn);
    }
    Ok(Put::Unknown)
}

async fn remove(tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
    let sql = "DELETE FROM search
               WHERE rowid = (SELECT key FROM registrering WHERE id = $1)";
    tx.exec(sql, &[id.into()]).await?;
    let sql = "DELETE FROM registrering WHERE id = $1 RETURNING mappe";
    let row = tx.one(sql, &[id.into()]).await?;
    let mappe = row.map(|row| row.maybe_int(0)).transpose()?.flatten();
    match mappe {
        Some(mappe) => sweep(tx, mappe).await,
        None => Ok(()),
    }
}

/// A case in which nothing lies any longer is not published any longer. A meeting is.
async fn sweep(tx: &mut Tx<'_>, mappe: i64) -> Result<(), Error> {
    let sql = "DELETE FROM mappe WHERE id = $1 AND kind = 'saksmappe' AND NOT EXISTS (
                   SELECT 1 FROM registrering WHERE mappe = $1)";
    tx.exec(sql, &[mappe.into()]).await?;
    Ok(())
}
