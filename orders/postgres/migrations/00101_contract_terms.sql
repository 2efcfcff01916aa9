-- +goose Up

-- A call-off names the collection point, one of those that the contract agreed on; where it agreed on none, each village
-- delivers at its own and the call-off names 0.
ALTER TABLE call_off ADD COLUMN point_id bigint NOT NULL DEFAULT 0;

-- Days and points are what households signed for.
-- +goose StatementBegin
CREATE FUNCTION call_off_as_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    t jsonb;
    points jsonb;
    until date;
BEGIN
    SELECT c.terms, c.deliver_to INTO t, until FROM contract c WHERE c.id = NEW.contract_id;
    points := CASE WHEN jsonb_typeof(t -> 'points') = 'array' THEN t -> 'points' ELSE '[]' END;
    IF (points = '[]' AND NEW.point_id <> 0) OR (points <> '[]' AND NOT points @> to_jsonb(NEW.point_id)) THEN
        RAISE EXCEPTION 'contract % does not deliver at point %', NEW.contract_id, NEW.point_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'call_off_point';
    END IF;
    -- What was held up may be called off after the last window.
    IF NEW.on_day <= until AND jsonb_typeof(t -> 'windows') = 'array' AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(t -> 'windows') w WHERE NEW.on_day BETWEEN (w ->> 'from')::date AND (w ->> 'to')::date) THEN
        RAISE EXCEPTION 'contract % does not deliver on %', NEW.contract_id, NEW.on_day
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'call_off_window';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER call_off_as_agreed BEFORE INSERT OR UPDATE ON call_off FOR EACH ROW EXECUTE FUNCTION call_off_as_agreed();

-- What was paid ahead is income of its own; what a delivery brings is less by it.
ALTER TABLE income_entry ADD COLUMN advance_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE income_entry DROP CONSTRAINT income_entry_adds_up;
ALTER TABLE income_entry ADD CONSTRAINT income_entry_adds_up CHECK (amount_fen = gross_fen - fee_fen - agent_fen - advance_fen);
UPDATE income_entry e SET gross_fen = e.gross_fen + x.advance_fen, advance_fen = x.advance_fen
FROM contract_ticket x WHERE x.ticket_id = e.ticket_id AND x.advance_fen > 0;
CREATE INDEX quota_advanced ON quota (lot_id) WHERE advance_fen > 0;

-- +goose Down
DROP INDEX quota_advanced;
ALTER TABLE income_entry DROP CONSTRAINT income_entry_adds_up;
UPDATE income_entry SET gross_fen = gross_fen - advance_fen WHERE advance_fen > 0;
ALTER TABLE income_entry ADD CONSTRAINT income_entry_adds_up CHECK (amount_fen = gross_fen - fee_fen - agent_fen);
ALTER TABLE income_entry DROP COLUMN advance_fen;
DROP TRIGGER call_off_as_agreed ON call_off;
DROP FUNCTION call_off_as_agreed;
ALTER TABLE call_off DROP COLUMN point_id;
