package county

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type payoutPage struct {
	Words      page.Words
	Page       payments.BatchPage
	State      payments.ItemState
	States     []payments.ItemState
	Households map[int64]catalog.Household
	Mine       bool // the reader made it: somebody else has to approve it
	MayDecide  bool
	Sandbox    bool
	Problems   []rowProblem
}

var itemStates = []payments.ItemState{payments.ItemReady, payments.ItemSent, payments.ItemPaid, payments.ItemReturned, payments.ItemHeld}

func (s *moneyPages) payoutPage(r *http.Request) (payoutPage, error) {
	ctx := r.Context()
	query := r.URL.Query()
	d := payoutPage{Words: s.Words(r), State: payments.ItemState(query.Get("state")), States: itemStates, Households: map[int64]catalog.Household{}}
	var err error
	d.Page, err = s.Payments.Batch(ctx, payments.BatchPageRequest{ID: page.PathInt(r, "id"), State: d.State,
		Query: query.Get("q"), Cursor: query.Get("cursor"), Limit: 50})
	if err != nil {
		return d, err
	}
	var ids []int64
	for _, item := range d.Page.Items {
		ids = append(ids, item.Household)
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
	methods, err := s.Payments.Methods(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	d.Sandbox = slices.Contains(methods.Items, payments.Sandbox)
	a := auth.FromContext(ctx)
	d.Mine = d.Page.Batch.CreatedBy == a.Login
	d.MayDecide = a.Role.In(auth.Approver, auth.Operator) && !d.Mine
	return d, nil
}

// Code is the code of an item's household.
func (d payoutPage) Code(household int64) string { return d.Households[household].Code }

// Village is where an item's household lives.
func (d payoutPage) Village(household int64) string { return d.Households[household].Village }

func (s *moneyPages) payout(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.payoutPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/payout", d, f)
}

// onPayout runs a command on the batch of the path, and shows its page with the errors.
func (s *moneyPages) onPayout(w http.ResponseWriter, r *http.Request, command func(context.Context, *page.Form, *payoutPage) (done bool, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	var d payoutPage
	done, err := command(r.Context(), f, &d)
	if err != nil && !f.Fail(err) {
		return err
	}
	if done {
		return nil
	}
	problems := d.Problems
	if d, err = s.payoutPage(r); err != nil {
		return err
	}
	d.Problems = problems
	return s.RenderForm(w, r, "county/payout", d, f)
}

// payoutDecide decides a batch. The payment module refuses the maker of the batch, independent of the page.
func (s *moneyPages) payoutDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onPayout(w, r, func(ctx context.Context, f *page.Form, _ *payoutPage) (bool, error) {
		approve := f.Text("decision") == "approve"
		if !approve && !f.Need("reason") {
			return false, nil
		}
		batch, err := s.Payments.DecideBatch(ctx, payments.DecideBatch{ID: page.PathInt(r, "id"), Approve: approve, Reason: f.Text("reason")})
		if err != nil {
			return false, err
		}
		done := "payout.approved"
		if !approve {
			done = "payout.rejected"
		}
		s.Flash(r, page.Good, done, "no", batch.No)
		return true, s.GoTo(w, r, "county.payout", "id", batch.ID)
	})
}

// payoutFile is the file for the bank. It is sent with POST because the first one moves the money into transit.
func (s *moneyPages) payoutFile(w http.ResponseWriter, r *http.Request) error {
	return s.onPayout(w, r, func(ctx context.Context, f *page.Form, _ *payoutPage) (bool, error) {
		file, err := s.Payments.ExportBatch(ctx, payments.ExportBatch{ID: page.PathInt(r, "id"), Format: f.Text("format")})
		if err != nil {
			return false, err
		}
		page.SendFile(w, file)
		return true, nil
	})
}

// payoutResult reads the bank's result file. One wrong line refuses the whole file, and each is listed.
func (s *moneyPages) payoutResult(w http.ResponseWriter, r *http.Request) error {
	return s.onPayout(w, r, func(ctx context.Context, f *page.Form, d *payoutPage) (bool, error) {
		name, data, err := page.Uploaded(r)
		if err != nil {
			return false, err
		}
		result, err := s.Payments.ImportResult(ctx, payments.ImportResult{BatchID: page.PathInt(r, "id"), Name: name, Data: data})
		if err != nil {
			return false, err
		}
		if len(result.Problems) > 0 {
			words := s.Words(r)
			for _, p := range result.Problems {
				d.Problems = append(d.Problems, rowProblem{p.Line, words.Problem(p.Key, p.Args)})
			}
			f.Add("file", "upload.lines", "count", strconv.Itoa(len(result.Problems)))
			return false, nil
		}
		switch {
		case result.Already:
			s.Flash(r, page.Care, "payout.result_again")
		case result.Missing > 0:
			s.Flash(r, page.Care, "payout.result_part", "paid", result.Paid, "returned", result.Returned, "missing", result.Missing)
		case result.Returned > 0:
			s.Flash(r, page.Care, "payout.result_read", "paid", result.Paid, "returned", result.Returned)
		default:
			s.Flash(r, page.Good, "payout.result_read", "paid", result.Paid, "returned", result.Returned)
		}
		return true, s.GoTo(w, r, "county.payout", "id", page.PathInt(r, "id"))
	})
}

// payoutSample makes up a result file of the bank, to try the system out; the first item may be returned.
func (s *moneyPages) payoutSample(w http.ResponseWriter, r *http.Request) error {
	return s.onPayout(w, r, func(ctx context.Context, f *page.Form, _ *payoutPage) (bool, error) {
		request := payments.BatchSampleResult{ID: page.PathInt(r, "id")}
		if f.Text("returned") != "" {
			list, err := s.Payments.Batch(ctx, payments.BatchPageRequest{ID: request.ID, State: payments.ItemSent, Limit: 1})
			if err != nil {
				return false, err
			}
			for _, item := range list.Items {
				request.Returns = append(request.Returns, item.Household)
			}
		}
		file, err := s.Payments.SampleResult(ctx, request)
		if err != nil {
			return false, err
		}
		page.SendFile(w, file)
		return true, nil
	})
}
