-- Times are milliseconds since 1970, JSON is text.

-- When the guard let somebody in: counted for `new_people_per_day`. `disabled_at` the same for `leavers_per_day`.
ALTER TABLE people ADD COLUMN admitted_at INTEGER;
ALTER TABLE people ADD COLUMN disabled_at INTEGER;
ALTER TABLE people ADD COLUMN starts_on TEXT;
ALTER TABLE people ADD COLUMN ends_on TEXT;
ALTER TABLE people ADD COLUMN left_at INTEGER;        -- when HR said that the employment ends, or never begins
ALTER TABLE people ADD COLUMN merged_into INTEGER;    -- the row that took over what this one knew
ALTER TABLE people ADD COLUMN forgotten_at INTEGER;
ALTER TABLE people ADD COLUMN split_from INTEGER;     -- the row of another human being that had an id of this one
ALTER TABLE people ADD COLUMN grants TEXT NOT NULL DEFAULT '[]';    -- groups and rooms given by us: [{kind, id}, ...]
UPDATE people SET admitted_at = intent_at;
CREATE INDEX people_admitted ON people (admitted_at) WHERE admitted_at IS NOT NULL;
CREATE INDEX people_disabled ON people (disabled_at) WHERE disabled_at IS NOT NULL;

-- Whoever is given up takes along those given up to them.
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;
-- People are asked for by an id of whatever source, also while work is done.
CREATE INDEX employees_id ON employees (id);

-- Further addresses of a person, beside the one in the row.
CREATE TABLE addresses (
    person INTEGER NOT NULL REFERENCES people (id),
    email  TEXT    NOT NULL,
    PRIMARY KEY (person, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_email ON addresses (email);

-- What is to become a job at its time; at most one of a kind for a person.
CREATE TABLE plans (
    person   INTEGER NOT NULL REFERENCES people (id),
    kind     TEXT    NOT NULL,
    due_at   INTEGER NOT NULL,
    key      TEXT    NOT NULL,                -- of the job
    delivery INTEGER REFERENCES deliveries (id),
    hold     TEXT,                            -- why the job is to be born held
    payload  TEXT    NOT NULL,
    PRIMARY KEY (person, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX plans_due ON plans (due_at);
CREATE INDEX plans_delivery ON plans (delivery);

-- Keyed hashes of what forgotten people were known by, so that an old message about them brings nobody back.
CREATE TABLE tombstones (
    hash BLOB PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When event data, details of steps and reasons of a job were removed; what is finished and still has them is looked for.
ALTER TABLE jobs ADD COLUMN emptied_at INTEGER;
CREATE INDEX jobs_full ON jobs (finished_at) WHERE emptied_at IS NULL AND (state = 'done' OR state = 'cancelled');

-- What people did by hand. Subjects are numbers of rows, never names or addresses.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT
) STRICT;
