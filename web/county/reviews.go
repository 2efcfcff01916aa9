package county

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type accountReview struct {
	payments.AccountToReview
	Household catalog.Household
	Others    []catalog.Household
}

// reviewsShown is how many reviews a page lists.
const reviewsShown = 100

type reviewsPage struct {
	Words    page.Words
	Reviews  catalog.ReviewPage
	Accounts []accountReview
	All      bool
	Next     string // the next page of reviews, "" behind the last
	Approves bool   // may decide about accounts
}

// What writes the subject of a review as a sentence.
func (d reviewsPage) What(r catalog.Review) string {
	text, _ := d.Words.Glossary.Say(d.Words.Lang, "review."+r.Kind, page.Values(r.Args))
	return text
}

func (s *people) reviewsPage(r *http.Request, all bool) (reviewsPage, error) {
	ctx := r.Context()
	d := reviewsPage{Words: s.Words(r), All: all, Approves: auth.FromContext(ctx).Role == auth.Approver}
	var err error
	filter := catalog.ReviewFilter{All: all, Before: max(0, s.QueryForm(r).Int("before")), Limit: reviewsShown}
	if d.Reviews, err = s.Care.Reviews(ctx, filter); err != nil {
		return d, err
	}
	if n := len(d.Reviews.Items); n == reviewsShown {
		d.Next = page.Num64(d.Reviews.Items[n-1].ID)
	}
	accounts, err := s.AccountReviews.AccountsToReview(ctx, payments.None{})
	if err != nil || len(accounts.Items) == 0 {
		return d, err
	}
	var ids []int64
	for _, a := range accounts.Items {
		ids = append(append(ids, a.Household), a.Shared...)
	}
	list, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{IDs: ids})
	if err != nil {
		return d, err
	}
	byID := make(map[int64]catalog.Household, len(list.Items))
	for _, h := range list.Items {
		byID[h.ID] = h
	}
	for _, a := range accounts.Items {
		row := accountReview{AccountToReview: a, Household: byID[a.Household]}
		for _, id := range a.Shared {
			row.Others = append(row.Others, byID[id])
		}
		d.Accounts = append(d.Accounts, row)
	}
	return d, nil
}

// reviews lists implausible offers and accounts, which are held until a person has checked them.
func (s *people) reviews(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.reviewsPage(r, f.Text("all") != "")
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/reviews", d, f)
}

func (s *people) reviewDecide(w http.ResponseWriter, r *http.Request) error {
	return s.decideReview(w, r, func(f *page.Form) error {
		_, err := s.Care.DecideReview(r.Context(), catalog.DecideReviewRequest{ID: page.PathInt(r, "id"), Approve: f.Text("decision") == "approve", Why: f.Text("why"), IdempotencyKey: f.Key()})
		return err
	})
}

func (s *people) reviewAccount(w http.ResponseWriter, r *http.Request) error {
	return s.decideReview(w, r, func(f *page.Form) error {
		_, err := s.AccountReviews.DecidePayoutAccount(r.Context(), payments.DecidePayoutAccount{Household: page.PathInt(r, "household"),
			Approve: f.Text("decision") == "approve", Why: f.Text("why"), IdempotencyKey: f.Key()})
		return err
	})
}

func (s *people) decideReview(w http.ResponseWriter, r *http.Request, decide func(*page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := decide(f); err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.reviewsPage(r, false)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/reviews", d, f)
	}
	s.Flash(r, page.Good, "review.done")
	return s.GoTo(w, r, "county.reviews")
}
