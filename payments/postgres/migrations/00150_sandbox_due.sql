-- +goose Up
-- The sandbox looks at each question for what time has ended: a look, not a reading of all its books.
CREATE INDEX sandbox_session_expires ON sandbox_session (expires_at) WHERE state = 'open';
CREATE INDEX sandbox_refund_returns ON sandbox_refund (settles_at) WHERE state = 'succeeded' AND fails;

-- +goose Down
DROP INDEX sandbox_session_expires, sandbox_refund_returns;
