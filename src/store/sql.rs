//! Every fixed statement of the store. All of them are prepared when a store is opened, so that a
//! statement that does not fit the tables is found at once and not by the first webhook.
//!
//! Lists come in as JSON arrays (`json_each`), so that texts never depend on data.

macro_rules! job_columns {
    () => {
        "id, kind, state, reason, key, delivery, source, person, payload, attempts, outage_since, due_at, created_at, \
         finished_at, fence, steps, portal"
    };
}

macro_rules! person_columns {
    () => {
        "id, user_id, email, match_id, first_name, last_name, account, hired_at, intent_at, invited_at, activated_at, \
         congratulated_at, deleted_at, created_at, portal, way, link_expires_at, reminded_at, admitted_at, disabled_at, \
         starts_on, ends_on, left_at, merged_into, forgotten_at, grants, split_from"
    };
}

/// The process job of a whole delivery, as opposed to one of its items.
macro_rules! main_job {
    () => {
        "kind = 'process' AND payload ->> 'item' IS NULL"
    };
}

/// Of the person's other jobs (of the kinds ?4) a running one holds job `j` back at ?2; so does an earlier one
/// that is due, retrying (claimed before, due later) or whose lease has run out; a future one (never claimed, due
/// later) does not.
macro_rules! not_held_back {
    () => {
        "(person IS NULL OR NOT EXISTS ( \
            SELECT 1 FROM jobs AS o INDEXED BY jobs_person \
            WHERE o.person = j.person AND o.state IN ('ready', 'running') AND o.id <> j.id \
            AND o.kind IN (SELECT value FROM json_each(?4)) \
            AND (CASE o.state WHEN 'running' THEN o.id < j.id OR o.lease_until >= ?2 \
                ELSE o.id < j.id AND (o.due_at <= ?2 OR o.fence > 0) END)))"
    };
}

/// Of the questions about one subject an earlier one that is not answered yet holds job `j` back.
macro_rules! first_of_lane {
    () => {
        "NOT EXISTS (SELECT 1 FROM jobs AS o INDEXED BY jobs_lane \
            WHERE o.lane = j.lane AND o.state IN ('ready', 'running') AND o.id < j.id)"
    };
}

macro_rules! not_paused {
    () => {
        "(portal IS NULL OR portal NOT IN (SELECT value FROM json_each(?5)))"
    };
}

macro_rules! statements {
    ($($(#[$note:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$note])* pub(super) const $name: &str = $sql;)*
        /// All of the above.
        pub(super) const ALL: &[&str] = &[$($name),*];
    };
}

statements! {
    FIND_KEY = "SELECT delivery FROM dedupe WHERE source = ?1 AND hash = ?2";
    ADD_KEY = "INSERT INTO dedupe (source, hash, delivery, seen_at) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (source, hash) DO NOTHING";
    /// ?1 source, ?2 hash, ?3 the delivery it is to name, ?4 now.
    MOVE_KEY = "UPDATE dedupe SET delivery = ?3, seen_at = ?4 WHERE source = ?1 AND hash = ?2";
    RECEIVED_AT = "SELECT received_at FROM deliveries WHERE id = ?1";
    ADD_DELIVERY = "INSERT INTO deliveries (source, received_at, headers, body) VALUES (?1, ?2, ?3, ?4)";
    SEEN_AGAIN = "UPDATE deliveries SET seen_again = seen_again + 1 WHERE id = ?1";
    HAS_BODY = "SELECT body IS NOT NULL FROM deliveries WHERE id = ?1";
    MAIN_STATE = concat!("SELECT state FROM jobs WHERE delivery = ?1 AND ", main_job!(), " ORDER BY id DESC LIMIT 1");
    MAIN_COUNT = concat!("SELECT count(*) FROM jobs WHERE delivery = ?1 AND ", main_job!());
    GET_DELIVERY = "SELECT id, source, received_at, headers, body FROM deliveries WHERE id = ?1";
    DELIVERIES_SINCE = "SELECT id, source, received_at, headers, body FROM deliveries WHERE received_at >= ?1 ORDER BY id";

    ADD_JOB = "INSERT INTO jobs (kind, state, reason, key, delivery, source, person, portal, payload, due_at, created_at, finished_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, (SELECT source FROM deliveries WHERE id = ?5), ?6, (SELECT portal FROM people WHERE id = ?6), \
        ?7, ?8, ?9, ?10) \
        ON CONFLICT (key) DO NOTHING";

    /// ?1 kind, ?2 now, ?3 limit.
    READY_PROCESS = "SELECT id FROM jobs INDEXED BY jobs_queue \
        WHERE state = 'ready' AND kind = ?1 AND due_at <= ?2 ORDER BY id LIMIT ?3";
    /// As above, for jobs whose worker is gone.
    EXPIRED_PROCESS = "SELECT id FROM jobs INDEXED BY jobs_queue \
        WHERE state = 'running' AND kind = ?1 AND lease_until < ?2 ORDER BY id LIMIT ?3";
    /// ?1 kind, ?2 now, ?3 limit, ?4 all known kinds of actions, ?5 portals to be left alone.
    READY_ACTIONS = concat!("SELECT id FROM jobs AS j INDEXED BY jobs_queue \
        WHERE state = 'ready' AND kind = ?1 AND due_at <= ?2 AND ", not_paused!(), " AND ", not_held_back!(), " ORDER BY id LIMIT ?3");
    EXPIRED_ACTIONS = concat!("SELECT id FROM jobs AS j INDEXED BY jobs_queue \
        WHERE state = 'running' AND kind = ?1 AND lease_until < ?2 AND ", not_paused!(), " AND ", not_held_back!(), " ORDER BY id LIMIT ?3");
    /// The next source after ?1 that has questions.
    NEXT_ASKING = "SELECT source FROM jobs INDEXED BY jobs_asking \
        WHERE kind = 'fetch' AND state = 'ready' AND source > ?1 ORDER BY source LIMIT 1";
    /// ?1 source.
    UNDER_WAY = "SELECT count(*) FROM jobs INDEXED BY jobs_queue WHERE state = 'running' AND kind = 'fetch' AND source = ?1";
    /// ?1 source, ?2 now, ?3 limit.
    READY_QUESTIONS = concat!("SELECT id FROM jobs AS j INDEXED BY jobs_asking \
        WHERE kind = 'fetch' AND state = 'ready' AND source = ?1 AND due_at <= ?2 AND ", first_of_lane!(), " ORDER BY id LIMIT ?3");
    /// ?1 kind, ?2 now, ?3 limit.
    EXPIRED_QUESTIONS = concat!("SELECT id FROM jobs AS j INDEXED BY jobs_queue \
        WHERE state = 'running' AND kind = ?1 AND lease_until < ?2 AND ", first_of_lane!(), " ORDER BY id LIMIT ?3");
    TAKE = concat!("UPDATE jobs SET state = 'running', lease_until = ?2, fence = fence + 1 WHERE id = ?1 RETURNING ", job_columns!());
    EXTEND = "UPDATE jobs SET lease_until = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'running'";
    RECOVER = "UPDATE jobs SET state = 'ready', due_at = ?1, lease_until = NULL WHERE state = 'running'";
    NEXT_DUE = "SELECT due_at FROM jobs INDEXED BY jobs_due \
        WHERE state = 'ready' AND kind IN (SELECT value FROM json_each(?1)) ORDER BY due_at LIMIT 1";
    NEXT_PLAN = "SELECT due_at FROM plans INDEXED BY plans_due \
        WHERE kind IN (SELECT value FROM json_each(?1)) ORDER BY due_at LIMIT 1";

    NOTE_STEP = "UPDATE jobs SET steps = json_insert(steps, '$[#]', json(?3)) WHERE id = ?1 AND fence = ?2 AND state = 'running'";
    /// Columns of a settlement after the two that name the job.
    SETTLE = "UPDATE jobs SET state = ?3, reason = ?4, due_at = coalesce(?5, due_at), attempts = ?6, outage_since = ?7, \
        finished_at = ?8, lease_until = NULL WHERE id = ?1 AND fence = ?2 AND state = 'running'";
    ADD_ATTEMPT = "INSERT INTO attempts (job, number, started_at, finished_at, outcome, reason) \
        VALUES (?1, (SELECT count(*) + 1 FROM attempts WHERE job = ?1), ?2, ?3, ?4, ?5)";
    ATTEMPTS = "SELECT job, number, started_at, finished_at, outcome, reason FROM attempts WHERE job = ?1 ORDER BY number";

    RETRY = "UPDATE jobs SET state = 'ready', reason = NULL, attempts = 0, outage_since = NULL, due_at = ?2, finished_at = NULL \
        WHERE state = 'dead' AND id IN (SELECT value FROM json_each(?1)) RETURNING id";
    /// The next try of a job that waits between two: ?1 jobs, ?2 now.
    HURRY = "UPDATE jobs SET due_at = ?2 WHERE state = 'ready' AND fence > 0 AND reason IS NOT NULL AND due_at > ?2 \
        AND id IN (SELECT value FROM json_each(?1)) RETURNING id";
    RELEASE = "UPDATE jobs SET state = 'ready', reason = NULL, outage_since = NULL, due_at = ?2, finished_at = NULL, \
        steps = json_insert(steps, '$[#]', json(?3)) WHERE state = 'held' AND id IN (SELECT value FROM json_each(?1)) RETURNING id";
    /// ?1 the job, ?2 now, ?3 its new payload, ?4 a step.
    REVIVE = "UPDATE jobs SET state = 'ready', reason = NULL, outage_since = NULL, due_at = ?2, finished_at = NULL, payload = ?3, \
        steps = json_insert(steps, '$[#]', json(?4)) WHERE state = 'held' AND id = ?1";
    /// ?1 the person, ?2 now, ?3 kinds, ?4 the reason.
    CALL_OFF = "UPDATE jobs SET state = 'cancelled', finished_at = ?2, reason = ?4 \
        WHERE person = ?1 AND state IN ('ready', 'held') AND kind IN (SELECT value FROM json_each(?3))";
    /// The same for what is held, unless it is about another employee than the person.
    CALL_OFF_HELD = "UPDATE jobs SET state = 'cancelled', finished_at = ?2, reason = ?4 \
        WHERE person = ?1 AND state = 'held' AND kind IN (SELECT value FROM json_each(?3)) \
        AND (payload ->> '$.event.employee_id' IS NULL OR EXISTS (SELECT 1 FROM employees AS e \
            WHERE e.person = jobs.person AND e.source = jobs.source AND e.id = jobs.payload ->> '$.event.employee_id'))";
    /// Jobs of a person that a later event may still change: held, or ready while their portal is paused; never begun nor
    /// released, with what was told so far.
    WAITING = "SELECT person, kind, key, payload FROM jobs INDEXED BY jobs_person \
        WHERE person = ?1 AND state IN ('held', 'ready') AND fence = 0 AND steps = '[]' AND payload ->> '$.told' IS NOT NULL \
        ORDER BY id";
    /// ?1 the key, ?2 now.
    SUPERSEDE = "UPDATE jobs SET state = 'cancelled', finished_at = ?2, \
        reason = 'called off: a later message about this person has changed what is to be done' \
        WHERE key = ?1 AND state IN ('held', 'ready') AND fence = 0";
    /// ?1 the row that was given up, ?2 the one that took it over.
    REASSIGN = "UPDATE jobs SET person = ?2, \
        fence = fence + (state = 'running' AND coalesce(steps ->> '$[#-1].name', '') <> 'sending') WHERE person = ?1";
    /// Rows that had been given up to ?1 before.
    RELINK = "UPDATE people SET merged_into = ?2 WHERE merged_into = ?1";
    CANCEL = "UPDATE jobs SET state = 'cancelled', finished_at = ?2 \
        WHERE state IN ('ready', 'held', 'dead') AND id IN (SELECT value FROM json_each(?1)) RETURNING id";

    /// ?1 ids, ?2 user ids, ?3 e-mail addresses, ?4 shared ids, ?5 pairs of source and employee id.
    LOAD_PEOPLE = concat!("SELECT ", person_columns!(), " FROM people WHERE id IN ( \
        SELECT value FROM json_each(?1) \
        UNION SELECT id FROM people WHERE user_id IN (SELECT value FROM json_each(?2)) \
        UNION SELECT id FROM people WHERE email IN (SELECT value FROM json_each(?3)) \
        UNION SELECT person FROM addresses WHERE email IN (SELECT value FROM json_each(?3)) \
        UNION SELECT id FROM people WHERE match_id IN (SELECT value FROM json_each(?4)) \
        UNION SELECT e.person FROM json_each(?5) AS k \
            JOIN employees AS e ON e.source = k.value ->> 0 AND e.id = k.value ->> 1) ORDER BY id");
    ALL_PEOPLE = concat!("SELECT ", person_columns!(), " FROM people ORDER BY id");
    /// ?1 the text as written, ?2 in lower case.
    PEOPLE_NAMED = "SELECT id FROM people WHERE user_id = ?2 UNION SELECT id FROM people WHERE email = ?2 \
        UNION SELECT person FROM addresses WHERE email = ?2 UNION SELECT person FROM employees WHERE id = ?1";
    EMPLOYEES = "SELECT source, id FROM employees WHERE person = ?1 ORDER BY rowid";
    ADD_PERSON = concat!("INSERT INTO people (", person_columns!(), ") \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)");
    CHANGE_PERSON = "UPDATE people SET user_id = ?2, email = ?3, match_id = ?4, first_name = ?5, last_name = ?6, account = ?7, \
        hired_at = ?8, intent_at = ?9, invited_at = ?10, activated_at = ?11, congratulated_at = ?12, deleted_at = ?13, \
        created_at = ?14, portal = ?15, way = ?16, link_expires_at = ?17, reminded_at = ?18, admitted_at = ?19, disabled_at = ?20, \
        starts_on = ?21, ends_on = ?22, left_at = ?23, merged_into = ?24, forgotten_at = ?25, grants = ?26, split_from = ?27 WHERE id = ?1";
    /// ?2 is the list to be kept.
    DROP_EMPLOYEES = "DELETE FROM employees WHERE person = ?1 \
        AND NOT EXISTS (SELECT 1 FROM json_each(?2) AS k WHERE employees.source = k.value ->> 0 AND employees.id = k.value ->> 1)";
    ADD_EMPLOYEE = "INSERT INTO employees (source, id, portal, person) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (source, id, portal) DO UPDATE SET person = excluded.person WHERE person <> excluded.person";

    ADDRESSES = "SELECT email FROM addresses WHERE person = ?1";
    /// ?2 is the list to be kept.
    DROP_ADDRESSES = "DELETE FROM addresses WHERE person = ?1 AND email NOT IN (SELECT value FROM json_each(?2))";
    ADD_ADDRESS = "INSERT INTO addresses (person, email) VALUES (?1, ?2) ON CONFLICT (person, email) DO NOTHING";
    /// Columns of a plan without its person.
    PLANS = "SELECT kind, due_at, key, delivery, hold, payload FROM plans WHERE person = ?1 ORDER BY due_at";
    /// ?2 is the list of kinds to be kept.
    DROP_PLANS = "DELETE FROM plans WHERE person = ?1 AND kind NOT IN (SELECT value FROM json_each(?2))";
    PUT_PLAN = "INSERT INTO plans (person, kind, due_at, key, delivery, hold, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
        ON CONFLICT (person, kind) DO UPDATE SET due_at = excluded.due_at, key = excluded.key, delivery = excluded.delivery, \
        hold = excluded.hold, payload = excluded.payload";
    /// Plans of known kinds (?2) whose time has come, first due first; of one person's at the same time `onboard` first.
    RIPE_PLANS = "SELECT kind, due_at, key, delivery, hold, payload, person FROM plans INDEXED BY plans_due \
        WHERE due_at <= ?1 AND kind IN (SELECT value FROM json_each(?2)) ORDER BY due_at, person, kind DESC LIMIT ?3";
    DROP_PLAN = "DELETE FROM plans WHERE person = ?1 AND kind = ?2";
    /// Who was let in and who was disabled since ?1.
    RECENT = "SELECT (SELECT count(*) FROM people WHERE admitted_at > ?1), (SELECT count(*) FROM people WHERE disabled_at > ?1)";
    ANY_TOMBSTONE = "SELECT EXISTS (SELECT 1 FROM tombstones)";
    ADD_TOMBSTONE = "INSERT INTO tombstones (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
    FIND_TOMBSTONE = "SELECT 1 FROM tombstones WHERE hash = ?1";
    ADD_ACT = "INSERT INTO audit (at, who, what, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    ACTS = "SELECT id, at, who, what, subject, detail FROM audit WHERE at >= ?1 ORDER BY id";

    /// Rows that were given up to these.
    MERGED = "SELECT id FROM people WHERE merged_into IN (SELECT value FROM json_each(?1))";
    /// Those whose employment was told to end, or whose account was deleted, at ?1 or before.
    LEAVERS = "SELECT id FROM people WHERE forgotten_at IS NULL AND merged_into IS NULL AND (left_at <= ?1 OR deleted_at <= ?1)";
    /// ?1 people, ?2 further jobs.
    JOBS_OF = concat!("SELECT ", job_columns!(), " FROM jobs WHERE id IN ( \
        SELECT id FROM jobs WHERE person IN (SELECT value FROM json_each(?1)) UNION SELECT value FROM json_each(?2)) ORDER BY id");
    /// Jobs whose event names one of ?1 user ids, ?2 shared ids, ?3 employee ids of whatever source; not those of the people ?4.
    JOBS_NAMING = concat!("SELECT ", job_columns!(), " FROM jobs WHERE (payload ->> '$.event.user_id' IN (SELECT value FROM json_each(?1)) \
        OR payload ->> '$.event.match_id' IN (SELECT value FROM json_each(?2)) \
        OR payload ->> '$.event.employee_id' IN (SELECT value FROM json_each(?3))) \
        AND (person IS NULL OR person NOT IN (SELECT value FROM json_each(?4))) ORDER BY id");
    /// The first job that is to read one of these deliveries.
    TO_BE_READ = "SELECT id FROM jobs WHERE delivery IN (SELECT value FROM json_each(?1)) AND (kind = 'process' OR kind = 'fetch') \
        AND (state = 'ready' OR state = 'running') ORDER BY id LIMIT 1";
    /// ?1 the job, ?2 state, ?3 reason, ?4 key, ?5 when it ended, ?6 payload, ?7 steps, ?8 now.
    EMPTY_JOB = "UPDATE jobs SET state = ?2, reason = ?3, key = ?4, finished_at = ?5, payload = ?6, steps = ?7, emptied_at = ?8 WHERE id = ?1";
    EMPTY_ATTEMPTS = "UPDATE attempts SET reason = NULL WHERE job = ?1";
    /// ?1 the newest end, ?2 how many.
    OLD_JOBS = concat!("SELECT ", job_columns!(), " FROM jobs INDEXED BY jobs_full \
        WHERE emptied_at IS NULL AND (state = 'done' OR state = 'cancelled') AND finished_at <= ?1 ORDER BY finished_at LIMIT ?2");
    /// ?1 the delivery before, ?2 how many.
    BODIES = "SELECT id, source, received_at, headers, body FROM deliveries WHERE id > ?1 AND removed_at IS NULL ORDER BY id LIMIT ?2";

    /// ?1 and ?2 the row before, ?3 the newest time of acceptance to look at, ?4 how many. `fate` is 2 with an
    /// unfinished job or a plan, else 1 with a held or dead one, else 0.
    OLD_DELIVERIES = "WITH batch AS (SELECT id, received_at FROM deliveries INDEXED BY deliveries_kept \
        WHERE removed_at IS NULL AND (received_at, id) > (?1, ?2) AND received_at <= ?3 ORDER BY received_at, id LIMIT ?4) \
        SELECT b.received_at, b.id, \
            coalesce(max(CASE WHEN j.state IN ('ready', 'running') \
            OR EXISTS (SELECT 1 FROM plans WHERE delivery = b.id) THEN 2 WHEN j.state IN ('held', 'dead') THEN 1 ELSE 0 END), 0) AS fate, \
            coalesce(max(j.finished_at), b.received_at) \
        FROM batch AS b LEFT JOIN jobs AS j ON j.delivery = b.id GROUP BY b.received_at, b.id ORDER BY b.received_at, b.id";
    DROP_BODY = "UPDATE deliveries SET headers = '[]', body = NULL, removed_at = ?2 WHERE id = ?1";
    /// ?1 the newest time of removal, ?2 how many.
    FORGOTTEN = "SELECT id FROM deliveries INDEXED BY deliveries_removed \
        WHERE removed_at IS NOT NULL AND keys_kept = 1 AND removed_at <= ?1 ORDER BY removed_at LIMIT ?2";
    DROP_KEYS = "DELETE FROM dedupe WHERE delivery = ?1";
    KEYS_DROPPED = "UPDATE deliveries SET keys_kept = 0 WHERE id = ?1";

    /// The same secret told again counts as new: ?1 source, ?2 secret.
    DROP_TOLD_SECRET = "DELETE FROM told_secrets WHERE source = ?1 AND secret = ?2";
    ADD_TOLD_SECRET = "INSERT INTO told_secrets (source, at, secret) VALUES (?1, ?2, ?3)";
    /// ?1 source, ?2 how many stay.
    /// ?1 source, ?2 how many of the latest are kept beside the first.
    TRIM_TOLD_SECRETS = "DELETE FROM told_secrets WHERE source = ?1 \
        AND id NOT IN (SELECT id FROM told_secrets WHERE source = ?1 ORDER BY at DESC, id DESC LIMIT ?2) \
        AND id <> (SELECT id FROM told_secrets WHERE source = ?1 ORDER BY at, id LIMIT 1)";
    TOLD_SECRETS = "SELECT id, at, secret FROM told_secrets WHERE source = ?1 ORDER BY at, id";
    TOLD_TIMES = "SELECT source, at FROM told_secrets ORDER BY source, at, id";
    /// ?1 a list of numbers.
    FORGET_TOLD_SECRETS = "DELETE FROM told_secrets WHERE id IN (SELECT value FROM json_each(?1))";

    COUNT_JOBS = "SELECT kind, state, count(*) FROM jobs INDEXED BY jobs_queue GROUP BY state, kind ORDER BY kind, state";
    COUNT_PLANS = "SELECT kind, count(*) FROM plans GROUP BY kind ORDER BY kind";
    TOUCH = "INSERT INTO meta (key, value) VALUES ('touched', x'') ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    GET_META = "SELECT value FROM meta WHERE key = ?1";
    SET_META = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    ADD_META = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
}

/// Start of a list of jobs.
pub(super) const JOBS: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE true");
/// Start of a list of deliveries, each with its latest main process job.
pub(super) const DELIVERIES: &str = concat!(
    "SELECT d.id, d.source, d.received_at, length(d.body), j.state, j.reason, d.seen_again, \
        (SELECT json_group_array(json_object('job', o.id, 'state', o.state)) FROM jobs AS o INDEXED BY jobs_delivery \
            WHERE o.delivery = d.id AND o.id > j.id AND (o.kind = 'fetch' OR o.kind = 'process') AND o.state <> 'done'), \
        (SELECT CASE count(*) WHEN 1 THEN max(o.reason) END FROM jobs AS o INDEXED BY jobs_delivery \
            WHERE o.delivery = d.id AND o.id > j.id AND o.kind = 'fetch' AND o.state = 'done') \
     FROM deliveries AS d \
     JOIN jobs AS j ON j.id = (SELECT max(id) FROM jobs WHERE delivery = d.id AND ",
    main_job!(),
    ") WHERE true"
);
