-- +goose Up

-- Postings that somebody wants reversed by hand, and the second person's word on it. What is decided stays; a posting is
-- reversed once.
CREATE TABLE ledger_reversal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txn_id      bigint NOT NULL REFERENCES ledger_txn (id),
    state       text   NOT NULL CHECK (state IN ('asked', 'posted', 'refused')),
    reason      text   NOT NULL,
    asked_at    timestamptz NOT NULL,
    asked_by    text   NOT NULL,
    asker       bigint NOT NULL,
    decided_at  timestamptz,
    decided_by  text   NOT NULL DEFAULT '',
    why_refused text   NOT NULL DEFAULT '',
    CONSTRAINT ledger_reversal_decided CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX ledger_reversal_one ON ledger_reversal (txn_id) WHERE state IN ('asked', 'posted');
CREATE INDEX ledger_reversal_state ON ledger_reversal (state, id);

-- +goose StatementBegin
CREATE FUNCTION ledger_reversal_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'asked' OR (NEW.txn_id, NEW.reason, NEW.asked_by, NEW.asker) IS DISTINCT FROM (OLD.txn_id, OLD.reason, OLD.asked_by, OLD.asker) THEN
        RAISE EXCEPTION 'reversal % is decided', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_reversal_sealed BEFORE UPDATE ON ledger_reversal FOR EACH ROW EXECUTE FUNCTION ledger_reversal_sealed();
CREATE TRIGGER ledger_reversal_kept BEFORE DELETE OR TRUNCATE ON ledger_reversal FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- A slip that was entered wrongly and reversed is entered again.
ALTER TABLE cash_banking ADD COLUMN reversed_at timestamptz;
ALTER TABLE cash_banking DROP CONSTRAINT cash_banking_slip;
CREATE UNIQUE INDEX cash_banking_slip ON cash_banking (slip) WHERE reversed_at IS NULL;

-- How often what was entered for a statement line was reversed: the next time is another posting.
ALTER TABLE bank_statement_line ADD COLUMN reversals int NOT NULL DEFAULT 0;
ALTER TABLE bank_outgoing_line ADD COLUMN reversals int NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE bank_outgoing_line DROP COLUMN reversals;
ALTER TABLE bank_statement_line DROP COLUMN reversals;
DROP INDEX cash_banking_slip;
ALTER TABLE cash_banking DROP COLUMN reversed_at;
ALTER TABLE cash_banking ADD CONSTRAINT cash_banking_slip UNIQUE (slip);
DROP TABLE ledger_reversal;
DROP FUNCTION ledger_reversal_sealed;
