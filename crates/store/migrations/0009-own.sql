-- One subscription of each kind that no caller asked for.

DROP INDEX subscription_of_archive;
CREATE UNIQUE INDEX subscription_of_our_own ON subscription (owner, resource)
    WHERE resource NOT IN ('all', 'messages');
