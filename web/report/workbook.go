package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"banmuyuan/web/sheet"
)

var china = time.FixedZone("China", 8*60*60)

// workbook is one sheet that grows row by row. Its title, season and the time at which it was made stand above.
type workbook struct {
	job    Job
	store  Store
	file   *sheet.Lists
	list   *sheet.List
	rows   int64
	total  int64
	season int // 0 is all of them
	words  Words
}

func (r *Runner) newWorkbook(ctx context.Context, j Job) (*workbook, error) {
	w := &workbook{job: j, store: r.Store, words: r.Words, season: j.Season}
	var err error
	if w.file, err = sheet.NewLists(); err != nil {
		return nil, err
	}
	return w, w.progress(ctx)
}

func (w *workbook) close() { w.file.Close() }

// column has a head and how wide it is.
type column struct {
	zh, en string
	width  float64
}

// begin writes the title and the heads of the columns; they stay in sight. summed are the columns with a sum at the end.
func (w *workbook) begin(ctx context.Context, total int, columns []column, summed ...string) error {
	w.total = int64(total)
	lang := w.job.Lang
	season := pick(lang, "全部年度", "All seasons")
	if w.season != 0 {
		season = fmt.Sprintf(pick(lang, "%d 年", "%d"), w.season)
	}
	title := w.words(lang, "report", string(w.job.Kind))
	heads := make([]sheet.ListColumn, len(columns))
	for i, c := range columns {
		heads[i] = sheet.ListColumn{Head: pick(lang, c.zh, c.en), Width: c.width, Sum: slices.Contains(summed, c.zh)}
	}
	var err error
	w.list, err = w.file.Begin(sheet.ListHead{Name: title, Total: pick(lang, "合计", "Total"),
		Note: season + " · " + pick(lang, "制表时间 ", "made ") + time.Now().In(china).Format("2006-01-02 15:04")}, heads)
	if err != nil {
		return err
	}
	return w.progress(ctx)
}

// add writes a row of the list.
func (w *workbook) add(cells ...any) error {
	w.rows++
	row := make([]sheet.Value, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case sheet.Value:
			row[i] = v
		case int:
			row[i] = sheet.Count(int64(v))
		case int64:
			row[i] = sheet.Count(v)
		case float64:
			row[i] = sheet.Number(v)
		default:
			row[i] = sheet.Text(fmt.Sprint(v))
		}
	}
	return w.list.Add(row...)
}

// progress says how far the report is.
func (w *workbook) progress(ctx context.Context) error {
	return w.store.Progress(ctx, w.job.ID, w.rows, w.total, lease)
}

func (w *workbook) name() string {
	return fmt.Sprintf("%s-%s.xlsx", w.words(w.job.Lang, "report", string(w.job.Kind)), time.Now().In(china).Format("20060102-1504"))
}

func (w *workbook) bytes() ([]byte, error) {
	if err := w.list.End(); err != nil {
		return nil, err
	}
	return w.file.Bytes()
}
