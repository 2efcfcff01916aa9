package county_test

import (
	"context"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/webtest"
)

// stubBooks and stubPools answer with made-up books and distributions; what they were asked is kept.
type stubBooks struct {
	payments.Books
	empty   bool
	state   payments.ClosingState
	asked   []payments.AskClosing
	decided []payments.DecideClosing
	refuse  error
}

func (b *stubBooks) Trial(_ context.Context, r payments.TrialRequest) (payments.Trial, error) {
	t := payments.Trial{From: r.From, To: "2026-09-18"}
	if !b.empty {
		t.Rows = []payments.TrialLine{{Class: "asset", Kind: "bank", OpeningFen: 100_00, DebitFen: 50_00, ClosingFen: 150_00, Accounts: 1},
			{Class: "liability", Kind: "payable", OpeningFen: -100_00, CreditFen: 50_00, ClosingFen: -150_00, Accounts: 12}}
	}
	return t, nil
}

func (b *stubBooks) AccountStatement(_ context.Context, r payments.AccountRequest) (payments.AccountStatement, error) {
	if r.Account != "bank" {
		return payments.AccountStatement{}, link.E(link.NotFound, "books.unknown_account", "account")
	}
	return payments.AccountStatement{Account: "bank", Class: "asset", Kind: "bank", OpeningFen: 100_00, DebitFen: 50_00, ClosingFen: 150_00, Total: 1,
		Items: []payments.LedgerEntry{{TxnID: 7, Line: 1, Kind: "pool.income", BusinessKey: "pool:4:income", BookedOn: "2026-09-18", OccurredAt: webtest.Day, Actor: "operator", Account: "bank", AmountFen: 50_00, BalanceFen: 150_00}}}, nil
}

func (b *stubBooks) LedgerEntries(context.Context, payments.EntriesRequest) (payments.LedgerEntries, error) {
	return payments.LedgerEntries{Items: []payments.LedgerEntry{{TxnID: 7, Line: 1, Kind: "delivery", BusinessKey: "delivery:7", BookedOn: "2026-09-18", OccurredAt: webtest.Day, Account: "bank", AmountFen: -50_00}}}, nil
}

func (b *stubBooks) Periods(context.Context, payments.None) (payments.Periods, error) {
	if b.empty {
		return payments.Periods{}, nil
	}
	p := payments.Periods{ClosedThrough: "2019-12-31", Items: []payments.Period{{Month: "2020-01", Txns: 4017, DebitFen: 8_000_00, LateTxns: 2}, {Month: "2019-12", Txns: 3, Closed: true}}}
	if b.state != "" {
		p.Closings = []payments.Closing{{ID: 5, Through: "2020-01-31", State: b.state, AskedAt: webtest.Day, AskedBy: "somebody"}}
	}
	return p, nil
}

func (b *stubBooks) AskClosing(_ context.Context, r payments.AskClosing) (payments.Closing, error) {
	b.asked = append(b.asked, r)
	return payments.Closing{}, b.refuse
}

func (b *stubBooks) DecideClosing(_ context.Context, r payments.DecideClosing) (payments.Closing, error) {
	b.decided = append(b.decided, r)
	return payments.Closing{}, b.refuse
}
