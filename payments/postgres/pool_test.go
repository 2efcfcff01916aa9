package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func (b *bundle) savePool(kind payments.PoolKind, income, costs, reserve int64) payments.Pool {
	b.t.Helper()
	b.nextID++
	var villages []payments.VillagePart
	if kind.Listed() {
		villages = []payments.VillagePart{{Village: 3, AmountFen: reserve}}
	}
	p, err := b.svc.SavePool(operator, payments.SavePool{IdempotencyKey: fmt.Sprintf("pool-%d", b.nextID), Villages: villages, Kind: kind, Title: "种薯分红", Season: 2026, Month: 11,
		Org: 3, RecordDate: payments.Day(b.clock.now()), Income: []payments.PoolItem{{Label: "种薯销售款", AmountFen: income}},
		Costs: []payments.PoolItem{{Label: "种子与机耕", AmountFen: costs}}, ReserveFen: reserve})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bundle) members(pool int64, members ...payments.Member) payments.Pool {
	b.t.Helper()
	p, err := b.svc.SetMembers(operator, payments.SetMembers{ID: pool, Members: members})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

var threeMembers = []payments.Member{{Household: 17, Persons: 2, Shares: 100_000, Trade: 100}, {Household: 18, Persons: 3, Shares: 150_000, Trade: 100},
	{Household: 19, Persons: 1, Shares: 50_000, Trade: 100}}

func TestPoolIsPostedOnceAndPaidOut(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18, 19)
	p := b.savePool(payments.PoolSeedPotato, 1_500_00, 400_00, 100_01)
	b.members(p.ID, threeMembers...)
	preview, err := b.svc.PoolMembers(operator, payments.PoolMembersRequest{ID: p.ID})
	if err != nil || preview.Problem != nil || preview.Total != 3 {
		t.Fatalf("preview: %+v, %v", preview, err)
	}
	for range 2 {
		if p, err = b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID}); err != nil || p.State != payments.PoolWaiting {
			t.Fatalf("submitted: %+v, %v", p, err)
		}
	}
	if p.TradeFen != 600_00 || p.ShareFen != 399_99 { // 60 % of 999.99 is rounded up
		t.Errorf("parts are %d and %d", p.TradeFen, p.ShareFen)
	}
	_, err = b.svc.SetMembers(operator, payments.SetMembers{ID: p.ID, Members: threeMembers[:1]})
	wantCode(t, err, link.Conflict, "pool.not_draft")

	// Eight clicks of the second person at once post it once.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Approve: true}); err != nil || got.State != payments.PoolPosted {
				t.Errorf("posted: %s, %v", got.State, err)
			}
		})
	}
	wg.Wait()
	got, err := b.svc.PoolMembers(operator, payments.PoolMembersRequest{ID: p.ID})
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for i, m := range got.Items {
		if m != preview.Items[i] {
			t.Errorf("the preview said %+v, posted is %+v", preview.Items[i], m)
		}
		b.wantHousehold(m.Household, 0, m.AmountFen, 0, 0)
		sum += m.AmountFen
	}
	if sum != 999_99 {
		t.Errorf("shares come to %d", sum)
	}
	var txns int
	if err := b.db.Get(&txns, `SELECT count(*) FROM ledger_txn WHERE business_key LIKE 'pool:%'`); err != nil || txns != 3 {
		t.Errorf("%d transactions, %v", txns, err)
	}
	b.payOut("dividends")
	mine, err := b.svc.HouseholdShares(householdActor(18), payments.HouseholdRef{ID: 18})
	if err != nil || len(mine.Items) != 1 || mine.Items[0].State != payments.PayablePaid || mine.Items[0].Share.Persons != 3 || mine.Items[0].Pool.Members != 3 {
		t.Errorf("household sees %+v, %v", mine, err)
	}
	_, err = b.svc.HouseholdShares(householdActor(17), payments.HouseholdRef{ID: 18})
	wantCode(t, err, link.NotFound, "not_found")
	facts, err := b.svc.IncomeFacts(system(), payments.SourcesRequest{})
	if err != nil || len(facts.Items) != 3 || facts.Items[0].Origin.Programme != "seedpotato" || facts.Items[0].Origin.Month != 11 {
		t.Errorf("income facts: %+v, %v", facts, err)
	}
	// Nothing of it can be changed any more, by whatever hand.
	for _, sql := range []string{`UPDATE pool SET title = 'x'`, `DELETE FROM pool_member`, `UPDATE pool_member SET amount_fen = amount_fen + 1`, `TRUNCATE pool_member`, `TRUNCATE pool, pool_member`} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

func householdActor(id int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: 900 + id, Login: "h", Role: "household", Household: id})
}

func TestPoolNeedsTwoPeople(t *testing.T) {
	b := setup(t)
	p := b.savePool(payments.PoolSeedPotato, 1000, 1, 0)
	_, err := b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID})
	wantCode(t, err, link.Invalid, "pool.no_members")
	b.members(p.ID, threeMembers...)
	if _, err = b.svc.SubmitPool(boss("operator"), payments.PoolRef{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.DecidePool(boss("approver"), payments.DecidePool{ID: p.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	_, err = b.svc.DecidePool(operator, payments.DecidePool{ID: p.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID})
	wantCode(t, err, link.Invalid, "pool.reason")
	if p, err = b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Reason: "名单不全"}); err != nil || p.State != payments.PoolDraft || p.Reason != "名单不全" {
		t.Fatalf("sent back: %+v, %v", p, err)
	}
	_, err = b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Approve: true})
	wantCode(t, err, link.Conflict, "pool.not_waiting")
	_, err = b.svc.SavePool(operator, payments.SavePool{ID: p.ID, Version: 1, Kind: p.Kind, Title: p.Title, Season: 2026, Month: 11, Org: 3, RecordDate: p.RecordDate})
	wantCode(t, err, link.Conflict, "pool.changed")
	if p, err = b.svc.CancelPool(operator, payments.PoolRef{ID: p.ID}); err != nil || p.State != payments.PoolCancelled {
		t.Errorf("cancelled: %+v, %v", p, err)
	}
	_, err = b.svc.SavePool(operator, payments.SavePool{IdempotencyKey: "k", Kind: payments.PoolMushroom, Title: "菌棒分红", Season: 2026, Month: 11, Org: 3,
		RecordDate: "2026-11-01", TradeBP: 5000})
	wantCode(t, err, link.Invalid, "pool.trade_part")
	_, err = b.svc.Pools(householdActor(17), payments.PoolFilter{})
	wantCode(t, err, link.Forbidden, "forbidden")
}

func TestSolarFollowsTheList(t *testing.T) {
	b := setup(t)
	p := b.savePool(payments.PoolSolar, 1000_00, 100_00, 50_00)
	b.members(p.ID, payments.Member{Household: 17, ListedFen: 500_00}, payments.Member{Household: 18, ListedFen: 349_99})
	_, err := b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID})
	wantCode(t, err, link.Invalid, "pool.list_sum")
	preview, err := b.svc.PoolMembers(operator, payments.PoolMembersRequest{ID: p.ID})
	if err != nil || preview.Problem == nil || preview.Problem.Key != "pool.list_sum" || preview.Total != 2 {
		t.Fatalf("preview: %+v, %v", preview, err)
	}
	b.members(p.ID, payments.Member{Household: 17, ListedFen: 500_00}, payments.Member{Household: 18, ListedFen: 350_00})
	if _, err = b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err = b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	b.wantHousehold(17, 0, 500_00, 0, 0)
	b.wantHousehold(18, 0, 350_00, 0, 0)
}

func TestPoolsOfBeforeAreLoadedOnce(t *testing.T) {
	b := setup(t)
	paid := b.clock.now().AddDate(0, -3, 0)
	load := payments.LoadedPool{SavePool: payments.SavePool{IdempotencyKey: "m", Kind: payments.PoolMushroom, Title: "菌棒分红", Season: 2025, Month: 11, Org: 4,
		RecordDate: "2025-10-31", Income: []payments.PoolItem{{Label: "卖菌", AmountFen: 45_000}}}, Members: []payments.Member{
		{Household: 17, Shares: 5, Trade: 500}, {Household: 18, Shares: 10, Trade: 1000}}, SubmittedBy: "甲", DecidedBy: "乙", PaidOn: paid}
	for range 2 {
		if err := b.svc.LoadPools(system(), []payments.LoadedPool{load}); err != nil {
			t.Fatal(err)
		}
	}
	b.wantHousehold(17, 0, 0, 0, 15_000)
	b.wantHousehold(18, 0, 0, 0, 30_000)
	if err := b.svc.LoadPools(operator, []payments.LoadedPool{load}); link.CodeOf(err) != link.Forbidden {
		t.Errorf("an operator loads: %v", err)
	}
}

func TestVerifyFindsAPoolThatIsNotItsDivision(t *testing.T) {
	b := setup(t)
	b.harmed = true
	p := b.savePool(payments.PoolSeedPotato, 1000_00, 1, 0)
	b.members(p.ID, threeMembers...)
	if _, err := b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`ALTER TABLE pool_member DISABLE TRIGGER pool_member_sealed`,
		`UPDATE pool_member SET amount_fen = amount_fen + 1, share_fen = share_fen + 1 WHERE household = 17`} {
		if _, err := b.db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]bool{}
	for _, f := range b.findings() {
		found[f.Check] = true
	}
	for _, want := range []string{"pools.sum", "pools.payables", "pools.division"} {
		if !found[want] {
			t.Errorf("%s was not found", want)
		}
	}
}
