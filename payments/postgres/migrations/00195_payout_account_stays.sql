-- +goose Up
-- A payout account keeps its owner, holder, bank, number and author: another account is another row, and the old one stays.
-- The sealed number may be sealed anew with another key; its last digits show that it is the same.
-- +goose StatementBegin
CREATE FUNCTION payout_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on payout_account is refused', TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_account_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER payout_account_stays BEFORE DELETE OR TRUNCATE ON payout_account FOR EACH STATEMENT EXECUTE FUNCTION payout_account_stays();
CREATE TRIGGER payout_account_keeps BEFORE UPDATE ON payout_account FOR EACH ROW
    WHEN ((NEW.id, NEW.household, NEW.holder, NEW.bank, NEW.number_tail, NEW.created_by, NEW.creator)
        IS DISTINCT FROM (OLD.id, OLD.household, OLD.holder, OLD.bank, OLD.number_tail, OLD.created_by, OLD.creator))
    EXECUTE FUNCTION payout_account_stays();

-- +goose Down
DROP TRIGGER payout_account_keeps ON payout_account;
DROP TRIGGER payout_account_stays ON payout_account;
DROP FUNCTION payout_account_stays;
