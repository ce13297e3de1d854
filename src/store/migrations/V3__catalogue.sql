-- What a question to a platform is about: those of one subject are asked one at a time, in order.
ALTER TABLE jobs ADD COLUMN lane TEXT GENERATED ALWAYS AS (payload ->> 'lane') VIRTUAL;
CREATE INDEX jobs_lane ON jobs (lane, state, id) WHERE lane IS NOT NULL;
-- Each source has its own places for questions, so they are claimed source by source.
CREATE INDEX jobs_asking ON jobs (source, id, due_at) WHERE kind = 'fetch' AND state = 'ready';

-- Secrets that platforms have told in handshakes, until somebody takes them. Few, and looked for by hand: no index holds a
-- second copy of them.
CREATE TABLE told_secrets (
    id     INTEGER PRIMARY KEY,
    source TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    secret TEXT    NOT NULL
) STRICT;
