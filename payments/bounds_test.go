package payments_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

var noon = time.Date(2026, 9, 18, 4, 0, 0, 0, time.UTC) // 12:00 in China

func chars(n int) string { return strings.Repeat("字", n) }

func TestAccountNumbersAtTheirBounds(t *testing.T) {
	t.Parallel()
	for number, key := range map[string]string{strings.Repeat("9", 10): "", strings.Repeat("0", 25): "", "６２１７００００００９": "",
		"6217+0000000000": "payout.number", "x21700000000": "payout.number", "6217000000Ａ": "payout.number"} {
		_, err := payments.SetPayoutAccount{Household: 1, Holder: "王秀英", Bank: "信用社", Number: number}.Check()
		wantKey(t, err, key)
	}
	for holder, key := range map[string]string{"王五": "", chars(40): "", "阿依·古丽 (1)": "", "合作社2号": "", "-王五": "payout.holder", "王_五": "payout.holder", "_王五": "payout.holder"} {
		_, err := payments.SetPayoutAccount{Household: 1, Holder: holder, Bank: chars(60), Number: "6217000000"}.Check()
		wantKey(t, err, key)
	}
	if got := payments.CleanNumber("Ａ１ ２"); got != "Ａ12" {
		t.Errorf("cleaned to %q", got)
	}
	if got := payments.MaskNumber("1234"); got != "•••• 1234" {
		t.Errorf("masked as %q", got)
	}
}

func TestCashAtItsBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slip, key string
		on        time.Time
	}{
		{chars(60), "", noon}, {chars(61), "cash.slip", noon}, {"S", "", time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"S", "cash.banked_on", time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)}, {"S", "cash.banked_on", time.Time{}},
	} {
		_, err := payments.BankCash{Slip: c.slip, AmountFen: 1, PaidOn: c.on}.Check(noon)
		wantKey(t, err, c.key)
	}
	if got, err := payments.CheckCounterReceipt(chars(60), 1, 1); err != nil || got != chars(60) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReasonsAtTheirBounds(t *testing.T) {
	t.Parallel()
	if why, err := payments.CheckDecision(false, " "+chars(9)+" ", 9, "k", "f"); err != nil || why != chars(9) {
		t.Errorf("%q, %v", why, err)
	}
	if why, err := payments.CheckDecision(false, chars(10)+" ", 9, "k", "f"); err == nil || why != chars(10) {
		t.Errorf("%q, %v", why, err)
	}
	if r, err := (payments.DecideOrgPayout{Approve: true, Why: chars(201)}).Check(); err == nil || r.Why != chars(201) {
		t.Errorf("a refused request lost its reason: %q, %v", r.Why, err)
	}
	if r, err := (payments.DecideBatch{Reason: " " + chars(500) + "\n"}).Check(); err != nil || r.Reason != chars(500) {
		t.Errorf("%q, %v", r.Reason, err)
	}
	if r, err := (payments.DecideClosing{Reason: " 好 "}).Check(); err != nil || r.Reason != "好" {
		t.Errorf("%q, %v", r.Reason, err)
	}
	for _, why := range []string{"好", chars(200)} {
		_, err := payments.DecidePayoutAccount{Why: why}.Check()
		wantKey(t, err, "")
	}
	_, err := payments.AskReversal{Reason: chars(200)}.Check()
	wantKey(t, err, "")
}

func TestDeliveriesAtTheirBounds(t *testing.T) {
	t.Parallel()
	share := func(change func(*payments.DeliveryShare)) payments.AcceptDelivery {
		s := payments.DeliveryShare{SourceKey: "ticket:1", Household: 17, GrossFen: 1000}
		change(&s)
		return payments.AcceptDelivery{DeliveryID: 1, Ref: "order:1", Coop: 3, Shares: []payments.DeliveryShare{s}}
	}
	shares := func(n int) payments.AcceptDelivery {
		d := payments.AcceptDelivery{DeliveryID: 1, Ref: "order:1"}
		for i := range n {
			d.Shares = append(d.Shares, payments.DeliveryShare{SourceKey: fmt.Sprint(i), Household: 1, GrossFen: 1})
		}
		return d
	}
	for name, c := range map[string]struct {
		d  payments.AcceptDelivery
		ok bool
	}{
		"no fee":                       {share(func(*payments.DeliveryShare) {}), true},
		"all is fee":                   {share(func(s *payments.DeliveryShare) { s.FeeFen = s.GrossFen }), true},
		"the largest":                  {share(func(s *payments.DeliveryShare) { s.GrossFen = payments.MaxFen }), true},
		"parts that overflow":          {share(func(s *payments.DeliveryShare) { s.FeeFen, s.Agent, s.AgentFen = math.MaxInt64, 4, math.MaxInt64 }), false},
		"the most shares":              {shares(payments.MaxShares), true},
		"too many shares":              {shares(payments.MaxShares + 1), false},
		"the most of its own":          {payments.AcceptDelivery{DeliveryID: 1, Coop: 3, OwnFen: payments.MaxFen}, true},
		"too much of its own":          {payments.AcceptDelivery{DeliveryID: 1, Coop: 3, OwnFen: payments.MaxFen + 1}, false},
		"own goods of no organisation": {payments.AcceptDelivery{DeliveryID: 1, OwnFen: 1}, false},
	} {
		if _, err := c.d.Totals(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPoolsAtTheirBounds(t *testing.T) {
	t.Parallel()
	mushrooms := payments.SavePool{Kind: payments.PoolMushroom, Title: "分红", Season: 2026, Month: 9, Org: 3, RecordDate: "2026-09-01", TradeBP: payments.LeastTradeBP}
	for i, c := range []struct {
		key    string
		change func(*payments.SavePool)
	}{
		{"", func(*payments.SavePool) {}}, {"", func(r *payments.SavePool) { r.Kind = payments.PoolSeedPotato }},
		{"", func(r *payments.SavePool) { r.Title = chars(60) }}, {"pool.title", func(r *payments.SavePool) { r.Title = chars(61) }},
		{"", func(r *payments.SavePool) { r.Season = 2000 }}, {"", func(r *payments.SavePool) { r.Season = 2100 }}, {"pool.season", func(r *payments.SavePool) { r.Season = 2101 }},
		{"", func(r *payments.SavePool) { r.Month = 1 }}, {"", func(r *payments.SavePool) { r.Month = 12 }}, {"pool.month", func(r *payments.SavePool) { r.Month = 0 }},
		{"", func(r *payments.SavePool) { r.Kind, r.Org = payments.PoolSolar, 0 }}, {"pool.org", func(r *payments.SavePool) { r.Kind, r.Org = payments.PoolSolar, -1 }},
		{"", func(r *payments.SavePool) { r.ReserveFen = payments.MaxFen }}, {"payment.amount", func(r *payments.SavePool) { r.ReserveFen = payments.MaxFen + 1 }},
		{"", func(r *payments.SavePool) { r.TradeBP = 10_000 }},
		{"", func(r *payments.SavePool) {
			r.Income = slices.Repeat([]payments.PoolItem{{Label: "袋", AmountFen: 1}}, payments.MaxPoolItems)
		}},
		{"", func(r *payments.SavePool) { r.Income = []payments.PoolItem{{Label: chars(60), AmountFen: 1}} }},
		{"pool.label", func(r *payments.SavePool) { r.Income = []payments.PoolItem{{Label: chars(61), AmountFen: 1}} }},
	} {
		r := mushrooms
		c.change(&r)
		if _, _, _, err := r.Check(noon); c.key == "" && err != nil {
			t.Errorf("%d: %v", i, err)
		} else {
			wantKey(t, err, c.key)
		}
	}
	const most = 1_000_000_000_000
	for _, c := range []struct {
		key string
		m   payments.Member
	}{
		{"", payments.Member{Household: 1}}, {"", payments.Member{Household: 1, Persons: 100, Shares: most, Trade: most, ListedFen: most}},
		{"pool.member", payments.Member{Household: 1, Persons: -1}}, {"pool.member", payments.Member{Household: 1, Shares: most + 1}},
		{"pool.member", payments.Member{Household: 1, Trade: most + 1}}, {"pool.member", payments.Member{Household: 1, ListedFen: -1}},
	} {
		wantKey(t, payments.SetMembers{Members: []payments.Member{c.m}}.Check(), c.key)
	}
	all := make([]payments.Member, payments.MaxPoolMembers)
	for i := range all {
		all[i].Household = int64(i + 1)
	}
	wantKey(t, payments.SetMembers{Members: all}.Check(), "")
}

func TestRegisteredMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind          payments.PoolKind
		stake         payments.Stake
		shares, trade int64
		has           bool
	}{
		{payments.PoolSeedPotato, payments.Stake{Shares: 3, ShareFen: 30_000, Entrusted: 1_259, Bags: 100}, 90_000, 125, true},
		{payments.PoolSeedPotato, payments.Stake{Entrusted: 10}, 0, 1, true}, {payments.PoolSeedPotato, payments.Stake{Shares: 1, ShareFen: 1}, 1, 0, true},
		{payments.PoolSeedPotato, payments.Stake{Shares: 3, Entrusted: 9}, 0, 0, false},
		{payments.PoolMushroom, payments.Stake{Shares: 10, ShareFen: 50_000, Entrusted: 1_000, Bags: 1_050}, 10, 1_050, true},
		{payments.PoolMushroom, payments.Stake{Bags: 99}, 0, 99, true}, {payments.PoolMushroom, payments.Stake{Shares: 1}, 1, 0, true},
		{payments.PoolMushroom, payments.Stake{ShareFen: 1, Entrusted: 1}, 0, 0, false}, {payments.PoolSolar, payments.Stake{Shares: 1, ShareFen: 1, Entrusted: 1_000, Bags: 1_000}, 0, 0, false},
	} {
		m, has := payments.RegisteredMember(c.kind, 17, 3, c.stake)
		if has != c.has || m != (payments.Member{Household: 17, Persons: 3, Shares: c.shares, Trade: c.trade}) {
			t.Errorf("%+v: %+v, %v", c, m, has)
		}
	}
}

func TestDivideByTradeAndShares(t *testing.T) {
	t.Parallel()
	members := []payments.Member{{Household: 1, Trade: 1, Shares: 1}, {Household: 2, Trade: 3, Shares: 1}}
	got, err := payments.Pool{Kind: payments.PoolMushroom, TradeBP: 6_000, SurplusFen: 1_000}.Divide(members)
	if err != nil || len(got) != 2 || got[0].TradeFen != 150 || got[0].ShareFen != 200 || got[1].TradeFen != 450 || got[1].AmountFen != 650 {
		t.Errorf("%+v, %v", got, err)
	}
	// Where all of it goes by trade volume, nobody needs a share.
	members[0].Shares, members[1].Shares = 0, 0
	if got, err := (payments.Pool{Kind: payments.PoolMushroom, TradeBP: 10_000, SurplusFen: 1_000}).Divide(members); err != nil || got[1].AmountFen != 750 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = payments.Pool{Kind: payments.PoolMushroom, TradeBP: 6_000, SurplusFen: 1_000}.Divide(members)
	wantKey(t, err, "pool.no_shares")
}

func TestPoolSourceKey(t *testing.T) {
	t.Parallel()
	if key := payments.PoolSourceKey(7, 12); key != "pool:7:12" {
		t.Errorf("the key is %s", key)
	}
	for key, want := range map[string]bool{"pool:7:12": true, "pool:7": false, "pool:07:12": false, "pool:7:12x": false, "ticket:7": false, "pool:7:": false} {
		if pool, ok := payments.ParsePoolSourceKey(key); ok != want || ok && pool != 7 {
			t.Errorf("%s: %d, %v", key, pool, ok)
		}
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	if step, ok := payments.PaymentReport(payments.PaymentExpired); !ok || step != payments.PaymentExpire {
		t.Errorf("expired: %s, %v", step, ok)
	}
	if now, changed := payments.NextDispute(payments.DisputeOpen, "gone"); changed || now != payments.DisputeOpen {
		t.Errorf("an unknown report: %s, %v", now, changed)
	}
	if kind, name := payments.MovementDifference(true, true, noon.Add(-1), noon, false); kind != "clearing.amount" || !name {
		t.Errorf("%s, %v", kind, name)
	}
	if !payments.PaymentExpired.Final() || payments.PaymentOpen.Final() {
		t.Error("an expired payment is final, an open one is not")
	}
	if got := (payments.Payment{AmountFen: 300, PartFen: 100}).LackFen(); got != 200 {
		t.Errorf("%d lack", got)
	}
	kinds := payments.ReversibleKinds()
	if !slices.IsSorted(kinds) || !slices.Contains(kinds, "refund") || slices.ContainsFunc(kinds, func(k string) bool { return !payments.MayReverse(k) }) {
		t.Errorf("reversible are %v", kinds)
	}
	// A payment that expires after the next look does not put it off.
	if next := payments.NextPaymentCheck(payments.PaymentOpen, false, noon, noon.Add(time.Hour), noon); !next.Before(noon.Add(time.Minute)) {
		t.Errorf("the next look is at %s", next)
	}
}

func TestTransfersAtTheirBounds(t *testing.T) {
	t.Parallel()
	line := payments.Transfer{BankRef: strings.Repeat("r", 100), AmountFen: 1, Payer: chars(200), Memo: chars(500), PaidOn: noon}
	for _, c := range []struct {
		key, field string
		change     func(*payments.Transfer)
	}{
		{"", "", func(*payments.Transfer) {}}, {"transfer.bank_ref", "bank_ref", func(l *payments.Transfer) { l.BankRef += "r" }},
		{"transfer.text", "memo", func(l *payments.Transfer) { l.Payer += "字" }}, {"transfer.text", "memo", func(l *payments.Transfer) { l.Memo += "字" }},
	} {
		l := line
		c.change(&l)
		_, err := payments.RecordTransfers{Lines: []payments.Transfer{{BankRef: "T", AmountFen: 1, PaidOn: noon}, l}}.Check(noon)
		wantKey(t, err, c.key)
		if err != nil && link.AsError(err).Field != "lines[1]."+c.field {
			t.Errorf("the error is about %s", link.AsError(err).Field)
		}
	}
	many := make([]payments.Transfer, payments.MaxTransfers)
	for i := range many {
		many[i] = payments.Transfer{BankRef: fmt.Sprint(i), AmountFen: 1, PaidOn: noon}
	}
	_, err := payments.RecordTransfers{Lines: many}.Check(noon)
	wantKey(t, err, "")
	_, err = payments.RecordTransfers{Lines: append(slices.Clone(many), line)}.Check(noon)
	wantKey(t, err, "transfer.lines")
	for i := range many {
		many[i].AmountFen = 0
	}
	if _, err := (payments.RecordTransfers{Lines: many}).Check(noon); err == nil || len(link.AsError(err).Details) != 20 {
		t.Errorf("of many wrong lines %d are named", len(link.AsError(err).Details))
	}
	for ref, key := range map[string]string{chars(100): "", chars(101): "transfer.return_ref"} {
		_, err := payments.ReturnTransfer{BankRef: ref, PaidOn: noon}.Check(noon)
		wantKey(t, err, key)
	}
}
