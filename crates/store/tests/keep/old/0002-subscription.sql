-- Who wants to be told of statuses, where and of which.

CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    push_endpoint TEXT NOT NULL,
    resource TEXT NOT NULL,
    event TEXT NOT NULL,
    filter TEXT
) STRICT;
CREATE INDEX subscription_by_name ON subscription (owner, name, push_endpoint);
