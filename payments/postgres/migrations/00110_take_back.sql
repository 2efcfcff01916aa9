-- +goose Up

-- Goods that were paid for and came back: what of a Ref's bill went back with them.
CREATE TABLE take_back (
    receipt    text   PRIMARY KEY,
    ref        text   NOT NULL REFERENCES ref (ref),
    org        bigint NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    actor      text   NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX take_back_ref ON take_back (ref);

-- +goose Down
DROP TABLE take_back;
