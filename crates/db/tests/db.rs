//! The promises of the database: durable when answered, all or nothing, never waiting.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::time::Duration;

use ambient::Clock;
use db::{Db, Error, Migration, Value};
use tempfile::TempDir;

const ONE: Migration = Migration {
    number: 1,
    name: "things",
    sql: "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;",
};
const TWO: Migration = Migration {
    number: 2,
    name: "sizes",
    sql: "ALTER TABLE thing ADD COLUMN size INTEGER;",
};

fn open(folder: &TempDir, migrations: &[Migration]) -> Result<Db, Error> {
    Db::open(
        &folder.path().join("a/test.db"),
        migrations,
        &Clock::system(),
    )
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

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
    add(&db, "a").await.unwrap();
    drop(db);
    assert!(names(&open(&folder, &[ONE]).unwrap()).await.contains("a"));
}

#[tokio::test]
async fn a_failing_piece_is_undone_alone() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
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
async fn a_transaction_that_waits_or_panics_is_refused_and_the_writer_lives() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
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
    let panics = db
        .write::<(), Error, _>(|_| Box::pin(async move { panic!("on purpose") }))
        .await;
    assert!(matches!(panics, Err(Error::Panicked)));
    add(&db, "after").await.unwrap();
    assert_eq!(names(&db).await, HashSet::from(["after".into()]));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
    let result = db
        .read::<u64, Error, _>(|tx| {
            Box::pin(async move {
                tx.exec("INSERT INTO thing (name) VALUES ('x')", &[]).await
            })
        })
        .await;
    assert!(result.is_err());
}

#[tokio::test]
async fn many_writers_share_commits_and_none_is_lost() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
    let all: Vec<String> = (0..500).map(|n| format!("n{n}")).collect();
    let writes = all.iter().map(|name| add(&db, name));
    for result in futures_util::future::join_all(writes).await {
        result.unwrap();
    }
    assert_eq!(names(&db).await, all.into_iter().collect());
}

#[test]
fn migrations_go_forward_once_and_are_not_edited() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder, &[ONE]).unwrap());
    drop(open(&folder, &[ONE, TWO]).unwrap());
    drop(open(&folder, &[ONE, TWO]).unwrap());
    assert!(matches!(
        open(&folder, &[ONE]),
        Err(Error::Newer { found: 2, known: 1 })
    ));
    let edited = Migration {
        sql: "SELECT 1;",
        ..TWO
    };
    assert!(matches!(
        open(&folder, &[ONE, edited]),
        Err(Error::Changed { number: 2 })
    ));
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let broken = Migration {
        sql: "CREATE TABLE half (id INTEGER); CREATE TABLE thing (id INTEGER);",
        ..TWO
    };
    assert!(open(&folder, &[ONE, broken]).is_err());
    let sound = Migration {
        sql: "CREATE TABLE half (id INTEGER);",
        ..TWO
    };
    open(&folder, &[ONE, sound]).unwrap();
}

#[tokio::test]
async fn every_type_comes_back_as_it_went_in() {
    let folder = TempDir::new().unwrap();
    let db = open(&folder, &[ONE]).unwrap();
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
