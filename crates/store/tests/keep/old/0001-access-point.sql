-- The access point's tables. Times are microseconds since 1970, truth is 0 or 1.
-- `owner` is the organisation number of the access point that the row belongs to:
-- one file holds any number of organisations.

CREATE TABLE organisation (
    orgnr TEXT PRIMARY KEY,
    data_key BLOB NOT NULL,      -- wrapped by the organisation's own certificate
    wrapped_by TEXT NOT NULL,    -- serial number of that certificate
    created_at INTEGER NOT NULL
) STRICT;

-- What is known of one message, for as long as the operator keeps it.
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    message_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    direction TEXT NOT NULL,             -- OUTGOING or INCOMING
    sender TEXT NOT NULL,
    sender_identifier TEXT NOT NULL,
    receiver TEXT NOT NULL,
    receiver_identifier TEXT NOT NULL,
    process TEXT NOT NULL,
    document_type TEXT NOT NULL,
    service TEXT NOT NULL,
    reference TEXT NOT NULL,
    title TEXT NOT NULL,
    expiry TEXT,                         -- as on the wire, offset kept
    expires_at INTEGER,
    finished INTEGER NOT NULL DEFAULT 0,
    last_update INTEGER NOT NULL,
    UNIQUE (owner, message_id)
) STRICT;
CREATE INDEX conversation_by_update ON conversation (owner, last_update);
CREATE INDEX conversation_by_expiry ON conversation (expires_at) WHERE finished = 0;

CREATE TABLE status (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    description TEXT,
    at INTEGER NOT NULL,
    UNIQUE (conversation, value)
) STRICT;

-- Messages that the caller has created and that have not left yet.
CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    message_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    process TEXT NOT NULL,
    sender_identifier TEXT NOT NULL,
    receiver_identifier TEXT NOT NULL,
    service TEXT NOT NULL,
    sbd TEXT NOT NULL,
    submitted INTEGER NOT NULL DEFAULT 0,
    last_updated INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (owner, message_id)
) STRICT;

CREATE TABLE file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outgoing INTEGER NOT NULL REFERENCES outgoing (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB,                        -- encrypted under the data key, or
    content_file TEXT,                   -- the name of a file that is
    UNIQUE (outgoing, name)
) STRICT;

-- Messages that wait for the case system.
CREATE TABLE incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    message_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    process TEXT NOT NULL,
    kind TEXT NOT NULL,
    sender_identifier TEXT NOT NULL,
    receiver_identifier TEXT NOT NULL,
    service TEXT NOT NULL,
    sbd TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    expires_at INTEGER,
    locked_until INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,  -- levetid ran out: kept, no longer offered
    form TEXT NOT NULL,                  -- package, sealed (could not be opened) or none
    remark TEXT,                         -- the signature's verdict, or why it is sealed
    size INTEGER NOT NULL,
    content_file TEXT,                   -- the name of a file that is encrypted, or
    UNIQUE (owner, message_id)
) STRICT;
CREATE INDEX incoming_in_order ON incoming (owner, expired, id);

-- its content, in a table of its own, so that a lock does not write it anew.
CREATE TABLE incoming_content (
    incoming INTEGER PRIMARY KEY REFERENCES incoming (id) ON DELETE CASCADE,
    content BLOB NOT NULL
) STRICT;

-- Every incoming message id ever taken: outlives the message and its conversation.
CREATE TABLE seen (
    owner TEXT NOT NULL,
    message_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (owner, message_id)
) STRICT, WITHOUT ROWID;

-- Work that outlives a request; committed with the state that causes it.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- deliver or report
    message_id TEXT NOT NULL,
    status TEXT,                         -- report: the status to tell of
    sbd TEXT,                            -- report: the message that it is about
    due_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_by_due ON job (due_at);
CREATE INDEX job_by_message ON job (owner, message_id);

-- What could not be read and could not be dead-lettered where it came from.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    description TEXT NOT NULL,
    content BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;
