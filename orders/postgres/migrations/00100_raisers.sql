-- +goose Up

-- What the catalogue says of lots that somebody raises on the household's behalf (大户代养): who has which part of what is
-- left after the fee. It never changes for a lot.
CREATE TABLE lot_agent (
    lot_id       bigint PRIMARY KEY,
    household_id bigint NOT NULL,
    org_id       bigint NOT NULL CHECK (org_id > 0),
    bp           int    NOT NULL CHECK (bp BETWEEN 1 AND 10000)
);

ALTER TABLE ticket ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD CONSTRAINT ticket_divided CHECK (NOT settled OR fee_fen + agent_fen <= amount_fen);
ALTER TABLE delivery ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD CONSTRAINT delivery_divided CHECK (agent_fen >= 0 AND fee_fen + agent_fen <= amount_fen);

ALTER TABLE income_entry ADD COLUMN agent_org bigint NOT NULL DEFAULT 0;
ALTER TABLE income_entry ADD COLUMN agent_bp int NOT NULL DEFAULT 0;
ALTER TABLE income_entry ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE income_entry DROP CONSTRAINT income_entry_adds_up;
ALTER TABLE income_entry ADD CONSTRAINT income_entry_adds_up CHECK (amount_fen = gross_fen - fee_fen - agent_fen);
CREATE INDEX income_entry_agent ON income_entry (agent_org, season) WHERE agent_org <> 0;
ALTER TABLE income_fact ADD COLUMN agent bigint NOT NULL DEFAULT 0;
ALTER TABLE income_fact ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;

-- What the text that a household signs says of it.
ALTER TABLE quota ADD COLUMN agent_org bigint NOT NULL DEFAULT 0;
ALTER TABLE quota ADD COLUMN agent_bp int NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE quota DROP COLUMN agent_bp, DROP COLUMN agent_org;
ALTER TABLE income_fact DROP COLUMN agent_fen, DROP COLUMN agent;
DROP INDEX income_entry_agent;
ALTER TABLE income_entry DROP CONSTRAINT income_entry_adds_up;
ALTER TABLE income_entry ADD CONSTRAINT income_entry_adds_up CHECK (amount_fen = gross_fen - fee_fen) NOT VALID;
ALTER TABLE income_entry DROP COLUMN agent_fen, DROP COLUMN agent_bp, DROP COLUMN agent_org;
ALTER TABLE delivery DROP COLUMN agent_fen;
ALTER TABLE ticket DROP COLUMN agent_fen;
DROP TABLE lot_agent;
