-- What came by BEST/EDU: under which id of the archive's own, what it was, and which entry
-- of the journal it published, so that the answer goes home under that id.
CREATE TABLE melding (
    conversation INTEGER PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    given_id TEXT NOT NULL,              -- the archive's conversationId, as it wrote it
    digest TEXT NOT NULL,                -- of what was published
    iri TEXT NOT NULL,                   -- the entry
    sender TEXT NOT NULL,                -- the parties, as the archive named them
    sender_ref TEXT,
    receiver TEXT NOT NULL,
    receiver_ref TEXT,
    UNIQUE (owner, given_id)
) STRICT;
CREATE INDEX melding_by_iri ON melding (owner, iri);
-- The archive is told by a subscription that callers do not see; there is one of it.
CREATE UNIQUE INDEX subscription_of_archive ON subscription (owner)
    WHERE resource = 'bestedu';
