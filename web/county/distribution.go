package county

import (
	"context"
	"net/http"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type distributionPage struct {
	Words      page.Words
	Pool       payments.Pool
	Org        string
	Villages   map[int64]string // names of the villages that keep a part
	Members    payments.PoolMembers
	Problem    string // why it cannot be closed as it is
	Households map[int64]catalog.Household
	Query      string
	Mine       bool // the reader submitted it
	MayEdit    bool
	MayDecide  bool
	Townships  []page.Option
	Problems   []rowProblem
}

// Household of a share.
func (d distributionPage) Household(id int64) catalog.Household { return d.Households[id] }

func (d distributionPage) figures() page.PoolFigures {
	return page.PoolFigures{Format: page.Format{Lang: d.Words.Lang}, Kind: d.Pool.Kind}
}

// SharesText and TradeText are a weight with its unit.
func (d distributionPage) SharesText(n int64) string { return d.figures().Shares(n) }

func (d distributionPage) TradeText(n int64) string { return d.figures().Trade(n) }

func (s *pools) distributionPage(r *http.Request) (distributionPage, error) {
	ctx := r.Context()
	query := r.URL.Query()
	d := distributionPage{Words: s.Words(r), Query: strings.TrimSpace(query.Get("q")), Households: map[int64]catalog.Household{}}
	var err error
	if d.Pool, err = s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	ask := payments.PoolMembersRequest{ID: d.Pool.ID, Cursor: query.Get("cursor"), Limit: 50}
	if d.Query != "" {
		found, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{Query: d.Query, Limit: 100})
		if err != nil {
			return d, err
		}
		ask.Households = []int64{-1} // nobody
		for _, h := range found.Items {
			ask.Households = append(ask.Households, h.ID)
		}
	}
	if d.Members, err = s.Distributions.PoolMembers(ctx, ask); err != nil {
		return d, err
	}
	if d.Members.Problem != nil {
		d.Problem = d.Words.Problem(d.Members.Problem.Key, d.Members.Problem.Args)
	}
	ids := make([]int64, len(d.Members.Items))
	for i, m := range d.Members.Items {
		ids[i] = m.Household
	}
	if len(ids) > 0 {
		households, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{IDs: ids})
		if err != nil {
			return d, err
		}
		for _, h := range households.Items {
			d.Households[h.ID] = h
		}
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	for _, o := range ref.Organisations {
		if o.ID == d.Pool.Org {
			d.Org = o.Name
		}
	}
	d.Villages = newVillageNames(ref).name
	d.Townships = page.Options(page.LangOf(r).Pick("全县", "The whole county"), ref.Townships,
		func(t catalog.Township) string { return page.Num64(t.ID) }, func(t catalog.Township) string { return t.Name })
	a := auth.FromContext(ctx)
	d.Mine = d.Pool.SubmittedBy == a.Login
	d.MayEdit = a.Role == auth.Operator
	d.MayDecide = a.Role == auth.Approver && !d.Mine
	return d, nil
}

func (s *pools) distribution(w http.ResponseWriter, r *http.Request) error {
	d, err := s.distributionPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/distribution", d, s.NewForm(page.LangOf(r)))
}

// onDistribution runs a command on the distribution of the path, and goes to its page or shows it with the errors.
func (s *pools) onDistribution(w http.ResponseWriter, r *http.Request, command func(context.Context, *page.Form) (done string, problems []rowProblem, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	done, problems, err := command(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.distribution", "id", page.PathInt(r, "id"))
	}
	d, err := s.distributionPage(r)
	if err != nil {
		return err
	}
	d.Problems = problems
	return s.RenderForm(w, r, "county/distribution", d, f)
}

func (s *pools) distributionSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		id := payments.PoolRef{ID: page.PathInt(r, "id")}
		if f.Text("what") == "cancel" {
			_, err := s.Distributions.CancelPool(ctx, id)
			return "pool.cancelled", nil, err
		}
		_, err := s.Distributions.SubmitPool(ctx, id)
		return "pool.submitted", nil, err
	})
}

func (s *pools) distributionDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		approve := f.Text("decision") == "approve"
		if !approve && !f.Need("reason") {
			return "", nil, nil
		}
		_, err := s.Distributions.DecidePool(ctx, payments.DecidePool{ID: page.PathInt(r, "id"), Version: int(f.Int("version")), Approve: approve, Reason: f.Text("reason")})
		if !approve {
			return "pool.sent_back", nil, err
		}
		return "pool.posted", nil, err
	})
}
