-- +goose Up

-- What is left of a price after the fee is divided between the household and whoever raised the goods for it (大户代养).
ALTER TABLE delivery ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD CONSTRAINT delivery_agent CHECK (agent_fen >= 0 AND fee_fen + agent_fen <= gross_fen);
ALTER TABLE payable ADD COLUMN agent bigint NOT NULL DEFAULT 0;
ALTER TABLE payable ADD COLUMN agent_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE payable DROP CONSTRAINT payable_adds_up;
ALTER TABLE payable ADD CONSTRAINT payable_adds_up CHECK (amount_fen = gross_fen - fee_fen - agent_fen);
ALTER TABLE payable ADD CONSTRAINT payable_agent CHECK (agent <> 0 OR agent_fen = 0);
CREATE INDEX payable_agent ON payable (agent) WHERE agent <> 0;

-- +goose Down
DROP INDEX payable_agent;
ALTER TABLE payable DROP CONSTRAINT payable_agent, DROP CONSTRAINT payable_adds_up;
ALTER TABLE payable ADD CONSTRAINT payable_adds_up CHECK (amount_fen = gross_fen - fee_fen) NOT VALID;
ALTER TABLE payable DROP COLUMN agent_fen, DROP COLUMN agent;
ALTER TABLE delivery DROP COLUMN agent_fen;
