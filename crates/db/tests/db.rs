//! The promises of the database: durable when answered, all or nothing, never waiting.
//! The same on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::time::Duration;

use ambient::Clock;
use db::{Db, Error, Migration, Value};
use tempfile::TempDir;

const ONE: Migration = Migration {
    number: 1,
    name: "things",
    sql: "CREATE TABLE thing (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              name TEXT NOT NULL
          ) STRICT;",
};
const TWO: Migration = Migration {
    number: 2,
    name: "sizes",
    sql: "ALTER TABLE thing ADD COLUMN size INTEGER;",
};

/// Where a test keeps its database.
enum Place {
    Lite(TempDir),
    Server(String),
}

impl Place {
    async fn open(&self, migrations: &[Migration]) -> Result<Db, Error> {
        let clock = Clock::system();
        match self {
            Self::Lite(folder) => {
                Db::open(&folder.path().join("a/test.db"), migrations, &clock)
            }
            Self::Server(address) => Db::connect(address, migrations, &clock).await,
        }
    }
}

/// Each of these once on either database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Place::Lite(TempDir::new().unwrap())).await;
            })*
        }
        mod postgresql {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Place::Server(cluster::Cluster::shared().database())).await;
            })*
        }
    };
}

on_both! {
    what_was_answered_is_there_after_reopening
    a_failing_piece_is_undone_alone
    a_transaction_that_panics_is_refused_and_the_next_one_works
    a_reader_cannot_write
    many_writers_are_all_kept
    migrations_go_forward_once_and_are_not_edited
    a_migration_that_fails_leaves_nothing_behind
    every_type_comes_back_as_it_went_in
    a_sum_is_never_lost_to_another
    text_is_ordered_by_its_bytes
}

async fn add(db: &Db, name: &str) -> Result<(), Error> {
    let name = name.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            tx.exec("INSERT INTO thing (name) VALUES ($1)", &[name.into()])
                .await?;
            Ok(())
        })
    })
    .await
}

async fn names(db: &Db) -> HashSet<String> {
    let rows = db
        .read(|tx| {
            Box::pin(async move { tx.query("SELECT name FROM thing", &[]).await })
        })
        .await
        .unwrap();
    rows.iter().map(|r| r.text(0).unwrap().to_owned()).collect()
}

async fn what_was_answered_is_there_after_reopening(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    add(&db, "a").await.unwrap();
    drop(db);
    assert!(
        names(&place.open(&[ONE]).await.unwrap())
            .await
            .contains("a")
    );
}

async fn a_failing_piece_is_undone_alone(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    let bad = db.write::<(), Error, _>(|tx| {
        Box::pin(async move {
            tx.exec("INSERT INTO thing (name) VALUES ($1)", &["bad".into()])
                .await?;
            Err(Error::Waited)
        })
    });
    let (a, bad, b) = tokio::join!(add(&db, "a"), bad, add(&db, "b"));
    assert!(a.is_ok() && bad.is_err() && b.is_ok());
    assert_eq!(names(&db).await, HashSet::from(["a".into(), "b".into()]));
}

#[tokio::test]
async fn a_transaction_that_waits_is_refused_where_there_is_one_writer() {
    let place = Place::Lite(TempDir::new().unwrap());
    let db = place.open(&[ONE]).await.unwrap();
    let waits = db
        .write::<(), Error, _>(|tx| {
            Box::pin(async move {
                tx.exec("INSERT INTO thing (name) VALUES ($1)", &["w".into()])
                    .await?;
                std::future::pending().await
            })
        })
        .await;
    assert!(matches!(waits, Err(Error::Waited)));
    assert_eq!(names(&db).await, HashSet::new());
}

async fn a_transaction_that_panics_is_refused_and_the_next_one_works(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    let panics = db
        .write::<(), Error, _>(|_| Box::pin(async move { panic!("on purpose") }))
        .await;
    assert!(matches!(panics, Err(Error::Panicked)));
    add(&db, "after").await.unwrap();
    assert_eq!(names(&db).await, HashSet::from(["after".into()]));
}

async fn a_reader_cannot_write(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    let result = db
        .read::<u64, Error, _>(|tx| {
            Box::pin(async move {
                tx.exec("INSERT INTO thing (name) VALUES ('x')", &[]).await
            })
        })
        .await;
    assert!(result.is_err());
}

async fn many_writers_are_all_kept(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    let all: Vec<String> = (0..500).map(|n| format!("n{n}")).collect();
    let writes = all.iter().map(|name| add(&db, name));
    for result in futures_util::future::join_all(writes).await {
        result.unwrap();
    }
    assert_eq!(names(&db).await, all.into_iter().collect());
}

async fn migrations_go_forward_once_and_are_not_edited(place: Place) {
    drop(place.open(&[ONE]).await.unwrap());
    drop(place.open(&[ONE, TWO]).await.unwrap());
    drop(place.open(&[ONE, TWO]).await.unwrap());
    assert!(matches!(
        place.open(&[ONE]).await,
        Err(Error::Newer { found: 2, known: 1 })
    ));
    let edited = Migration {
        sql: "SELECT 1;",
        ..TWO
    };
    assert!(matches!(
        place.open(&[ONE, edited]).await,
        Err(Error::Changed { number: 2 })
    ));
}

async fn a_migration_that_fails_leaves_nothing_behind(place: Place) {
    let broken = Migration {
        sql: "CREATE TABLE half (id INTEGER); CREATE TABLE thing (id INTEGER);",
        ..TWO
    };
    assert!(place.open(&[ONE, broken]).await.is_err());
    let sound = Migration {
        sql: "CREATE TABLE half (id INTEGER);",
        ..TWO
    };
    place.open(&[ONE, sound]).await.unwrap();
}

async fn every_type_comes_back_as_it_went_in(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    let values = vec![
        Value::Null,
        Value::Int(i64::MIN),
        Value::Text("æøå \u{1F4E8}".into()),
        Value::Blob(vec![0, 255, 0]),
    ];
    let row = db
        .read(move |tx| {
            Box::pin(async move { tx.one("SELECT $1, $2, $3, $4", &values).await })
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.maybe_text(0).unwrap(), None);
    assert_eq!(row.int(1).unwrap(), i64::MIN);
    assert_eq!(row.text(2).unwrap(), "æøå \u{1F4E8}");
    assert_eq!(row.blob(3).unwrap(), [0, 255, 0]);
    assert!(matches!(row.text(3), Err(Error::Type { column: 3, .. })));
    tokio::time::timeout(Duration::from_secs(30), add(&db, "x"))
        .await
        .unwrap()
        .unwrap();
}

// Two that read and then write what they read: the row is locked in between.
async fn a_sum_is_never_lost_to_another(place: Place) {
    let db = place.open(&[ONE, TWO]).await.unwrap();
    add(&db, "sum").await.unwrap();
    let one_more = || {
        db.write::<(), Error, _>(|tx| {
            Box::pin(async move {
                let sql =
                    format!("SELECT coalesce(size, 0) FROM thing{}", tx.for_update());
                let size = tx.one(&sql, &[]).await?.unwrap().int(0)?;
                let values = [Value::Int(size + 1)];
                tx.exec("UPDATE thing SET size = $1", &values).await?;
                Ok(())
            })
        })
    };
    let all = futures_util::future::join_all((0..100).map(|_| one_more())).await;
    assert!(all.iter().all(Result::is_ok));
    let sum = db.read::<_, Error, _>(|tx| {
        Box::pin(async move { tx.one("SELECT size FROM thing", &[]).await })
    });
    assert_eq!(sum.await.unwrap().unwrap().int(0).unwrap(), 100);
}

async fn text_is_ordered_by_its_bytes(place: Place) {
    let db = place.open(&[ONE]).await.unwrap();
    for name in ["b", "A", "a", "å", "B", "Z"] {
        add(&db, name).await.unwrap();
    }
    let rows = db
        .read::<_, Error, _>(|tx| {
            Box::pin(async move {
                tx.query("SELECT name FROM thing ORDER BY name", &[]).await
            })
        })
        .await
        .unwrap();
    let names: Vec<&str> = rows.iter().map(|r| r.text(0).unwrap()).collect();
    assert_eq!(names, ["A", "B", "Z", "a", "b", "å"]);
}

// Of two that wait for each other the server sends one back; it is run again.
#[tokio::test]
async fn two_that_wait_for_each_other_are_both_done() {
    let place = Place::Server(cluster::Cluster::shared().database());
    let db = place.open(&[ONE, TWO]).await.unwrap();
    add(&db, "a").await.unwrap();
    add(&db, "b").await.unwrap();
    let both_are_in = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let work = |first: &'static str, then: &'static str| {
        let both_are_in = std::sync::Arc::clone(&both_are_in);
        let mut met = false;
        db.insist::<(), Error, _>(move |tx| {
            Box::pin(async move {
                let sql =
                    "UPDATE thing SET size = coalesce(size, 0) + 1 WHERE name = $1";
                tx.exec(sql, &[first.into()]).await?;
                if !std::mem::replace(&mut met, true) {
                    let patience = Duration::from_millis(500);
                    let _ = tokio::time::timeout(patience, both_are_in.wait()).await;
                }
                tx.exec(sql, &[then.into()]).await?;
                Ok(())
            })
        })
    };
    let (one, other) = tokio::join!(work("a", "b"), work("b", "a"));
    one.unwrap();
    other.unwrap();
    let rows = db
        .read::<_, Error, _>(|tx| {
            Box::pin(async move { tx.query("SELECT size FROM thing", &[]).await })
        })
        .await
        .unwrap();
    assert!(rows.iter().all(|row| row.int(0).unwrap() == 2));
}

// Nodes that start together on an empty database.
#[tokio::test]
async fn nodes_migrate_one_by_one() {
    let place = Place::Server(cluster::Cluster::shared().database());
    let nodes = (0..8).map(|_| place.open(&[ONE, TWO]));
    for node in futures_util::future::join_all(nodes).await {
        node.unwrap();
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_said_to_be_so_without_its_password() {
    let place = Place::Server("postgresql://me:hemmelig@host:not-a-port/x".into());
    let error = place.open(&[ONE]).await.unwrap_err().to_string();
    assert!(error.contains("expected postgresql://"), "{error}");
    assert!(!error.contains("hemmelig"), "{error}");
}
