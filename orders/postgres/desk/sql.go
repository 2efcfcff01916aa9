package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Queryer is a database or a transaction.
type Queryer interface {
	sqlx.ExtContext
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

func Missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }

func Ints(v []int64) pq.Int64Array {
	if v == nil {
		return pq.Int64Array{} // NULL = ANY(NULL) is not false
	}
	return v
}

// Literal is an array of integers as PostgreSQL writes it, for arrays within arrays.
func Literal(v []int64) string {
	var b strings.Builder
	b.Grow(2 + 8*len(v))
	b.WriteByte('{')
	for i, x := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(x, 10))
	}
	b.WriteByte('}')
	return b.String()
}

// Filter builds a WHERE clause.
type Filter struct {
	conds []string
	Args  []any
}

// Add takes a condition with ? for each argument.
func (f *Filter) Add(cond string, args ...any) {
	var b strings.Builder
	for _, r := range cond {
		if r == '?' {
			f.Args = append(f.Args, args[0])
			args = args[1:]
			b.WriteString("$" + strconv.Itoa(len(f.Args)))
			continue
		}
		b.WriteRune(r)
	}
	f.conds = append(f.conds, b.String())
}

func (f *Filter) Raw(cond string, args []any) {
	f.conds = append(f.conds, cond)
	f.Args = append(f.Args, args...)
}

func (f *Filter) Where() string {
	if len(f.conds) == 0 {
		return "true"
	}
	return strings.Join(f.conds, " AND ")
}

// Next returns the number of one more argument.
func (f *Filter) Next() int { return len(f.Args) + 1 }

// LikePattern matches s anywhere in a text; its signs have no meaning of their own.
func LikePattern(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// AddTimeline writes a row of the timeline of each order.
func (m *Desk) AddTimeline(ctx context.Context, tx *sqlx.Tx, orderIDs []int64, key string, args map[string]string) error {
	list := make([]TimelineEntry, len(orderIDs))
	for i, id := range orderIDs {
		list[i] = TimelineEntry{id, key, args}
	}
	return m.AddTimelines(ctx, tx, list)
}

// TimelineEntry is one row of an order's timeline.
type TimelineEntry struct {
	OrderID int64
	Key     string
	Args    map[string]string
}

// AddTimelines writes timeline entries of orders in one statement.
func (m *Desk) AddTimelines(ctx context.Context, tx *sqlx.Tx, list []TimelineEntry) error {
	if len(list) == 0 {
		return nil
	}
	ids, keys, bodies := make([]int64, len(list)), make(pq.StringArray, len(list)), make(pq.StringArray, len(list))
	for i, h := range list {
		if h.Args == nil {
			h.Args = map[string]string{}
		}
		body, err := json.Marshal(h.Args)
		if err != nil {
			return fmt.Errorf("encode timeline: %w", err)
		}
		ids[i], keys[i], bodies[i] = h.OrderID, h.Key, string(body)
	}
	a := link.ActorFrom(ctx)
	role := a.Role
	if a.System {
		role = "system"
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO order_event (order_id, at, key, args, account_id, actor, role, on_behalf_of, request_id)
		SELECT o, $2, k, b::jsonb, $5, $6, $7, $8, $9 FROM unnest($1::bigint[], $3::text[], $4::text[]) AS u (o, k, b)`,
		Ints(ids), m.Now(), keys, bodies, a.Account, orders.ActorName(a), role, a.OnBehalfOf, link.RequestID(ctx))
	if err != nil {
		return fmt.Errorf("write timeline: %w", err)
	}
	return nil
}

// Once claims a request's key inside tx. done is true when the same request was carried out before, about is the id
// stored then; Conflict when the key was used for another one.
func (m *Desk) Once(ctx context.Context, tx *sqlx.Tx, key string, hash []byte) (about int64, done bool, err error) {
	account := link.ActorFrom(ctx).Account
	res, err := tx.ExecContext(ctx, `
		INSERT INTO request_key (account_id, key, body_hash, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		account, key, hash, m.Now())
	if err != nil {
		return 0, false, fmt.Errorf("claim request key: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return 0, false, err
	}
	var old struct {
		Hash  []byte `db:"body_hash"`
		About int64  `db:"about"`
	}
	err = tx.GetContext(ctx, &old, `SELECT body_hash, about FROM request_key WHERE account_id = $1 AND key = $2`, account, key)
	if err != nil {
		return 0, false, fmt.Errorf("read request key: %w", err)
	}
	if string(old.Hash) != string(hash) {
		return 0, false, ErrKeyReused()
	}
	return old.About, true, nil
}

func ErrKeyReused() error {
	return link.E(link.Conflict, "order.key.reused", "idempotency_key")
}

func TextArray(v []string) pq.StringArray { return v }

func KeysOf(set map[int64]bool) []int64 {
	keys := make([]int64, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
