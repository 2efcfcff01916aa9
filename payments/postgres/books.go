package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// TrialBalance sums the ledger by kind of account.
func (s *Service) TrialBalance(ctx context.Context, _ payments.None) (payments.TrialBalance, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.TrialBalance{}, err
	}
	rows, err := ledger.Trial(ctx, s.db)
	if err != nil {
		return payments.TrialBalance{}, err
	}
	t := payments.TrialBalance{Rows: make([]payments.TrialRow, len(rows))}
	for i, r := range rows {
		t.Rows[i] = payments.TrialRow{Class: r.Class, Kind: r.Kind, DebitFen: r.Debit, CreditFen: r.Credit, BalanceFen: r.Balance, Accounts: r.Accounts}
		t.SumFen += r.Balance
	}
	return t, nil
}

// Journal lists transactions, newest first.
func (s *Service) Journal(ctx context.Context, f payments.JournalFilter) (payments.JournalPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.JournalPage{}, err
	}
	before, err := paging.ID("journal", f.Cursor)
	if err != nil {
		return payments.JournalPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.JournalPage{}, err
	}
	entries, err := ledger.Journal(ctx, s.db, ledger.Filter{ID: f.ID, Ref: f.Ref, Account: f.Account, Kind: f.Kind, Before: before, Limit: n + 1})
	if err != nil {
		return payments.JournalPage{}, err
	}
	var page payments.JournalPage
	if len(entries) > n {
		entries = entries[:n]
		page.Cursor = paging.After("journal", entries[n-1].ID)
	}
	page.Items = make([]payments.JournalTxn, len(entries))
	for i, e := range entries {
		page.Items[i] = txnOut(e)
	}
	return page, nil
}

func txnOut(e ledger.Entry) payments.JournalTxn {
	t := payments.JournalTxn{ID: e.ID, Kind: e.Kind, BusinessKey: e.BusinessKey, OccurredAt: e.OccurredAt.UTC(), Actor: e.Actor,
		BookedOn: e.BookedOn.Format(time.DateOnly), Reverses: e.Reverses, ReversedBy: e.ReversedBy, LineCount: e.LineCount,
		Lines: make([]payments.JournalLine, len(e.Lines))}
	for j, l := range e.Lines {
		t.Lines[j] = payments.JournalLine{Account: l.Account, AmountFen: l.Amount}
	}
	return t
}

// IncomeFacts pages through all payables by id.
func (s *Service) IncomeFacts(ctx context.Context, r payments.SourcesRequest) (payments.IncomeFacts, error) {
	if _, err := need(ctx); err != nil {
		return payments.IncomeFacts{}, err
	}
	n, err := paging.Size(r.Limit, defaultLimit, 5000)
	if err != nil {
		return payments.IncomeFacts{}, err
	}
	rows, err := s.db.QueryxContext(ctx, `
		SELECT id, source_key, ref, household, gross_fen, fee_fen, agent, agent_fen, amount_fen, state, coalesce(payout_item, 0), paid_on, occurred_on,
		       season, month, programme, channel, product, qty, net_grams
		FROM payable WHERE id > $1 ORDER BY id LIMIT $2`, r.After, n)
	if err != nil {
		return payments.IncomeFacts{}, fmt.Errorf("read payables: %w", err)
	}
	defer rows.Close()
	out := payments.IncomeFacts{Items: []payments.IncomeFact{}}
	for rows.Next() {
		var f payments.IncomeFact
		var paid sql.NullTime
		var occurred time.Time
		err := rows.Scan(&f.ID, &f.SourceKey, &f.Ref, &f.Household, &f.GrossFen, &f.FeeFen, &f.Agent, &f.AgentFen, &f.AmountFen, &f.State, &f.PayoutItem, &paid, &occurred,
			&f.Origin.Season, &f.Origin.Month, &f.Origin.Programme, &f.Origin.Channel, &f.Origin.Product, &f.Origin.Qty, &f.Origin.NetGrams)
		if err != nil {
			return out, fmt.Errorf("read payables: %w", err)
		}
		f.OccurredOn = dateTime(occurred)
		if paid.Valid {
			d := dateTime(paid.Time)
			f.PaidOn = &d
		}
		out.Items = append(out.Items, f)
	}
	if err := rows.Err(); err != nil {
		return out, fmt.Errorf("read payables: %w", err)
	}
	return out, nil
}
