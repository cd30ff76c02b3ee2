-- Appends entries and events to one chain, format v1 (design 3.5): called last in the unit of work.
-- The head row is locked here, so two writers of one identity queue and the sequences have no gap.
--   hash = SHA-256('chenu.audit.v1' ‖ chain uuid ‖ seq int8 ‖ previous hash ‖ SHA-256(body))
CREATE OR REPLACE FUNCTION chenu.audit_append(chain uuid, bodies bytea[], payloads bytea[], events jsonb[])
RETURNS TABLE (audit_seq bigint, event_seq bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head governance_chainhead%ROWTYPE;
    entry jsonb;
    news jsonb;
    link bytea;
BEGIN
    IF current_setting('role') IS DISTINCT FROM 'chenu_system' AND chain <> chenu.current_identity() THEN
        RAISE EXCEPTION 'this chain belongs to another identity' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF cardinality(bodies) <> cardinality(payloads) THEN
        RAISE EXCEPTION 'each entry needs its payload';
    END IF;
    SELECT * INTO head FROM governance_chainhead h WHERE h.identity_id = chain FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO governance_chainhead (id, identity_id, seq, hash, event_seq)
        VALUES (gen_random_uuid(), chain, 0, decode(repeat('00', 32), 'hex'), 0)
        ON CONFLICT (identity_id) DO NOTHING;
        SELECT * INTO head FROM governance_chainhead h WHERE h.identity_id = chain FOR UPDATE;
    END IF;
    FOR i IN 1 .. coalesce(cardinality(bodies), 0) LOOP
        entry := convert_from(bodies[i], 'UTF8')::jsonb;
        head.seq := head.seq + 1;
        link := sha256('chenu.audit.v1'::bytea || uuid_send(chain) || int8send(head.seq) || head.hash || sha256(bodies[i]));
        INSERT INTO governance_auditentry (
            id, identity_id, seq, at, body, payload, prev_hash, hash, action, effect, outcome,
            person_id, run_id, request_id, resource_type, resource_id, checkpoint_id)
        VALUES (
            (entry ->> 'id')::uuid, chain, head.seq, (entry ->> 'at')::timestamptz, bodies[i], payloads[i],
            head.hash, link, entry ->> 'action', entry ->> 'effect', entry ->> 'outcome',
            (entry #>> '{actor,person}')::uuid, (entry #>> '{actor,run}')::uuid, (entry ->> 'request')::uuid,
            coalesce(entry #>> '{resource,type}', ''), (entry #>> '{resource,id}')::uuid,
            (entry ->> 'checkpoint')::uuid);
        head.hash := link;
    END LOOP;
    FOREACH news IN ARRAY events LOOP
        head.event_seq := head.event_seq + 1;
        INSERT INTO governance_event (id, identity_id, seq, at, kind, object_id, run_id, data)
        VALUES (gen_random_uuid(), chain, head.event_seq, clock_timestamp(), news ->> 'kind',
                (news ->> 'id')::uuid, (news ->> 'run')::uuid, coalesce(news -> 'data', '{}'::jsonb));
    END LOOP;
    UPDATE governance_chainhead h SET seq = head.seq, hash = head.hash, event_seq = head.event_seq
    WHERE h.identity_id = chain;
    audit_seq := head.seq;
    event_seq := head.event_seq;
    RETURN NEXT;
END $$;
