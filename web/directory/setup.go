package directory

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// setupRoutes are the pages of the county's data as a whole, and of the workbooks that it comes in.
func (s *pages) setupRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/setup", "county.setup", s.setup, county...)
	s.Guarded("POST", "/county/setup", "county.setup.read", s.setupRead, county...)
	s.Guarded("GET", "/county/setup/template", "county.setup.template", s.setupTemplate, county...)
	s.Guarded("POST", "/county/setup/headings", "county.setup.forget", s.setupForget, county...)
	s.Guarded("GET", "/county/setup/batches/{id:[0-9]+}", "county.batch", s.batch, county...)
	s.Guarded("GET", "/county/setup/batches/{id:[0-9]+}/wrong", "county.batch.wrong", s.batchWrong, county...)
	s.Guarded("POST", "/county/setup/batches/{id:[0-9]+}/check", "county.batch.check", s.batchCheck, county...)
	s.Guarded("POST", "/county/setup/batches/{id:[0-9]+}/load", "county.batch.load", s.batchLoad, county...)
	s.Guarded("POST", "/county/setup/batches/{id:[0-9]+}/drop", "county.batch.drop", s.batchDrop, county...)
	s.AllowBody("/county/setup", sheet.MaxWorkbookBytes+(2<<20))
}

// sentBackMost is how large a workbook may be to come back in a form. A larger one is chosen again.
const sentBackMost = 4 << 20

// batchPartBytes bounds a part of a batch's rows, as they are sent: a request of a module takes 1 MiB.
const batchPartBytes = 600 << 10

type kindCard struct {
	Name, Title, Hint string
	One               bool
	Count             int64
}

type batchLine struct {
	catalog.Batch
	By string
}

type headingRow struct{ Kind, Title, Heading, Field, By string }

type setupPage struct {
	Kinds    []kindCard
	Batches  []batchLine
	Headings []headingRow
	MB       int
}

func titleOf(l page.Lang, t entry.Text) string { return l.Pick(t.Zh, t.En) }

func (s *pages) setupPage(r *http.Request) (setupPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	d := setupPage{MB: sheet.MaxWorkbookBytes >> 20}
	for _, k := range catalog.Kinds() {
		entries, err := s.Directory.Entries(ctx, catalog.EntryFilter{Kind: k.Name, Limit: 1})
		if err != nil {
			return d, err
		}
		d.Kinds = append(d.Kinds, kindCard{Name: k.Name, Title: titleOf(l, k.Title), Hint: titleOf(l, k.Hint), One: k.One, Count: entries.Total})
	}
	batches, err := s.Directory.Batches(ctx, catalog.BatchesRequest{})
	if err != nil {
		return d, err
	}
	for _, b := range batches.Items {
		d.Batches = append(d.Batches, batchLine{b, openedBy(l, b)})
	}
	headings, err := s.Headings.Headings(ctx)
	for _, h := range headings {
		row := headingRow{Kind: h.Kind, Title: h.Kind, Heading: h.Heading, By: h.By}
		if k, ok := KindByName(h.Kind); ok {
			row.Title = titleOf(l, k.Title)
			if field, ok := k.Field(h.Field); ok {
				row.Field = titleOf(l, field.Head)
			}
		}
		d.Headings = append(d.Headings, row)
	}
	return d, err
}

func (s *pages) setup(w http.ResponseWriter, r *http.Request) error {
	return s.renderSetup(w, r, s.NewForm(page.LangOf(r)))
}

func (s *pages) renderSetup(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	d, err := s.setupPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/setup", d, f)
}

// setupTemplate is the empty workbook.
func (s *pages) setupTemplate(w http.ResponseWriter, _ *http.Request) error {
	var b bytes.Buffer
	if err := sheet.WriteTemplate(&b, Kinds()); err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: "县里资料模板.xlsx", Type: sheet.XLSX, Data: b.Bytes()})
	return nil
}

// setupForget forgets what a heading was said to be.
func (s *pages) setupForget(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := s.Headings.ForgetHeading(r.Context(), f.Text("kind"), f.Raw("heading")); err != nil {
		return err
	}
	s.Flash(r, page.Good, "setup.forgotten")
	return s.GoTo(w, r, "county.setup")
}

type foundTable struct {
	Title, Sheet string
	Rows         int
}

type foundSentence struct {
	Text  string
	Stops bool
}

// foundHeading is a heading that nobody knows.
type foundHeading struct {
	N                    int
	Kind, Title, Heading string
	Samples              []string
	Fields               []page.Option
}

// findingsPage is what a person should know of a workbook before its rows are checked.
type findingsPage struct {
	door
	Name, Content string // the file itself, on its way back: the server keeps no copy of it
	Tables        []foundTable
	Findings      []foundSentence
	Headings      []foundHeading
	Absent        []string
	Rows          int
	Stopped       bool
	MB            int
}

// door is a page that takes workbooks.
type door struct {
	Kinds []*entry.Kind
	Page  string // route
	Read  string // route of its form
	again func(w http.ResponseWriter, r *http.Request, f *page.Form) error
}

// setupRead reads a workbook of any kinds.
func (s *pages) setupRead(w http.ResponseWriter, r *http.Request) error {
	return s.readAt(w, r, door{Kinds: Kinds(), Page: "county.setup", Read: "county.setup.read", again: s.renderSetup})
}

// readAt reads a workbook. Where every sheet and column is understood, batches are filled with its rows and checked; where
// only columns are not, on confirmation. A workbook with a sheet that is not understood is not taken at all.
func (s *pages) readAt(w http.ResponseWriter, r *http.Request, at door) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	name, data, err := workbookOf(r, f)
	if err == nil {
		err = s.rememberHeadings(r.Context(), f)
	}
	var book sheet.Workbook
	if err == nil {
		book, err = s.readWorkbook(r.Context(), data, at.Kinds)
	}
	if err == nil {
		asks := slices.ContainsFunc(book.Findings, func(f sheet.Finding) bool { return f.Key != absentKind })
		if book.Stopped() || (asks && f.Text("go") != "on") { // half a workbook is not taken
			d := s.findings(r, name, data, &book)
			d.door = at
			return s.RenderForm(w, r, "directory/setup_findings", d, f)
		}
		var batch filled
		if batch, err = s.fill(r.Context(), name, &book); err == nil {
			return s.GoTo(w, r, batch.route, "id", batch.id)
		}
	}
	if !f.Fail(err) {
		return err
	}
	return at.again(w, r, f)
}

// absentKind is the finding that a workbook lacks a kind: most do.
const absentKind = "sheet.kind.absent"

// workbookOf reads the file of a form, or the one that came back in it.
func workbookOf(r *http.Request, f *page.Form) (name string, data []byte, err error) {
	content := f.Raw("content")
	if content == "" {
		return page.UploadedUpTo(r, sheet.MaxWorkbookBytes)
	}
	if data, err = base64.StdEncoding.DecodeString(content); err != nil {
		return "", nil, link.E(link.Invalid, "upload.again", page.UploadField).Because(err)
	}
	return f.Text("name"), data, nil
}

func (s *pages) readWorkbook(ctx context.Context, data []byte, kinds []*entry.Kind) (sheet.Workbook, error) {
	headings, err := s.Headings.Headings(ctx)
	if err != nil {
		return sheet.Workbook{}, err
	}
	return sheet.ReadWorkbook(data, kinds, sheet.MappingOf(headings))
}

// leaveOut is the choice to leave a column out.
const leaveOut = "-"

// rememberHeadings remembers what the form says that headings are.
func (s *pages) rememberHeadings(ctx context.Context, f *page.Form) error {
	var headings []sheet.Heading
	for i := 0; ; i++ {
		n := strconv.Itoa(i)
		heading, field := f.Raw("heading-"+n), f.Text("field-"+n)
		if heading == "" {
			break
		}
		k, ok := KindByName(f.Text("kind-" + n))
		if !ok || field == "" {
			continue
		}
		if field == leaveOut {
			field = ""
		} else if _, ok := k.Field(field); !ok {
			continue
		}
		headings = append(headings, sheet.Heading{Kind: k.Name, Heading: heading, Field: field})
	}
	if len(headings) == 0 {
		return nil
	}
	return s.Headings.RememberHeadings(ctx, auth.FromContext(ctx).Login, headings)
}

func (s *pages) findings(r *http.Request, name string, data []byte, book *sheet.Workbook) findingsPage {
	l, words := page.LangOf(r), s.Words(r)
	d := findingsPage{Name: name, Rows: book.Rows(), Stopped: book.Stopped(), MB: sheet.MaxWorkbookBytes >> 20}
	if len(data) <= sentBackMost {
		d.Content = base64.StdEncoding.EncodeToString(data)
	}
	for i := range book.Tables {
		t := &book.Tables[i]
		d.Tables = append(d.Tables, foundTable{Title: titleOf(l, t.Kind.Title), Sheet: t.Sheet, Rows: len(t.Rows)})
	}
	for _, f := range book.Findings {
		k, known := KindByName(f.Kind)
		switch {
		case f.Key == absentKind:
			if known {
				d.Absent = append(d.Absent, titleOf(l, k.Title))
			}
		case f.Heading != "" && known:
			d.Headings = append(d.Headings, foundHeading{N: len(d.Headings), Kind: k.Name, Title: titleOf(l, k.Title), Heading: f.Heading,
				Samples: f.Samples, Fields: freeFields(l, k, book)})
		default:
			d.Findings = append(d.Findings, foundSentence{Text: words.Problem(f.Key, f.Args), Stops: f.Stops})
		}
	}
	return d
}

// freeFields are the fields of a kind that its table has no column of, as choices.
func freeFields(l page.Lang, k *entry.Kind, book *sheet.Workbook) []page.Option {
	options := []page.Option{
		{Value: "", Label: l.Pick("请选择", "Choose")},
		{Value: leaveOut, Label: l.Pick("不导入这一列", "Leave this column out")},
	}
	t, read := book.Table(k.Name)
	for i := range k.Fields {
		field := &k.Fields[i]
		if read && t.Heads[field.Name] != "" {
			continue
		}
		options = append(options, page.Option{Value: field.Name, Label: titleOf(l, field.Head)})
	}
	return options
}

// filled is the page of a batch that a workbook's rows went into.
type filled struct {
	route string
	id    int64
}

// fill fills batches with the rows of a workbook and asks to check them: one of the directory, and one for each kind of the payment
// module.
func (s *pages) fill(ctx context.Context, name string, book *sheet.Workbook) (filled, error) {
	if book.Rows() == 0 {
		return filled{}, link.E(link.Invalid, "setup.none", page.UploadField)
	}
	if rows := paymentRows(book); rows == book.Rows() {
		last, err := s.fillPayments(ctx, payments.OpenAccountBatch{Name: name}, book)
		return filled{"county.accountbatch", last}, err
	}
	batch, err := s.Directory.OpenBatch(ctx, catalog.OpenBatch{Name: name})
	if err != nil {
		return filled{}, err
	}
	if err = s.addRows(ctx, batch.ID, book); err == nil {
		_, err = s.Directory.RunBatch(ctx, catalog.RunBatch{ID: batch.ID})
	}
	if err == nil {
		_, err = s.fillPayments(ctx, payments.OpenAccountBatch{Name: name, Workbook: batch.ID}, book)
	}
	if err != nil {
		s.dropHalf(ctx, batch.ID)
	}
	return filled{"county.batch", batch.ID}, err
}

// paymentRows counts the rows that the payment module takes.
func paymentRows(book *sheet.Workbook) (n int) {
	for _, k := range payments.Kinds() {
		if t, ok := book.Table(k.Name); ok {
			n += len(t.Rows)
		}
	}
	return n
}

// fillPayments fills a batch for each kind of the payment module and returns the last one.
func (s *pages) fillPayments(ctx context.Context, open payments.OpenAccountBatch, book *sheet.Workbook) (last int64, err error) {
	for _, k := range payments.Kinds() {
		t, ok := book.Table(k.Name)
		if !ok || len(t.Rows) == 0 {
			continue
		}
		open.Kind = k.Name
		b, err := s.fillAccounts(ctx, open, t.Rows)
		if err != nil {
			return 0, err
		}
		last = b.ID
	}
	return last, nil
}

func (s *pages) addRows(ctx context.Context, id int64, book *sheet.Workbook) error {
	for i := range book.Tables {
		t := &book.Tables[i]
		if _, other := payments.KindByName(t.Kind.Name); other {
			continue
		}
		for part, err := range batchParts(t.Rows) {
			if err != nil {
				return err
			}
			if _, err := s.Directory.AddBatchRows(ctx, catalog.BatchRows{ID: id, Kind: t.Kind.Name, Rows: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropHalf forgets a batch that could not be filled.
func (s *pages) dropHalf(ctx context.Context, id int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, err := s.Directory.DropBatch(ctx, catalog.BatchRef{ID: id}); err != nil {
		s.Log.WarnContext(ctx, "half a batch is left", "batch", id, "error", err)
	}
}

// batchParts divides rows into parts that one request takes.
func batchParts(rows []entry.Row) iter.Seq2[[]entry.Row, error] {
	return func(yield func([]entry.Row, error) bool) {
		first, bytes := 0, 0
		for i := range rows {
			text, err := json.Marshal(rows[i])
			if err != nil {
				yield(nil, fmt.Errorf("measure row: %w", err))
				return
			}
			if i > first && (i-first == catalog.MaxBatchRows || bytes+len(text) > batchPartBytes) {
				if !yield(rows[first:i], nil) {
					return
				}
				first, bytes = i, 0
			}
			bytes += len(text)
		}
		if first < len(rows) {
			yield(rows[first:], nil)
		}
	}
}
