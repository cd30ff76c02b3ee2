-- Budgets by SQL functions (design 3.6): one call per movement, root to leaf, refused whole if one
-- account refuses. The caller's identity is the only one they touch.

CREATE OR REPLACE FUNCTION chenu.window_start(period text) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN period = 'lifetime' THEN DATE '1970-01-01'
                ELSE (date_trunc(period, now() AT TIME ZONE 'UTC'))::date END
$$;

-- The time-ordered id of a ledger row: a UUIDv7 whose 12 bits after the millisecond are its fraction,
-- so that rows written one after another sort in that order.
CREATE OR REPLACE FUNCTION chenu.uuid7() RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    micros bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    fraction integer := ((micros % 1000) * 4096 / 1000)::integer;
    bytes bytea := uuid_send(gen_random_uuid());
BEGIN
    bytes := overlay(bytes PLACING substring(int8send(micros / 1000) FROM 3) FROM 1 FOR 6);
    bytes := set_byte(set_byte(bytes, 6, 112 | (fraction >> 8)), 7, fraction & 255);
    RETURN encode(bytes, 'hex')::uuid;
END $$;

CREATE OR REPLACE FUNCTION chenu.ledger_row(
    node governance_account, kind text, hold uuid, run uuid, thread uuid, tokens bigint, pico bigint, balance bigint)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO governance_ledgerentry
        (id, identity_id, account_id, kind, hold_id, run_id, thread_id, tokens, pico_usd, balance_tokens, at)
    VALUES (chenu.uuid7(), node.identity_id, node.id, kind, hold, run, thread, tokens, pico, balance, clock_timestamp())
$$;

-- Opens an account (or finds it) with its caps: [{"unit", "period", "limit"}]. Caps of an account that
-- exists are left as they are.
CREATE OR REPLACE FUNCTION chenu.ledger_open_of(me uuid, new_kind text, new_ref text, above uuid, caps jsonb) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    node governance_account%ROWTYPE;
    cap jsonb;
    given bigint := 0;
BEGIN
    SELECT * INTO node FROM governance_account a WHERE a.identity_id = me AND a.kind = new_kind AND a.ref = new_ref;
    IF FOUND THEN RETURN node.id; END IF;
    INSERT INTO governance_account (id, identity_id, kind, ref, parent_id, depth, tokens_held, tokens_spent,
                                    tokens_balance, pico_usd_held, pico_usd_spent)
    VALUES (chenu.uuid7(), me, new_kind, new_ref, above,
            coalesce((SELECT p.depth + 1 FROM governance_account p WHERE p.identity_id = me AND p.id = above), 0),
            0, 0, 0, 0, 0)
    ON CONFLICT (identity_id, kind, ref) DO NOTHING
    RETURNING * INTO node;
    IF NOT FOUND THEN
        SELECT * INTO node FROM governance_account a WHERE a.identity_id = me AND a.kind = new_kind AND a.ref = new_ref;
        RETURN node.id;
    END IF;
    FOR cap IN SELECT jsonb_array_elements(caps) LOOP
        IF (cap ->> 'limit')::bigint < 0 THEN RAISE EXCEPTION 'a cap is never negative'; END IF;
        INSERT INTO governance_cap (id, identity_id, account_id, unit, period, "limit", window_start, used)
        VALUES (chenu.uuid7(), me, node.id, cap ->> 'unit', cap ->> 'period', (cap ->> 'limit')::bigint,
                chenu.window_start(cap ->> 'period'), 0);
        IF cap ->> 'unit' = 'tokens' AND given = 0 THEN given := (cap ->> 'limit')::bigint; END IF;
    END LOOP;
    IF given > 0 THEN
        UPDATE governance_account a SET tokens_balance = given WHERE a.id = node.id;
        PERFORM chenu.ledger_row(node, 'allocation', NULL, NULL, NULL, given, 0, given);
    END IF;
    RETURN node.id;
END $$;

CREATE OR REPLACE FUNCTION chenu.ledger_open(new_kind text, new_ref text, above uuid, caps jsonb) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT chenu.ledger_open_of(chenu.current_identity(), new_kind, new_ref, above, caps)
$$;

-- The accounts from root to leaf, locked in that order: the one lock order of the ledger. NO KEY: a new
-- account refers to its parent at its commit, behind the chain head, and must not wait for a hold there.
CREATE OR REPLACE FUNCTION chenu.ledger_path(leaf uuid) RETURNS SETOF governance_account
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE ids uuid[];
BEGIN
    WITH RECURSIVE up AS (
        SELECT a.id, a.parent_id, a.depth FROM governance_account a
        WHERE a.identity_id = chenu.current_identity() AND a.id = leaf
        UNION ALL
        SELECT p.id, p.parent_id, p.depth FROM governance_account p JOIN up ON p.id = up.parent_id
        WHERE p.identity_id = chenu.current_identity())
    SELECT array_agg(up.id) INTO ids FROM up;
    RETURN QUERY SELECT a.* FROM governance_account a WHERE a.id = ANY (ids) ORDER BY a.depth FOR NO KEY UPDATE;
END $$;

-- Starts the present window of an account's caps; a new window of its main cap of credits is a new allocation.
CREATE OR REPLACE FUNCTION chenu.ledger_roll(node governance_account) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cap governance_cap%ROWTYPE;
    balance bigint := node.tokens_balance;
BEGIN
    FOR cap IN SELECT c.* FROM governance_cap c WHERE c.identity_id = node.identity_id AND c.account_id = node.id
               AND c.window_start < chenu.window_start(c.period) LOOP
        UPDATE governance_cap c SET window_start = chenu.window_start(cap.period), used = 0 WHERE c.id = cap.id;
        IF cap.unit = 'tokens' AND cap.id = (chenu.ledger_main_cap(node.identity_id, node.id)).id THEN
            PERFORM chenu.ledger_row(node, 'allocation', NULL, NULL, NULL,
                                     cap."limit" - node.tokens_held - balance, 0, cap."limit" - node.tokens_held);
            balance := cap."limit" - node.tokens_held;
            UPDATE governance_account a SET tokens_balance = balance WHERE a.id = node.id;
        END IF;
    END LOOP;
    RETURN balance;
END $$;

-- Reserves credits and pico-USD on every account of the path. NULL when granted, else why not:
-- {"account", "kind", "unit", "period", "limit", "free", "asked"}. `calling`: from the commit on the call may
-- have happened; a lost hold in this state is settled in full, never free.
DROP FUNCTION IF EXISTS chenu.ledger_hold(uuid, uuid, bigint, bigint, uuid, uuid, bigint);
CREATE OR REPLACE FUNCTION chenu.ledger_hold(
    hold uuid, leaf uuid, asked_tokens bigint, asked_pico bigint, run uuid, thread uuid, ceiling bigint, calling boolean)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    this_month date := chenu.window_start('month');
    top governance_installationaccount%ROWTYPE;
    node governance_account%ROWTYPE;
    cap governance_cap%ROWTYPE;
    balance bigint;
    free bigint;
    asked bigint;
    nodes integer := 0;
BEGIN
    IF asked_tokens < 0 OR asked_pico < 0 THEN RAISE EXCEPTION 'a hold is never negative'; END IF;
    -- Staff may set a lower ceiling than the environment's, never a higher one.
    ceiling := least(ceiling, (SELECT s.monthly_usd_cap * 1000000000000 FROM governance_installationlimit s));
    INSERT INTO governance_installationaccount (month, pico_usd_cap, pico_usd_held, pico_usd_spent)
    VALUES (this_month, ceiling, 0, 0) ON CONFLICT (month) DO NOTHING;
    SELECT * INTO top FROM governance_installationaccount i WHERE i.month = this_month FOR NO KEY UPDATE;
    IF top.pico_usd_held + top.pico_usd_spent + asked_pico > ceiling THEN
        RETURN jsonb_build_object('account', NULL, 'kind', 'installation', 'unit', 'pico_usd', 'period', 'month',
            'limit', ceiling, 'free', ceiling - top.pico_usd_held - top.pico_usd_spent, 'asked', asked_pico);
    END IF;
    FOR node IN SELECT * FROM chenu.ledger_path(leaf) LOOP
        nodes := nodes + 1;
        balance := chenu.ledger_roll(node);
        FOR cap IN SELECT c.* FROM governance_cap c
                   WHERE c.identity_id = node.identity_id AND c.account_id = node.id ORDER BY c.unit, c.period LOOP
            asked := CASE cap.unit WHEN 'tokens' THEN asked_tokens ELSE asked_pico END;
            free := cap."limit" - cap.used - CASE cap.unit WHEN 'tokens' THEN node.tokens_held ELSE node.pico_usd_held END;
            IF asked > free THEN
                RETURN jsonb_build_object('account', node.id, 'kind', node.kind, 'ref', node.ref, 'unit', cap.unit,
                    'period', cap.period, 'limit', cap."limit", 'free', greatest(free, 0), 'asked', asked);
            END IF;
        END LOOP;
        UPDATE governance_account a SET tokens_held = a.tokens_held + asked_tokens,
            pico_usd_held = a.pico_usd_held + asked_pico, tokens_balance = balance - asked_tokens WHERE a.id = node.id;
        PERFORM chenu.ledger_row(node, 'hold', hold, run, thread, -asked_tokens, -asked_pico, balance - asked_tokens);
    END LOOP;
    IF nodes = 0 THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation'; END IF;
    UPDATE governance_installationaccount i SET pico_usd_held = i.pico_usd_held + asked_pico, pico_usd_cap = ceiling
    WHERE i.month = this_month;
    INSERT INTO governance_hold (id, identity_id, account_id, run_id, thread_id, tokens, pico_usd, month, state, created_at)
    VALUES (hold, chenu.current_identity(), leaf, run, thread, asked_tokens, asked_pico, this_month,
            CASE WHEN calling THEN 'calling' ELSE 'held' END, clock_timestamp());
    RETURN NULL;
END $$;

DROP FUNCTION IF EXISTS chenu.ledger_calling(uuid);

-- Ends a hold: what was used is spent, the rest released. False when it had ended before.
CREATE OR REPLACE FUNCTION chenu.ledger_settle(hold uuid, used_tokens bigint, used_pico bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept governance_hold%ROWTYPE;
    node governance_account%ROWTYPE;
    balance bigint;
BEGIN
    IF used_tokens < 0 OR used_pico < 0 THEN RAISE EXCEPTION 'use is never negative'; END IF;
    SELECT * INTO kept FROM governance_hold h WHERE h.id = hold AND h.identity_id = chenu.current_identity();
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM 1 FROM governance_installationaccount i WHERE i.month = kept.month FOR NO KEY UPDATE;
    SELECT * INTO kept FROM governance_hold h WHERE h.id = hold FOR NO KEY UPDATE;
    IF kept.state NOT IN ('held', 'calling') THEN RETURN false; END IF;
    UPDATE governance_installationaccount i SET pico_usd_held = i.pico_usd_held - kept.pico_usd,
        pico_usd_spent = i.pico_usd_spent + used_pico WHERE i.month = kept.month;
    FOR node IN SELECT * FROM chenu.ledger_path(kept.account_id) LOOP
        balance := chenu.ledger_roll(node) + kept.tokens;
        PERFORM chenu.ledger_row(node, 'release', hold, kept.run_id, kept.thread_id, kept.tokens, kept.pico_usd, balance);
        IF used_tokens > 0 OR used_pico > 0 THEN
            balance := balance - used_tokens;
            PERFORM chenu.ledger_row(node, 'settle', hold, kept.run_id, kept.thread_id, -used_tokens, -used_pico, balance);
        END IF;
        UPDATE governance_account a SET tokens_held = a.tokens_held - kept.tokens,
            tokens_spent = a.tokens_spent + used_tokens, pico_usd_held = a.pico_usd_held - kept.pico_usd,
            pico_usd_spent = a.pico_usd_spent + used_pico, tokens_balance = balance WHERE a.id = node.id;
        UPDATE governance_cap c SET used = c.used + CASE c.unit WHEN 'tokens' THEN used_tokens ELSE used_pico END
        WHERE c.identity_id = node.identity_id AND c.account_id = node.id;
    END LOOP;
    UPDATE governance_hold h SET state = CASE WHEN used_tokens > 0 OR used_pico > 0 THEN 'settled' ELSE 'released' END,
        ended_at = clock_timestamp() WHERE h.id = hold;
    RETURN true;
END $$;

-- Moves a share of the monthly credits from the bound identity to another one that some person owns both of.
-- NULL when moved, else why not: {"limit", "free", "asked"}. What is held or spent this month stays covered.
-- `caps`: what the account of the bound identity is opened with, `caps_there`: that of the other one.
CREATE OR REPLACE FUNCTION chenu.ledger_share(there uuid, credits bigint, caps jsonb, caps_there jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := chenu.current_identity();
    node governance_account%ROWTYPE;
    cap governance_cap%ROWTYPE;
    balance bigint;
    moved bigint;
BEGIN
    IF credits <= 0 THEN RAISE EXCEPTION 'a share is more than nothing'; END IF;
    IF there = me OR NOT EXISTS (
        SELECT 1 FROM governance_membership mine
        JOIN governance_membership theirs ON theirs.user_id = mine.user_id
        JOIN governance_identity other ON other.id = theirs.identity_id
        WHERE mine.identity_id = me AND mine.role = 'owner' AND theirs.identity_id = there AND theirs.role = 'owner'
          AND other.status = 'active')
    THEN
        RAISE EXCEPTION 'nobody owns both identities' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Both roots, always in the same order: two shares that cross must not wait for each other.
    IF me < there THEN PERFORM chenu.ledger_open_of(me, 'identity', '', NULL, caps); END IF;
    PERFORM chenu.ledger_open_of(there, 'identity', '', NULL, caps_there);
    IF me > there THEN PERFORM chenu.ledger_open_of(me, 'identity', '', NULL, caps); END IF;
    FOR node IN SELECT a.* FROM governance_account a WHERE a.identity_id IN (me, there) AND a.kind = 'identity'
                ORDER BY a.identity_id FOR NO KEY UPDATE LOOP
        balance := chenu.ledger_roll(node);
        SELECT * INTO cap FROM governance_cap c WHERE c.identity_id = node.identity_id AND c.account_id = node.id
            AND c.unit = 'tokens' AND c.period = 'month';
        IF NOT FOUND THEN RAISE EXCEPTION 'an identity without a monthly cap of credits'; END IF;
        moved := CASE WHEN node.identity_id = me THEN -credits ELSE credits END;
        IF cap."limit" + moved < cap.used + node.tokens_held THEN
            -- RAISE, not RETURN: the other account may have been changed already.
            RAISE EXCEPTION 'share refused' USING ERRCODE = 'CH001', DETAIL = jsonb_build_object(
                'limit', cap."limit", 'free', greatest(cap."limit" - cap.used - node.tokens_held, 0), 'asked', credits)::text;
        END IF;
        UPDATE governance_cap c SET "limit" = c."limit" + moved WHERE c.id = cap.id;
        UPDATE governance_account a SET tokens_balance = balance + moved WHERE a.id = node.id;
        PERFORM chenu.ledger_row(node, 'transfer', NULL, NULL, NULL, moved, 0, balance + moved);
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'CH001' THEN
    DECLARE told text;
    BEGIN
        GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
        RETURN told::jsonb;
    END;
END $$;
