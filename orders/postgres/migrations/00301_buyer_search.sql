-- +goose Up

-- What buyers and recipients are found by: see package search. Beside orders, which nothing is to write twice.
CREATE TABLE buyer_search (
    name   text NOT NULL PRIMARY KEY,
    search text NOT NULL
);

-- +goose Down
DROP TABLE buyer_search;
