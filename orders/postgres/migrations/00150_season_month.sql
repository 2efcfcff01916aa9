-- Geese for the New Year are delivered after it and belong to the season that raised them: its months go on, 13 is the
-- January that follows.

-- +goose Up
CREATE FUNCTION season_month(season integer, day date) RETURNS integer LANGUAGE sql IMMUTABLE AS
    'SELECT extract(month FROM day)::integer + 12 * greatest(extract(year FROM day)::integer - season, 0)';

-- +goose Down
DROP FUNCTION season_month;
