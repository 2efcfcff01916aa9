package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/web/sheet"
)

var _ sheet.Headings = (*Store)(nil)

// Headings implements sheet.Headings.
func (s *Store) Headings(ctx context.Context) ([]sheet.Heading, error) {
	var rows []struct {
		Kind    string    `db:"kind"`
		Heading string    `db:"heading"`
		Field   string    `db:"field"`
		Login   string    `db:"login"`
		At      time.Time `db:"at"`
	}
	if err := s.db.SelectContext(ctx, &rows, `SELECT kind, heading, field, login, at FROM heading ORDER BY kind, heading`); err != nil {
		return nil, fmt.Errorf("list headings: %w", err)
	}
	out := make([]sheet.Heading, len(rows))
	for i, r := range rows {
		out[i] = sheet.Heading{Kind: r.Kind, Heading: r.Heading, Field: r.Field, By: r.Login, At: r.At.UTC()}
	}
	return out, nil
}

// RememberHeadings implements sheet.Headings. Of a heading that is named twice, the last field counts.
func (s *Store) RememberHeadings(ctx context.Context, by string, headings []sheet.Heading) error {
	type key struct{ kind, heading string }
	fields := map[key]string{}
	for _, h := range headings {
		fields[key{h.Kind, h.Heading}] = h.Field
	}
	var kinds, names, values []string
	for k, field := range fields {
		kinds, names, values = append(kinds, k.kind), append(names, k.heading), append(values, field)
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO heading (kind, heading, field, login) SELECT k, h, f, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS u (k, h, f)
		ON CONFLICT (kind, heading) DO UPDATE SET field = excluded.field, login = excluded.login, at = excluded.at`,
		pq.Array(kinds), pq.Array(names), pq.Array(values), by)
	if err != nil {
		return fmt.Errorf("remember headings: %w", err)
	}
	return nil
}

// ForgetHeading implements sheet.Headings.
func (s *Store) ForgetHeading(ctx context.Context, kind, heading string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM heading WHERE kind = $1 AND heading = $2`, kind, heading); err != nil {
		return fmt.Errorf("forget heading: %w", err)
	}
	return nil
}
