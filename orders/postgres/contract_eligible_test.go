package postgres_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// meant is a county of two townships, and household 2 is not in the geese programme.
func meant() catalogpg.Seed {
	s := smallCounty()
	s.Townships = append(s.Townships, catalog.Township{ID: 2, Name: "上游乡"})
	s.Villages[2].TownshipID = 2 // of households 5 and 6
	s.Households[1].Programmes = []string{"garden"}
	return s
}

// A contract that names townships and programmes is signed by their households only, and proposed to no others.
func TestOnlyWhomAContractIsMeantForSigns(t *testing.T) {
	b := setupOn(t, meant())
	c := b.contract(func(t *contract.Terms) {
		t.Townships, t.Programmes, t.AdvanceFen, t.Quantity = []int64{1}, []string{"geese"}, 0, 240
	})
	b.move(officer(), c.No, contract.StepSubmit)
	b.move(approver(), c.No, contract.StepApprove)
	if _, err := b.orders.MoveContract(officer(), contract.Move{No: c.No, Step: contract.StepOpen, Propose: true}); err != nil {
		t.Fatal(err)
	}
	for id, why := range map[int64]string{5: "contract.not_eligible.township", 2: "contract.not_eligible.programme"} {
		if offer, err := b.orders.SignOffer(household(id), contract.SignOfferRequest{No: c.No}); err != nil || offer.Why != why || offer.Most != 0 {
			t.Errorf("household %d is offered %d, why %s, %v", id, offer.Most, offer.Why, err)
		}
		_, err := b.orders.SignUp(household(id), contract.SignUp{No: c.No, Qty: 10, IdempotencyKey: b.key()})
		wantCode(t, err, link.Invalid, why, "")
		if list, err := b.orders.Contracts(household(id), contract.Filter{}); err != nil || list.Total != 0 {
			t.Errorf("household %d sees %d contracts, %v", id, list.Total, err)
		}
	}
	b.eventually("proposed", func() bool { return b.count(`SELECT count(*) FROM quota WHERE state = 'proposed'`) == 3 })
	if n := b.count(`SELECT count(*) FROM quota WHERE household_id NOT IN (1, 3, 4)`); n != 0 {
		t.Errorf("%d quotas are proposed to households that it is not meant for", n)
	}
	if list, err := b.orders.Contracts(household(3), contract.Filter{Open: true}); err != nil || list.Total != 1 {
		t.Errorf("household 3 sees %d contracts, %v", list.Total, err)
	}
}

// A household sees its own quota and no other's; the buyer of another contract none.
func TestQuotasAreEachTheirOwn(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.AdvanceFen = 0 })
	mine, theirs := b.sign(c.No, 1, 10), b.sign(c.No, 3, 20)
	page, err := b.orders.Quotas(household(1), contract.QuotaFilter{No: c.No})
	if err != nil || page.Total != 1 || page.Qty != 10 || page.Items[0].ID != mine.ID {
		t.Errorf("household 1 sees %+v, %v", page, err)
	}
	_, err = b.orders.Quotas(household(1), contract.QuotaFilter{No: c.No, Household: 3})
	wantCode(t, err, link.NotFound, "household.unknown", "household_id")
	_, err = b.orders.Quota(household(1), contract.QuotaRef{ID: theirs.ID})
	wantCode(t, err, link.NotFound, "quota.unknown", "id")
	_, err = b.orders.Quotas(as("officer", 41, 3), contract.QuotaFilter{Household: 3})
	wantCode(t, err, link.NotFound, "contract.unknown", "no")
	_, err = b.orders.SignUp(household(1), contract.SignUp{No: c.No, Qty: 10, IdempotencyKey: b.key()})
	wantCode(t, err, link.Conflict, "quota.exists", "")
	_, err = b.db.Exec(`INSERT INTO quota (contract_id, household_id, village_id, qty, state, answer_by, created_at) SELECT id, 5, 3, 10, 'signed', now(), now() FROM contract`)
	if link.Constraint(err) != "quota_signed" {
		t.Errorf("signed without a text: %v", err)
	}
	if got, err := b.orders.Contract(household(1), contract.Ref{No: c.No}); err != nil || got.CalledOff != 0 || got.Waiting != 0 || got.SubmittedBy != "" || len(got.Timeline) != 0 {
		t.Errorf("a household sees how the buyer stands: %+v, %v", got, err)
	}
}

// A household that has not answered by the day is asked no more, even before a worker has come by; then its quota lapses.
// After the last day of signing nobody signs.
func TestQuotasAreConfirmedByADate(t *testing.T) {
	asks := func(t *testing.T, b *bundle) (contract.Contract, contract.Quota) {
		t.Helper()
		c := b.signing(func(t *contract.Terms) { t.AdvanceFen, t.MinQuota, t.MaxQuota, t.Quantity = 0, 10, 10, 60 })
		if _, err := b.orders.ProposeQuotas(officer(), contract.ProposeQuotas{No: c.No, Qty: 20, AnswerDays: 3, IdempotencyKey: b.key()}); err != nil {
			t.Fatal(err)
		}
		page, err := b.orders.Quotas(officer(), contract.QuotaFilter{No: c.No, State: contract.QuotaProposed})
		if err != nil || len(page.Items) != 2 {
			t.Fatalf("%+v, %v", page, err)
		}
		return c, page.Items[0]
	}
	t.Run("answer", func(t *testing.T) {
		b := setup(t)
		_, asked := asks(t, b)
		nc := b.server.Connect(t) // a process without running workers is past the day before any other
		m, err := postgres.New(t.Context(), linktest.Open(t, b.schema, 4), nc, catalog.NewClient(nc), payments.NewClient(nc), desk.Config{Log: b.log,
			Now: func() time.Time { return b.clock.Now().Add(3*24*time.Hour + time.Second) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		_, err = m.AnswerQuota(household(asked.HouseholdID), contract.AnswerQuota{ID: asked.ID, Accept: true})
		wantCode(t, err, link.Conflict, "quota.too_late", "")
	})
	t.Run("lapse and the last day", func(t *testing.T) {
		b := setup(t)
		c, asked := asks(t, b)
		b.clock.Advance(3*24*time.Hour + time.Second)
		b.eventually("what was not answered lapsed", func() bool { return b.count(`SELECT count(*) FROM quota WHERE state = 'lapsed'`) == 2 })
		free := int64(0)
		for id := int64(1); id <= 6; id++ {
			if b.count(`SELECT count(*) FROM quota WHERE household_id = $1`, id) == 0 {
				free = id
			}
		}
		b.clock.Advance(16*24*time.Hour + 11*time.Hour) // the last hour of 20 August
		b.sign(c.No, free, 10)
		b.clock.Advance(time.Hour)
		_, err := b.orders.SignUp(household(asked.HouseholdID), contract.SignUp{No: c.No, Qty: 10, IdempotencyKey: b.key()})
		wantCode(t, err, link.Conflict, "contract.sign_over", "")
	})
}

// A household signs the text that it read: for another quantity, or after the text has changed, nothing is signed.
func TestSignsWhatWasRead(t *testing.T) {
	b := setup(t)
	c := b.signing()
	offer, err := b.orders.SignOffer(household(1), contract.SignOfferRequest{No: c.No, Qty: 10})
	if err != nil || !strings.Contains(offer.Text, "乙方交售 10") {
		t.Fatalf("%q, %v", offer.Text, err)
	}
	read := contract.TextHash(offer.Text)
	_, err = b.orders.SignUp(household(1), contract.SignUp{No: c.No, Qty: 11, ReadHash: read, IdempotencyKey: b.key()})
	wantCode(t, err, link.Conflict, "contract.text.changed", "read_hash")
	if n := b.count(`SELECT count(*) FROM quota`); n != 0 {
		t.Errorf("%d quotas of a text that nobody read", n)
	}
	key := b.key()
	for range 2 { // and again, as a lost answer is asked for again
		q, err := b.orders.SignUp(household(1), contract.SignUp{No: c.No, Qty: 10, ReadHash: read, IdempotencyKey: key})
		if err != nil || q.TextHash != read {
			t.Errorf("%+v, %v", q, err)
		}
	}
}
