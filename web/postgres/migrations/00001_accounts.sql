-- +goose Up
CREATE TABLE account (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login               text NOT NULL CONSTRAINT account_login_key UNIQUE
                        CONSTRAINT account_login_clean CHECK (login = lower(login) AND login <> '' AND length(login) <= 64),
    name                text NOT NULL,
    phone               text NOT NULL DEFAULT '',
    role                text NOT NULL CONSTRAINT account_role_known CHECK (role IN
                        ('buyer', 'officer', 'org_approver', 'clerk', 'household', 'helper', 'operator', 'approver', 'admin')),
    org_id              bigint NOT NULL DEFAULT 0,
    household_id        bigint NOT NULL DEFAULT 0,
    helper_id           bigint NOT NULL DEFAULT 0,
    password_hash       text NOT NULL CONSTRAINT account_password_hashed CHECK (password_hash LIKE '$argon2id$%'),
    lang                text NOT NULL DEFAULT 'zh' CONSTRAINT account_lang_known CHECK (lang IN ('zh', 'en')),
    created_at          timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    disabled_at         timestamptz,
    -- A role without what it acts for would see nothing, or everything.
    CONSTRAINT account_role_bound CHECK (CASE
        WHEN role IN ('officer', 'org_approver', 'clerk') THEN org_id > 0
        WHEN role = 'household' THEN household_id > 0
        WHEN role = 'helper' THEN helper_id > 0
        ELSE true END)
);
CREATE INDEX account_role_idx ON account (role, login);

-- The shape that alexedwards/scs/postgresstore expects.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry_idx ON sessions (expiry);

CREATE TABLE login_try (
    key   text PRIMARY KEY,
    tries integer NOT NULL,
    until timestamptz NOT NULL -- the window ends here
);
CREATE INDEX login_try_until_idx ON login_try (until);

-- +goose Down
DROP TABLE login_try;
DROP TABLE sessions;
DROP TABLE account;
