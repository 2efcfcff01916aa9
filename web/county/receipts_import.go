package county

import (
	"net/http"
	"slices"
	"strconv"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// receiptsImport takes the statement as the bank's site gives it. One wrong line refuses the whole file.
func (s *moneyPages) receiptsImport(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	name, data, err := page.Uploaded(r)
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	got, err := s.Treasury.ImportStatement(r.Context(), payments.ImportStatement{Name: name, Data: data})
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	if len(got.Problems) > 0 {
		f.Add("file", "upload.lines", "count", strconv.Itoa(len(got.Problems)))
		d, err := s.receiptsPage(r, f)
		if err != nil {
			return err
		}
		for _, p := range got.Problems {
			d.Problems = append(d.Problems, rowProblem{p.Line, d.Words.Problem(p.Key, p.Args)})
		}
		return s.RenderForm(w, r, "county/receipts", d, f)
	}
	t := page.Good
	if got.Suspense > 0 || got.Out > got.Explained {
		t = page.Care
	}
	s.Flash(r, t, "receipt.imported", "in", got.In, "out", got.Out, "matched", got.Matched+got.Booked, "suspense", got.Suspense, "duplicate", got.Duplicate)
	return s.GoTo(w, r, "county.receipts")
}

func (s *moneyPages) recordTransfers(w http.ResponseWriter, r *http.Request, f *page.Form, lines []payments.Transfer) error {
	var sum payments.TransferResult
	for part := range slices.Chunk(lines, 500) {
		one, err := s.Payments.RecordTransfers(r.Context(), payments.RecordTransfers{Lines: part})
		if err != nil {
			// Imported rows stay imported: the same file again only adds the rest.
			return s.receiptsDone(w, r, f, err, "")
		}
		sum.Matched += one.Matched
		sum.Suspense += one.Suspense
		sum.Duplicate += one.Duplicate
	}
	t := page.Good
	if sum.Suspense > 0 {
		t = page.Care
	}
	s.Flash(r, t, "receipt.recorded", "matched", sum.Matched, "suspense", sum.Suspense, "duplicate", sum.Duplicate)
	return s.GoTo(w, r, "county.receipts")
}
