-- Caps set by people (design 3.6). The account's row is locked first, as by every movement.

-- The first id that a row written at or after a moment can have: a UUIDv7 begins with its millisecond.
CREATE OR REPLACE FUNCTION chenu.uuid7_from(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(overlay('\x00000000000070008000000000000000'::bytea
        PLACING substring(int8send(greatest(floor(extract(epoch FROM moment) * 1000)::bigint, 0)) FROM 3) FROM 1 FOR 6),
        'hex')::uuid
$$;

-- What the balance of an account stands for: its monthly cap of credits, else the lifetime's, and so on.
CREATE OR REPLACE FUNCTION chenu.ledger_main_cap(me uuid, node uuid) RETURNS governance_cap
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.* FROM governance_cap c WHERE c.identity_id = me AND c.account_id = node AND c.unit = 'tokens'
    ORDER BY array_position(ARRAY['month', 'lifetime', 'year', 'week', 'day'], c.period::text) LIMIT 1
$$;

-- What the ledger says was used of an account since the present window of a period began.
CREATE OR REPLACE FUNCTION chenu.ledger_used(node governance_account, of_unit text, of_period text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(-sum(CASE of_unit WHEN 'tokens' THEN e.tokens ELSE e.pico_usd END), 0)::bigint
    FROM governance_ledgerentry e
    WHERE e.identity_id = node.identity_id AND e.account_id = node.id AND e.kind = 'settle'
      AND e.id >= chenu.uuid7_from(chenu.window_start(of_period)::timestamp AT TIME ZONE 'UTC' - interval '1 second')
      AND e.at >= chenu.window_start(of_period)::timestamp AT TIME ZONE 'UTC'
$$;

-- Sets a cap (`new_limit`), or removes it (NULL). `before` is what the caller saw, NULL for no cap: when another has
-- changed it meanwhile nothing happens. The answer is {"changed", "limit": the limit before, "cap": its id}.
CREATE OR REPLACE FUNCTION chenu.ledger_cap(
    account uuid, of_unit text, of_period text, new_limit bigint, before bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := chenu.current_identity();
    node governance_account%ROWTYPE;
    cap governance_cap%ROWTYPE;
    main governance_cap%ROWTYPE;
    balance bigint;
    target bigint;
BEGIN
    IF new_limit < 0 THEN RAISE EXCEPTION 'a cap is never negative'; END IF;
    IF of_unit NOT IN ('tokens', 'pico_usd') THEN RAISE EXCEPTION 'no such unit'; END IF;
    SELECT * INTO node FROM governance_account a WHERE a.identity_id = me AND a.id = account FOR NO KEY UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation'; END IF;
    balance := chenu.ledger_roll(node);
    SELECT * INTO cap FROM governance_cap c
    WHERE c.identity_id = me AND c.account_id = node.id AND c.unit = of_unit AND c.period = of_period;
    IF cap."limit" IS DISTINCT FROM before THEN
        RETURN jsonb_build_object('changed', false, 'limit', cap."limit", 'cap', cap.id);
    END IF;
    IF new_limit IS NULL THEN
        DELETE FROM governance_cap c WHERE c.id = cap.id;
    ELSIF cap.id IS NULL THEN
        cap.id := chenu.uuid7();
        INSERT INTO governance_cap (id, identity_id, account_id, unit, period, "limit", window_start, used)
        VALUES (cap.id, me, node.id, of_unit, of_period, new_limit, chenu.window_start(of_period),
                chenu.ledger_used(node, of_unit, of_period));
    ELSE
        UPDATE governance_cap c SET "limit" = new_limit WHERE c.id = cap.id;
    END IF;
    main := chenu.ledger_main_cap(me, node.id);
    target := coalesce(main."limit" - main.used, -node.tokens_spent) - node.tokens_held;
    IF of_unit = 'tokens' AND target <> balance THEN
        UPDATE governance_account a SET tokens_balance = target WHERE a.id = node.id;
        PERFORM chenu.ledger_row(node, 'adjustment', NULL, NULL, NULL, target - balance, 0, target);
    END IF;
    RETURN jsonb_build_object('changed', true, 'limit', before, 'cap', cap.id);
END $$;
