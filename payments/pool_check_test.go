package payments_test

import (
	"testing"

	"banmuyuan/payments"
)

func TestSavePoolCheck(t *testing.T) {
	t.Parallel()
	good := payments.SavePool{Kind: payments.PoolMushroom, Title: " 千袋菌分红 ", Season: 2026, Month: 9, Org: 3, RecordDate: "2026-09-01",
		Income: []payments.PoolItem{{" 销售 ", 1000}, {"补贴", 500}}, Costs: []payments.PoolItem{{"菌袋", 300}}}
	got, income, costs, err := good.Check(noon)
	if err != nil || got.Title != "千袋菌分红" || got.TradeBP != payments.LeastTradeBP || income != 1500 || costs != 300 || got.Income[0].Label != "销售" {
		t.Errorf("%+v %d %d, %v", got, income, costs, err)
	}
	if good.Income[0].Label != " 销售 " {
		t.Error("the request was changed")
	}
	for _, c := range []struct {
		key    string
		change func(*payments.SavePool)
	}{
		{"pool.title", func(r *payments.SavePool) { r.Title = "分" }},
		{"pool.kind", func(r *payments.SavePool) { r.Kind = "wind" }},
		{"pool.season", func(r *payments.SavePool) { r.Season = 1999 }},
		{"pool.month", func(r *payments.SavePool) { r.Month = 13 }},
		{"pool.record_date", func(r *payments.SavePool) { r.RecordDate = "2026-9-1" }},
		{"pool.record_date", func(r *payments.SavePool) { r.RecordDate = "2027-09-19" }},
		{"pool.org", func(r *payments.SavePool) { r.Org = 0 }},
		{"payment.amount", func(r *payments.SavePool) { r.ReserveFen = -1 }},
		{"pool.trade_part", func(r *payments.SavePool) { r.TradeBP = 5_999 }}, // the law's 60 %
		{"pool.trade_part", func(r *payments.SavePool) { r.TradeBP = 10_001 }},
		{"pool.label", func(r *payments.SavePool) { r.Costs = []payments.PoolItem{{" ", 1}} }},
		{"payment.amount", func(r *payments.SavePool) { r.Costs = []payments.PoolItem{{"袋", 0}} }},
		{"pool.items", func(r *payments.SavePool) { r.Costs = make([]payments.PoolItem, payments.MaxPoolItems+1) }},
	} {
		r := good
		c.change(&r)
		_, _, _, err := r.Check(noon)
		wantKey(t, err, c.key)
	}
	solar := payments.SavePool{Kind: payments.PoolSolar, Title: "光伏收入", Season: 2026, Month: 9, Org: 3, TradeBP: 100, RecordDate: "2026-09-01"}
	if got, _, _, err := solar.Check(noon); err != nil || got.Org != 0 || got.TradeBP != 0 || got.Income == nil || got.Costs == nil {
		t.Errorf("a list has no cooperative and no part by trade volume: %+v, %v", got, err)
	}
}

func TestSetMembersCheck(t *testing.T) {
	t.Parallel()
	m := payments.Member{Household: 17, Persons: 3, Shares: 5, Trade: 10}
	for _, c := range []struct {
		key     string
		members []payments.Member
	}{
		{"", []payments.Member{m}}, {"pool.no_members", nil}, {"pool.no_members", make([]payments.Member, payments.MaxPoolMembers+1)},
		{"pool.member_twice", []payments.Member{m, m}},
		{"pool.member", []payments.Member{{Persons: 3}}}, {"pool.member", []payments.Member{{Household: 1, Shares: -1}}},
		{"pool.member", []payments.Member{{Household: 1, Persons: 101}}},
	} {
		wantKey(t, payments.SetMembers{Members: c.members}.Check(), c.key)
	}
}

func TestPoolEdit(t *testing.T) {
	t.Parallel()
	wantKey(t, payments.PoolDraft.CheckEdit(4, 4), "")
	wantKey(t, payments.PoolDraft.CheckEdit(4, 0), "")
	wantKey(t, payments.PoolDraft.CheckEdit(4, 3), "pool.changed")
	wantKey(t, payments.PoolWaiting.CheckEdit(4, 4), "pool.not_draft")
	if payments.PoolSeedPotato.Product() != "seed_potato" || payments.PoolMushroom.Product() != "mushroom" || payments.PoolSolar.Product() != "" {
		t.Error("products of distributions")
	}
}

func TestRecordTransfersCheck(t *testing.T) {
	t.Parallel()
	good := payments.Transfer{BankRef: " T1 ", AmountFen: 100, Payer: "王", PaidOn: noon}
	got, err := payments.RecordTransfers{Lines: []payments.Transfer{good}}.Check(noon)
	if err != nil || got.Lines[0].BankRef != "T1" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		key    string
		change func(*payments.Transfer)
	}{
		{"transfer.bank_ref", func(l *payments.Transfer) { l.BankRef = " " }},
		{"transfer.bank_ref_twice", func(l *payments.Transfer) { l.BankRef = "T1" }},
		{"payment.amount", func(l *payments.Transfer) { l.AmountFen = -1 }},
		{"transfer.paid_on", func(l *payments.Transfer) { l.PaidOn = noon.AddDate(0, 0, 2) }},
		{"transfer.paid_on", func(l *payments.Transfer) { l.PaidOn = noon.AddDate(-27, 0, 0) }},
	} {
		l := good
		l.BankRef = "T2"
		c.change(&l)
		_, err := payments.RecordTransfers{Lines: []payments.Transfer{good, l}}.Check(noon)
		wantKey(t, err, c.key)
	}
	_, err = payments.RecordTransfers{}.Check(noon)
	wantKey(t, err, "transfer.lines")
	_, err = payments.ReturnTransfer{BankRef: " ", PaidOn: noon}.Check(noon)
	wantKey(t, err, "transfer.return_ref")
	_, err = payments.ReturnTransfer{BankRef: "R1"}.Check(noon)
	wantKey(t, err, "refund.paid_on")
}
