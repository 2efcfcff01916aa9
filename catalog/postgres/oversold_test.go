package postgres_test

import (
	"strconv"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// TestShrunkenRegisterIsHeld: a household that turns out to have fewer geese than it sold is looked at by the county, and
// sells no more until somebody has.
func TestShrunkenRegisterIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	var h catalog.Household
	var err error
	if h, err = c.Household(county(t.Context()), catalog.HouseholdRef{ID: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reserve(link.System(t.Context(), "orders"), catalog.ReserveRequest{Key: "one", OrderID: 1, Channel: catalog.ChannelPrivate,
		ExpiresAt: start.AddDate(0, 0, 1), Lines: []catalog.ReserveLine{{Line: 1, PresaleID: geese, Qty: 40, Policy: "direct", Household: 1}}}); err != nil {
		t.Fatal(err)
	}
	importAs := func(count string) catalog.ImportResult {
		t.Helper()
		res, err := c.ImportHouseholds(county(t.Context()), catalog.ImportRequest{Rows: []catalog.HouseholdRow{{Line: 2, Code: h.Code, Head: h.Head,
			IDNumber: idNumber(1), Persons: strconv.Itoa(h.Persons), Township: h.Township, Village: h.Village, Geese: count}}})
		if err != nil || len(res.Problems) > 0 {
			t.Fatalf("%+v, %v", res, err)
		}
		b.refresh(c)
		return res
	}
	open := func() []catalog.Review {
		t.Helper()
		page, err := c.Reviews(county(t.Context()), catalog.ReviewFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	capacity := func() int64 {
		return b.count(`SELECT capacity FROM lot WHERE presale_id = $1 AND household_id = 1`, geese)
	}
	if importAs("40"); len(open()) != 0 || capacity() != 100 {
		t.Fatalf("forty are sold and there: %+v", open())
	}
	for _, n := range []string{"39", "39", "38"} { // held once, also when repeated
		importAs(n)
		if all := open(); len(all) != 1 || all[0].Kind != catalog.ReviewOversold || all[0].Args["sold"] != "40" || all[0].Args["registered"] != n || all[0].Args["free"] != "73" {
			t.Fatalf("reviews %+v", all)
		}
	}
	if n := capacity(); n != 40 {
		t.Errorf("%d can be sold", n)
	}
	if _, err := c.Reserve(link.System(t.Context(), "orders"), catalog.ReserveRequest{Key: "two", OrderID: 2, Channel: catalog.ChannelPrivate,
		ExpiresAt: start.AddDate(0, 0, 1), Lines: []catalog.ReserveLine{{Line: 1, PresaleID: geese, Qty: 1, Policy: "direct", Household: 1}}}); link.CodeOf(err) != link.SoldOut {
		t.Errorf("one more goose: %v", err)
	}
	id := open()[0].ID
	_, err = c.DecideReview(county(t.Context()), catalog.DecideReviewRequest{ID: id, Approve: true, Why: "我导的", IdempotencyKey: "one"})
	wantCode(t, err, link.Forbidden, "review.second_person", "")
	if _, err := c.DecideReview(as("approver", func(a *link.Actor) { a.Account = 7 }), catalog.DecideReviewRequest{ID: id, Approve: true, Why: "上门数过，鹅还在", IdempotencyKey: "two"}); err != nil {
		t.Fatal(err)
	}
	b.refresh(c)
	if n := capacity(); n != 100 {
		t.Errorf("let through, %d can be sold", n)
	}
	b.verify(c)

	// Refused, it stays as it is.
	importAs("10")
	if _, err := c.DecideReview(as("approver", func(a *link.Actor) { a.Account = 7 }), catalog.DecideReviewRequest{ID: open()[0].ID, Why: "鹅没有了", IdempotencyKey: "three"}); err != nil {
		t.Fatal(err)
	}
	if n := capacity(); n != 40 {
		t.Errorf("refused, %d can be sold", n)
	}
	b.refresh(c)
	b.verify(c)
}
