package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
)

type columnsRow struct {
	ID     int64          `db:"id"`
	Bank   string         `db:"bank"`
	Titles pq.StringArray `db:"titles"`
	Fields pq.StringArray `db:"fields"`
	Actor  string         `db:"actor"`
	At     time.Time      `db:"at"`
}

func (r columnsRow) out() payments.StatementColumns {
	return payments.StatementColumns{ID: r.ID, Bank: r.Bank, Titles: r.Titles, Fields: r.Fields, By: r.Actor, At: r.At.UTC()}
}

func (s *Service) readColumns(ctx context.Context) ([]columnsRow, error) {
	var rows []columnsRow
	err := s.db.SelectContext(ctx, &rows, `SELECT id, bank, titles, fields, actor, at FROM statement_columns ORDER BY bank, id LIMIT $1`, payments.MaxStatementColumns)
	if err != nil {
		return nil, fmt.Errorf("read columns of statements: %w", err)
	}
	return rows, nil
}

// explainedColumns are the remembered columns as bankfile reads by them.
func (s *Service) explainedColumns(ctx context.Context) ([]bankfile.StatementColumns, error) {
	rows, err := s.readColumns(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]bankfile.StatementColumns, len(rows))
	for i, r := range rows {
		out[i] = bankfile.StatementColumns{Bank: r.Bank, Titles: r.Titles, Fields: r.Fields}
	}
	return out, nil
}

// PictureStatement shows the first lines of a statement.
func (s *Service) PictureStatement(ctx context.Context, r payments.PictureStatement) (payments.StatementPicture, error) {
	var out payments.StatementPicture
	if _, err := need(ctx, roleOperator); err != nil {
		return out, err
	}
	if len(r.Data) == 0 || len(r.Data) > maxStatementFile {
		return out, link.E(link.Invalid, "statement.size", "file")
	}
	explained, err := s.explainedColumns(ctx)
	if err != nil {
		return out, err
	}
	p, problem := s.statement.Picture(r.Data, r.From, explained...)
	if problem != nil {
		return out, wrongColumns(problem, "file")
	}
	out = payments.StatementPicture{Sheet: p.Sheet, HeadLine: p.HeadLine, Fields: p.Fields, All: p.All, Known: bankfile.StatementFields}
	for _, l := range p.Lines {
		out.Lines = append(out.Lines, payments.PictureLine(l))
	}
	return out, nil
}

// wrongColumns returns a problem as an error about a field.
func wrongColumns(p *bankfile.Problem, field string) error {
	e := link.E(link.Invalid, p.Key, field)
	e.Args = p.Args
	return e
}

// columnsFields are the fields of the request that problems of columns are about; others are about the columns.
var columnsFields = map[string]string{"statement.columns.bank": "bank", "statement.columns.head": "head_line"}

// MapStatement remembers a person's explanation of columns.
func (s *Service) MapStatement(ctx context.Context, r payments.MapStatement) (payments.StatementColumns, error) {
	var row columnsRow
	if _, err := need(ctx, roleOperator); err != nil {
		return row.out(), err
	}
	if len(r.Data) == 0 || len(r.Data) > maxStatementFile {
		return row.out(), link.E(link.Invalid, "statement.size", "file")
	}
	columns, problem := s.statement.Explain(r.Data, r.Bank, r.HeadLine, r.Fields)
	if problem != nil {
		field := columnsFields[problem.Key]
		if field == "" {
			field = "fields"
		}
		return row.out(), wrongColumns(problem, field)
	}
	err := s.write(ctx, func(c *change) error {
		if err := c.exec(ctx, "lock columns of statements", `LOCK TABLE statement_columns IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		var others int
		err := c.tx.GetContext(ctx, &others, `SELECT count(*) FROM statement_columns WHERE fingerprint <> $1`, columns.Fingerprint())
		if err != nil {
			return fmt.Errorf("count columns of statements: %w", err)
		}
		if others >= payments.MaxStatementColumns {
			return link.E(link.Conflict, "statement.columns.most", "fields", "max", fmt.Sprint(payments.MaxStatementColumns))
		}
		err = c.tx.GetContext(ctx, &row, `
			INSERT INTO statement_columns (fingerprint, bank, titles, fields, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT ON CONSTRAINT statement_columns_head DO UPDATE SET bank = excluded.bank, fields = excluded.fields, actor = excluded.actor, at = excluded.at
			RETURNING id, bank, titles, fields, actor, at`,
			columns.Fingerprint(), columns.Bank, pq.Array(columns.Titles), pq.Array(columns.Fields), c.actor, c.now)
		if err != nil {
			return fmt.Errorf("remember columns of statements: %w", err)
		}
		c.did("load.columns", "statement_columns", row.ID, "")
		return nil
	})
	return row.out(), err
}

// StatementColumns lists remembered columns.
func (s *Service) StatementColumns(ctx context.Context, _ payments.None) (payments.StatementColumnsList, error) {
	out := payments.StatementColumnsList{Items: []payments.StatementColumns{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	rows, err := s.readColumns(ctx)
	for _, r := range rows {
		out.Items = append(out.Items, r.out())
	}
	return out, err
}

// ForgetStatement removes remembered columns.
func (s *Service) ForgetStatement(ctx context.Context, r payments.StatementColumnsRef) (payments.None, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.None{}, err
	}
	return payments.None{}, s.write(ctx, func(c *change) error {
		res, err := c.tx.ExecContext(ctx, `DELETE FROM statement_columns WHERE id = $1`, r.ID)
		if err != nil {
			return fmt.Errorf("forget columns of statements: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return fmt.Errorf("forget columns of statements: %w", err)
		}
		if n == 0 {
			return link.E(link.NotFound, "statement.columns.unknown", "id")
		}
		c.did("load.columns_forgotten", "statement_columns", r.ID, "")
		return nil
	})
}
