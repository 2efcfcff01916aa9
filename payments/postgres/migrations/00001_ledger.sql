-- +goose Up

-- The ledger refuses what would make it wrong, whoever writes: nothing in it is ever changed or removed, every
-- transaction sums to zero per currency, a transaction of the past takes no more lines, and a strict account never goes
-- over to its wrong side.

CREATE TABLE ledger_account (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code         text     NOT NULL UNIQUE,
    kind         text     NOT NULL,
    class        text     NOT NULL CHECK (class IN ('asset', 'liability', 'revenue', 'expense')),
    normal       smallint NOT NULL CHECK (normal IN (-1, 1)),
    currency     char(3)  NOT NULL DEFAULT 'CNY',
    party_type   text     NOT NULL DEFAULT '',
    party_id     text     NOT NULL DEFAULT '',
    balance_mode text     NOT NULL CHECK (balance_mode IN ('strict', 'derived')),
    opened_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_account_kind ON ledger_account (kind, id);

CREATE TABLE ledger_txn (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text        NOT NULL,
    business_key    text        NOT NULL CONSTRAINT ledger_txn_business_key UNIQUE,
    input_hash      bytea       NOT NULL,
    created_xid     xid8        NOT NULL DEFAULT pg_current_xact_id(),
    occurred_at     timestamptz NOT NULL,
    posted_at       timestamptz NOT NULL DEFAULT now(),
    reverses_txn_id bigint CONSTRAINT ledger_txn_reversed_once UNIQUE REFERENCES ledger_txn (id),
    actor           text        NOT NULL
);

CREATE TABLE ledger_entry (
    txn_id     bigint  NOT NULL,
    line       int     NOT NULL,
    account_id bigint  NOT NULL,
    currency   char(3) NOT NULL DEFAULT 'CNY',
    amount     bigint  NOT NULL CONSTRAINT ledger_entry_not_zero CHECK (amount <> 0), -- fen, + is debit
    PRIMARY KEY (txn_id, line)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, txn_id);

-- Strict accounts only. Locked in the order of account_id, as the last thing a transaction does.
CREATE TABLE ledger_balance (
    account_id bigint   PRIMARY KEY REFERENCES ledger_account (id),
    normal     smallint NOT NULL,
    balance    bigint   NOT NULL DEFAULT 0,
    CONSTRAINT ledger_balance_right_side CHECK (balance = 0 OR sign(balance) = normal)
) WITH (fillfactor = 80);

-- +goose StatementBegin
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: correct by a reversing transaction', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_account_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_txn_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_txn
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_entry_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_balance_kept BEFORE DELETE OR TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- A balance moves only with entries, that is, from within the trigger below.
-- +goose StatementBegin
CREATE FUNCTION ledger_balance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% on ledger_balance is refused: post entries', TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_balance_guarded BEFORE INSERT OR UPDATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_balance_guard();

-- +goose StatementBegin
CREATE FUNCTION ledger_account_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_balance (account_id, normal)
    SELECT a.id, a.normal FROM new_accounts a WHERE a.balance_mode = 'strict' ORDER BY a.id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_account_opened AFTER INSERT ON ledger_account
    REFERENCING NEW TABLE AS new_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_opened();

-- The joins stand in for foreign keys, which would look up each row by itself: accounts and transactions are never
-- removed, so what is found here stays.
-- +goose StatementBegin
CREATE FUNCTION ledger_entry_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad bigint;
BEGIN
    SELECT n.txn_id INTO bad FROM new_entries n GROUP BY n.txn_id, n.currency
    HAVING sum(n.amount) <> 0 OR count(*) < 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero over at least two lines', bad
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balanced';
    END IF;

    SELECT n.txn_id INTO bad FROM (SELECT DISTINCT e.txn_id FROM new_entries e) n
    LEFT JOIN ledger_txn t ON t.id = n.txn_id
    WHERE t.created_xid IS DISTINCT FROM pg_current_xact_id() LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % is sealed', bad
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_txn_sealed';
    END IF;

    SELECT n.account_id INTO bad FROM new_entries n
    LEFT JOIN ledger_account a ON a.id = n.account_id
    WHERE a.currency IS DISTINCT FROM n.currency LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger account % does not exist or keeps another currency', bad
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entry_account';
    END IF;

    -- Everybody locks in the order of account_id; what nets to nothing is left alone.
    PERFORM 1 FROM ledger_balance b
    WHERE b.account_id IN (SELECT n.account_id FROM new_entries n GROUP BY n.account_id HAVING sum(n.amount) <> 0)
    ORDER BY b.account_id FOR NO KEY UPDATE;

    UPDATE ledger_balance b SET balance = b.balance + d.delta
    FROM (SELECT n.account_id, sum(n.amount)::bigint AS delta FROM new_entries n GROUP BY n.account_id) d
    WHERE b.account_id = d.account_id AND d.delta <> 0;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_entry_checked AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_check();

-- +goose Down
DROP TABLE ledger_balance, ledger_entry, ledger_txn, ledger_account;
DROP FUNCTION ledger_refuse, ledger_balance_guard, ledger_account_opened, ledger_entry_check;
