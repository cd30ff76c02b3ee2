-- Limits of providers (design 5.4): requests and tokens of any window that slides with the clock, and calls at once.
-- Takes are numbered without a gap, so one row says whether there is room: the one that is `most` numbers back.
-- `seconds`: until one should ask again; of what was granted, its moment (Unix time).
CREATE OR REPLACE FUNCTION chenu.provider_take(
    asked text, ticket uuid, whose uuid, weight integer, wanted bigint, most integer, most_tokens bigint,
    at_once integer, burst integer, span interval, lease interval, patience interval, ageing interval,
    OUT granted boolean, OUT seconds double precision, OUT why text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gate agents_providergate;
    present timestamptz;
    due timestamptz;
    later timestamptz;
    ahead integer := 0;
    ahead_tokens bigint := 0;
    spent bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);  -- counting is no news for the disk
    SELECT * INTO gate FROM agents_providergate WHERE provider = asked FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO agents_providergate (provider, taken, newest) VALUES (asked, 0, clock_timestamp())
            ON CONFLICT (provider) DO NOTHING;
        SELECT * INTO gate FROM agents_providergate WHERE provider = asked FOR UPDATE;
    END IF;
    present := greatest(clock_timestamp(), gate.newest);
    SELECT extract(epoch FROM taken_at) INTO seconds FROM agents_providertake WHERE id = ticket;
    granted := FOUND;
    IF granted THEN  -- asked again, because the answer was lost
        RETURN;
    END IF;
    due := present;
    wanted := least(wanted, most_tokens);
    DELETE FROM agents_providerwait WHERE provider = asked AND seen_at < present - patience;
    IF EXISTS (SELECT 1 FROM agents_providerwait WHERE provider = asked AND id <> ticket) THEN
        INSERT INTO agents_providerwait (id, provider, identity_id, priority, tokens, since, seen_at)
            VALUES (ticket, asked, whose, weight, coalesce(wanted, 0), present, present)
            ON CONFLICT (id) DO UPDATE SET seen_at = present;
        -- Who waits rises with the time; of equal ones comes first whose identity has had, and asked for, less.
        WITH line AS (
            SELECT id, identity_id, tokens, since, least(3, priority
                + floor(extract(epoch FROM present - since) / extract(epoch FROM ageing))) AS urgent
            FROM agents_providerwait WHERE provider = asked
        ), had AS (
            SELECT identity_id, count(*) AS n FROM agents_providertake
            WHERE provider = asked AND taken_at > present - span GROUP BY identity_id
        ), turns AS (
            SELECT id, tokens, since, urgent, coalesce(n, 0)
                + row_number() OVER (PARTITION BY identity_id ORDER BY urgent DESC, since, id) AS turn
            FROM line LEFT JOIN had USING (identity_id)
        ), placed AS (
            SELECT id, row_number() OVER w - 1 AS place, sum(tokens) OVER w - tokens AS before
            FROM turns WINDOW w AS (ORDER BY urgent DESC, turn, since, id)
        )
        SELECT place, before INTO ahead, ahead_tokens FROM placed WHERE id = ticket;
    END IF;

    -- All limits are tested, for those ahead and for this one, before anything is charged.
    SELECT taken_at + span INTO later FROM agents_providertake
        WHERE provider = asked AND number = gate.taken + 1 + ahead - most;
    IF ahead >= most THEN
        later := present + span;
    END IF;
    IF later >= due THEN
        due := later + interval '1 millisecond';
        why := 'requests';
    END IF;
    SELECT taken_at + interval '1 second' INTO later FROM agents_providertake
        WHERE provider = asked AND number = gate.taken + 1 + ahead - burst;
    IF ahead >= burst THEN
        later := present + interval '1 second' * (ahead / burst);
    END IF;
    IF later >= due THEN
        due := later + interval '1 millisecond';
        why := 'burst';
    END IF;
    IF most_tokens IS NOT NULL THEN
        SELECT coalesce(sum(tokens), 0) INTO spent FROM agents_providertake
            WHERE provider = asked AND taken_at >= present - span;
        IF spent > 0 AND spent + ahead_tokens + wanted > most_tokens THEN
            SELECT min(taken_at) + span INTO later FROM (
                SELECT taken_at, sum(tokens) OVER (ORDER BY number) AS gone FROM agents_providertake
                WHERE provider = asked AND taken_at >= present - span) AS leaving
                WHERE spent - gone + ahead_tokens + wanted <= most_tokens;
            due := greatest(due, coalesce(later, present + span) + interval '1 millisecond');
            why := 'tokens';
        END IF;
    END IF;
    IF at_once <= ahead + (SELECT count(*) FROM agents_providertake
            WHERE provider = asked AND returned_at IS NULL AND ends_at > present) THEN
        due := greatest(due, present + interval '200 milliseconds');
        why := 'at_once';
    END IF;
    -- What the provider itself has said.
    IF gate.not_before > due THEN
        due := gate.not_before;
        why := 'provider';
    END IF;
    IF gate.requests_until > due AND gate.left_requests <= ahead THEN
        due := gate.requests_until;
        why := 'provider';
    END IF;
    IF gate.tokens_until > due AND gate.left_tokens < ahead_tokens + coalesce(wanted, 0) THEN
        due := gate.tokens_until;
        why := 'provider';
    END IF;

    granted := why IS NULL;
    seconds := extract(epoch FROM due - present);
    IF granted THEN
        seconds := extract(epoch FROM present);
        INSERT INTO agents_providertake (id, provider, number, identity_id, tokens, taken_at, ends_at)
            VALUES (ticket, asked, gate.taken + 1, whose, coalesce(wanted, 0), present, present + lease);
        UPDATE agents_providergate SET taken = gate.taken + 1, newest = present,
            left_requests = gate.left_requests - 1, left_tokens = gate.left_tokens - coalesce(wanted, 0)
            WHERE provider = asked;
        DELETE FROM agents_providerwait WHERE id = ticket;
    ELSE
        INSERT INTO agents_providerwait (id, provider, identity_id, priority, tokens, since, seen_at)
            VALUES (ticket, asked, whose, weight, coalesce(wanted, 0), present, present)
            ON CONFLICT (id) DO UPDATE SET seen_at = present;
    END IF;
END $$;

-- The call is over, or was never made: its place is free; what it has taken stays counted.
CREATE OR REPLACE FUNCTION chenu.provider_leave(ticket uuid, used bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE agents_providertake SET returned_at = clock_timestamp(), tokens = used
        WHERE id = ticket AND returned_at IS NULL;
    IF NOT FOUND THEN
        DELETE FROM agents_providerwait WHERE id = ticket;
    END IF;
END $$;

-- What a provider said in an answer. It could not count the calls under way then: they are taken off.
CREATE OR REPLACE FUNCTION chenu.provider_obey(
    asked text, pause interval, left_r bigint, left_r_for interval, left_t bigint, left_t_for interval) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    present timestamptz := clock_timestamp();
    under_way integer;
    their_tokens bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO agents_providergate (provider, taken, newest) VALUES (asked, 0, present)
        ON CONFLICT (provider) DO NOTHING;
    PERFORM 1 FROM agents_providergate WHERE provider = asked FOR UPDATE;
    SELECT count(*), coalesce(sum(tokens), 0) INTO under_way, their_tokens FROM agents_providertake
        WHERE provider = asked AND returned_at IS NULL AND ends_at > present;
    UPDATE agents_providergate SET
        not_before = greatest(not_before, present + pause),
        left_requests = CASE WHEN left_r_for IS NULL THEN left_requests ELSE left_r - under_way END,
        requests_until = CASE WHEN left_r_for IS NULL THEN requests_until ELSE present + left_r_for END,
        left_tokens = CASE WHEN left_t_for IS NULL THEN left_tokens ELSE left_t - their_tokens END,
        tokens_until = CASE WHEN left_t_for IS NULL THEN tokens_until ELSE present + left_t_for END
        WHERE provider = asked;
END $$;
