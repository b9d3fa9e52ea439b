-- A peek's lock has a name, and the queue's order is read without the messages.

ALTER TABLE incoming ADD COLUMN lock_token TEXT;
DROP INDEX incoming_in_order;
CREATE INDEX incoming_in_order ON incoming (owner, expired, id, locked_until);
