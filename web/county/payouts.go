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
	Words   page.Words
	Batches []payments.PayoutBatch
	State   string
	States  []payments.BatchState
	Count   map[payments.BatchState]int
	All     int
	Sum     int64
	Paid    int64
}

var batchStates = []payments.BatchState{payments.BatchDraft, payments.BatchApproved, payments.BatchExported, payments.BatchDone, payments.BatchRejected}

func (s *moneyPages) payouts(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Payments.Batches(r.Context(), payments.None{})
	if err != nil {
		return err
	}
	d := payoutsPage{Words: s.Words(r), State: r.URL.Query().Get("state"), States: batchStates, Count: map[payments.BatchState]int{}, All: len(all.Items)}
	for _, b := range all.Items {
		d.Count[b.State]++
		if d.State == "" || string(b.State) == d.State {
			d.Batches = append(d.Batches, b)
			d.Sum += b.AmountFen
			d.Paid += b.PaidFen
		}
	}
	return s.Render(w, r, http.StatusOK, "county/payouts", d)
}
