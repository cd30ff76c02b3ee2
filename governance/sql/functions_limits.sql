-- Limits of requests (design 3.9): a window of 61 one-second places slides with the clock. The oldest place is
-- counted until all of it is a minute old, so that no 60 seconds ever hold more than `most`.
CREATE OR REPLACE FUNCTION chenu.request_take(
    asked text, most integer, OUT allowed boolean, OUT remaining integer, OUT reset integer)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    places CONSTANT integer := 61;
    present bigint := extract(epoch FROM clock_timestamp())::bigint;
    held governance_requestcount;
    passed integer;
    used integer;
BEGIN
    INSERT INTO governance_requestcount VALUES (asked, present, array_fill(0::smallint, ARRAY[places]))
        ON CONFLICT (subject) DO NOTHING;
    SELECT * INTO held FROM governance_requestcount WHERE subject = asked FOR UPDATE;
    present := greatest(extract(epoch FROM clock_timestamp())::bigint, held.newest);
    passed := least(places, present - held.newest);
    held.counts := held.counts[passed + 1 : places] || array_fill(0::smallint, ARRAY[passed]);
    SELECT coalesce(sum(each), 0) INTO used FROM unnest(held.counts) AS each;
    allowed := used < most;
    IF allowed THEN
        held.counts[places] := held.counts[places] + 1;
        used := used + 1;
    END IF;
    UPDATE governance_requestcount SET newest = present, counts = held.counts WHERE subject = asked;
    remaining := greatest(0, most - used);
    -- Seconds until the oldest counted request leaves the window.
    SELECT coalesce(min(place), places) INTO reset FROM unnest(held.counts) WITH ORDINALITY AS each(n, place) WHERE n > 0;
END $$;
