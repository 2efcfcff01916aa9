-- +goose Up

-- Payments from the county's account to organisations (对公付款): one person proposes, another approves, and what the bank
-- did is recorded. Who is paid how much for what, and who proposed it, stays as it was proposed.
CREATE TABLE org_payout (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no          text   NOT NULL UNIQUE,
    org         bigint NOT NULL CHECK (org > 0),
    account     text   NOT NULL CHECK (account IN ('coop', 'raiser')),
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    note        text   NOT NULL DEFAULT '',
    state       text   NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected', 'paid', 'failed', 'returned')),
    idem_key    text   NOT NULL CONSTRAINT org_payout_idem_key UNIQUE, -- {account}:{key}
    proposed_at timestamptz NOT NULL,
    proposed_by text   NOT NULL,
    proposer    bigint NOT NULL, -- account id, 0 for the system
    decided_at  timestamptz,
    decided_by  text   NOT NULL DEFAULT '',
    decider     bigint NOT NULL DEFAULT 0,
    why         text   NOT NULL DEFAULT '', -- it was rejected, failed or came back
    bank_ref    text   NOT NULL DEFAULT '',
    paid_on     date,
    returned_on date,
    recorded_at timestamptz,
    recorded_by text   NOT NULL DEFAULT '',
    -- How often paying and coming back were reversed by hand: the next time is another posting.
    reversals        int NOT NULL DEFAULT 0,
    return_reversals int NOT NULL DEFAULT 0,
    CONSTRAINT org_payout_decided CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT org_payout_second_person CHECK (decided_by <> proposed_by AND (decider = 0 OR decider <> proposer)),
    CONSTRAINT org_payout_paid CHECK ((state IN ('paid', 'returned')) = (bank_ref <> '' AND paid_on IS NOT NULL)),
    CONSTRAINT org_payout_returned CHECK ((state = 'returned') = (returned_on IS NOT NULL))
);
CREATE UNIQUE INDEX org_payout_bank_ref ON org_payout (bank_ref) WHERE bank_ref <> '';
CREATE INDEX org_payout_org ON org_payout (org, account, id);
CREATE INDEX org_payout_state ON org_payout (state, id);

-- +goose StatementBegin
CREATE FUNCTION org_payout_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.no, NEW.org, NEW.account, NEW.amount_fen, NEW.note, NEW.idem_key, NEW.proposed_at, NEW.proposed_by, NEW.proposer)
       IS DISTINCT FROM (OLD.no, OLD.org, OLD.account, OLD.amount_fen, OLD.note, OLD.idem_key, OLD.proposed_at, OLD.proposed_by, OLD.proposer)
       OR OLD.state IN ('rejected', 'failed')
       OR OLD.state <> 'proposed' AND (NEW.decided_at, NEW.decided_by, NEW.decider) IS DISTINCT FROM (OLD.decided_at, OLD.decided_by, OLD.decider) THEN
        RAISE EXCEPTION 'payment % to an organisation is as it was proposed and decided', OLD.no
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER org_payout_sealed BEFORE UPDATE ON org_payout FOR EACH ROW EXECUTE FUNCTION org_payout_sealed();
CREATE TRIGGER org_payout_kept BEFORE DELETE OR TRUNCATE ON org_payout FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- What an organisation is owed for sales that are not settled is looked up for every payment.
CREATE INDEX delivery_coop ON delivery (coop) WHERE NOT reversed;
CREATE INDEX payable_unsettled ON payable (delivery_id) WHERE state = 'pending';

-- +goose Down
DROP INDEX payable_unsettled, delivery_coop;
DROP TABLE org_payout;
DROP FUNCTION org_payout_sealed;
