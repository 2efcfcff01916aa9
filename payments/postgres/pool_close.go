package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// SubmitPool divides a draft and fixes the shares for the second person.
func (s *Service) SubmitPool(ctx context.Context, r payments.PoolRef) (payments.Pool, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.Pool{}, err
	}
	if err := s.checkPoolSeason(ctx, r.ID); err != nil {
		return payments.Pool{}, err
	}
	return s.onPool(ctx, r.ID, func(c *change, p poolRow) error {
		if p.State == payments.PoolWaiting && p.SubmittedBy == c.actor {
			return nil // sent twice
		}
		if _, err := next(payments.PoolMachine, p.State, payments.PoolSubmit, ""); err != nil {
			return err
		}
		if day(c.now) < p.RecordDate.Format(time.DateOnly) {
			return link.E(link.Conflict, "pool.before_record_date", "record_date")
		}
		return c.submitPool(ctx, p, actor.Account)
	})
}

func (c *change) submitPool(ctx context.Context, p poolRow, account int64) error {
	pool, err := p.out()
	if err != nil {
		return err
	}
	if err := pool.CheckVillages(); err != nil {
		return err
	}
	shares, err := divided(ctx, c.tx, p)
	if err != nil {
		return err
	}
	n := len(shares)
	households, trade, byShare, amounts := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	var tradeSum, shareSum int64
	for i, m := range shares {
		households[i], trade[i], byShare[i], amounts[i] = m.Household, m.TradeFen, m.ShareFen, m.AmountFen
		tradeSum += m.TradeFen
		shareSum += m.ShareFen
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE pool_member m SET trade_fen = u.t, share_fen = u.s, amount_fen = u.a
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (h, t, s, a)
		WHERE m.pool_id = $1 AND m.household = u.h`, p.ID, pq.Array(households), pq.Array(trade), pq.Array(byShare), pq.Array(amounts))
	if err != nil {
		return fmt.Errorf("write shares of pool %d: %w", p.ID, err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE pool SET state = $7, trade_fen = $2, share_fen = $3, submitted_at = $4, submitted_by = $5, submitter = $6, reason = '',
		       decided_at = NULL, decided_by = '', version = version + 1
		WHERE id = $1 AND state = ANY($8)`, p.ID, tradeSum, shareSum, c.now, c.actor, account,
		payments.PoolMachine.To(payments.PoolSubmit), pq.Array(payments.PoolMachine.From(payments.PoolSubmit)))
	if err != nil {
		return fmt.Errorf("submit pool %d: %w", p.ID, err)
	}
	return nil
}

// DecidePool decides, by a second person: approved, households are owed their shares; else it is a draft again.
func (s *Service) DecidePool(ctx context.Context, r payments.DecidePool) (payments.Pool, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.Pool{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.Pool{}, err
	}
	if r.Approve {
		if err := s.checkPoolSeason(ctx, r.ID); err != nil {
			return payments.Pool{}, err
		}
	}
	return s.onPool(ctx, r.ID, func(c *change, p poolRow) error {
		if p.State == payments.PoolPosted && r.Approve && p.DecidedBy == c.actor {
			return nil // sent twice
		}
		on := payments.PoolSendBack
		if r.Approve {
			on = payments.PoolApprove
		}
		to, err := next(payments.PoolMachine, p.State, on, "")
		switch {
		case err != nil:
			return err
		case r.Version != 0 && r.Version != p.Version:
			return link.E(link.Conflict, "pool.changed", "")
		case c.same(actor, p.Submitter, p.SubmittedBy):
			return link.E(link.Forbidden, "payout.second_person", "")
		case !r.Approve:
			_, err := c.tx.ExecContext(ctx, `
				UPDATE pool SET state = $5, decided_at = $2, decided_by = $3, reason = $4, version = version + 1 WHERE id = $1`,
				p.ID, c.now, c.actor, r.Reason, to)
			if err != nil {
				return fmt.Errorf("send pool %d back: %w", p.ID, err)
			}
			return nil
		}
		return c.postPool(ctx, p, time.Time{})
	})
}

// postPool books a pool and owes each household its share: released for the next payout or, for distributions before the
// county began, paid on a day.
func (c *change) postPool(ctx context.Context, p poolRow, paidOn time.Time) error {
	shares, err := readMembers(ctx, c.tx, p.ID)
	if err != nil {
		return err
	}
	// The stored shares must be the ones that both persons saw.
	pool, err := p.out()
	if err != nil {
		return err
	}
	again, err := pool.Divide(membersOf(shares))
	if err != nil {
		return err
	}
	if !slices.Equal(again, shares) {
		return fmt.Errorf("pool %d: its shares are not what its division gives", p.ID)
	}
	at, state, paid := c.now, payments.PayableReleased, ""
	if !paidOn.IsZero() {
		at, state, paid = paidOn, payments.PayablePaid, day(paidOn)
	}
	households, amounts, keys := make([]int64, 0, len(shares)), make([]int64, 0, len(shares)), make([]string, 0, len(shares))
	lines := []ledger.Line{ledger.Debit(ledger.Pool(p.ID), p.IncomeFen-p.CostFen), ledger.Credit(ledger.Reserve(p.Org), p.ReserveFen-pool.VillagesFen())}
	var out []ledger.Line
	for _, v := range pool.Villages {
		lines = append(lines, ledger.Credit(ledger.PayableVillage(v.Village), v.AmountFen))
		out = append(out, ledger.Debit(ledger.PayableVillage(v.Village), v.AmountFen))
	}
	var changes []payments.PayableChange
	for _, m := range shares {
		if m.AmountFen == 0 {
			continue
		}
		key := payments.PoolSourceKey(p.ID, m.Household)
		households, amounts, keys = append(households, m.Household), append(amounts, m.AmountFen), append(keys, key)
		lines = append(lines, ledger.Credit(ledger.Payable(m.Household), m.AmountFen))
		out = append(out, ledger.Debit(ledger.Payable(m.Household), m.AmountFen))
		changes = append(changes, payments.PayableChange{SourceKey: key, Household: m.Household, State: state, AmountFen: m.AmountFen, PaidOn: paid, Version: 1})
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO payable (source_key, household, gross_fen, fee_fen, amount_fen, state, occurred_on, paid_on, created_at,
		                     season, month, programme, channel, product)
		SELECT k, h, a, 0, a, $4, $5::date, nullif($6, '')::date, $7, $8, $9, $10, 'distribution', $11
		FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS u (k, h, a)`,
		pq.Array(keys), pq.Array(households), pq.Array(amounts), state, day(at), paid, c.now, p.Season, p.Month, string(p.Kind), p.Kind.Product())
	if err != nil {
		return fmt.Errorf("owe shares of pool %d: %w", p.ID, err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE pool SET state = $4, decided_at = $2, decided_by = $3, version = version + 1 WHERE id = $1 AND state = ANY($5)`, p.ID, at, c.actor,
		payments.PoolMachine.To(payments.PoolApprove), pq.Array(payments.PoolMachine.From(payments.PoolApprove)))
	if err != nil {
		return fmt.Errorf("mark pool %d: %w", p.ID, err)
	}
	key := fmt.Sprintf("pool:%d", p.ID)
	c.post("pool.income", key+":income", at, ledger.Debit(ledger.Bank(), p.IncomeFen), ledger.Credit(ledger.Pool(p.ID), p.IncomeFen))
	if p.CostFen > 0 {
		c.post("pool.costs", key+":costs", at, ledger.Debit(ledger.Pool(p.ID), p.CostFen), ledger.Credit(ledger.Bank(), p.CostFen))
	}
	c.post("pool.closed", key+":close", at, lines...)
	if paid != "" {
		c.post("pool.paid", key+":paid", at, append(out, ledger.Credit(ledger.Bank(), p.IncomeFen-p.CostFen-p.ReserveFen+pool.VillagesFen()))...)
	}
	c.publishPayables(changes)
	return nil
}

// CancelPool gives a draft up.
func (s *Service) CancelPool(ctx context.Context, r payments.PoolRef) (payments.Pool, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.Pool{}, err
	}
	return s.onPool(ctx, r.ID, func(c *change, p poolRow) error {
		if p.State == payments.PoolCancelled {
			return nil
		}
		to, err := next(payments.PoolMachine, p.State, payments.PoolCancel, "")
		if err != nil {
			return err
		}
		if _, err := c.tx.ExecContext(ctx, `UPDATE pool SET state = $2, version = version + 1 WHERE id = $1`, p.ID, to); err != nil {
			return fmt.Errorf("cancel pool %d: %w", p.ID, err)
		}
		return nil
	})
}

// PoolMembers is a page of shares, the largest first; of a draft as they would be.
func (s *Service) PoolMembers(ctx context.Context, r payments.PoolMembersRequest) (payments.PoolMembers, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.PoolMembers{}, err
	}
	after, err := paging.ID("pool_members", r.Cursor)
	if err != nil {
		return payments.PoolMembers{}, err
	}
	p, err := readPool(ctx, s.db, r.ID)
	if err != nil {
		return payments.PoolMembers{}, err
	}
	page := payments.PoolMembers{Items: []payments.PoolShare{}}
	all, err := divided(ctx, s.db, p)
	var why *link.Error
	if errors.As(err, &why) && why.Code == link.Invalid {
		page.Problem = why
		all, err = readMembers(ctx, s.db, p.ID)
	}
	if err != nil {
		return page, err
	}
	for i, m := range all {
		page.MostFen = max(page.MostFen, m.AmountFen)
		if i == 0 || m.AmountFen < page.LessFen {
			page.LessFen = m.AmountFen
		}
	}
	if len(r.Households) > 0 {
		all = slices.DeleteFunc(all, func(m payments.PoolShare) bool { return !slices.Contains(r.Households, m.Household) })
	}
	slices.SortFunc(all, func(a, b payments.PoolShare) int {
		return cmp.Or(cmp.Compare(b.AmountFen, a.AmountFen), cmp.Compare(b.ListedFen, a.ListedFen), cmp.Compare(a.Household, b.Household))
	})
	page.Total = len(all)
	all = all[min(int(after), len(all)):]
	n, err := paging.Size(r.Limit, defaultLimit, payments.MaxPoolMembers)
	if err != nil {
		return page, err
	}
	if len(all) > n {
		all = all[:n]
		page.Cursor = paging.After("pool_members", after+int64(n))
	}
	page.Items = append(page.Items, all...)
	return page, nil
}

// HouseholdShares returns a household's shares of all posted pools.
func (s *Service) HouseholdShares(ctx context.Context, r payments.HouseholdRef) (payments.HouseholdShares, error) {
	if _, err := needHousehold(ctx, r.ID); err != nil {
		return payments.HouseholdShares{}, err
	}
	var rows []struct {
		PoolID int64 `db:"pool_id"`
		memberRow
		State  payments.PayableState `db:"state"`
		PaidOn sql.NullTime          `db:"paid_on"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT m.pool_id, m.household, m.persons, m.shares, m.trade, m.listed_fen, m.trade_fen, m.share_fen, m.amount_fen, y.state, y.paid_on
		FROM pool_member m JOIN pool p ON p.id = m.pool_id AND p.state = 'posted'
		JOIN payable y ON y.source_key = 'pool:' || m.pool_id || ':' || m.household
		WHERE m.household = $1 ORDER BY p.season DESC, p.month DESC, p.id DESC LIMIT 100`, r.ID)
	if err != nil {
		return payments.HouseholdShares{}, fmt.Errorf("read shares of household %d: %w", r.ID, err)
	}
	out := payments.HouseholdShares{Items: make([]payments.HouseholdShare, len(rows))}
	for i, row := range rows {
		p, err := readPool(ctx, s.db, row.PoolID)
		if err != nil {
			return out, err
		}
		pool, err := p.out()
		if err != nil {
			return out, err
		}
		item := payments.HouseholdShare{Pool: pool, Share: row.share(), State: row.State}
		if row.PaidOn.Valid {
			d := dateTime(row.PaidOn.Time)
			item.PaidOn = &d
		}
		out.Items[i] = item
	}
	return out, nil
}

// LoadPools loads distributions that were decided before the county began: posted and paid on PaidOn or, without it, waiting
// for the second person. Distributions that were loaded before stay as they are. System only.
func (s *Service) LoadPools(ctx context.Context, pools []payments.LoadedPool) error {
	if err := needSystem(ctx); err != nil {
		return err
	}
	for _, l := range pools {
		saved, err := s.SavePool(ctx, l.SavePool)
		if err != nil {
			return fmt.Errorf("load %s: %w", l.Title, err)
		}
		if saved.State != payments.PoolDraft {
			continue
		}
		_, err = s.onPool(ctx, saved.ID, func(c *change, _ poolRow) error {
			if err := c.setMembers(ctx, saved.ID, l.Members); err != nil {
				return err
			}
			p, err := readPool(ctx, c.tx, saved.ID)
			if err != nil {
				return err
			}
			c.actor = l.SubmittedBy
			if err := c.submitPool(ctx, p, 0); err != nil || l.PaidOn.IsZero() {
				return err
			}
			if p, err = readPool(ctx, c.tx, saved.ID); err != nil {
				return err
			}
			c.actor = l.DecidedBy
			return c.postPool(ctx, p, l.PaidOn)
		})
		if err != nil {
			return fmt.Errorf("load %s: %w", l.Title, err)
		}
	}
	return nil
}

// poolChecks each list (check, object, detail) of faults of distributions.
var poolChecks = []string{`
	SELECT 'pools.sum' AS check, 'pool:' || p.id AS object,
	       'surplus ' || p.income_fen - p.cost_fen - p.reserve_fen || ', shares ' || coalesce(m.fen, 0) AS detail
	FROM pool p LEFT JOIN (SELECT pool_id, sum(amount_fen) AS fen FROM pool_member GROUP BY pool_id) m ON m.pool_id = p.id
	WHERE p.state IN ('waiting', 'posted') AND p.income_fen - p.cost_fen - p.reserve_fen <> coalesce(m.fen, 0) LIMIT 100`, `
	SELECT 'pools.trade_part', 'pool:' || p.id, 'by trade volume ' || p.trade_fen || ' of ' || p.income_fen - p.cost_fen - p.reserve_fen
	FROM pool p WHERE p.kind <> 'solar' AND p.state IN ('waiting', 'posted')
	  AND p.trade_fen::numeric * 10 < (p.income_fen - p.cost_fen - p.reserve_fen)::numeric * 6 LIMIT 100`, `
	SELECT 'pools.payables', 'pool:' || p.id || ' household:' || m.household, 'share ' || m.amount_fen || ', payable ' || coalesce(y.amount_fen::text, 'none')
	FROM pool p JOIN pool_member m ON m.pool_id = p.id AND m.amount_fen > 0
	LEFT JOIN payable y ON y.source_key = 'pool:' || p.id || ':' || m.household
	WHERE p.state = 'posted' AND (y.amount_fen, y.household) IS DISTINCT FROM (m.amount_fen, m.household) LIMIT 100`, `
	SELECT 'pools.second_person', 'pool:' || p.id, 'submitted and approved by ' || p.submitted_by
	FROM pool p WHERE p.state = 'posted' AND p.submitted_by = p.decided_by LIMIT 100`, `
	SELECT 'pools.account', a.code, 'still holds ' || -b.balance
	FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'pool' AND b.balance <> 0 LIMIT 100`}

// verifyPools divides every pool again.
func verifyPools(ctx context.Context, tx *sqlx.Tx, add func(check, object, detail string)) error {
	var rows []poolRow
	err := tx.SelectContext(ctx, &rows, `SELECT `+poolColumns+` FROM pool p WHERE p.state IN ('waiting', 'posted') ORDER BY p.id`)
	if err != nil {
		return fmt.Errorf("read pools: %w", err)
	}
	for _, p := range rows {
		pool, err := p.out()
		if err != nil {
			return err
		}
		shares, err := readMembers(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		again, err := pool.Divide(membersOf(shares))
		switch {
		case err != nil:
			add("pools.division", fmt.Sprintf("pool:%d", p.ID), "cannot be divided: "+err.Error())
		case !slices.Equal(again, shares):
			add("pools.division", fmt.Sprintf("pool:%d", p.ID), "its shares are not what its division gives")
		}
	}
	return nil
}
