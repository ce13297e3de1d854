-- Secrets that platforms have told in handshakes, until somebody takes them. Few, and looked for by hand: no index holds a
-- second copy of them.
CREATE TABLE told_secrets (
    id     INTEGER PRIMARY KEY,
    source TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    secret TEXT    NOT NULL
) STRICT;
