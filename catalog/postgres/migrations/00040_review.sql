-- +goose Up

-- What looks implausible is held until somebody of the county has looked: what was asked for, who decided and why.
CREATE TABLE review (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind         text        NOT NULL CHECK (kind IN ('capacity', 'duplicate_id')),
    household_id bigint      NOT NULL REFERENCES household,
    about        text        NOT NULL, -- presale, or the code of the other household
    args         jsonb       NOT NULL,
    capacity     bigint      NOT NULL DEFAULT 0,
    presale_id   bigint      NOT NULL DEFAULT 0,
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused')),
    opened_at    timestamptz NOT NULL,
    opened_id    bigint      NOT NULL,
    opened_by    text        NOT NULL,
    decided_at   timestamptz,
    decided_id   bigint      NOT NULL DEFAULT 0,
    decided_by   text        NOT NULL DEFAULT '',
    why          text        NOT NULL DEFAULT '',
    CONSTRAINT review_decided CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX review_open ON review (kind, household_id, about) WHERE state = 'open';

-- +goose Down
DROP TABLE review;
