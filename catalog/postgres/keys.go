package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

var errDropConn = driver.ErrBadConn

// digest shortens a key to one length for storage, so that its index stays small.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return uuid.UUID(sum[:16]).String()
}

// linesDigest is equal for requests that ask for the same. The expiry is not part of it: a retry after a timeout asks
// later.
func linesDigest(req catalog.ReserveRequest) string {
	b, err := link.Marshal(struct {
		Channel   catalog.Channel
		Confirmed bool
		Lines     []catalog.ReserveLine
	}{req.Channel, req.Confirmed, req.Lines})
	if err != nil {
		panic(err) // numbers and strings only
	}
	return digest(string(b))
}

const retireSQL = `
		WITH retired AS (
			SELECT key, gen_random_uuid() AS new FROM unnest($1::uuid[]) AS k (key))
		UPDATE hold SET key = retired.new FROM retired
		WHERE hold.key = retired.key AND hold.state = ` + released + ` AND hold.expired`

// answerKnown answers the jobs with used keys and returns the others, among them jobs of expired holds: these may be
// reserved anew.
func (w *writer) answerKnown(ctx context.Context, s *season, jobs []*job, known []string) ([]*job, error) {
	stored, err := w.readReservations(ctx, s, known)
	if err != nil {
		return jobs, err
	}
	var rest []*job
	var expired []string
	for _, j := range jobs {
		r, ok := stored[j.key]
		switch {
		case !ok:
			rest = append(rest, j)
		case r.lines != j.lines:
			j.reply(catalog.Reservation{}, link.E(link.Conflict, "reserve.key.reused", "key"))
		case r.expired:
			expired = append(expired, j.key)
			rest = append(rest, j)
		default:
			j.reply(r.Reservation, nil)
		}
	}
	if len(expired) == 0 {
		return rest, nil
	}
	// The old hold stays as history under a key of its own.
	_, err = w.c.DB.ExecContext(ctx, retireSQL, pq.StringArray(slices.Compact(expired)))
	if err != nil {
		return jobs, fmt.Errorf("retire expired holds: %w", err)
	}
	return rest, nil
}

type storedReservation struct {
	catalog.Reservation
	lines   string
	expired bool
}

// readReservations reads the reservations stored under keys. Households and villages of the shares come from memory.
func (w *writer) readReservations(ctx context.Context, s *season, keys []string) (map[string]*storedReservation, error) {
	rows, err := w.c.DB.QueryContext(ctx, `
		SELECT key::text, lines::text, order_id, line, presale_id, state, expired, expires_at, policy, lots, qty, level_fen
		FROM hold WHERE key = ANY($1::uuid[]) ORDER BY key, line`, pq.StringArray(keys))
	if err != nil {
		return nil, fmt.Errorf("read reservations: %w", err)
	}
	defer rows.Close()
	all := map[string]*storedReservation{}
	for rows.Next() {
		var key string
		var r storedReservation
		var sh catalog.Shares
		var expires sql.Null[time.Time]
		err := rows.Scan(&key, &r.lines, &r.OrderID, &sh.Line, &sh.PresaleID, &r.State, &r.expired, &expires, &sh.Policy,
			(*pq.Int64Array)(&sh.Lots), (*pq.Int64Array)(&sh.Qty), (*pq.Int64Array)(&sh.LevelFen))
		if err != nil {
			return nil, fmt.Errorf("read reservations: %w", err)
		}
		sh.Households, sh.Villages = make([]int64, len(sh.Lots)), make([]int64, len(sh.Lots))
		for i, id := range sh.Lots {
			if l, ok := s.pool.Lot(id); ok {
				h, _ := s.pool.Household(l.Household)
				sh.Households[i], sh.Villages[i] = h.ID, h.Village
			}
		}
		known := all[key]
		if known == nil {
			if expires.Valid {
				r.ExpiresAt = expires.V.UTC()
			}
			known = &r
			all[key] = known
		}
		known.Lines = append(known.Lines, s.withAgents(sh))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read reservations: %w", err)
	}
	return all, nil
}
