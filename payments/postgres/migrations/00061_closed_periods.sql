-- +goose Up

-- Months are closed one after the other. Nothing is booked into a closed one any more, whoever writes: what happened in it
-- and is told later is booked in the open month.
CREATE TABLE ledger_closing (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    through    date   NOT NULL CHECK (through = (date_trunc('month', through) + interval '1 month - 1 day')::date),
    state      text   NOT NULL CHECK (state IN ('asked', 'closed', 'refused')),
    asked_at   timestamptz NOT NULL,
    asked_by   text   NOT NULL,
    asker      bigint NOT NULL,
    decided_at timestamptz,
    decided_by text   NOT NULL DEFAULT '',
    reason     text   NOT NULL DEFAULT '',
    last_txn   bigint,                 -- the newest transaction when it was closed
    summed     bool   NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX ledger_closing_one ON ledger_closing (state) WHERE state = 'asked';
CREATE UNIQUE INDEX ledger_closing_through ON ledger_closing (through) WHERE state = 'closed';

-- What every account had turned over up to the end of a closed month. It cannot change any more.
CREATE TABLE ledger_closing_sum (
    closing_id bigint NOT NULL REFERENCES ledger_closing (id),
    account_id bigint NOT NULL REFERENCES ledger_account (id),
    debit      bigint NOT NULL,
    credit     bigint NOT NULL,
    PRIMARY KEY (closing_id, account_id)
);

-- The balance of a derived account over all transactions up to one: only what came later is summed.
CREATE TABLE ledger_checkpoint (
    account_id bigint NOT NULL REFERENCES ledger_account (id),
    txn_id     bigint NOT NULL,
    balance    bigint NOT NULL,
    PRIMARY KEY (account_id, txn_id)
);

-- +goose StatementBegin
CREATE FUNCTION ledger_closing_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'asked' AND (OLD.summed OR NEW.id IS NULL
       OR (NEW.through, NEW.state, NEW.last_txn, NEW.decided_by) IS DISTINCT FROM (OLD.through, OLD.state, OLD.last_txn, OLD.decided_by)) THEN
        RAISE EXCEPTION 'closing % is decided', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_closing_sealed BEFORE UPDATE ON ledger_closing FOR EACH ROW EXECUTE FUNCTION ledger_closing_sealed();
CREATE TRIGGER ledger_closing_kept BEFORE DELETE OR TRUNCATE ON ledger_closing FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_closing_sum_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_closing_sum FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_checkpoint_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

ALTER TABLE ledger_txn ADD COLUMN booked_on date;
ALTER TABLE ledger_txn DISABLE TRIGGER ledger_txn_sealed;
UPDATE ledger_txn SET booked_on = (occurred_at AT TIME ZONE 'Asia/Shanghai')::date;
ALTER TABLE ledger_txn ENABLE TRIGGER ledger_txn_sealed;
ALTER TABLE ledger_txn ALTER COLUMN booked_on SET NOT NULL;
CREATE INDEX ledger_txn_booked ON ledger_txn (booked_on, id);

-- Whoever posts holds this lock shared until the commit; whoever closes a month or cuts a checkpoint takes it alone. It is
-- taken before ids are given out, so that under it all transactions up to the newest are there and none comes below it.
-- +goose StatementBegin
CREATE FUNCTION ledger_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '.ledger', 0));
    RETURN NULL;
END
$$;
CREATE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
BEGIN
    SELECT max(c.through) INTO closed FROM ledger_closing c WHERE c.state = 'closed';
    IF NEW.booked_on IS NOT NULL THEN
        IF NEW.booked_on <= closed THEN
            RAISE EXCEPTION 'the books are closed through %', closed
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_period_closed';
        END IF;
        RETURN NEW;
    END IF;
    NEW.booked_on := (NEW.occurred_at AT TIME ZONE 'Asia/Shanghai')::date;
    IF NEW.booked_on <= closed THEN
        NEW.booked_on := greatest(closed + 1, (now() AT TIME ZONE 'Asia/Shanghai')::date);
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_posting BEFORE INSERT ON ledger_txn FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting();
CREATE TRIGGER ledger_book BEFORE INSERT ON ledger_txn FOR EACH ROW EXECUTE FUNCTION ledger_book();

-- +goose Down
DROP TRIGGER ledger_posting ON ledger_txn;
DROP TRIGGER ledger_book ON ledger_txn;
ALTER TABLE ledger_txn DROP COLUMN booked_on;
DROP TABLE ledger_checkpoint, ledger_closing_sum, ledger_closing;
DROP FUNCTION ledger_posting, ledger_book, ledger_closing_sealed;
