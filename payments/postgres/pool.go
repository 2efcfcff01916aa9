package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

var _ payments.Distributions = (*Service)(nil)

type poolRow struct {
	ID          int64              `db:"id"`
	Kind        payments.PoolKind  `db:"kind"`
	Title       string             `db:"title"`
	Season      int                `db:"season"`
	Month       int                `db:"month"`
	Org         int64              `db:"org"`
	RecordDate  time.Time          `db:"record_date"`
	State       payments.PoolState `db:"state"`
	Income      []byte             `db:"income"`
	Costs       []byte             `db:"costs"`
	IncomeFen   int64              `db:"income_fen"`
	CostFen     int64              `db:"cost_fen"`
	Villages    []byte             `db:"villages"`
	ReserveFen  int64              `db:"reserve_fen"`
	TradeBP     int64              `db:"trade_bp"`
	TradeFen    int64              `db:"trade_fen"`
	ShareFen    int64              `db:"share_fen"`
	SnapshotAt  sql.NullTime       `db:"snapshot_at"`
	Version     int                `db:"version"`
	IdemKey     string             `db:"idem_key"`
	CreatedAt   time.Time          `db:"created_at"`
	CreatedBy   string             `db:"created_by"`
	SubmittedAt sql.NullTime       `db:"submitted_at"`
	SubmittedBy string             `db:"submitted_by"`
	Submitter   int64              `db:"submitter"`
	DecidedAt   sql.NullTime       `db:"decided_at"`
	DecidedBy   string             `db:"decided_by"`
	Reason      string             `db:"reason"`
	Members     int64              `db:"members"`
	TradeTotal  int64              `db:"trade_total"`
	ShareTotal  int64              `db:"share_total"`
	ListedFen   int64              `db:"listed_fen"`
}

const poolColumns = `p.id, p.kind, p.title, p.season, p.month, p.org, p.record_date, p.state, p.income, p.costs, p.income_fen, p.cost_fen,
	p.villages, p.reserve_fen, p.trade_bp, p.trade_fen, p.share_fen, p.snapshot_at, p.version, p.idem_key, p.created_at, p.created_by, p.submitted_at,
	p.submitted_by, p.submitter, p.decided_at, p.decided_by, p.reason,
	(SELECT count(*) FROM pool_member m WHERE m.pool_id = p.id) AS members,
	(SELECT coalesce(sum(m.trade), 0) FROM pool_member m WHERE m.pool_id = p.id)::bigint AS trade_total,
	(SELECT coalesce(sum(m.shares), 0) FROM pool_member m WHERE m.pool_id = p.id)::bigint AS share_total,
	(SELECT coalesce(sum(m.listed_fen), 0) FROM pool_member m WHERE m.pool_id = p.id)::bigint AS listed_fen`

func (p poolRow) out() (payments.Pool, error) {
	o := payments.Pool{ID: p.ID, Kind: p.Kind, Title: p.Title, Season: p.Season, Month: p.Month, Org: p.Org,
		RecordDate: p.RecordDate.Format(time.DateOnly), State: p.State, ReserveFen: p.ReserveFen, TradeBP: p.TradeBP,
		Members: p.Members, TradeTotal: p.TradeTotal, ShareTotal: p.ShareTotal, IncomeFen: p.IncomeFen, CostFen: p.CostFen,
		SurplusFen: p.IncomeFen - p.CostFen - p.ReserveFen, ListedFen: p.ListedFen, TradeFen: p.TradeFen, ShareFen: p.ShareFen,
		SnapshotAt: timePtr(p.SnapshotAt), Version: p.Version, CreatedAt: p.CreatedAt.UTC(), CreatedBy: p.CreatedBy,
		SubmittedAt: timePtr(p.SubmittedAt), SubmittedBy: p.SubmittedBy, DecidedAt: timePtr(p.DecidedAt), DecidedBy: p.DecidedBy, Reason: p.Reason}
	if err := json.Unmarshal(p.Income, &o.Income); err != nil {
		return o, fmt.Errorf("read income of pool %d: %w", p.ID, err)
	}
	if err := json.Unmarshal(p.Costs, &o.Costs); err != nil {
		return o, fmt.Errorf("read costs of pool %d: %w", p.ID, err)
	}
	if err := json.Unmarshal(p.Villages, &o.Villages); err != nil {
		return o, fmt.Errorf("read villages of pool %d: %w", p.ID, err)
	}
	return o, nil
}

func readPool(ctx context.Context, q queryer, id int64) (poolRow, error) {
	var p poolRow
	err := get(ctx, q, &p, `SELECT `+poolColumns+` FROM pool p WHERE p.id = $1`, id)
	if missing(err) {
		return p, link.E(link.NotFound, "pool.unknown", "")
	}
	if err != nil {
		return p, fmt.Errorf("read pool %d: %w", id, err)
	}
	return p, nil
}

// Pools lists distributions, the newest first.
func (s *Service) Pools(ctx context.Context, f payments.PoolFilter) (payments.Pools, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Pools{}, err
	}
	var rows []poolRow
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+poolColumns+` FROM pool p WHERE ($1 = '' OR p.kind = $1) AND ($2 = '' OR p.state = $2)
		ORDER BY p.season DESC, p.month DESC, p.id DESC LIMIT 500`, string(f.Kind), string(f.State))
	if err != nil {
		return payments.Pools{}, fmt.Errorf("read pools: %w", err)
	}
	out := payments.Pools{Items: make([]payments.Pool, len(rows))}
	for i, r := range rows {
		if out.Items[i], err = r.out(); err != nil {
			return payments.Pools{}, err
		}
	}
	return out, nil
}

// Pool is one distribution.
func (s *Service) Pool(ctx context.Context, r payments.PoolRef) (payments.Pool, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Pool{}, err
	}
	p, err := readPool(ctx, s.db, r.ID)
	if err != nil {
		return payments.Pool{}, err
	}
	return p.out()
}

// SavePool makes a distribution or changes a draft.
func (s *Service) SavePool(ctx context.Context, r payments.SavePool) (payments.Pool, error) {
	actor, err := need(ctx, roleOperator, roleAdmin)
	if err != nil {
		return payments.Pool{}, err
	}
	r, income, costs, err := r.Check(s.now())
	if err != nil {
		return payments.Pool{}, err
	}
	if err := s.checkSeason(ctx, r.Season); err != nil {
		return payments.Pool{}, err
	}
	inJSON, err := json.Marshal(r.Income)
	if err != nil {
		return payments.Pool{}, fmt.Errorf("write income: %w", err)
	}
	outJSON, err := json.Marshal(r.Costs)
	if err != nil {
		return payments.Pool{}, fmt.Errorf("write costs: %w", err)
	}
	villagesJSON, err := json.Marshal(r.Villages)
	if err != nil {
		return payments.Pool{}, fmt.Errorf("write villages: %w", err)
	}
	if r.ID == 0 {
		if r.IdempotencyKey == "" || len(r.IdempotencyKey) > 200 {
			return payments.Pool{}, link.E(link.Invalid, "payment.key", "idempotency_key")
		}
		var id int64
		err := s.change(ctx, func(c *change) error {
			key := fmt.Sprintf("%d:%s", actor.Account, r.IdempotencyKey)
			err := c.tx.GetContext(ctx, &id, `
				INSERT INTO pool (kind, title, season, month, org, record_date, state, income, costs, income_fen, cost_fen, reserve_fen, trade_bp,
				                  idem_key, created_at, created_by, villages)
				VALUES ($1, $2, $3, $4, $5, $6, $16, $7, $8, $9, $10, $11, $12, $13, $14, $15, $17)
				ON CONFLICT (idem_key) DO NOTHING RETURNING id`,
				r.Kind, r.Title, r.Season, r.Month, r.Org, r.RecordDate, inJSON, outJSON, income, costs, r.ReserveFen, r.TradeBP, key, c.now, c.actor, payments.PoolDraft, villagesJSON)
			if err == nil {
				return nil
			}
			if !missing(err) {
				return fmt.Errorf("write pool: %w", err)
			}
			// The same form again: the same pool, unless it says something else.
			old := struct {
				ID    int64  `db:"id"`
				Kind  string `db:"kind"`
				Title string `db:"title"`
			}{}
			if err := c.tx.GetContext(ctx, &old, `SELECT id, kind, title FROM pool WHERE idem_key = $1`, key); err != nil {
				return fmt.Errorf("look up pool: %w", err)
			}
			if old.Kind != string(r.Kind) || old.Title != r.Title {
				return link.E(link.Conflict, "payment.key_reused", "idempotency_key")
			}
			id = old.ID
			return nil
		})
		if err != nil {
			return payments.Pool{}, err
		}
		return s.Pool(ctx, payments.PoolRef{ID: id})
	}
	return s.onPool(ctx, r.ID, func(c *change, p poolRow) error {
		if err := p.State.CheckEdit(p.Version, r.Version); err != nil {
			return err
		}
		if p.Kind != r.Kind && p.Members > 0 {
			return link.E(link.Conflict, "pool.kind_fixed", "kind")
		}
		_, err := c.tx.ExecContext(ctx, `
			UPDATE pool SET kind = $2, title = $3, season = $4, month = $5, org = $6, record_date = $7, income = $8, costs = $9, income_fen = $10,
			       cost_fen = $11, reserve_fen = $12, trade_bp = $13, villages = $14, version = version + 1
			WHERE id = $1`, p.ID, r.Kind, r.Title, r.Season, r.Month, r.Org, r.RecordDate, inJSON, outJSON, income, costs, r.ReserveFen, r.TradeBP, villagesJSON)
		if err != nil {
			return fmt.Errorf("save pool %d: %w", p.ID, err)
		}
		return nil
	})
}

// checkSeason refuses a distribution of a closed season to people. What was decided before the county began is loaded into
// seasons that are over.
func (s *Service) checkSeason(ctx context.Context, season int) error {
	if s.seasons == nil || link.ActorFrom(ctx).System {
		return nil
	}
	return s.seasons.CheckSeason(ctx, season)
}

// checkPoolSeason does so for a distribution that is there.
func (s *Service) checkPoolSeason(ctx context.Context, id int64) error {
	p, err := readPool(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.checkSeason(ctx, p.Season)
}

// onPool changes a locked pool and returns it as it then is.
func (s *Service) onPool(ctx context.Context, id int64, do func(*change, poolRow) error) (payments.Pool, error) {
	var out payments.Pool
	err := s.change(ctx, func(c *change) error {
		if _, err := c.tx.ExecContext(ctx, `SELECT FROM pool WHERE id = $1 FOR UPDATE`, id); err != nil {
			return fmt.Errorf("lock pool %d: %w", id, err)
		}
		p, err := readPool(ctx, c.tx, id)
		if err != nil {
			return err
		}
		if err := do(c, p); err != nil {
			return err
		}
		if p, err = readPool(ctx, c.tx, id); err != nil {
			return err
		}
		out, err = p.out()
		return err
	})
	return out, err
}

// SetMembers replaces a draft's snapshot.
func (s *Service) SetMembers(ctx context.Context, r payments.SetMembers) (payments.Pool, error) {
	if _, err := need(ctx, roleOperator, roleAdmin); err != nil {
		return payments.Pool{}, err
	}
	if err := r.Check(); err != nil {
		return payments.Pool{}, err
	}
	return s.onPool(ctx, r.ID, func(c *change, p poolRow) error {
		if err := p.State.CheckEdit(p.Version, r.Version); err != nil {
			return err
		}
		return c.setMembers(ctx, p.ID, r.Members)
	})
}

func (c *change) setMembers(ctx context.Context, pool int64, members []payments.Member) error {
	if _, err := c.tx.ExecContext(ctx, `DELETE FROM pool_member WHERE pool_id = $1`, pool); err != nil {
		return fmt.Errorf("replace members of pool %d: %w", pool, err)
	}
	n := len(members)
	households, persons, shares, trade, listed := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, m := range members {
		households[i], persons[i], shares[i], trade[i], listed[i] = m.Household, m.Persons, m.Shares, m.Trade, m.ListedFen
	}
	_, err := c.tx.ExecContext(ctx, `
		INSERT INTO pool_member (pool_id, household, persons, shares, trade, listed_fen)
		SELECT $1, h, n, s, t, l FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[]) AS m (h, n, s, t, l)`,
		pool, pq.Array(households), pq.Array(persons), pq.Array(shares), pq.Array(trade), pq.Array(listed))
	if err != nil {
		return fmt.Errorf("write members of pool %d: %w", pool, err)
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE pool SET snapshot_at = $2, version = version + 1 WHERE id = $1`, pool, c.now)
	if err != nil {
		return fmt.Errorf("mark snapshot of pool %d: %w", pool, err)
	}
	return nil
}

type memberRow struct {
	Household int64 `db:"household"`
	Persons   int64 `db:"persons"`
	Shares    int64 `db:"shares"`
	Trade     int64 `db:"trade"`
	ListedFen int64 `db:"listed_fen"`
	TradeFen  int64 `db:"trade_fen"`
	ShareFen  int64 `db:"share_fen"`
	AmountFen int64 `db:"amount_fen"`
}

func (m memberRow) share() payments.PoolShare {
	return payments.PoolShare{TradeFen: m.TradeFen, ShareFen: m.ShareFen, AmountFen: m.AmountFen,
		Member: payments.Member{Household: m.Household, Persons: m.Persons, Shares: m.Shares, Trade: m.Trade, ListedFen: m.ListedFen}}
}

func readMembers(ctx context.Context, q queryer, pool int64) ([]payments.PoolShare, error) {
	rows, err := q.QueryxContext(ctx, `
		SELECT household, persons, shares, trade, listed_fen, trade_fen, share_fen, amount_fen
		FROM pool_member WHERE pool_id = $1 ORDER BY household`, pool)
	if err != nil {
		return nil, fmt.Errorf("read members of pool %d: %w", pool, err)
	}
	defer rows.Close()
	var out []payments.PoolShare
	for rows.Next() {
		var m memberRow
		if err := rows.StructScan(&m); err != nil {
			return nil, fmt.Errorf("read members of pool %d: %w", pool, err)
		}
		out = append(out, m.share())
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read members of pool %d: %w", pool, err)
	}
	return out, nil
}

// divided returns the members' shares: the stored ones, or for a draft the shares of its division now.
func divided(ctx context.Context, q queryer, p poolRow) ([]payments.PoolShare, error) {
	all, err := readMembers(ctx, q, p.ID)
	if err != nil || p.State != payments.PoolDraft {
		return all, err
	}
	pool, err := p.out()
	if err != nil {
		return nil, err
	}
	return pool.Divide(membersOf(all))
}

func membersOf(shares []payments.PoolShare) []payments.Member {
	members := make([]payments.Member, len(shares))
	for i, m := range shares {
		members[i] = m.Member
	}
	return members
}
