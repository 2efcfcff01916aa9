package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

var _ orders.Rules = (*Module)(nil)

// UnpaidRules implements orders.Rules.
func (m *Module) UnpaidRules(ctx context.Context, _ orders.None) (orders.UnpaidRules, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.UnpaidRules{}, err
	}
	return m.unpaidRules(ctx)
}

func (m *Module) unpaidRules(ctx context.Context) (orders.UnpaidRules, error) {
	out := orders.UnpaidRules{History: []orders.UnpaidRulesSet{}}
	var err error
	if out.UnpaidLimits, err = m.Limits.InForce(ctx, m.DB); err != nil {
		return out, err
	}
	var rows []struct {
		Orders    int       `db:"orders"`
		OrgOrders int       `db:"org_orders"`
		Part      int64     `db:"part"`
		Login     string    `db:"login"`
		At        time.Time `db:"at"`
	}
	err = m.DB.SelectContext(ctx, &rows, `SELECT orders, org_orders, part, login, at FROM unpaid_rules ORDER BY id DESC LIMIT 50`)
	if err != nil {
		return out, fmt.Errorf("read history of limits: %w", err)
	}
	for _, r := range rows {
		out.History = append(out.History, orders.UnpaidRulesSet{By: r.Login, At: r.At.UTC(),
			UnpaidLimits: orders.UnpaidLimits{Orders: r.Orders, OrgOrders: r.OrgOrders, Part: r.Part}})
	}
	return out, nil
}

// SetUnpaidRules implements orders.Rules.
func (m *Module) SetUnpaidRules(ctx context.Context, want orders.UnpaidLimits) (orders.UnpaidRules, error) {
	a := link.ActorFrom(ctx)
	if err := orders.MaySetUnpaid(a, want, want); err != nil {
		return orders.UnpaidRules{}, err
	}
	if err := want.Check(); err != nil {
		return orders.UnpaidRules{}, err
	}
	err := m.Tx(ctx, func(tx *sqlx.Tx) error {
		// Of two who set them at once the second is held against the limits of the first.
		if _, err := tx.ExecContext(ctx, `LOCK TABLE unpaid_rules IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("lock limits: %w", err)
		}
		before, err := m.Limits.InForce(ctx, tx)
		if err != nil || before == want {
			return err
		}
		if err := orders.MaySetUnpaid(a, before, want); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO unpaid_rules (orders, org_orders, part, account, login, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			want.Orders, want.OrgOrders, want.Part, a.Account, a.Login, m.Now())
		if err != nil {
			return fmt.Errorf("set limits of unpaid orders: %w", err)
		}
		return desk.Did(ctx, tx, link.Act{Kind: "rules.unpaid",
			Detail: fmt.Sprintf("%d %d %d", want.Orders, want.Part, want.OrgOrders)})
	})
	if err != nil {
		return orders.UnpaidRules{}, err
	}
	if err := m.Limits.Read(ctx); err != nil {
		return orders.UnpaidRules{}, err
	}
	return m.unpaidRules(ctx)
}
