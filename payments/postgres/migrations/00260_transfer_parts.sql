-- +goose Up

-- A line of money in may pay several payments: its parts are lines of their own, and the rest that pays nothing is one too.
-- Money of a refund that was put to another payment instead of being sent back is a line that no statement shows.
ALTER TABLE bank_statement_line
    ADD COLUMN part_of   bigint REFERENCES bank_statement_line (id),
    ADD COLUMN refund_id bigint UNIQUE REFERENCES refund (id),
    DROP CONSTRAINT bank_statement_line_state_check,
    ADD CONSTRAINT bank_statement_line_state_check CHECK (state IN ('suspense', 'matched', 'returned', 'split'));
CREATE INDEX bank_statement_line_part ON bank_statement_line (part_of) WHERE part_of IS NOT NULL;

-- +goose Down
DROP INDEX bank_statement_line_part;
ALTER TABLE bank_statement_line
    DROP COLUMN part_of, DROP COLUMN refund_id,
    DROP CONSTRAINT bank_statement_line_state_check,
    ADD CONSTRAINT bank_statement_line_state_check CHECK (state IN ('suspense', 'matched', 'returned'));
