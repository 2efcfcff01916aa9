package postgres_test

import (
	"reflect"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

func TestImplausibleOfferIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	// A hundred geese are registered: 150 are likely, 151 are looked at first, and change nothing before.
	ask := catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 151}
	for range 2 {
		lot, err := c.Offer(helper(1), ask)
		if err != nil || !lot.Held {
			t.Fatalf("offer: %+v %v", lot, err)
		}
	}
	if n := b.count(`SELECT capacity FROM lot WHERE presale_id = $1 AND household_id = 1`, geese); n != 100 {
		t.Errorf("the lot is %d", n)
	}
	page, err := c.Reviews(county(t.Context()), catalog.ReviewFilter{})
	if err != nil || page.Open != 1 || len(page.Items) != 1 || page.Items[0].Kind != catalog.ReviewCapacity || page.Items[0].Args["capacity"] != "151" || page.Items[0].OpenedBy != "helper" {
		t.Fatalf("reviews: %+v %v", page, err)
	}
	id := page.Items[0].ID
	_, err = c.Reviews(helper(1), catalog.ReviewFilter{})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.DecideReview(county(t.Context()), catalog.DecideReviewRequest{ID: id, Approve: true, IdempotencyKey: "one"})
	wantCode(t, err, link.Invalid, "review.why", "why")
	_, err = c.DecideReview(county(t.Context()), catalog.DecideReviewRequest{ID: 999, Why: "?", IdempotencyKey: "two"})
	wantCode(t, err, link.NotFound, "review.unknown", "id")
	decide := catalog.DecideReviewRequest{ID: id, Approve: true, Why: "上门数过，鹅在"}
	_, err = c.DecideReview(county(t.Context()), decide)
	wantCode(t, err, link.Invalid, "reserve.key.missing", "idempotency_key")
	decide.IdempotencyKey = "three"
	var answers []catalog.Review
	for range 2 { // a double click
		r, err := c.DecideReview(county(t.Context()), decide)
		if err != nil || r.State != catalog.ReviewApproved || r.DecidedBy != "operator" || r.Why == "" {
			t.Fatalf("decided: %+v %v", r, err)
		}
		answers = append(answers, r)
	}
	if !reflect.DeepEqual(answers[0], answers[1]) {
		t.Errorf("the same request was answered %+v", answers)
	}
	for name, change := range map[string]func(*catalog.DecideReviewRequest){
		"another word": func(d *catalog.DecideReviewRequest) { d.Approve = false }, "another reason": func(d *catalog.DecideReviewRequest) { d.Why = "不在" },
	} {
		other := decide
		change(&other)
		if _, err := c.DecideReview(county(t.Context()), other); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "reserve.key.reused" {
			t.Errorf("%s under the same key: %v", name, err)
		}
	}
	_, err = c.DecideReview(as("approver", func(a *link.Actor) { a.Account = 5 }), catalog.DecideReviewRequest{ID: id, Why: "不对", IdempotencyKey: "three"}) // a key is somebody's own
	wantCode(t, err, link.Conflict, "review.decided", "")
	if n := b.count(`SELECT capacity FROM lot WHERE presale_id = $1 AND household_id = 1`, geese); n != 151 {
		t.Errorf("approved, the lot is %d", n)
	}
	// Sales in another presale of geese count.
	if _, err := b.db.Exec(`UPDATE lot SET reserved = 10 WHERE presale_id = $1 AND household_id = 3`, later); err != nil {
		t.Fatal(err)
	}
	if lot, err := c.Offer(household(3), catalog.OfferRequest{PresaleID: geese, HouseholdID: 3, Capacity: 141}); err != nil || !lot.Held {
		t.Errorf("141 beside 10 sold: %+v %v", lot, err)
	}
	if lot, err := c.Offer(household(3), catalog.OfferRequest{PresaleID: geese, HouseholdID: 3, Capacity: 140}); err != nil || lot.Held {
		t.Errorf("140 beside 10 sold: %+v %v", lot, err)
	}

	page, err = c.Reviews(county(t.Context()), catalog.ReviewFilter{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("reviews: %+v %v", page, err)
	}
	decide.ID = page.Items[0].ID
	_, err = c.DecideReview(county(t.Context()), decide)
	wantCode(t, err, link.Conflict, "reserve.key.reused", "idempotency_key")

	// Everything stands in the household's log, with the actor and the household it acted for.
	log, err := c.HouseholdLog(household(1), catalog.HouseholdRef{ID: 1})
	if err != nil || len(log.Actions) != 3 || log.Actions[0].What != "review.approved" || log.Actions[2].What != "offer.held" || !log.Actions[2].OnBehalf || log.Actions[2].Actor != "helper" {
		t.Errorf("log: %+v %v", log.Actions, err)
	}
	_, err = c.HouseholdLog(household(2), catalog.HouseholdRef{ID: 1})
	wantCode(t, err, link.NotFound, "household.unknown", "id")
	_, err = c.HouseholdLog(clerk(1), catalog.HouseholdRef{ID: 1})
	wantCode(t, err, link.NotFound, "household.unknown", "id")
}

func TestConsentIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	for _, r := range []catalog.ConsentRequest{{HouseholdID: 2, Given: true, How: "visit"}, {HouseholdID: 2, How: "phone"}} {
		if _, err := c.SetConsent(county(t.Context()), r); err != nil {
			t.Fatal(err)
		}
	}
	log, err := c.HouseholdLog(household(2), catalog.HouseholdRef{ID: 2})
	if err != nil || len(log.Consents) != 2 || log.Consents[0].Given || log.Consents[0].How != "phone" || log.Consents[1].How != "visit" ||
		log.Consents[1].Actor != "operator" || log.Consents[1].At.IsZero() {
		t.Errorf("consents: %+v %v", log.Consents, err)
	}
	// Ended, the very next act is refused.
	_, err = c.Offer(helper(2), catalog.OfferRequest{PresaleID: geese, HouseholdID: 2, Capacity: 50})
	wantCode(t, err, link.Forbidden, "household.consent.missing", "household_id")
}
