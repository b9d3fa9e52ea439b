//! Table: what the portal keeps, as migrations.

use db::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "what is published",
        sql: PUBLISHED,
    },
    Migration {
        number: 2,
        name: "what is ordered",
        sql: ORDERED,
    },
];

const PUBLISHED: &str = "
    CREATE TABLE mappe (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        iri TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,             -- the body that published it
        kind TEXT NOT NULL,              -- saksmappe or moetemappe
        system_id TEXT,
        tittel TEXT NOT NULL,
        tittel_sensitiv TEXT NOT NULL,
        aar TEXT,
        nummer TEXT,                     -- of the case, or of the meeting
        utvalg TEXT,
        dato TEXT,                       -- saksdato or moetedato, yyyy-mm-dd
        klokke TEXT,                     -- hh:mm
        sted TEXT,
        videolink TEXT,
        beskrivelse TEXT,
        adm_enhet TEXT,
        ansvarlig TEXT,
        arkiv TEXT,                      -- systemID of the archive, of its part
        arkivdel TEXT
    ) STRICT;
    CREATE INDEX mappe_by_date ON mappe (kind, dato);
    CREATE INDEX mappe_by_owner ON mappe (owner, kind, dato);
    CREATE TABLE registrering (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        iri TEXT NOT NULL UNIQUE,
        einnsyn_id TEXT NOT NULL,        -- the name that kvitteringer give it
        owner TEXT NOT NULL,
        kind TEXT NOT NULL,
        mappe INTEGER REFERENCES mappe (id),
        system_id TEXT,
        tittel TEXT NOT NULL,
        tittel_sensitiv TEXT NOT NULL,
        slag TEXT,                       -- code of its type
        dato TEXT,                       -- journaldato or moetedato
        dokumentdato TEXT,
        aar TEXT,
        sekvens TEXT,
        nummer TEXT,                     -- in the case, or on the agenda
        saksbehandler TEXT,
        adm_enhet TEXT,
        journalenhet TEXT,
        beskrivelse TEXT,
        videolink TEXT,
        referanse TEXT,                  -- IRI of the saksframlegg
        key INTEGER NOT NULL,            -- its row in the search index
        published INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        named INTEGER NOT NULL           -- whether the index has its sensitive text
    ) STRICT;
    CREATE INDEX registrering_by_mappe ON registrering (mappe);
    CREATE INDEX registrering_by_system_id ON registrering (owner, system_id);
    CREATE INDEX registrering_named ON registrering (published) WHERE named = 1;
    CREATE INDEX registrering_unindexed ON registrering (key) WHERE key = 0;
    CREATE TABLE part (
        registrering INTEGER NOT NULL REFERENCES registrering (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        slag TEXT NOT NULL,
        navn TEXT NOT NULL,
        navn_sensitiv TEXT NOT NULL,
        PRIMARY KEY (registrering, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE dokument (
        registrering INTEGER NOT NULL REFERENCES registrering (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        slag TEXT NOT NULL,
        tittel TEXT NOT NULL,
        tittel_sensitiv TEXT NOT NULL,
        fil TEXT,                        -- address of its text, where that is published
        format TEXT,
        PRIMARY KEY (registrering, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE skjerming (
        registrering INTEGER PRIMARY KEY REFERENCES registrering (id) ON DELETE CASCADE,
        restriksjon TEXT NOT NULL,
        hjemmel TEXT
    ) STRICT;
    -- Registreringer whose mappe has not come yet.
    CREATE TABLE orphan (
        registrering INTEGER PRIMARY KEY REFERENCES registrering (id) ON DELETE CASCADE,
        mappe_iri TEXT NOT NULL
    ) STRICT;
    CREATE INDEX orphan_by_mappe ON orphan (mappe_iri);
    -- Word stems alone; rowid is the date and then the id, so that the newest come last.
    CREATE VIRTUAL TABLE search USING fts5 (
        washed, sensitive, tags,
        content = '', contentless_delete = 1, prefix = '3 4 5 6',
        tokenize = 'unicode61 remove_diacritics 0'
    );
    CREATE TABLE event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        iri TEXT NOT NULL,
        owner TEXT NOT NULL,
        at INTEGER NOT NULL,
        what TEXT NOT NULL,              -- published, changed, withdrawn or refused
        message_id TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_by_iri ON event (iri, id);
    CREATE TABLE import (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        sender TEXT NOT NULL,
        owner TEXT NOT NULL,
        process TEXT NOT NULL,
        name TEXT NOT NULL,              -- of the file
        kind TEXT NOT NULL,              -- what the file turned out to be
        verdict TEXT NOT NULL,
        outcome TEXT NOT NULL,           -- line by line what became of it, as JSON
        payload BLOB                     -- the file, for as long as it is kept
    ) STRICT;
    CREATE INDEX import_with_payload ON import (at) WHERE payload IS NOT NULL;
    -- Kvitteringer that are to be sent: their ids are chosen with the import.
    CREATE TABLE kvittering (
        message_id TEXT PRIMARY KEY,
        receiver TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        dokument_id TEXT NOT NULL,
        status TEXT NOT NULL,
        due INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX kvittering_due ON kvittering (due);";

const ORDERED: &str = "
    CREATE TABLE bestilling (
        id TEXT PRIMARY KEY,
        epost TEXT NOT NULL,
        language TEXT NOT NULL,
        at INTEGER NOT NULL,
        secret TEXT,                     -- what the mailed link must hold; none: verified
        test INTEGER NOT NULL DEFAULT 0  -- made by hand in the test console
    ) STRICT;
    CREATE INDEX bestilling_unverified ON bestilling (epost, at) WHERE secret IS NOT NULL;
    CREATE INDEX bestilling_by_age ON bestilling (at);
    -- One message for each unit that an order goes to.
    CREATE TABLE innsynskrav (
        message_id TEXT PRIMARY KEY,
        bestilling TEXT NOT NULL REFERENCES bestilling (id) ON DELETE CASCADE,
        owner TEXT NOT NULL,             -- whose documents
        receiver TEXT NOT NULL,          -- who handles it
        conversation_id TEXT NOT NULL,
        epost TEXT NOT NULL,             -- the body's own mailbox
        order_xml TEXT NOT NULL,
        emailtext TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        titles TEXT NOT NULL,            -- what was asked for, as JSON
        state TEXT NOT NULL,             -- unverified, waiting, sent or done
        due INTEGER NOT NULL,            -- when to send, or to look, next
        tries INTEGER NOT NULL DEFAULT 0,
        words TEXT                       -- why the last try failed
    ) STRICT;
    CREATE INDEX innsynskrav_due ON innsynskrav (state, due);
    CREATE INDEX innsynskrav_by_order ON innsynskrav (bestilling);
    CREATE TABLE krav_status (
        message_id TEXT NOT NULL REFERENCES innsynskrav (message_id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        status TEXT NOT NULL,
        at TEXT NOT NULL,
        words TEXT,
        PRIMARY KEY (message_id, place)
    ) STRICT, WITHOUT ROWID;
    -- Mails that are to be sent.
    CREATE TABLE mail (
        id TEXT PRIMARY KEY,             -- becomes the Message-ID
        receiver TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        due INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX mail_due ON mail (due);";
