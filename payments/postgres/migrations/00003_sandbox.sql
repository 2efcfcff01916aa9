-- +goose Up

-- The sandbox provider's own books. Nothing else reads them: a real provider's would be on another machine.
CREATE TABLE sandbox_session (
    id          text   PRIMARY KEY,
    key         text   NOT NULL UNIQUE,
    input_hash  bytea  NOT NULL,
    payment     text   NOT NULL, -- the merchant's id, echoed
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    description text   NOT NULL,
    return_url  text   NOT NULL,
    state       text   NOT NULL CHECK (state IN ('open', 'processing', 'paid', 'failed', 'expired')),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    settles_at  timestamptz, -- a delayed success
    paid_at     timestamptz
);
CREATE INDEX sandbox_session_settles ON sandbox_session (settles_at) WHERE state = 'processing';

CREATE TABLE sandbox_refund (
    id         text   PRIMARY KEY,
    key        text   NOT NULL UNIQUE,
    session_id text   NOT NULL REFERENCES sandbox_session (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    state      text   NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    fails      bool   NOT NULL DEFAULT false,
    settles_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    done_at    timestamptz
);
CREATE INDEX sandbox_refund_session ON sandbox_refund (session_id);
CREATE INDEX sandbox_refund_settles ON sandbox_refund (settles_at) WHERE state = 'pending';

CREATE TABLE sandbox_webhook (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   text  NOT NULL, -- a duplicate has the same
    body       bytea NOT NULL,
    send_at    timestamptz NOT NULL,
    attempts   int   NOT NULL DEFAULT 0,
    sent_at    timestamptz
);
CREATE INDEX sandbox_webhook_due ON sandbox_webhook (send_at) WHERE sent_at IS NULL;

-- +goose Down
DROP TABLE sandbox_webhook, sandbox_refund, sandbox_session;
