-- Less for each message: what is kept of one that is finished is kept for years.
--
-- The id of a message is the 16 bytes of its UUID, or 17 zero bytes and its text when it is
-- none. A status is a number: see `status::CODES`.

-- PostgreSQL: CREATE FUNCTION hex(t text) RETURNS text LANGUAGE sql AS $$ SELECT encode(convert_to(t, 'UTF8'), 'hex') $$;
-- PostgreSQL: CREATE FUNCTION unhex(t text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(t, 'hex') $$;

DROP INDEX conversation_by_update;
DROP INDEX conversation_by_expiry;
ALTER TABLE conversation RENAME TO former_conversation;
ALTER TABLE status RENAME TO former_status;
ALTER TABLE seen RENAME TO former_seen;

-- Every id that there is, as it was and as it is to be.
CREATE TABLE spelled (
    id TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
INSERT INTO spelled (id, bytes)
SELECT id, CASE
    WHEN length(id) = 36 AND length(replace(id, '-', '')) = 32
        AND substr(id, 9, 1) = '-' AND substr(id, 14, 1) = '-'
        AND substr(id, 19, 1) = '-' AND substr(id, 24, 1) = '-'
        AND trim(replace(id, '-', ''), '0123456789abcdef') = ''
    THEN unhex(replace(id, '-', ''))
    ELSE unhex('0000000000000000000000000000000000' || hex(id)) END
FROM (SELECT message_id AS id FROM former_conversation
      UNION SELECT conversation_id FROM former_conversation
      UNION SELECT message_id FROM former_seen) AS ids;

-- Who writes to whom about what: the same for very many messages.
CREATE TABLE correspondence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB UNIQUE,                  -- of all that follows; none for those from before
    direction TEXT NOT NULL,             -- OUTGOING or INCOMING
    sender TEXT NOT NULL,
    sender_identifier TEXT NOT NULL,
    receiver TEXT NOT NULL,
    receiver_identifier TEXT NOT NULL,
    process TEXT NOT NULL,
    document_type TEXT NOT NULL,
    service TEXT NOT NULL
) STRICT;
INSERT INTO correspondence (direction, sender, sender_identifier, receiver,
    receiver_identifier, process, document_type, service)
SELECT DISTINCT direction, sender, sender_identifier, receiver, receiver_identifier,
    process, document_type, service
FROM former_conversation;

-- What is known of one message, for as long as the operator keeps it.
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    message_id BLOB NOT NULL,
    conversation_id BLOB,                -- none: the message's own
    correspondence INTEGER NOT NULL REFERENCES correspondence (id),
    expiry TEXT,                         -- as on the wire; none: `expires_at` in Norway
    expires_at INTEGER,
    finished INTEGER NOT NULL DEFAULT 0,
    last_update INTEGER NOT NULL,
    UNIQUE (owner, message_id)
) STRICT;
INSERT INTO conversation (id, owner, message_id, conversation_id, correspondence, expiry,
    expires_at, finished, last_update)
SELECT f.id, f.owner, m.bytes, NULLIF(c.bytes, m.bytes), r.id, f.expiry, f.expires_at,
    f.finished, f.last_update
FROM former_conversation AS f
JOIN spelled AS m ON m.id = f.message_id
JOIN spelled AS c ON c.id = f.conversation_id
JOIN correspondence AS r ON r.direction = f.direction AND r.sender = f.sender
    AND r.sender_identifier = f.sender_identifier AND r.receiver = f.receiver
    AND r.receiver_identifier = f.receiver_identifier AND r.process = f.process
    AND r.document_type = f.document_type AND r.service = f.service
ORDER BY f.id;
CREATE INDEX conversation_by_update ON conversation (owner, last_update);
CREATE INDEX conversation_by_expiry ON conversation (expires_at) WHERE finished = 0;

CREATE TABLE status (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    value INTEGER NOT NULL,
    description TEXT,
    at INTEGER NOT NULL,
    UNIQUE (conversation, value)
) STRICT;
INSERT INTO status (id, conversation, value, description, at)
SELECT id, conversation, CASE value
    WHEN 'ANNET' THEN 10 WHEN 'FEIL' THEN 20 WHEN 'INNKOMMENDE_LEVERT' THEN 30
    WHEN 'INNKOMMENDE_MOTTATT' THEN 40 WHEN 'LEST' THEN 50 WHEN 'LEVERT' THEN 60
    WHEN 'LEVETID_UTLOPT' THEN 70 WHEN 'MOTTATT' THEN 80 WHEN 'OPPRETTET' THEN 90
    WHEN 'SENDT' THEN 100 END, description, at
FROM former_status ORDER BY id;

-- Every incoming message id ever taken: outlives the message and its conversation.
CREATE TABLE seen (
    owner TEXT NOT NULL,
    message_id BLOB NOT NULL,
    PRIMARY KEY (owner, message_id)
) STRICT, WITHOUT ROWID;
INSERT INTO seen (owner, message_id)
SELECT owner, bytes FROM former_seen JOIN spelled ON spelled.id = former_seen.message_id;

DROP TABLE former_status;
DROP TABLE former_conversation;
DROP TABLE former_seen;
DROP TABLE spelled;
-- PostgreSQL: DROP FUNCTION hex(text);
-- PostgreSQL: DROP FUNCTION unhex(text);
-- PostgreSQL: SELECT setval(pg_get_serial_sequence('conversation', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM conversation), false);
-- PostgreSQL: SELECT setval(pg_get_serial_sequence('status', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM status), false);
