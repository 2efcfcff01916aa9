-- +goose Up

-- person is a digest of the phone or address that the buyer proved; '' where it proved none. open_slot is the place of an
-- order among the unpaid orders of its buyer, from 1 up to the county's limit; 0 is an order without a limit. The places
-- are free again when the order leaves its unpaid states, because the indexes hold no others.
ALTER TABLE orders ADD COLUMN person text NOT NULL DEFAULT '', ADD COLUMN open_slot int NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX orders_open_account ON orders (account_id, open_slot) WHERE open_slot > 0 AND state IN ('placed', 'expiring');
CREATE UNIQUE INDEX orders_open_person ON orders (person, open_slot) WHERE person <> '' AND open_slot > 0 AND state IN ('placed', 'expiring');
