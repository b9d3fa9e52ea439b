-- What the address register last said, for when it is down: the keys of the message
-- service are among it, so each is encrypted under the data key.
CREATE TABLE register_answer (
    owner TEXT NOT NULL,
    question TEXT NOT NULL,              -- the address that was asked
    answer BLOB NOT NULL,
    PRIMARY KEY (owner, question)
) STRICT;
