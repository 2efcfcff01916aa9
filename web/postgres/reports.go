package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/web/report"
)

var _ report.Store = (*Reports)(nil)

// Reports keeps the county's reports.
type Reports struct{ *Store }

// Reports returns the store of reports.
func (s *Store) Reports() *Reports { return &Reports{s} }

type reportRow struct {
	ID         int64      `db:"id"`
	Kind       string     `db:"kind"`
	Season     int        `db:"season"`
	Lang       string     `db:"lang"`
	State      string     `db:"state"`
	Rows       int64      `db:"rows"`
	Total      int64      `db:"total"`
	AccountID  int64      `db:"account_id"`
	AskedBy    string     `db:"asked_by"`
	FailureKey string     `db:"failure_key"`
	File       string     `db:"file"`
	Bytes      int        `db:"bytes"`
	AskedAt    time.Time  `db:"asked_at"`
	EndedAt    *time.Time `db:"ended_at"`
	Attempts   int        `db:"attempts"`
}

func (r reportRow) job() report.Job {
	return report.Job{ID: r.ID, Kind: report.Kind(r.Kind), Season: r.Season, Lang: r.Lang, State: report.State(r.State), Rows: r.Rows, Total: r.Total,
		AccountID: r.AccountID, AskedBy: r.AskedBy, FailureKey: r.FailureKey, File: r.File, Bytes: r.Bytes, AskedAt: r.AskedAt, EndedAt: r.EndedAt,
		Attempts: r.Attempts}
}

const reportColumns = `r.id, r.kind, r.season, r.lang, r.state, r.rows, r.total, r.account_id, a.name AS asked_by, r.failure_key, r.file,
	coalesce(length(r.data), 0) AS bytes, r.asked_at, r.ended_at, r.attempts`

func (s *Reports) oneReport(ctx context.Context, verb, query string, args ...any) (report.Job, error) {
	var r reportRow
	err := s.db.GetContext(ctx, &r, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return report.Job{}, report.ErrNotFound
	}
	if err != nil {
		return report.Job{}, fmt.Errorf("%s report: %w", verb, err)
	}
	return r.job(), nil
}

// Ask implements report.Store.
func (s *Reports) Ask(ctx context.Context, j report.Job) (report.Job, error) {
	// The second statement finds what the first one wrote, or whoever else's is in its way.
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO report (kind, season, lang, state, account_id) VALUES ($1, $2, $3, $5, $4)
		ON CONFLICT (account_id, kind, season, lang) WHERE state IN ('queued', 'running') DO NOTHING`,
		string(j.Kind), j.Season, j.Lang, j.AccountID, string(report.Queued))
	if err != nil {
		return report.Job{}, fmt.Errorf("ask for report: %w", err)
	}
	return s.oneReport(ctx, "find", `
		SELECT `+reportColumns+` FROM report r JOIN account a ON a.id = r.account_id
		WHERE (r.account_id, r.kind, r.season, r.lang) = ($1, $2, $3, $4) ORDER BY r.id DESC LIMIT 1`,
		j.AccountID, string(j.Kind), j.Season, j.Lang)
}

// Claim implements report.Store.
func (s *Reports) Claim(ctx context.Context, lease time.Duration) (report.Job, error) {
	return s.oneReport(ctx, "claim", `
		WITH taken AS (
			UPDATE report SET state = $2, attempts = attempts + 1, rows = 0, run_until = clock_timestamp() + $1 * interval '1 microsecond'
			WHERE id = (SELECT id FROM report
			            WHERE state = ANY($3) AND (state <> $2 OR run_until < clock_timestamp())
			            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
			RETURNING *)
		SELECT `+reportColumns+` FROM taken r JOIN account a ON a.id = r.account_id`,
		lease.Microseconds(), string(report.Machine.To(report.StepClaim)), pq.Array(report.Machine.From(report.StepClaim)))
}

// ended says that a report is no longer this process's to write.
func (s *Reports) ended(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(report.ErrNotFound, err)
	}
	return nil
}

// Progress implements report.Store.
func (s *Reports) Progress(ctx context.Context, id int64, rows, total int64, lease time.Duration) error {
	return s.ended(s.db.ExecContext(ctx, `
		UPDATE report SET rows = $2, total = $3, run_until = clock_timestamp() + $4 * interval '1 microsecond'
		WHERE id = $1 AND state = $5`, id, rows, total, lease.Microseconds(), string(report.Running)))
}

// Finish implements report.Store.
func (s *Reports) Finish(ctx context.Context, id int64, file string, data []byte) error {
	return s.ended(s.db.ExecContext(ctx, `
		UPDATE report SET state = $4, file = $2, data = $3, ended_at = clock_timestamp(), run_until = NULL
		WHERE id = $1 AND state = ANY($5)`,
		id, file, data, string(report.Machine.To(report.StepFinish)), pq.Array(report.Machine.From(report.StepFinish))))
}

// Fail implements report.Store.
func (s *Reports) Fail(ctx context.Context, id int64, key string) error {
	return s.ended(s.db.ExecContext(ctx, `
		UPDATE report SET state = $3, failure_key = $2, ended_at = clock_timestamp(), run_until = NULL
		WHERE id = $1 AND state = ANY($4)`,
		id, key, string(report.Machine.To(report.StepFail)), pq.Array(report.Machine.From(report.StepFail))))
}

// Jobs implements report.Store.
func (s *Reports) Jobs(ctx context.Context, limit int) ([]report.Job, error) {
	var rows []reportRow
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+reportColumns+` FROM report r JOIN account a ON a.id = r.account_id ORDER BY r.id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	jobs := make([]report.Job, len(rows))
	for i, r := range rows {
		jobs[i] = r.job()
	}
	return jobs, nil
}

// Job implements report.Store.
func (s *Reports) Job(ctx context.Context, id int64) (report.Job, error) {
	return s.oneReport(ctx, "read", `SELECT `+reportColumns+` FROM report r JOIN account a ON a.id = r.account_id WHERE r.id = $1`, id)
}

// File implements report.Store.
func (s *Reports) File(ctx context.Context, id int64) (string, []byte, error) {
	var f struct {
		Name string `db:"file"`
		Data []byte `db:"data"`
	}
	err := s.db.GetContext(ctx, &f, `SELECT file, data FROM report WHERE id = $1 AND state = $2`, id, string(report.Done))
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, report.ErrNotFound
	}
	if err != nil {
		return "", nil, fmt.Errorf("read workbook: %w", err)
	}
	return f.Name, f.Data, nil
}

// Forget implements report.Store.
func (s *Reports) Forget(ctx context.Context, before time.Time) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM report WHERE asked_at < $1 AND state IN ('done', 'failed')`, before); err != nil {
		return fmt.Errorf("remove old reports: %w", err)
	}
	return nil
}
