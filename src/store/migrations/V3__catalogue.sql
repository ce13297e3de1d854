-- What a question to a platform is about: those of one subject are asked one at a time, in order.
ALTER TABLE jobs ADD COLUMN lane TEXT GENERATED ALWAYS AS (payload ->> 'lane') VIRTUAL;
CREATE INDEX jobs_lane ON jobs (lane, state, id) WHERE lane IS NOT NULL;
