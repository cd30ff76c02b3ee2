-- The circuit breakers of providers (design 5.4), exact across processes: each change locks the provider's one row.

-- May this call be made? Closed: yes. Once an open one's pause is over, one caller at a time finds out (`ticket`).
CREATE OR REPLACE FUNCTION chenu.provider_admit(
    asked text, ticket uuid, longest interval, OUT admitted boolean, OUT seconds double precision, OUT was text, OUT now_is text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held agents_providerhealth;
    present timestamptz;
BEGIN
    SELECT * INTO held FROM agents_providerhealth WHERE provider = asked;
    IF NOT FOUND OR held.state = 'closed' THEN
        admitted := true;
        RETURN;
    END IF;
    SELECT * INTO held FROM agents_providerhealth WHERE provider = asked FOR UPDATE;
    present := clock_timestamp();
    was := held.state;
    now_is := held.state;
    admitted := held.state = 'closed' OR coalesce(held.probe = ticket, false)
        OR held.state = 'open' AND held.retry_at <= present
        OR held.state = 'half_open' AND (held.probe IS NULL OR held.probe_until <= present);
    IF NOT admitted THEN
        seconds := extract(epoch FROM CASE WHEN held.state = 'open' THEN held.retry_at ELSE held.probe_until END - present);
    ELSIF held.state <> 'closed' THEN
        now_is := 'half_open';
        UPDATE agents_providerhealth SET state = now_is, probe = ticket, probe_until = present + longest,
            changed_at = CASE WHEN was = now_is THEN changed_at ELSE present END WHERE provider = asked;
    END IF;
END $$;

-- Who was to find out did not call after all: the next one may.
CREATE OR REPLACE FUNCTION chenu.provider_unclaim(asked text, ticket uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE agents_providerhealth SET probe = NULL, probe_until = NULL WHERE provider = asked AND probe = ticket;
$$;

-- How a call has ended. `telling`: a failure that says something of the provider. One success closes; three such
-- failures in a row open; so does the first one of a trial. What began before it opened and fails later tells nothing
-- new, so that many calls at once do not make the pause longer than one.
CREATE OR REPLACE FUNCTION chenu.provider_observe(
    asked text, of_model text, said text, ticket uuid, ok boolean, telling boolean,
    first_ms integer, whole_ms integer, rate real, OUT was text, OUT now_is text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    weight CONSTANT double precision := 0.2;
    held agents_providerhealth;
    present timestamptz;
    is_trial boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO agents_providerhealth (provider, state, failures, changed_at, error_rate, last_code)
        VALUES (asked, 'closed', 0, clock_timestamp(), 0, '') ON CONFLICT (provider) DO NOTHING;
    SELECT * INTO held FROM agents_providerhealth WHERE provider = asked FOR UPDATE;
    present := clock_timestamp();
    was := held.state;
    is_trial := coalesce(held.probe = ticket, false);
    IF ok THEN
        held.state := 'closed';
        held.failures := 0;
        held.opened_at := NULL;
        held.retry_at := NULL;
        held.succeeded_at := present;
    ELSIF telling AND (is_trial OR held.state = 'closed') THEN
        held.failures := held.failures + 1;
        IF is_trial OR held.failures >= 3 THEN
            held.state := 'open';
            held.opened_at := present;
            held.retry_at := present + least(held.failures * interval '60 seconds', interval '15 minutes');
        END IF;
    END IF;
    IF ok OR is_trial THEN
        held.probe := NULL;
        held.probe_until := NULL;
    END IF;
    IF ok OR telling THEN
        held.error_rate := held.error_rate + weight * ((NOT ok)::integer - held.error_rate);
    END IF;
    IF ok THEN
        held.first_token_ms := coalesce(held.first_token_ms + weight * (first_ms - held.first_token_ms), held.first_token_ms, first_ms);
        held.total_ms := coalesce(held.total_ms + weight * (whole_ms - held.total_ms), whole_ms);
    END IF;
    now_is := held.state;
    UPDATE agents_providerhealth SET state = held.state, failures = held.failures, opened_at = held.opened_at,
        retry_at = held.retry_at, probe = held.probe, probe_until = held.probe_until, error_rate = held.error_rate,
        first_token_ms = held.first_token_ms, total_ms = held.total_ms, seen_at = present,
        succeeded_at = held.succeeded_at, last_code = said,
        changed_at = CASE WHEN was = now_is THEN held.changed_at ELSE present END WHERE provider = asked;
    INSERT INTO agents_healthobservation (provider, model, at, ok, code, first_token_ms, total_ms, tokens_per_second, state)
        VALUES (asked, of_model, present, ok, said, first_ms, whole_ms, rate, now_is);
    IF rate IS NOT NULL THEN
        INSERT INTO agents_modelspeed AS known (provider, model, tokens_per_second, calls, at)
            VALUES (asked, of_model, rate, 1, present)
            ON CONFLICT (provider, model) DO UPDATE SET calls = known.calls + 1, at = present,
                tokens_per_second = known.tokens_per_second + weight * (rate - known.tokens_per_second);
    END IF;
END $$;
