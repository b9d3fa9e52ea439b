-- What subscribers are to be told: one row an event and subscription, made in the
-- transaction that records the status, and kept for a while as a log of what was sent.

ALTER TABLE subscription ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN paused_until INTEGER NOT NULL DEFAULT 0;

CREATE TABLE push (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    subscription INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,            -- empty for a ping
    conversation_id TEXT NOT NULL,
    direction TEXT NOT NULL,
    service TEXT NOT NULL,
    status TEXT NOT NULL,
    description TEXT,
    at INTEGER NOT NULL,                 -- when the status was recorded
    state TEXT NOT NULL,                 -- waiting, delivered or given up
    leased_until INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    answer INTEGER,                      -- the status code that the endpoint gave last
    last_error TEXT,
    settled_at INTEGER
) STRICT;
CREATE INDEX push_waiting ON push (subscription, id) WHERE state = 'waiting';
CREATE INDEX push_settled ON push (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX push_log ON push (owner, subscription, id);
