package postgres_test

import (
	"context"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

// TestHelperSignsOnlyWithConsent: a helper's word counts for households that agreed, and from the moment they no longer do
// it does not.
func TestHelperSignsOnlyWithConsent(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.AdvanceFen = 0 })
	if _, err := b.orders.ProposeQuotas(officer(), contract.ProposeQuotas{No: c.No, Qty: 20, IdempotencyKey: b.key()}); err != nil {
		t.Fatal(err)
	}
	page, err := b.orders.Quotas(officer(), contract.QuotaFilter{No: c.No, State: contract.QuotaProposed})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	asked := page.Items[0]
	other := asked.HouseholdID%6 + 1
	consent := func(household int64, given bool) {
		t.Helper()
		if _, err := b.catalog.SetConsent(county(), catalog.ConsentRequest{HouseholdID: household, Given: given, How: "visit"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []int64{asked.HouseholdID, other} {
		consent(id, false)
	}
	for name, try := range map[string]func() error{
		"reads the offer": func() error {
			_, err := b.orders.SignOffer(helper(1), contract.SignOfferRequest{No: c.No, HouseholdID: other})
			return err
		},
		"signs up": func() error {
			_, err := b.orders.SignUp(helper(1), contract.SignUp{No: c.No, HouseholdID: other, Qty: 10, IdempotencyKey: b.key()})
			return err
		},
		"accepts": func() error {
			_, err := b.orders.AnswerQuota(helper(1), contract.AnswerQuota{ID: asked.ID, Accept: true})
			return err
		},
		"declines": func() error {
			_, err := b.orders.AnswerQuota(helper(1), contract.AnswerQuota{ID: asked.ID})
			return err
		},
		"reads the quota": func() error {
			_, err := b.orders.Quota(helper(1), contract.QuotaRef{ID: asked.ID})
			return err
		},
	} {
		if err := try(); link.CodeOf(err) != link.Forbidden || link.AsError(err).Key != "household.consent.missing" {
			t.Errorf("without consent the helper %s: %v", name, err)
		}
	}
	if n := b.count(`SELECT count(*) FROM quota WHERE state <> 'proposed'`); n != 0 {
		t.Errorf("%d quotas were answered", n)
	}
	consent(asked.HouseholdID, true)
	_, err = b.orders.AnswerQuota(helper(1), contract.AnswerQuota{ID: asked.ID, Accept: true, ReadHash: contract.TextHash("another text")})
	wantCode(t, err, link.Conflict, "contract.text.changed", "read_hash")
	q, err := b.orders.AnswerQuota(helper(1), contract.AnswerQuota{ID: asked.ID, Accept: true})
	if err != nil || q.State != contract.QuotaSigned || !q.OnBehalf || q.SignedBy == "" {
		t.Errorf("with consent: %+v, %v", q, err)
	}
	for name, who := range map[string]context.Context{"a helper of others": helper(2), "another household": household(other), "another buyer": as("officer", 41, 3)} {
		if _, err := b.orders.Quota(who, contract.QuotaRef{ID: asked.ID}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s reads the quota: %v", name, err)
		}
		if _, err := b.orders.AnswerQuota(who, contract.AnswerQuota{ID: asked.ID}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s answers it: %v", name, err)
		}
	}
	for name, try := range map[string]func(context.Context) error{
		"calls off": func(ctx context.Context) error {
			_, err := b.orders.CallOff(ctx, contract.CallOff{No: c.No, Qty: 1, Day: "2026-08-02", IdempotencyKey: b.key()})
			return err
		},
		"reads the fulfilment": func(ctx context.Context) error {
			_, err := b.orders.Fulfilment(ctx, contract.Ref{No: c.No})
			return err
		},
		"lists quotas": func(ctx context.Context) error {
			_, err := b.orders.Quotas(ctx, contract.QuotaFilter{No: c.No})
			return err
		},
		"pays": func(ctx context.Context) error {
			_, err := b.orders.PayAdvance(ctx, orders.PayRequest{OrderNo: c.No, Method: "sandbox", IdempotencyKey: b.key()})
			return err
		},
		"changes it": func(context.Context) error { // the collecting cooperative, which may read it
			_, err := b.orders.SaveContract(as("officer", 42, 1), contract.Save{No: c.No, Terms: b.terms(), IdempotencyKey: b.key()})
			return err
		},
		"closes it": func(ctx context.Context) error {
			_, err := b.orders.MoveContract(ctx, contract.Move{No: c.No, Step: contract.StepClose})
			return err
		},
	} {
		if err := try(as("officer", 41, 3)); link.CodeOf(err) != link.NotFound {
			t.Errorf("another organisation %s: %v", name, err)
		}
	}
}

// TestTamperedTextIsFound: should somebody get round the trigger, the hash still tells.
func TestTamperedTextIsFound(t *testing.T) {
	b := setup(t)
	b.harmed = true
	c := b.signing()
	b.sign(c.No, 1, 10)
	for _, sql := range []string{`ALTER TABLE quota DISABLE TRIGGER quota_immutable`, `UPDATE quota SET text = replace(text, '10 只', '100 只')`} {
		if _, err := b.db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	found, err := b.orders.Verify(system(), orders.None{})
	if err != nil || !hasFinding(found, "signed text") {
		t.Errorf("%+v, %v", found.Items, err)
	}
}

// A household that signs in the moment of a publication signs, although the catalogue has not heard of the contract yet.
func TestSignedBeforeTheCatalogueHears(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.AdvanceFen = 0 })
	// As if the worker that tells the catalogue were still on its way.
	if _, err := b.db.Exec(`UPDATE contract SET presale_told = '', presale_id = 0, check_at = $1`, b.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.stock.Exec(`DELETE FROM presale WHERE contract_id <> 0`); err != nil {
		t.Fatal(err)
	}
	if q := b.sign(c.No, 1, 10); q.State != contract.QuotaSigned {
		t.Errorf("the quota is %+v", q)
	}
}
