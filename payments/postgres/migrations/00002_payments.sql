-- +goose Up

-- What money is taken and kept for, an order of another module. Its row is the lock under which all that concerns it
-- happens: taken first, before payments and refunds, long before the ledger's balances.
CREATE TABLE ref (
    ref         text PRIMARY KEY CHECK (ref ~ '^[a-z_]+:[0-9A-Za-z_-]{1,60}$'),
    stop        text   NOT NULL DEFAULT 'no' CHECK (stop IN ('no', 'asking', 'yes')), -- no new payments; what comes is late
    cancelled   bool   NOT NULL DEFAULT false,
    closed      bool   NOT NULL DEFAULT false,
    close_seq   int    NOT NULL DEFAULT 0,
    release_seq int    NOT NULL DEFAULT 0,
    billed_fen  bigint NOT NULL DEFAULT 0 CHECK (billed_fen >= 0),
    forfeit_fen bigint NOT NULL DEFAULT 0 CHECK (forfeit_fen >= 0),
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payment (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref              text   NOT NULL REFERENCES ref (ref),
    key              text   NOT NULL,
    input_hash       bytea  NOT NULL,
    purpose          text   NOT NULL CHECK (purpose IN ('deposit', 'balance')),
    method           text   NOT NULL,
    state            text   NOT NULL CHECK (state IN ('ready', 'sending', 'unknown', 'open', 'succeeded', 'failed', 'expired')),
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    party_kind       text   NOT NULL,
    party_id         bigint NOT NULL,
    party_name       text   NOT NULL,
    description      text   NOT NULL,
    code             text   NOT NULL DEFAULT '', -- 识别码 as it is shown
    code_norm        text   NOT NULL DEFAULT '', -- as it is looked for
    return_url       text   NOT NULL DEFAULT '',
    idem_key         text   CONSTRAINT payment_idem_key UNIQUE, -- stored before the provider is asked
    provider_id      text   NOT NULL DEFAULT '',
    url              text   NOT NULL DEFAULT '',
    failure_key      text   NOT NULL DEFAULT '',
    late             bool   NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz,
    succeeded_at     timestamptz,
    refundable_until timestamptz,
    checked_at       timestamptz,          -- when the provider last said something
    next_check_at    timestamptz NOT NULL, -- when a worker looks again
    CONSTRAINT payment_ref_key UNIQUE (ref, key),
    CONSTRAINT payment_succeeded_at CHECK ((state = 'succeeded') = (succeeded_at IS NOT NULL))
);
CREATE UNIQUE INDEX payment_provider ON payment (method, provider_id) WHERE provider_id <> '';
CREATE INDEX payment_due ON payment (next_check_at) WHERE state IN ('ready', 'sending', 'unknown', 'open');
CREATE INDEX payment_code ON payment (code_norm) WHERE code_norm <> '';
CREATE INDEX payment_state ON payment (state, id);

CREATE TABLE refund (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id    bigint NOT NULL REFERENCES payment (id),
    ref           text   NOT NULL REFERENCES ref (ref),
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),
    reason        text   NOT NULL,
    state         text   NOT NULL CHECK (state IN ('ready', 'sending', 'unknown', 'pending', 'succeeded', 'failed', 'by_bank')),
    idem_key      text   CONSTRAINT refund_idem_key UNIQUE,
    provider_id   text   NOT NULL DEFAULT '',
    by_bank       bool   NOT NULL DEFAULT false, -- transferred by the county, not by the provider
    bank_ref      text   NOT NULL DEFAULT '',
    failure_key   text   NOT NULL DEFAULT '',
    failures      int    NOT NULL DEFAULT 0,     -- of refunds that had succeeded
    created_at    timestamptz NOT NULL,
    done_at       timestamptz,
    first_sent_at timestamptz,
    next_check_at timestamptz NOT NULL,
    CONSTRAINT refund_done_at CHECK ((state = 'succeeded') = (done_at IS NOT NULL))
);
CREATE INDEX refund_ref ON refund (ref);
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_provider ON refund (provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX refund_bank_ref ON refund (bank_ref) WHERE bank_ref <> '';
CREATE INDEX refund_due ON refund (next_check_at) WHERE state IN ('ready', 'sending', 'unknown', 'pending');
CREATE INDEX refund_state ON refund (state, id);

-- Nothing is refunded that was not paid, whichever code path asks.
-- +goose StatementBegin
CREATE FUNCTION refund_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM payment p WHERE p.id = NEW.payment_id FOR UPDATE;
    IF (SELECT coalesce(sum(r.amount_fen), 0) FROM refund r WHERE r.payment_id = NEW.payment_id AND r.state <> 'failed')
       > (SELECT p.amount_fen FROM payment p WHERE p.id = NEW.payment_id AND p.state = 'succeeded') IS NOT FALSE THEN
        RAISE EXCEPTION 'refunds of payment % exceed what was paid', NEW.payment_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_payment';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER refund_within_payment AFTER INSERT OR UPDATE OF amount_fen, payment_id ON refund
    FOR EACH ROW EXECUTE FUNCTION refund_within_payment();

CREATE TABLE provider_event (
    provider        text  NOT NULL,
    event_id        text  NOT NULL,
    type            text  NOT NULL,
    session_id      text  NOT NULL DEFAULT '',
    refund_id       text  NOT NULL DEFAULT '',
    live            bool  NOT NULL DEFAULT false,
    version         text  NOT NULL DEFAULT '',
    body            bytea NOT NULL,
    state           text  NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'ignored')),
    note            text  NOT NULL DEFAULT '',
    attempts        int   NOT NULL DEFAULT 0,
    received_at     timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    done_at         timestamptz,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX provider_event_due ON provider_event (next_attempt_at) WHERE state = 'new';

CREATE TABLE bank_statement_line (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account    text   NOT NULL DEFAULT 'main',
    bank_ref   text   NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    payer      text   NOT NULL,
    memo       text   NOT NULL,
    paid_on    date   NOT NULL,
    state      text   NOT NULL CHECK (state IN ('suspense', 'matched', 'returned')),
    payment_id bigint REFERENCES payment (id), -- in suspense: whose it is, though it is not enough yet
    actor      text   NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (account, bank_ref)
);
CREATE INDEX bank_statement_line_state ON bank_statement_line (state, id);
CREATE INDEX bank_statement_line_payment ON bank_statement_line (payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE cash_receipt (
    receipt    text   PRIMARY KEY,
    payment_id bigint NOT NULL UNIQUE REFERENCES payment (id),
    amount_fen bigint NOT NULL,
    actor      text   NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE delivery (
    delivery_id bigint PRIMARY KEY,
    ref         text   NOT NULL REFERENCES ref (ref),
    coop        bigint NOT NULL,
    gross_fen   bigint NOT NULL CHECK (gross_fen >= 0),
    fee_fen     bigint NOT NULL CHECK (fee_fen >= 0 AND fee_fen <= gross_fen),
    input_hash  bytea  NOT NULL,
    reversed    bool   NOT NULL DEFAULT false,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX delivery_ref ON delivery (ref);

-- What a household is owed from one source. A negative one takes back what was paid too much; it waits for a batch in
-- which the household gets more than that.
CREATE TABLE payable (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_key  text   NOT NULL CONSTRAINT payable_source_key UNIQUE,
    ref         text   NOT NULL DEFAULT '',
    delivery_id bigint,
    household   bigint NOT NULL,
    gross_fen   bigint NOT NULL,
    fee_fen     bigint NOT NULL,
    amount_fen  bigint NOT NULL,
    state       text   NOT NULL CHECK (state IN ('pending', 'released', 'batched', 'paid', 'reversed')),
    payout_item bigint,
    version     int    NOT NULL DEFAULT 1, -- grows with every change, so that whoever hears of two knows the later one
    occurred_on date   NOT NULL,
    paid_on     date,
    created_at  timestamptz NOT NULL,
    season      smallint NOT NULL DEFAULT 0,
    month       smallint NOT NULL DEFAULT 0,
    programme   text   NOT NULL DEFAULT '',
    channel     text   NOT NULL DEFAULT '',
    product     text   NOT NULL DEFAULT '',
    qty         bigint NOT NULL DEFAULT 0,
    net_grams   bigint NOT NULL DEFAULT 0,
    CONSTRAINT payable_adds_up CHECK (amount_fen = gross_fen - fee_fen),
    CONSTRAINT payable_paid_on CHECK ((state = 'paid') = (paid_on IS NOT NULL))
);
CREATE INDEX payable_household ON payable (household, state);
CREATE INDEX payable_ref ON payable (ref, state) WHERE ref <> '';
CREATE INDEX payable_delivery ON payable (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX payable_released ON payable (household) WHERE state = 'released';
CREATE INDEX payable_item ON payable (payout_item) WHERE payout_item IS NOT NULL;

-- Numbers are encrypted; the blind index finds two households with the same one.
CREATE TABLE payout_account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    household     bigint NOT NULL,
    holder        text   NOT NULL,
    bank          text   NOT NULL,
    number_sealed bytea  NOT NULL,
    number_index  bytea  NOT NULL,
    number_tail   text   NOT NULL,
    state         text   NOT NULL CHECK (state IN ('active', 'review', 'closed', 'superseded')),
    created_by    text   NOT NULL,
    creator       bigint NOT NULL, -- account id, 0 for the system
    approved_by   text   NOT NULL DEFAULT '',
    changed_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX payout_account_active ON payout_account (household) WHERE state = 'active';
CREATE UNIQUE INDEX payout_account_review ON payout_account (household) WHERE state = 'review';
CREATE INDEX payout_account_household ON payout_account (household, id);
CREATE INDEX payout_account_number ON payout_account (number_index);

CREATE TABLE payout_batch (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no           text   NOT NULL UNIQUE,
    state        text   NOT NULL CHECK (state IN ('draft', 'approved', 'exported', 'done', 'rejected')),
    items        int    NOT NULL,
    amount_fen   bigint NOT NULL,
    paid_fen     bigint NOT NULL DEFAULT 0,
    returned_fen bigint NOT NULL DEFAULT 0,
    returned     int    NOT NULL DEFAULT 0,
    idem_key     text   NOT NULL CONSTRAINT payout_batch_idem_key UNIQUE, -- {account}:{key}
    min_fen      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    created_by   text   NOT NULL,
    creator      bigint NOT NULL,
    decided_at   timestamptz,
    decided_by   text   NOT NULL DEFAULT '',
    reason       text   NOT NULL DEFAULT '',
    exported_at  timestamptz,
    file_sha256  text   NOT NULL DEFAULT ''
);

CREATE TABLE payout_item (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id      bigint NOT NULL REFERENCES payout_batch (id),
    line          int    NOT NULL,
    household     bigint NOT NULL,
    account_id    bigint NOT NULL REFERENCES payout_account (id),
    holder        text   NOT NULL, -- as it was when the batch was made
    bank          text   NOT NULL,
    number_sealed bytea  NOT NULL,
    number_tail   text   NOT NULL,
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),
    state         text   NOT NULL CHECK (state IN ('ready', 'sent', 'paid', 'returned', 'held')),
    reason        text   NOT NULL DEFAULT '',
    paid_on       date,
    source_keys   text[] NOT NULL DEFAULT '{}', -- kept when its payables go into a later item
    CONSTRAINT payout_item_line UNIQUE (batch_id, line),
    CONSTRAINT payout_item_household UNIQUE (batch_id, household)
);
CREATE INDEX payout_item_of_household ON payout_item (household, id);

CREATE TABLE payout_result (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id    bigint NOT NULL REFERENCES payout_batch (id),
    name        text   NOT NULL,
    sha256      text   NOT NULL,
    paid        int    NOT NULL,
    returned    int    NOT NULL,
    imported_by text   NOT NULL,
    imported_at timestamptz NOT NULL,
    UNIQUE (batch_id, sha256)
);

-- Every time account numbers left the module in the clear.
CREATE TABLE unmasking (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    account  bigint NOT NULL,
    purpose  text NOT NULL,
    batch_id bigint REFERENCES payout_batch (id),
    numbers  int  NOT NULL,
    sha256   text NOT NULL DEFAULT ''
);
CREATE TRIGGER unmasking_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON unmasking
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- +goose Down
DROP TABLE unmasking, payout_result, payout_item, payout_batch, payout_account, payable, delivery, cash_receipt,
    bank_statement_line, provider_event, refund, payment, ref;
DROP FUNCTION refund_within_payment;
