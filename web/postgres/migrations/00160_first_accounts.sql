-- +goose Up

-- An account with one_time_until has a one-time password: until then its owner has to choose another, and from then on it
-- opens nothing. Sessions from before sessions_from are over.
ALTER TABLE account ADD COLUMN one_time_until timestamptz;
ALTER TABLE account ADD COLUMN sessions_from timestamptz;

-- Who changed what of an account. Nothing is ever taken out of it.
CREATE TABLE account_change (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL CONSTRAINT account_change_account REFERENCES account,
    what       text   NOT NULL CONSTRAINT account_change_known CHECK (what IN
               ('opened', 'name', 'phone', 'role', 'org', 'household', 'helper', 'password', 'off', 'on')),
    before     text   NOT NULL,
    after      text   NOT NULL,
    by_account bigint NOT NULL, -- 0: the command line, or the set-up page
    by_login   text   NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX account_change_of ON account_change (account_id, id);

-- +goose StatementBegin
CREATE FUNCTION account_change_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on account_change is refused', TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_change_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER account_change_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON account_change FOR EACH STATEMENT EXECUTE FUNCTION account_change_stays();

-- Links to the page that makes the first administrator. Only a digest of what a link holds is kept.
CREATE TABLE setup_link (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea  NOT NULL CONSTRAINT setup_link_hash UNIQUE CHECK (length(hash) = 32),
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz -- used, or followed by another
);
CREATE UNIQUE INDEX setup_link_one ON setup_link ((true)) WHERE ended_at IS NULL;

-- +goose Down
DROP TABLE setup_link;
DROP TABLE account_change;
DROP FUNCTION account_change_stays();
ALTER TABLE account DROP COLUMN sessions_from;
ALTER TABLE account DROP COLUMN one_time_until;
