-- +goose Up

-- Messages to buyers. The text is written when it is sent and not kept; digest tells whether the same was said before.
CREATE TABLE message (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      text NOT NULL,
    kind       text NOT NULL,
    about      text NOT NULL,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    subject    bigint NOT NULL DEFAULT 0,
    send_at    timestamptz NOT NULL, -- or the end of a lease, or the time of the next try
    state      text NOT NULL CONSTRAINT message_state_known CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts   integer NOT NULL DEFAULT 0,
    channel    text NOT NULL DEFAULT '' CONSTRAINT message_channel_known CHECK (channel IN ('', 'text', 'none')),
    digest     bytea,
    done_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_once UNIQUE (event, kind),
    CONSTRAINT message_done CHECK ((state = 'waiting') = (done_at IS NULL))
);
CREATE INDEX message_due_idx ON message (send_at) WHERE state = 'waiting';
CREATE INDEX message_about_idx ON message (account_id, about);

-- The way by which a buyer wants messages; without a row by text message.
CREATE TABLE message_choice (
    account_id bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    channel    text NOT NULL CONSTRAINT message_choice_known CHECK (channel IN ('text', 'none'))
);

-- +goose Down
DROP TABLE message_choice;
DROP TABLE message;
