CREATE SCHEMA IF NOT EXISTS chenu;

-- Who acts. Unset is an error, never “nobody's rows”: a forgotten binding must be seen.
CREATE OR REPLACE FUNCTION chenu.current_identity() RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE bound text := current_setting('chenu.identity', true);
BEGIN
    IF bound IS NULL OR bound = '' THEN
        RAISE EXCEPTION 'no identity is bound to this transaction' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN bound::uuid;
END $$;

-- Only `erase_identity` (functions_rights.sql) may delete: it runs as the owner and names whose rows; the log never goes.
CREATE OR REPLACE FUNCTION chenu.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'chenu_owner' AND TG_TABLE_NAME <> 'governance_auditentry' THEN
        IF OLD.identity_id::text = current_setting('chenu.erasing', true) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% on %: this table only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
