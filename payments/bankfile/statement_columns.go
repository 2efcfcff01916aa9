package bankfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/table"
)

// StatementColumns are the columns of one bank's statements as a person explained them: of each title of the head, the field of
// Statement that its column holds, by the name that banks.json and BANMU_STATEMENT_COLUMNS give it, LeaveOut, or "" where
// nothing was said. Columns count by their place, because titles may repeat.
type StatementColumns struct {
	Bank   string   `json:"bank"`
	Titles []string `json:"titles"`
	Fields []string `json:"fields"`
}

// LeaveOut is the field of a column that a person left out.
const LeaveOut = "-"

const memoField = "memo"

// StatementFields lists the fields that a column may hold, in the order in which people think of them.
var StatementFields = []string{"date", "time", "ref", "in", "out", "amount", "direction", "balance", "party", memoField, "currency", "status", "account", "reversal"}

// Bounds of explained columns.
const (
	maxStatementColumns = table.MaxColumns
	maxBankName         = 60 // characters
)

func (c StatementColumns) layout() table.Layout {
	l := table.Layout{Titles: c.Titles, At: map[string]int{}}
	for i, f := range c.Fields {
		if f != "" && f != LeaveOut && f != memoField {
			l.At[f] = i
		}
	}
	return l
}

// places lists the columns of a field.
func (c StatementColumns) places(field string) []int {
	var all []int
	for i, f := range c.Fields {
		if f == field {
			all = append(all, i)
		}
	}
	return all
}

// Fingerprint identifies the head.
func (c StatementColumns) Fingerprint() string { return table.Fingerprint(c.Titles) }

// Check returns the problem of columns by which no statement can be read, or nil.
func (c StatementColumns) Check() *Problem {
	fail := func(key string, args ...string) *Problem {
		p := &Problem{Key: key, Args: map[string]string{}}
		for i := 0; i+1 < len(args); i += 2 {
			p.Args[args[i]] = args[i+1]
		}
		return p
	}
	has := map[string]int{}
	for i, f := range c.Fields {
		if f == "" || f == LeaveOut {
			continue
		}
		if i >= len(c.Titles) || !slices.Contains(StatementFields, f) {
			return fail("statement.columns.field", "value", Trimmed(f, 40))
		}
		if other, twice := has[f]; twice && f != memoField {
			return fail("statement.columns.twice", "column", c.title(i), "other", c.title(other))
		}
		has[f] = i
	}
	_, date := has["date"]
	_, in := has["in"]
	_, out := has["out"]
	_, amount := has["amount"]
	_, direction := has["direction"]
	_, ref := has["ref"]
	_, balance := has["balance"]
	switch {
	case strings.TrimSpace(c.Bank) == "" || len([]rune(c.Bank)) > maxBankName:
		return fail("statement.columns.bank")
	case c.Fingerprint() == "" || len(c.Titles) > maxStatementColumns:
		return fail("statement.columns.head")
	case !date:
		return fail("statement.columns.no_date")
	case !amount && !in && out:
		return fail("statement.columns.no_in")
	case !amount && !in:
		return fail("statement.columns.no_amount")
	case amount && (in || out):
		return fail("statement.columns.amounts")
	case direction && !amount:
		return fail("statement.columns.direction")
	case !ref && !balance:
		return fail("statement.columns.no_ref")
	}
	return nil
}

func (c StatementColumns) title(i int) string {
	if c.Titles[i] != "" {
		return c.Titles[i]
	}
	name, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		return strconv.Itoa(i + 1)
	}
	return name
}

// StatementPicture is a part of a file that a person explains.
type StatementPicture struct {
	Sheet    string
	Lines    []PictureLine
	HeadLine int      // the line that is likely the head, 0 where it is not shown
	Fields   []string // that the columns likely hold
	All      int      // lines among which the head may be
}

// PictureLine is a line of a file as it is shown.
type PictureLine struct {
	Line  int
	Cells []string
}

// Bounds of a picture.
const (
	pictureLines   = 24
	pictureColumns = 40
	pictureText    = 60 // characters of a cell
)

// Picture shows lines of a statement, beginning with line from, or around its likely head where from is 0.
func (s Statement) Picture(data []byte, from int, explained ...StatementColumns) (StatementPicture, *Problem) {
	var out StatementPicture
	book, err := table.Open(data, table.MaxBytes)
	var p table.Picture
	if err == nil {
		p, err = book.Picture(s.columns(), from, pictureLines)
	}
	if err != nil {
		problem := problemOf(err, "statement.")
		return out, &problem
	}
	out.Sheet, out.All = p.Sheet, p.All
	columns := 0
	for _, r := range p.Rows {
		line := PictureLine{Line: r.Line}
		for _, c := range r.Cells[:min(len(r.Cells), pictureColumns)] {
			line.Cells = append(line.Cells, Trimmed(c.Clean(), pictureText))
		}
		columns = max(columns, len(line.Cells))
		out.Lines = append(out.Lines, line)
	}
	out.Fields = make([]string, columns)
	if p.Head >= 0 {
		head := p.Rows[p.Head]
		out.HeadLine = head.Line
		s.guess(out.Fields, head, p.Rows[p.Head+1:], explained)
	}
	return out, nil
}

// guess fills in the fields of columns: as they were explained, by their titles, or left out where they hold no money.
func (s Statement) guess(fields []string, head table.Row, below []table.Row, explained []StatementColumns) {
	titles := table.Titles(head)
	mark := table.Fingerprint(titles)
	for _, c := range explained {
		if c.Fingerprint() == mark {
			copy(fields, c.Fields)
			return
		}
	}
	for i := range fields {
		fields[i] = LeaveOut
		if i < len(titles) && moneyTitle.MatchString(titles[i]) && holdsMoney(below, i) {
			fields[i] = "" // to be said: its money would vanish
		}
		if i < len(titles) && slices.ContainsFunc(s.Memo, func(m string) bool { return table.SameTitle(titles[i], m) }) {
			fields[i] = memoField
		}
	}
	h, _ := table.FindHead([]table.Row{head}, s.columns())
	for field, i := range h.At {
		if i < len(fields) {
			fields[i] = field
		}
	}
}

func holdsMoney(rows []table.Row, column int) bool {
	return slices.ContainsFunc(rows, func(r table.Row) bool {
		if column >= len(r.Cells) {
			return false
		}
		a, ok := r.Cells[column].Money()
		return ok && !a.Blank && a.Fen != 0
	})
}

// Explain returns the columns of a file as a person explained them: the line of the head, and the field of each column. Columns
// by which the file cannot be read are a problem.
func (s Statement) Explain(data []byte, bank string, headLine int, fields []string) (StatementColumns, *Problem) {
	c := StatementColumns{Bank: strings.TrimSpace(bank), Fields: fields}
	book, err := table.Open(data, table.MaxBytes)
	var p table.Picture
	if err == nil {
		p, err = book.Picture(nil, headLine, pictureLines)
	}
	if err != nil {
		problem := problemOf(err, "statement.")
		return c, &problem
	}
	if headLine < 1 || len(p.Rows) == 0 || p.Rows[0].Line != headLine {
		return c, &Problem{Key: "statement.columns.head", Args: map[string]string{}}
	}
	for _, t := range table.Titles(p.Rows[0]) {
		c.Titles = append(c.Titles, Trimmed(t, table.MaxTitle))
	}
	for len(c.Fields) < len(c.Titles) {
		c.Fields = append(c.Fields, "")
	}
	if problem := c.Check(); problem != nil {
		return c, problem
	}
	return c, s.tryColumns(data, c)
}

// tryColumns returns a column that holds nothing of its field, or makes money vanish.
func (s Statement) tryColumns(data []byte, c StatementColumns) *Problem {
	r, problem := s.open(data, []StatementColumns{c})
	if problem != nil {
		if problem.Key == unknownMoney {
			problem.Key = "statement.columns.money"
		}
		return problem
	}
	for i, field := range c.Fields {
		filled, read := 0, 0
		for _, row := range r.t.Rows {
			if i >= len(row.Cells) || row.Cells[i].Clean() == "" || r.t.Head.Again(row.Cells) || r.isTotal(row) {
				continue
			}
			filled++
			ok := true
			switch field {
			case "date":
				_, ok = row.Cells[i].Day(r.t.Since1904)
			case "in", "out", "amount", "balance":
				_, ok = row.Cells[i].Money()
			}
			if ok {
				read++
			}
		}
		if filled > 0 && read == 0 {
			return &Problem{Key: "statement.columns.holds", Args: map[string]string{"column": c.title(i), "field": field}}
		}
	}
	return nil
}
