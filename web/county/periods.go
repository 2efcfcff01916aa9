package county

import (
	"context"
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type periodsPage struct {
	Words     page.Words
	Periods   payments.Periods
	Asked     *payments.Closing
	Mine      bool
	MayAsk    bool
	MayDecide bool
	Months    []page.Option // that can be closed
}

func (s *bookPages) periodsPage(r *http.Request) (periodsPage, error) {
	d := periodsPage{Words: s.Words(r)}
	var err error
	if d.Periods, err = s.Books.Periods(r.Context(), payments.None{}); err != nil {
		return d, err
	}
	a := auth.FromContext(r.Context())
	for i, c := range d.Periods.Closings {
		if c.State == payments.ClosingAsked {
			d.Asked, d.Mine = &d.Periods.Closings[i], c.AskedBy == a.Login
		}
	}
	d.MayAsk = a.Role == auth.Operator
	d.MayDecide = a.Role == auth.Approver && !d.Mine
	running := s.Now().In(page.China).Format("2006-01")
	for _, p := range d.Periods.Items {
		if !p.Closed && p.Month < running {
			d.Months = append(d.Months, page.Option{Value: p.Month, Label: p.Month})
		}
	}
	return d, nil
}

func (s *bookPages) periods(w http.ResponseWriter, r *http.Request) error {
	d, err := s.periodsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/periods", d, s.NewForm(page.LangOf(r)))
}

func (s *bookPages) onPeriods(w http.ResponseWriter, r *http.Request, command func(context.Context, *page.Form) (done string, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	done, err := command(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.periods")
	}
	d, err := s.periodsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/periods", d, f)
}

func (s *bookPages) periodsAsk(w http.ResponseWriter, r *http.Request) error {
	return s.onPeriods(w, r, func(ctx context.Context, f *page.Form) (string, error) {
		if !f.Need("month") {
			return "", nil
		}
		_, err := s.Books.AskClosing(ctx, payments.AskClosing{Month: f.Text("month")})
		return "books.asked_done", err
	})
}

func (s *bookPages) periodsDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onPeriods(w, r, func(ctx context.Context, f *page.Form) (string, error) {
		approve := f.Text("decision") == "approve"
		if !approve && !f.Need("reason") {
			return "", nil
		}
		_, err := s.Books.DecideClosing(ctx, payments.DecideClosing{ID: page.PathInt(r, "id"), Approve: approve, Reason: f.Text("reason")})
		if !approve {
			return "books.refused_done", err
		}
		return "books.closed_done", err
	})
}
