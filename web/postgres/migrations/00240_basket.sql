-- +goose Up

-- The basket of an account, the same on each of its devices. keys are the latest additions, so that each is added once.
CREATE TABLE basket (
    account_id bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    items      jsonb NOT NULL DEFAULT '[]' CONSTRAINT basket_items_list CHECK (jsonb_typeof(items) = 'array'),
    keys       text[] NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE basket;
