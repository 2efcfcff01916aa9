-- The columns of statements as people explained them. Titles may repeat, so that columns count by their place.

-- +goose Up
CREATE TABLE statement_columns (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text   NOT NULL CONSTRAINT statement_columns_head UNIQUE, -- of the titles
    bank        text   NOT NULL CHECK (bank <> ''),
    titles      text[] NOT NULL,
    fields      text[] NOT NULL CHECK (cardinality(fields) >= cardinality(titles)),
    actor       text   NOT NULL,
    at          timestamptz NOT NULL
);

-- +goose Down
DROP TABLE statement_columns;
