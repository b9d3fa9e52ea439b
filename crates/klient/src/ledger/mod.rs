//! What was begun and what is done: the memory that makes every step repeatable.

pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod order;
pub(crate) mod part;
pub(crate) mod published;
pub(crate) mod visit;
pub(crate) mod watch;

use db::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
    number: 1,
    name: "ledger",
    sql: "
        -- A file that was taken from the folder inn. Never deleted: it is the record of
        -- what was published, changed and withdrawn.
        CREATE TABLE file (
            name TEXT PRIMARY KEY,          -- as it lies in its folder
            state TEXT NOT NULL,            -- the folder that it belongs in
            came INTEGER NOT NULL,
            release INTEGER NOT NULL,       -- not sent before
            held TEXT,                      -- why a person must let it go
            approved TEXT,                  -- the person who did
            judged TEXT NOT NULL            -- what was found in it: JSON
        ) STRICT;
        -- One message of a file, under the ids that were chosen before it was sent.
        CREATE TABLE part (
            file TEXT NOT NULL REFERENCES file (name),
            number INTEGER NOT NULL,
            iri TEXT NOT NULL,
            withdraws INTEGER NOT NULL,
            meeting INTEGER NOT NULL,
            payload BLOB NOT NULL,
            message_id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL,
            state TEXT NOT NULL,
            words TEXT NOT NULL DEFAULT '[]', -- what others said of it: JSON
            changed INTEGER NOT NULL,
            look INTEGER NOT NULL DEFAULT 0,  -- not asked after before
            PRIMARY KEY (file, number)
        ) STRICT;
        CREATE INDEX part_state ON part (state, look);
        CREATE INDEX part_iri ON part (iri, changed);
        CREATE INDEX part_conversation ON part (conversation_id);
        -- What is published now, by the part that said it last.
        CREATE TABLE published (
            iri TEXT PRIMARY KEY,
            file TEXT NOT NULL,
            number INTEGER NOT NULL
        ) STRICT;
        -- Which objects it was published with.
        CREATE TABLE inside (
            object TEXT NOT NULL,
            iri TEXT NOT NULL REFERENCES published (iri) ON DELETE CASCADE,
            PRIMARY KEY (object, iri)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX inside_iri ON inside (iri);
        -- What eInnsyn has complained of.
        CREATE TABLE complaint (
            element_type TEXT NOT NULL,
            attributt TEXT NOT NULL,
            feilmelding TEXT NOT NULL,
            PRIMARY KEY (element_type, attributt, feilmelding)
        ) STRICT;
        -- An order, by what it asks for: its id, the owner, the documents.
        CREATE TABLE krav (
            key TEXT PRIMARY KEY,
            came INTEGER NOT NULL,
            due INTEGER NOT NULL,
            requester TEXT NOT NULL,        -- a digest; nobody's address is kept
            done INTEGER
        ) STRICT;
        CREATE INDEX krav_requester ON krav (requester, came);
        CREATE TABLE krav_document (
            document TEXT NOT NULL,
            key TEXT NOT NULL REFERENCES krav (key) ON DELETE CASCADE,
            PRIMARY KEY (document, key)
        ) STRICT, WITHOUT ROWID;
        -- A target that said yes.
        CREATE TABLE delivery (
            key TEXT NOT NULL,
            target TEXT NOT NULL,
            at INTEGER NOT NULL,
            place TEXT,                     -- where a person takes it from
            taken INTEGER,
            PRIMARY KEY (key, target)
        ) STRICT;
        -- What the operator was told of, and is not told of twice.
        CREATE TABLE alert (
            name TEXT PRIMARY KEY,
            since INTEGER NOT NULL,
            words TEXT NOT NULL,
            told INTEGER
        ) STRICT;
        -- Mixed into digests, so that they say nothing to others.
        CREATE TABLE salt (value BLOB NOT NULL) STRICT;
        INSERT INTO salt VALUES (randomblob(16));",
}, Migration {
    number: 2,
    name: "forms and unanswerable orders",
    sql: "
        -- What a person fills in.
        CREATE TABLE form (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,             -- journalpost or moete
            state TEXT NOT NULL,
            version INTEGER NOT NULL,       -- counts the changes
            title TEXT NOT NULL,            -- the washed one
            typed TEXT NOT NULL,            -- as it was typed: JSON
            heads TEXT NOT NULL DEFAULT '[]', -- IRI and class of what is published from it: JSON
            changed INTEGER NOT NULL,
            changed_by TEXT NOT NULL,
            file TEXT                       -- the last that it became
        ) STRICT;
        CREATE INDEX form_changed ON form (changed);
        -- What was done with it, and by whom: never changed.
        CREATE TABLE form_event (
            form TEXT NOT NULL REFERENCES form (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            note TEXT NOT NULL,
            PRIMARY KEY (form, number)
        ) STRICT, WITHOUT ROWID;
        -- A file that it became, to be judged and sent like any other.
        CREATE TABLE form_file (
            name TEXT PRIMARY KEY,
            form TEXT NOT NULL REFERENCES form (id),
            payload BLOB NOT NULL,
            approver TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX form_file_form ON form_file (form);
        -- An order whose citizen's address cannot be read.
        ALTER TABLE krav ADD COLUMN unanswerable INTEGER NOT NULL DEFAULT 0;
        -- Who is logged in.
        CREATE TABLE visit (
            digest BLOB PRIMARY KEY,
            who TEXT NOT NULL,
            until INTEGER NOT NULL
        ) STRICT;",
}, Migration {
        number: 3,
        name: "before",
        sql: "
        -- What was published by the client that was here before, and not since from here.
        CREATE TABLE before (iri TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;",
    },
];
