-- The queue, and what has expired, in an index each: neither is read to find one message by
-- its id.

DROP INDEX incoming_in_order;
CREATE INDEX incoming_in_order ON incoming (owner, id, locked_until) WHERE expired = 0;
CREATE INDEX incoming_expired ON incoming (owner, id) WHERE expired = 1;
