-- +goose Up

-- Writes by the key that their callers gave them: the same key and request are carried out once. No PIN and nothing that
-- opens a card is in here: what the answer is can be told from what is kept anyway.
CREATE TABLE request_key (
    account_id bigint   NOT NULL,
    key        text     NOT NULL,
    request    text     NOT NULL, -- what was asked for
    about      bigint[] NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key)
);

-- +goose Down
DROP TABLE request_key;
