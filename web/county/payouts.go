package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// payoutRoutes are the pages of settlement and payouts.
func (s *moneyPages) payoutRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/settlements", "county.settlements", s.settlements, county...)
	s.Guarded("POST", "/county/settlements", "county.settlements.batch", s.settlementsBatch, county...)
	s.Guarded("GET", "/county/payouts", "county.payouts", s.payouts, county...)
	s.Guarded("GET", "/county/payouts/{id:[0-9]+}", "county.payout", s.payout, county...)
	s.Guarded("POST", "/county/payouts/{id:[0-9]+}/decide", "county.payout.decide", s.payoutDecide, county...)
	s.Guarded("POST", "/county/payouts/{id:[0-9]+}/file", "county.payout.file", s.payoutFile, county...)
	s.Guarded("POST", "/county/payouts/{id:[0-9]+}/result", "county.payout.result", s.payoutResult, county...)
	s.Guarded("POST", "/county/payouts/{id:[0-9]+}/sample", "county.payout.sample", s.payoutSample, county...)
	s.AllowBody("/county/payouts/", 2*page.UploadMostBytes) // a file may come back in a form, which writes it longer
}

type payoutsPage struct {
	Words  page.Words
	Page   payments.Batches
	State  string
	States []payments.BatchState
	All    int
}

var batchStates = []payments.BatchState{payments.BatchDraft, payments.BatchApproved, payments.BatchExported, payments.BatchDone, payments.BatchRejected}

func (s *moneyPages) payouts(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := payoutsPage{Words: s.Words(r), State: f.Text("state"), States: batchStates}
	var err error
	d.Page, err = s.Payments.Batches(r.Context(), payments.BatchesRequest{State: payments.BatchState(d.State), Cursor: f.Text("cursor"), Limit: 50})
	if err != nil && !f.Fail(err) {
		return err
	}
	for _, n := range d.Page.Counts {
		d.All += n
	}
	return s.RenderForm(w, r, "county/payouts", d, f)
}
