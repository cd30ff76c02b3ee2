-- Erases one identity (design 3.10, law L10): every row that carries its id, also of tables that only grow,
-- and the identity itself. The log's bodies and headers stay; the key that opened its payloads goes.
-- Obeys a row of governance_erasure whose grace is over, and nothing else. Returns {table: [rows before, rows after]}.
CREATE OR REPLACE FUNCTION chenu.erase_identity(target uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    which text;
    gone bigint;
    kept bigint;
    counts jsonb := '{}'::jsonb;
BEGIN
    IF current_setting('role') IS DISTINCT FROM 'chenu_system' THEN
        RAISE EXCEPTION 'an identity is erased by the system only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM 1 FROM governance_erasure e
    WHERE e.target_id = target AND e.kind = 'identity' AND e.state = 'erasing' AND e.due_at <= now() FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this identity is not due to be erased' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- What was reserved for it is free again for the others.
    UPDATE governance_installationaccount i SET pico_usd_held = i.pico_usd_held - reserved.pico
    FROM (SELECT h.month, sum(h.pico_usd) AS pico FROM governance_hold h
          WHERE h.identity_id = target AND h.state IN ('held', 'calling') GROUP BY h.month) reserved
    WHERE i.month = reserved.month;
    PERFORM set_config('chenu.erasing', target::text, true);
    FOR which IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND a.attname = 'identity_id' AND NOT a.attisdropped
        ORDER BY c.relname
    LOOP
        gone := 0;
        IF which NOT IN ('governance_auditentry', 'governance_chainhead', 'governance_signedhead') THEN
            EXECUTE format('DELETE FROM public.%I WHERE identity_id = $1', which) USING target;
            GET DIAGNOSTICS gone = ROW_COUNT;
        END IF;
        EXECUTE format('SELECT count(*) FROM public.%I WHERE identity_id = $1', which) INTO kept USING target;
        counts := counts || jsonb_build_object(which, jsonb_build_array(gone + kept, kept));
    END LOOP;
    DELETE FROM governance_identity i WHERE i.id = target;
    PERFORM set_config('chenu.erasing', '', true);
    RETURN counts;
END $$;
