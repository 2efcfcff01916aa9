-- +goose Up

-- Who raises geese for households (大户代养) is somebody who is owed money: an organisation, not only a name. A lot keeps
-- to whom its part goes, because that was agreed when it was made.
ALTER TABLE organisation DROP CONSTRAINT organisation_kind_check;
ALTER TABLE organisation ADD CONSTRAINT organisation_kind_check CHECK (kind IN ('cooperative', 'enterprise', 'supermarket', 'raiser'));
ALTER TABLE household ADD COLUMN raiser_org bigint REFERENCES organisation;
ALTER TABLE lot ADD COLUMN agent_org bigint NOT NULL DEFAULT 0;

-- Names of before become organisations of the village in which most of their geese are.
INSERT INTO organisation (id, kind, name, village_id)
SELECT (SELECT coalesce(max(id), 0) FROM organisation) + row_number() OVER (ORDER BY h.raiser), 'raiser', h.raiser || '（养鹅大户）',
       mode() WITHIN GROUP (ORDER BY h.village_id)
FROM household h WHERE h.raiser <> '' GROUP BY h.raiser;
UPDATE household h SET raiser_org = o.id FROM organisation o WHERE o.kind = 'raiser' AND o.name = h.raiser || '（养鹅大户）';
UPDATE lot l SET agent_org = h.raiser_org FROM household h WHERE h.id = l.household_id AND l.agent_bp > 0 AND h.raiser_org IS NOT NULL;
UPDATE lot SET agent_bp = 0 WHERE agent_org = 0 AND agent_bp > 0;
SELECT setval(pg_get_serial_sequence('organisation', 'id'), max(id)) FROM organisation HAVING max(id) IS NOT NULL;

ALTER TABLE household ADD CONSTRAINT household_raiser CHECK ((raiser = '') = (raiser_org IS NULL));
ALTER TABLE lot ADD CONSTRAINT lot_agent CHECK ((agent_bp = 0) = (agent_org = 0));

-- +goose StatementBegin
CREATE FUNCTION lot_keeps_its_agent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lot % was agreed on with another raiser', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lot_agent_stands';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER lot_agent_stands BEFORE UPDATE OF agent_bp, agent_org ON lot FOR EACH ROW
    WHEN ((NEW.agent_bp, NEW.agent_org) IS DISTINCT FROM (OLD.agent_bp, OLD.agent_org)) EXECUTE FUNCTION lot_keeps_its_agent();

-- +goose Down
DROP TRIGGER lot_agent_stands ON lot;
DROP FUNCTION lot_keeps_its_agent;
ALTER TABLE lot DROP CONSTRAINT lot_agent, DROP COLUMN agent_org;
ALTER TABLE household DROP CONSTRAINT household_raiser, DROP COLUMN raiser_org;
DELETE FROM organisation WHERE kind = 'raiser';
ALTER TABLE organisation DROP CONSTRAINT organisation_kind_check;
ALTER TABLE organisation ADD CONSTRAINT organisation_kind_check CHECK (kind IN ('cooperative', 'enterprise', 'supermarket'));
