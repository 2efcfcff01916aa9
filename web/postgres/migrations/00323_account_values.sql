-- +goose Up

-- Names and numbers of an account's history stand apart from its events, because they go when their owner closes the account.
CREATE TABLE account_change_value (
    change_id  bigint PRIMARY KEY CONSTRAINT account_change_value_change REFERENCES account_change DEFERRABLE INITIALLY DEFERRED,
    account_id bigint NOT NULL,
    before     text   NOT NULL,
    after      text   NOT NULL
);
CREATE INDEX account_change_value_of ON account_change_value (account_id);

-- Also for processes of the release before: what is personal never comes into the history itself.
-- +goose StatementBegin
CREATE FUNCTION account_change_splits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.what IN ('name', 'phone') THEN
        INSERT INTO account_change_value (change_id, account_id, before, after) VALUES (NEW.id, NEW.account_id, NEW.before, NEW.after);
        NEW.before := '';
        NEW.after := '';
    END IF;
    IF NEW.by_account <> 0 AND NEW.by_login ~ '^1[0-9]{10}$|@' THEN
        NEW.by_login := ''; -- people who log in with a phone or an address are their account
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER account_change_splits BEFORE INSERT ON account_change FOR EACH ROW EXECUTE FUNCTION account_change_splits();

ALTER TABLE account_change DISABLE TRIGGER account_change_stays;
INSERT INTO account_change_value (change_id, account_id, before, after)
SELECT c.id, c.account_id, c.before, c.after FROM account_change c JOIN account a ON a.id = c.account_id
WHERE c.what IN ('name', 'phone') AND a.closed_at IS NULL;
UPDATE account_change SET before = '', after = '' WHERE what IN ('name', 'phone');
UPDATE account_change SET by_login = '' WHERE by_account <> 0 AND by_login ~ '^1[0-9]{10}$|@';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE account_change ENABLE TRIGGER account_change_stays;
