package county_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/webtest"
)

// stubReviews has offers and payout accounts that wait for a second person.
type stubReviews struct {
	catalog.Care
	payments.AccountReviews
	offers, accounts int
	refuse           error
}

func (s *stubReviews) Reviews(context.Context, catalog.ReviewFilter) (catalog.ReviewPage, error) {
	return catalog.ReviewPage{Open: s.offers}, s.refuse
}

func (s *stubReviews) AccountsToReview(context.Context, payments.None) (payments.AccountsToReview, error) {
	return payments.AccountsToReview{Items: make([]payments.AccountToReview, s.accounts)}, nil
}

// TestWhatWaits holds the first page's counts against the lists that they lead to, and an empty list against silence.
func TestWhatWaits(t *testing.T) {
	t.Parallel()
	reviews := &stubReviews{offers: 3, accounts: 4}
	d := newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Care, deps.AccountReviews = reviews, reviews })
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county", "等着办的",
		`<strong>7</strong> 项登记或收款账户等核对`, `href="/county/reviews"`,
		`<strong>2</strong> 行流水有疑问`, `href="/county/receipts/doubtful"`,
		`href="/county/refunds?state=review"`)
	d.setEmpty()
	reviews.offers, reviews.accounts = 0, 0
	if body := p.Get("/county").Body; strings.Contains(body, "项登记或收款账户等核对") || strings.Contains(body, "行流水有疑问") {
		t.Error("work that is not there waits")
	}
	reviews.refuse = link.E(link.Unavailable, "busy", "")
	if res := p.Get("/county"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a count that is unknown: %d, which reads as nothing", res.StatusCode)
	}
}

func TestPayableLeavesOutHouseholdsWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s := payments.PayoutSummary{Households: 30, ReleasedFen: 900_00, Blocked: 29, BlockedFen: 870_00}
	if s.Payable() != 1 || s.PayableFen() != 30_00 {
		t.Errorf("%d households and %d fen can be paid, want 1 and 3000", s.Payable(), s.PayableFen())
	}
}
