package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func (b *bundle) solar(income, costs int64, villages ...payments.VillagePart) payments.SavePool {
	b.nextID++
	r := payments.SavePool{IdempotencyKey: fmt.Sprintf("solar-%d", b.nextID), Kind: payments.PoolSolar, Title: "光伏收益分配", Season: 2026, Month: 6,
		RecordDate: payments.Day(b.clock.now()), Income: []payments.PoolItem{{Label: "发电收入", AmountFen: income}},
		Villages: villages}
	if costs > 0 {
		r.Costs = []payments.PoolItem{{Label: "运维", AmountFen: costs}}
	}
	return r
}

// posted saves, submits and posts a solar distribution of which two households get the rest.
func (b *bundle) posted(r payments.SavePool, first, second int64) payments.Pool {
	b.t.Helper()
	p, err := b.svc.SavePool(operator, r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.members(p.ID, payments.Member{Household: 17, ListedFen: first}, payments.Member{Household: 18, ListedFen: second})
	if _, err := b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID}); err != nil {
		b.t.Fatal(err)
	}
	if p, err = b.svc.DecidePool(approver, payments.DecidePool{ID: p.ID, Approve: true}); err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bundle) villageMoney(village int64) payments.VillageStatement {
	b.t.Helper()
	s, err := b.svc.VillageStatement(operator, payments.VillageRef{Village: village})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestVillageKeepsItsPartAndIsPaid(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	// 26 % of 1,000 yuan and 40 yuan stay with two villages; 700 go to households.
	p := b.posted(b.solar(1_100_00, 100_00, payments.VillagePart{Village: 3, BP: 2600}, payments.VillagePart{Village: 7, AmountFen: 40_00}), 400_00, 300_00)
	if p.ReserveFen != 300_00 || p.SurplusFen != 700_00 || p.Villages[0].AmountFen != 260_00 {
		t.Errorf("posted %+v", p)
	}
	b.wantOrg(3, payments.OrgVillage, 260_00, 0, 0, 0, 0, 260_00)
	b.wantOrg(7, payments.OrgVillage, 40_00, 0, 0, 0, 0, 40_00)
	b.wantHousehold(17, 0, 400_00, 0, 0)
	b.verify()

	b.tooMuch(3, payments.OrgVillage, 260_01)
	paid := b.payOrg(3, payments.OrgVillage, 200_00, "village-1")
	b.verify()
	if _, err := b.svc.ReturnOrgPayout(operator, payments.ReturnOrgPayout{ID: paid.ID, Why: "账号不符", ReturnedOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	b.payOrg(3, payments.OrgVillage, 60_00, "village-2")
	s := b.villageMoney(3)
	if s.InFen != 460_00 || s.OutFen != 260_00 || s.BalanceFen != 200_00 || len(s.Items) != 4 {
		t.Fatalf("statement %+v", s)
	}
	for i, want := range []struct {
		kind    payments.VillageEntryKind
		fen     int64
		balance int64
	}{{payments.VillageKept, 260_00, 260_00}, {payments.VillagePaid, -200_00, 60_00}, {payments.VillageReturned, 200_00, 260_00}, {payments.VillagePaid, -60_00, 200_00}} {
		e := s.Items[i]
		if e.Kind != want.kind || e.AmountFen != want.fen || e.BalanceFen != want.balance || e.Title == "" || (e.Pool != p.ID) == (e.Payout == 0) {
			t.Errorf("entry %d: %+v, want %+v", i, e, want)
		}
	}
	b.wantOrg(3, payments.OrgVillage, 260_00, 60_00, 0, 0, 0, 200_00)
	b.verify()
}

// A village and an organisation may have the same number: neither sees nor spends the money of the other.
func TestVillageIsNotTheOrganisationWithItsNumber(t *testing.T) {
	b := setup(t)
	b.posted(b.solar(1_000_00, 0, payments.VillagePart{Village: 7, AmountFen: 300_00}), 400_00, 300_00)
	v := b.payOrg(7, payments.OrgVillage, 100_00, "village-7")
	officer := link.WithActor(system(), link.Actor{Account: 70, Login: "officer7", Role: "officer", Org: 7})
	for _, f := range []payments.OrgAccountFilter{{}, {Org: 7}, {Account: payments.OrgVillage}} {
		if got, err := b.svc.OrgAccounts(officer, f); err != nil || len(got.Items) != 0 {
			t.Errorf("officers of organisation 7 read %+v, %v", got, err)
		}
	}
	for _, f := range []payments.OrgPayoutFilter{{}, {Org: 7}, {Account: payments.OrgVillage}} {
		if got, err := b.svc.OrgPayouts(officer, f); err != nil || len(got.Items) != 0 || got.Total != 0 {
			t.Errorf("officers of organisation 7 read %+v, %v", got, err)
		}
	}
	_, err := b.svc.OrgPayout(officer, payments.OrgPayoutRef{ID: v.ID})
	wantCode(t, err, link.NotFound, "orgpay.unknown")
	_, err = b.svc.VillageStatement(officer, payments.VillageRef{Village: 7})
	wantCode(t, err, link.Forbidden, "forbidden")
	if got, err := b.svc.OrgAccounts(operator, payments.OrgAccountFilter{Org: 7}); err != nil || len(got.Items) != 0 {
		t.Errorf("accounts of organisation 7: %+v, %v", got, err)
	}
	if got, err := b.svc.OrgPayouts(operator, payments.OrgPayoutFilter{Org: 7}); err != nil || got.Total != 0 {
		t.Errorf("payments to organisation 7: %+v, %v", got, err)
	}
	b.tooMuch(7, payments.OrgCoop, 1)
	b.verify()
}

func TestVillagePartsAreChecked(t *testing.T) {
	b := setup(t)
	// An old draft keeps money back and names no village: it cannot be submitted.
	p, err := b.svc.SavePool(operator, b.solar(1_000_00, 0, payments.VillagePart{Village: 3, AmountFen: 300_00}))
	if err != nil {
		t.Fatal(err)
	}
	b.members(p.ID, payments.Member{Household: 17, ListedFen: 700_00})
	if _, err := b.db.Exec(`UPDATE pool SET villages = '[]' WHERE id = $1`, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.SubmitPool(operator, payments.PoolRef{ID: p.ID})
	wantCode(t, err, link.Invalid, "pool.villages_sum")
}

func TestPaymentsToAVillageStayWithinWhatItHas(t *testing.T) {
	b := setup(t)
	b.posted(b.solar(1_000_00, 0, payments.VillagePart{Village: 3, AmountFen: 300_00}), 400_00, 300_00)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			_, err := b.svc.ProposeOrgPayout(operator, payments.ProposeOrgPayout{IdempotencyKey: fmt.Sprintf("at-once-%d", i), Org: 3, Account: payments.OrgVillage, AmountFen: 200_00})
			if err != nil {
				wantCode(t, err, link.Conflict, "orgpay.too_much")
			}
		})
	}
	wg.Wait()
	list, err := b.svc.OrgPayouts(operator, payments.OrgPayoutFilter{Org: 3, Account: payments.OrgVillage})
	if err != nil || list.Total != 1 {
		t.Fatalf("proposed %+v, %v", list, err)
	}
	_, err = b.svc.DecideOrgPayout(operator, payments.DecideOrgPayout{ID: list.Items[0].ID, Approve: true})
	if link.CodeOf(err) != link.Forbidden {
		t.Errorf("the person that proposed it approves: %v", err)
	}
	b.verify()
}

func TestLoadedSolarPaysItsVillages(t *testing.T) {
	b := setup(t)
	r := b.solar(1_000_00, 100_00, payments.VillagePart{Village: 3, AmountFen: 200_00})
	on := b.clock.now().AddDate(0, -1, 0)
	r.RecordDate = on.Format(time.DateOnly)
	err := b.svc.LoadPools(system(), []payments.LoadedPool{{SavePool: r, Members: []payments.Member{{Household: 17, ListedFen: 700_00}}, SubmittedBy: "a", DecidedBy: "b", PaidOn: on}})
	if err != nil {
		t.Fatal(err)
	}
	if s := b.villageMoney(3); s.InFen != 200_00 || s.OutFen != 200_00 || s.BalanceFen != 0 || s.Items[1].Kind != payments.VillagePaid || s.Items[1].Pool == 0 {
		t.Errorf("statement %+v", s)
	}
	b.verify()
}

func TestVerifyFindsWhatIsWrongWithVillages(t *testing.T) {
	b := setup(t)
	b.posted(b.solar(1_000_00, 0, payments.VillagePart{Village: 3, AmountFen: 300_00}), 400_00, 300_00)
	b.verify()
	if _, err := b.db.Exec(`ALTER TABLE pool DISABLE TRIGGER USER; UPDATE pool SET villages = jsonb_set(villages, '{0,amount_fen}', '29999')`); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range b.findings() {
		found[f.Check] = true
	}
	for _, check := range []string{"villages.owed", "villages.parts", "villages.posted"} {
		if !found[check] {
			t.Errorf("verify does not find %s: %v", check, found)
		}
	}
	if _, err := b.db.Exec(`UPDATE pool SET villages = jsonb_set(villages, '{0,amount_fen}', '30000'); ALTER TABLE pool ENABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
}
