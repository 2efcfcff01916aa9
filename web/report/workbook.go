package report

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

var china = time.FixedZone("China", 8*60*60)

// workbook is one sheet that grows row by row, with a title and when it was made above.
type workbook struct {
	job    Job
	store  Store
	file   *excelize.File
	out    *excelize.StreamWriter
	styles struct{ title, head, yuan, day int }
	row    int
	rows   int64
	total  int64
	season int
	words  Words
}

const sheet = "Sheet1"

func (r *Runner) newWorkbook(ctx context.Context, j Job) (*workbook, error) {
	w := &workbook{job: j, store: r.Store, file: excelize.NewFile(), words: r.Words, season: j.Season}
	var err error
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&w.styles.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&w.styles.head, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F3EEE4"}}}},
		{&w.styles.yuan, excelize.Style{NumFmt: 4}}, // #,##0.00
		{&w.styles.day, excelize.Style{NumFmt: 14}}, // a date as the reader's program writes it
	} {
		if *s.id, err = w.file.NewStyle(&s.style); err != nil {
			return nil, fmt.Errorf("make style: %w", err)
		}
	}
	if w.out, err = w.file.NewStreamWriter(sheet); err != nil {
		return nil, fmt.Errorf("make sheet: %w", err)
	}
	return w, w.progress(ctx)
}

func (w *workbook) close() { _ = w.file.Close() } // its temporary files are removed with it

// column has a head and how wide it is.
type column struct {
	zh, en string
	width  float64
}

// begin writes the title and the heads of the columns; they stay in sight.
func (w *workbook) begin(ctx context.Context, total int, columns []column) error {
	w.total = int64(total)
	for i, c := range columns {
		if err := w.out.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("set widths: %w", err)
		}
	}
	if err := w.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze heads: %w", err)
	}
	lang := w.job.Lang
	title := w.words(lang, "report", string(w.job.Kind))
	made := pick(lang, "制表时间 ", "made ") + time.Now().In(china).Format("2006-01-02 15:04")
	if w.season != 0 {
		made = fmt.Sprintf(pick(lang, "%d 年 · %s", "%d · %s"), w.season, made)
	}
	if err := w.write(excelize.Cell{StyleID: w.styles.title, Value: title}, excelize.Cell{Value: ""}, excelize.Cell{Value: made}); err != nil {
		return err
	}
	heads := make([]any, len(columns))
	for i, c := range columns {
		heads[i] = excelize.Cell{StyleID: w.styles.head, Value: pick(lang, c.zh, c.en)}
	}
	if err := w.write(heads...); err != nil {
		return err
	}
	return w.progress(ctx)
}

func (w *workbook) write(cells ...any) error {
	w.row++
	at, err := excelize.CoordinatesToCellName(1, w.row)
	if err != nil {
		return fmt.Errorf("write row %d: %w", w.row, err)
	}
	if err := w.out.SetRow(at, cells); err != nil {
		return fmt.Errorf("write row %d: %w", w.row, err)
	}
	return nil
}

// add writes a row of the list.
func (w *workbook) add(cells ...any) error {
	w.rows++
	return w.write(cells...)
}

// yuan is an amount, as a number one can go on reckoning with.
func (w *workbook) yuan(fen int64) excelize.Cell {
	return excelize.Cell{StyleID: w.styles.yuan, Value: float64(fen) / 100} // exact to the fen below 90 trillion yuan
}

func (w *workbook) day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	y, m, d := t.In(china).Date()
	return excelize.Cell{StyleID: w.styles.day, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} // a workbook knows no zones
}

// progress says how far the report is.
func (w *workbook) progress(ctx context.Context) error {
	return w.store.Progress(ctx, w.job.ID, w.rows, w.total, lease)
}

func (w *workbook) name() string {
	return fmt.Sprintf("%s-%s.xlsx", w.words(w.job.Lang, "report", string(w.job.Kind)), time.Now().In(china).Format("20060102-1504"))
}

func (w *workbook) bytes() ([]byte, error) {
	if err := w.out.Flush(); err != nil {
		return nil, fmt.Errorf("finish sheet: %w", err)
	}
	var b bytes.Buffer
	if err := w.file.Write(&b); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return b.Bytes(), nil
}
