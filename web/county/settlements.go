package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type settlementsPage struct {
	Words   page.Words
	Summary payments.PayoutSummary
	Batches []payments.PayoutBatch // the latest
	Money   moneyFigures
	Open    *payments.PayoutBatch // a draft that waits for the second person
}

func (s *moneyPages) settlementsPage(r *http.Request) (settlementsPage, error) {
	ctx := r.Context()
	d := settlementsPage{Words: s.Words(r)}
	var err error
	if d.Summary, err = s.Payments.PayoutSummary(ctx, payments.None{}); err != nil {
		return d, err
	}
	latest, err := s.Payments.Batches(ctx, payments.BatchesRequest{Limit: 5})
	if err != nil {
		return d, err
	}
	d.Batches = latest.Items
	drafts, err := s.Payments.Batches(ctx, payments.BatchesRequest{State: payments.BatchDraft, Limit: 1})
	if err != nil {
		return d, err
	}
	if len(drafts.Items) > 0 {
		d.Open = &drafts.Items[0]
	}
	trial, err := s.Payments.TrialBalance(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	d.Money = moneyHeadline(trial)
	return d, nil
}

func (s *moneyPages) settlements(w http.ResponseWriter, r *http.Request) error {
	d, err := s.settlementsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/settlements", d, s.NewForm(page.LangOf(r)))
}

// settlementsBatch puts everything released into a batch, which then waits for the second person.
func (s *moneyPages) settlementsBatch(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	least := f.Fen("min")
	if f.OK() {
		batch, err := s.Payments.CreateBatch(r.Context(), payments.CreateBatch{IdempotencyKey: f.Key(), MinFen: least})
		if err == nil {
			s.Flash(r, page.Good, "payout.created", "no", batch.No)
			return s.GoTo(w, r, "county.payout", "id", batch.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.settlementsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/settlements", d, f)
}
