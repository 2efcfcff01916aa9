package desk

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/search"
)

const (
	searchEvery = 2 * time.Second
	searchWhole = time.Hour // all orders are looked at again
	searchChunk = 1000
	searchAgain = 5000 // numbers below the last one that are looked at again: a transaction with a lower one may end later
)

// noKey is a key that no search text contains.
const noKey = "\x01"

// SearchKey returns the key by which a text is looked for in search texts. It is never empty: an empty one is in every text.
func SearchKey(text string) string {
	if key := search.Key(text); key != "" {
		return key
	}
	return noKey
}

// BuyerSearch writes the search keys of buyers and recipients, a moment after their orders and adoptions were written: writing them
// with the order would make orders of the same name wait for each other.
type BuyerSearch struct {
	DB  *sqlx.DB
	Log *slog.Logger

	order, adoption int64 // names of lower numbers are written
	whole           time.Time
}

// Run writes until ctx ends.
func (s *BuyerSearch) Run(ctx context.Context) {
	tick := time.NewTicker(searchEvery)
	defer tick.Stop()
	for {
		if err := s.Fill(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("search texts of buyers not written", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Fill writes the names that are new.
func (s *BuyerSearch) Fill(ctx context.Context) error {
	if time.Since(s.whole) > searchWhole {
		s.order, s.adoption, s.whole = 0, 0, time.Now()
	}
	var last struct {
		Order    int64 `db:"last_order"`
		Adoption int64 `db:"last_adoption"`
	}
	err := s.DB.GetContext(ctx, &last, `
		SELECT coalesce((SELECT max(id) FROM orders), 0) AS last_order, coalesce((SELECT max(id) FROM adoption), 0) AS last_adoption`)
	if err != nil {
		return fmt.Errorf("read the last numbers: %w", err)
	}
	for {
		var names []string
		err := s.DB.SelectContext(ctx, &names, fmt.Sprintf(`
			SELECT name FROM (
				SELECT buyer AS name FROM orders WHERE id > $1 UNION SELECT recipient FROM orders WHERE id > $1
				UNION SELECT buyer FROM adoption WHERE id > $2) n
			WHERE name <> '' AND NOT EXISTS (SELECT FROM buyer_search b WHERE b.name = n.name) LIMIT %d`, searchChunk), s.order, s.adoption)
		if err != nil {
			return fmt.Errorf("read names of buyers: %w", err)
		}
		texts := make([]string, len(names))
		for i, n := range names {
			texts[i] = search.Text(n)
		}
		_, err = s.DB.ExecContext(ctx, `
			INSERT INTO buyer_search (name, search) SELECT n, t FROM unnest($1::text[], $2::text[]) AS u (n, t) ORDER BY n ON CONFLICT DO NOTHING`,
			pq.Array(names), pq.Array(texts))
		if err != nil {
			return fmt.Errorf("write search texts of buyers: %w", err)
		}
		if len(names) < searchChunk {
			s.order, s.adoption = max(0, last.Order-searchAgain), max(0, last.Adoption-searchAgain)
			return nil
		}
	}
}
