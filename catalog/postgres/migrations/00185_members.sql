-- +goose Up

-- A member leaves a household: dies, marries away, or begins a household of its own. The id number is then free for another.
ALTER TABLE person ADD COLUMN retired_at timestamptz;
UPDATE person p SET retired_at = h.retired_at FROM household h WHERE h.id = p.household_id AND h.retired_at IS NOT NULL;
CREATE UNIQUE INDEX person_id_index_active ON person (id_index) WHERE id_index IS NOT NULL AND retired_at IS NULL;
CREATE INDEX person_id_index_all ON person (id_index) WHERE id_index IS NOT NULL;
DROP INDEX person_id_index;

-- +goose Down
DROP INDEX person_id_index_active;
DROP INDEX person_id_index_all;
CREATE UNIQUE INDEX person_id_index ON person (id_index) WHERE id_index IS NOT NULL;
ALTER TABLE person DROP COLUMN retired_at;
