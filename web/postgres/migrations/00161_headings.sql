-- +goose Up

-- Headings of workbooks that the software did not know, and the fields that a person said they are.
CREATE TABLE heading (
    kind    text        NOT NULL,
    heading text        NOT NULL,
    field   text        NOT NULL, -- '': the column is left out
    login   text        NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, heading)
);

-- +goose Down
DROP TABLE heading;
