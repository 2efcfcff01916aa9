-- +goose Up

-- How the sandbox provider misbehaves. It stands here and not in a process, so that every process of the module behaves
-- the same from the moment somebody turns a switch.
CREATE TABLE sandbox_switches (
    one      bool  PRIMARY KEY DEFAULT true CHECK (one),
    switches jsonb NOT NULL
);
INSERT INTO sandbox_switches (switches) VALUES ('{}');

-- Idempotency keys that are answered with the error of the first time.
CREATE TABLE sandbox_saved_error (
    key text PRIMARY KEY
);

-- +goose Down
DROP TABLE sandbox_saved_error, sandbox_switches;
