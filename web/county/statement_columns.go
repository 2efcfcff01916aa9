package county

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// columnsPage is a statement with columns that a person explains.
type columnsPage struct {
	Words   page.Words
	Name    string
	Content string // the file itself, on its way back to be read
	Problem string // that keeps the file from being read
	Picture payments.StatementPicture
	Head    int // the line that is chosen as the head, 0 for none
	Columns []pictureColumn
	After   int // line to show next, 0 at the end
}

// pictureColumn is the choice of a column's field.
type pictureColumn struct {
	N       int
	Label   string // the title in the likely head, or the column's letter
	Value   string
	Options []page.Option
}

// letters of a column, as spreadsheets count them.
func letters(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return string(rune('A'+n/26-1)) + string(rune('A'+n%26))
}

// explainColumns shows the first lines of a file with a choice over each column.
func (s *moneyPages) explainColumns(w http.ResponseWriter, r *http.Request, f *page.Form, d columnsPage, from int) error {
	data, err := base64.StdEncoding.DecodeString(d.Content)
	if err == nil {
		d.Picture, err = s.Treasury.PictureStatement(r.Context(), payments.PictureStatement{Data: data, From: from})
	}
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	d.Words, d.Head = s.Words(r), d.Picture.HeadLine
	if f.Text("head") != "" {
		d.Head = int(f.Int("head"))
	}
	var head []string
	for _, l := range d.Picture.Lines {
		if l.Line == d.Head {
			head = l.Cells
		}
	}
	for i, field := range d.Picture.Fields {
		c := pictureColumn{N: i, Label: letters(i), Value: field}
		if i < len(head) && head[i] != "" {
			c.Label += " " + head[i]
		}
		c.Options = append(c.Options, page.Option{Value: "", Label: d.Words.Say("column", "choose")}, page.Option{Value: "-", Label: d.Words.Say("column", "leave")})
		for _, known := range d.Picture.Known {
			c.Options = append(c.Options, page.Option{Value: known, Label: d.Words.Say("column", known)})
		}
		d.Columns = append(d.Columns, c)
	}
	if n := len(d.Picture.Lines); n > 0 && n < d.Picture.All && slices.Max(lineNumbers(d.Picture.Lines)) < d.Picture.All {
		d.After = d.Picture.Lines[n-1].Line + 1
	}
	return s.RenderForm(w, r, "county/statement_columns", d, f)
}

func lineNumbers(lines []payments.PictureLine) []int {
	out := make([]int, len(lines))
	for i, l := range lines {
		out[i] = l.Line
	}
	return out
}

// statementColumns remembers a person's explanation of columns, and shows the effect of the file then.
func (s *moneyPages) statementColumns(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d := columnsPage{Name: f.Text("name"), Content: f.Raw("content")}
	if f.Text("remember") == "" {
		return s.explainColumns(w, r, f, d, int(f.Int("from")))
	}
	data, err := base64.StdEncoding.DecodeString(d.Content)
	if err != nil {
		return s.receiptsDone(w, r, f, link.E(link.Invalid, "upload.again", "file").Because(err), "")
	}
	m := payments.MapStatement{Bank: f.Text("bank"), Data: data, HeadLine: int(f.Int("head"))}
	for i := 0; f.Values.Has("field-" + strconv.Itoa(i)); i++ {
		m.Fields = append(m.Fields, f.Text("field-"+strconv.Itoa(i)))
	}
	if _, err := s.Treasury.MapStatement(r.Context(), m); err != nil {
		if !f.Fail(err) {
			return err
		}
		f.Rename("head_line", "head")
		f.Rename("fields", "")
		return s.explainColumns(w, r, f, d, int(f.Int("shown")))
	}
	got, err := s.Treasury.ImportStatement(r.Context(), payments.ImportStatement{Name: d.Name, Data: data, DryRun: true})
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	if len(got.Problems) > 0 {
		return s.statementProblems(w, r, f, got)
	}
	return s.RenderForm(w, r, "county/statement", s.look(r, d.Name, data, got), f)
}

// statementProblems lists the lines of a file that could not be read.
func (s *moneyPages) statementProblems(w http.ResponseWriter, r *http.Request, f *page.Form, got payments.ImportedStatement) error {
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

// statementForget removes remembered columns.
func (s *moneyPages) statementForget(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.Treasury.ForgetStatement(r.Context(), payments.StatementColumnsRef{ID: page.PathInt(r, "id")})
	return s.receiptsDone(w, r, f, err, "receipt.columns_forgotten")
}

// rememberedColumns are columns of a bank's statements, as the page lists them.
type rememberedColumns struct {
	payments.StatementColumns
	Text string
}

func (s *moneyPages) remembered(r *http.Request, words page.Words) ([]rememberedColumns, error) {
	list, err := s.Treasury.StatementColumns(r.Context(), payments.None{})
	if err != nil {
		return nil, err
	}
	out := make([]rememberedColumns, len(list.Items))
	for i, c := range list.Items {
		var parts []string
		for n, field := range c.Fields {
			if field == "" || field == "-" {
				continue
			}
			title := letters(n)
			if n < len(c.Titles) && c.Titles[n] != "" {
				title = c.Titles[n]
			}
			parts = append(parts, title+" → "+words.Say("column", field))
		}
		out[i] = rememberedColumns{c, strings.Join(parts, words.Lang.Pick("；", "; "))}
	}
	return out, nil
}
