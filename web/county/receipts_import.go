package county

import (
	"encoding/base64"
	"net/http"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// lookPage is a statement before it is booked.
type lookPage struct {
	Words   page.Words
	Look    payments.ImportedStatement
	Name    string
	Content string // the file itself, on its way back to be booked
	New     int    // lines that would be booked
	Lines   []payments.StatementLook
	Rest    int // lines that are not shown
}

// mostLooked is how many lines of a statement are shown: doubtful ones first.
const mostLooked = 500

// Moves is what the file says that the account moved.
func (d lookPage) Moves() int64 { return d.Look.InFen - d.Look.OutFen }

// receiptsImport shows what a statement would do, and books it on confirmation. One line that cannot be read refuses the
// whole file.
func (s *moneyPages) receiptsImport(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	var data []byte
	name, book := f.Text("name"), f.Text("book") != ""
	if book {
		if data, err = base64.StdEncoding.DecodeString(f.Raw("content")); err != nil {
			err = link.E(link.Invalid, "upload.again", "file").Because(err)
		}
	} else {
		name, data, err = page.Uploaded(r)
	}
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	got, err := s.Treasury.ImportStatement(r.Context(), payments.ImportStatement{Name: name, Data: data, DryRun: !book})
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	if got.Unmapped && len(got.Problems) > 0 {
		p := got.Problems[0]
		d := columnsPage{Name: name, Content: base64.StdEncoding.EncodeToString(data), Problem: s.Words(r).Problem(p.Key, p.Args)}
		return s.explainColumns(w, r, f, d, 0)
	}
	if len(got.Problems) > 0 {
		return s.statementProblems(w, r, f, got)
	}
	if !book {
		return s.RenderForm(w, r, "county/statement", s.look(r, name, data, got), f)
	}
	t := page.Good
	if got.Suspense > 0 || got.Doubtful > 0 || got.Out > got.Explained {
		t = page.Care
	}
	s.Flash(r, t, "receipt.imported", "in", got.In, "out", got.Out, "matched", got.Matched+got.Booked, "suspense", got.Suspense, "duplicate", got.Duplicate,
		"doubtful", got.Doubtful)
	if got.Doubtful > 0 {
		return s.GoTo(w, r, "county.doubtful")
	}
	return s.GoTo(w, r, "county.receipts")
}

func (s *moneyPages) look(r *http.Request, name string, data []byte, got payments.ImportedStatement) lookPage {
	d := lookPage{Words: s.Words(r), Look: got, Name: name, Content: base64.StdEncoding.EncodeToString(data)}
	d.New = got.In + got.Out - got.Duplicate
	d.Lines = slices.Clone(got.Lines)
	slices.SortStableFunc(d.Lines, func(a, b payments.StatementLook) int {
		return lookOrder(a) - lookOrder(b)
	})
	all := got.In + got.Out + got.Doubtful
	d.Lines = d.Lines[:min(len(d.Lines), mostLooked)]
	d.Rest = all - len(d.Lines)
	return d
}

// lookOrder puts what a person has to look at first.
func lookOrder(l payments.StatementLook) int {
	return slices.Index([]string{payments.LookDoubtful, payments.LookReversal, payments.LookSuspense, payments.LookMatch, payments.LookOut, payments.LookKnown}, l.Use)
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
		sum.Doubtful += one.Doubtful
	}
	if sum.Doubtful > 0 {
		s.Flash(r, page.Care, "receipt.doubtful", "doubtful", sum.Doubtful)
		return s.GoTo(w, r, "county.doubtful")
	}
	t := page.Good
	if sum.Suspense > 0 {
		t = page.Care
	}
	s.Flash(r, t, "receipt.recorded", "matched", sum.Matched, "suspense", sum.Suspense, "duplicate", sum.Duplicate)
	return s.GoTo(w, r, "county.receipts")
}
