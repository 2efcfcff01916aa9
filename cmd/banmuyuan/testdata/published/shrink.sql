-- shrink.sql takes households that nothing but the register names out of a database of a published version, in every schema alike,
-- so that its dump stays small and everything still holds. Schema and migrations stay as they are; see migrations_test.go.
\set ON_ERROR_STOP 1
SET session_replication_role = replica;
BEGIN;
CREATE TEMP TABLE keep (id bigint PRIMARY KEY);
DO $$
DECLARE c record;
BEGIN
  FOR c IN SELECT n.nspname AS s, k.relname AS t, a.attname AS col, a.atttypid = 'bigint[]'::regtype AS list
    FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid AND k.relkind = 'r' JOIN pg_namespace n ON n.oid = k.relnamespace
    WHERE n.nspname IN ('catalog', 'orders', 'payments', 'web') AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname IN ('household', 'household_id', 'households', 'on_behalf_of') AND a.atttypid IN ('bigint'::regtype, 'bigint[]'::regtype)
      AND (n.nspname || '.' || k.relname) NOT IN ('catalog.person', 'catalog.holding', 'catalog.membership', 'catalog.household_action', 'catalog.lot', 'catalog.season_change', 'payments.account_batch_row')
  LOOP
    IF c.list THEN
      EXECUTE format('INSERT INTO keep SELECT DISTINCT unnest(%I) FROM %I.%I ON CONFLICT DO NOTHING', c.col, c.s, c.t);
    ELSE
      EXECUTE format('INSERT INTO keep SELECT DISTINCT %I FROM %I.%I WHERE %I > 0 ON CONFLICT DO NOTHING', c.col, c.s, c.t, c.col);
    END IF;
  END LOOP;
END $$;
INSERT INTO keep SELECT household_id FROM catalog.lot WHERE reserved > 0 OR delivered > 0 ON CONFLICT DO NOTHING;
INSERT INTO keep SELECT household FROM payments.account_batch_row WHERE account_id IS NOT NULL AND household > 0 ON CONFLICT DO NOTHING;
INSERT INTO keep SELECT id FROM catalog.household ORDER BY id LIMIT 40 ON CONFLICT DO NOTHING;
INSERT INTO keep SELECT id FROM catalog.household WHERE retired_at IS NOT NULL OR raiser_org IS NOT NULL ORDER BY id LIMIT 20 ON CONFLICT DO NOTHING;
DELETE FROM catalog.person WHERE household_id NOT IN (SELECT id FROM keep);
DELETE FROM catalog.holding WHERE household_id NOT IN (SELECT id FROM keep);
DELETE FROM catalog.membership WHERE household_id NOT IN (SELECT id FROM keep);
DELETE FROM catalog.household_action WHERE household_id NOT IN (SELECT id FROM keep);
DELETE FROM catalog.lot WHERE household_id NOT IN (SELECT id FROM keep);
DELETE FROM catalog.household WHERE id NOT IN (SELECT id FROM keep);
DELETE FROM orders.household_ref WHERE id NOT IN (SELECT id FROM keep);
DELETE FROM payments.account_batch_row r WHERE account_id IS NULL AND household NOT IN (SELECT id FROM keep) AND line > 40;
UPDATE catalog.season_change SET lots = ARRAY(SELECT u FROM unnest(lots) u WHERE u IN (SELECT id FROM catalog.lot)), households = ARRAY(SELECT u FROM unnest(households) u WHERE u IN (SELECT id FROM keep));
UPDATE catalog.outbox SET data = jsonb_set(data::jsonb, '{households}', coalesce((SELECT jsonb_agg(h) FROM jsonb_array_elements(data::jsonb->'households') h WHERE (h->>'id')::bigint IN (SELECT id FROM keep)), '[]'))::json
  WHERE subject LIKE '%households.changed';
COMMIT;
