-- +goose Up

-- A helper's history also says to whom its households went, and from whom it got them.
ALTER TABLE directory_change
    DROP CONSTRAINT directory_change_what_check,
    ADD CONSTRAINT directory_change_what_check CHECK (what IN ('added', 'changed', 'retired', 'restored', 'handed_over', 'taken_over'));

-- +goose Down
-- Lines of a history are not taken out: the old constraint holds for new ones only.
ALTER TABLE directory_change
    DROP CONSTRAINT directory_change_what_check,
    ADD CONSTRAINT directory_change_what_check CHECK (what IN ('added', 'changed', 'retired', 'restored')) NOT VALID;
