-- Times are milliseconds since 1970, JSON is text, big columns stand last. Rows of numbered tables are never deleted,
-- so that no number comes twice. Checks are written with OR: SQLite builds a table for a longer IN at every write.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY,
    source      TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    seen_again  INTEGER NOT NULL DEFAULT 0,
    removed_at  INTEGER,                       -- when retention removed headers and body
    keys_kept   INTEGER NOT NULL DEFAULT 1,    -- 0 once its dedupe keys are gone, too
    headers     TEXT    NOT NULL,              -- [[name, value], ...]
    body        BLOB
) STRICT;
CREATE INDEX deliveries_kept ON deliveries (received_at, id) WHERE removed_at IS NULL;
CREATE INDEX deliveries_removed ON deliveries (removed_at) WHERE removed_at IS NOT NULL AND keys_kept = 1;

-- Only keyed hashes: the values may be personal, and they outlive the bodies.
CREATE TABLE dedupe (
    source   TEXT    NOT NULL,
    hash     BLOB    NOT NULL,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    seen_at  INTEGER NOT NULL,
    PRIMARY KEY (source, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_delivery ON dedupe (delivery);

CREATE TABLE people (
    id              INTEGER PRIMARY KEY,
    portal          TEXT    NOT NULL,
    user_id         TEXT,
    email           TEXT,
    match_id        TEXT,
    first_name      TEXT,
    last_name       TEXT,
    account         TEXT    NOT NULL CHECK (account = 'unknown' OR account = 'pending' OR account = 'active'),
    hired_at        INTEGER,
    intent_at       INTEGER,
    invited_at      INTEGER,
    activated_at    INTEGER,
    congratulated_at INTEGER,
    deleted_at      INTEGER,
    created_at      INTEGER NOT NULL,
    way             TEXT    CHECK (way = 'created' OR way = 'invited' OR way = 'link' OR way = 'room'),
    link_expires_at INTEGER,
    reminded_at     INTEGER
) STRICT;
-- Not unique: an address moves to a new account, an id may for a while stand on two rows.
CREATE INDEX people_user ON people (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX people_email ON people (email) WHERE email IS NOT NULL;
CREATE INDEX people_match ON people (match_id) WHERE match_id IS NOT NULL;

CREATE TABLE employees (
    source TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    portal TEXT    NOT NULL,
    person INTEGER NOT NULL REFERENCES people (id),
    UNIQUE (source, id, portal)
) STRICT;
CREATE INDEX employees_person ON employees (person);

CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state = 'ready' OR state = 'running' OR state = 'done' OR state = 'held'
                                         OR state = 'dead' OR state = 'cancelled'),
    reason       TEXT,
    key          TEXT    NOT NULL UNIQUE,
    delivery     INTEGER REFERENCES deliveries (id),
    source       TEXT,
    person       INTEGER REFERENCES people (id),
    portal       TEXT,                         -- of the person
    attempts     INTEGER NOT NULL DEFAULT 0,
    outage_since INTEGER,
    due_at       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    fence        INTEGER NOT NULL DEFAULT 0,
    lease_until  INTEGER,                      -- set while running
    payload      TEXT    NOT NULL,
    steps        TEXT    NOT NULL DEFAULT '[]'
) STRICT;
-- Claims walk one kind in order without touching the rows that are not due; counts need no rows at all.
CREATE INDEX jobs_queue ON jobs (state, kind, id, due_at);
CREATE INDEX jobs_due ON jobs (due_at, kind) WHERE state = 'ready';
CREATE INDEX jobs_person ON jobs (person, state) WHERE person IS NOT NULL;
CREATE INDEX jobs_delivery ON jobs (delivery) WHERE delivery IS NOT NULL;

CREATE TABLE attempts (
    job         INTEGER NOT NULL REFERENCES jobs (id),
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    reason      TEXT,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
