package bankfile_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/payments/bankfile"
)

// A bank with titles that nobody knows.
const strange = "某某银行对公账户查询\n编码,发生于,钱数来,钱数去,剩,谁,说明,说明\n" +
	"X1,2026-09-18,500.00,,1500.00,某公司,货款,BMY-1\nX2,2026-09-18,,200.00,1300.00,农信社,手续费,\n"

var strangeFields = []string{"ref", "date", "in", "out", "balance", "party", "memo", "memo"}

func TestExplainedColumns(t *testing.T) {
	t.Parallel()
	s := bankfile.DefaultStatement()
	if f := s.Read([]byte(strange)); !f.Unmapped || len(f.Problems) != 1 || f.Problems[0].Key != "statement.no_columns" {
		t.Fatalf("%+v", f)
	}
	p, problem := s.Picture([]byte(strange), 0)
	if problem != nil || p.HeadLine != 2 || len(p.Lines) != 4 || len(p.Fields) != 8 || p.Lines[1].Cells[2] != "钱数来" {
		t.Fatalf("%+v, %+v", p, problem)
	}
	c, problem := s.Explain([]byte(strange), " 某某银行 ", 2, strangeFields)
	if problem != nil || c.Bank != "某某银行" {
		t.Fatalf("%+v", problem)
	}
	f := s.Read([]byte(strange), c)
	if got := told(f); got != "1/50000 1/20000" || f.Bank != "某某银行" || f.Lines[0].Memo != "货款 BMY-1" || f.Lines[0].Party != "某公司" || *f.Closing != 1300_00 {
		t.Errorf("%s: %+v", got, f)
	}
	// The next file of this bank, written a little otherwise; another head is another bank's.
	next := strings.Replace(strings.ReplaceAll(strange, "X", "Y"), "钱数来,", " 钱数来 *,", 1)
	if got := told(s.Read([]byte("\ufeff打印日期,2026\n"+next), c)); got != "1/50000 1/20000" {
		t.Errorf("the next file: %s", got)
	}
	if f := s.Read([]byte(strings.Replace(strange, "钱数来,钱数去", "钱数去,钱数来", 1)), c); !f.Unmapped {
		t.Errorf("columns the other way about are read by the same places: %s", told(f))
	}
	if p, _ := s.Picture([]byte(strange), 0, c); !slices.Equal(p.Fields, c.Fields) {
		t.Errorf("what was explained is not shown: %q", p.Fields)
	}
}

func TestWrongColumnsAreNamed(t *testing.T) {
	t.Parallel()
	s := bankfile.DefaultStatement()
	with := func(fields string) []string { return strings.Split(fields, " ") }
	for name, c := range map[string]struct {
		bank   string
		head   int
		fields []string
		key    string
	}{
		"no name":           {" ", 2, strangeFields, "bank"},
		"a long name":       {strings.Repeat("银", 61), 2, strangeFields, "bank"},
		"no head":           {"某行", 0, strangeFields, "head"},
		"a title row":       {"某行", 1, strangeFields[:1], "head"},
		"a line past all":   {"某行", 90, strangeFields, "head"},
		"another field":     {"某行", 2, with("ref date in out sum - - -"), "field"},
		"a column too many": {"某行", 2, with("ref date in out balance - - - memo"), "field"},
		"twice":             {"某行", 2, with("ref date in in balance - - -"), "twice"},
		"no date":           {"某行", 2, with("ref - in out balance - - -"), "no_date"},
		"no amount":         {"某行", 2, with("ref date - - balance - - -"), "no_amount"},
		"only out":          {"某行", 2, with("ref date - out balance - - -"), "no_in"},
		"both ways":         {"某行", 2, with("ref date in amount balance - - -"), "amounts"},
		"a direction alone": {"某行", 2, with("ref date in out - direction - -"), "direction"},
		"no reference":      {"某行", 2, with("- date in out - - - -"), "no_ref"},
		"a date of names":   {"某行", 2, with("ref party in out balance date - -"), "holds"},
		"an amount of days": {"某行", 2, with("ref date party out balance in - -"), "holds"},
	} {
		_, problem := s.Explain([]byte(strange), c.bank, c.head, c.fields)
		if problem == nil || problem.Key != "statement.columns."+c.key {
			t.Errorf("%s: %+v, want %s", name, problem, c.key)
		}
	}
	// Money out that nobody placed would vanish; left out by a person, it may.
	const half = "编码,发生于,来,支出额\nX1,2026-09-18,500.00,\nX2,2026-09-18,,200.00\n"
	if _, problem := s.Explain([]byte(half), "某行", 1, with("ref date in ")); problem == nil || problem.Key != "statement.columns.money" {
		t.Errorf("money out vanishes: %+v", problem)
	}
	if _, problem := s.Explain([]byte(half), "某行", 1, with("ref date in -")); problem != nil {
		t.Errorf("%+v", problem)
	}
	p, _ := s.Picture([]byte(half), 0)
	if p.Fields[3] != "" || p.Fields[0] != bankfile.LeaveOut {
		t.Errorf("%q", p.Fields)
	}
}

// A column that could tell the direction makes lines doubtful, also where a person left it out.
func TestExplainedAmountsWithoutDirection(t *testing.T) {
	t.Parallel()
	s := bankfile.DefaultStatement()
	data := []byte("编码,发生于,钱数,类\nX1,2026-09-18,500.00,圈存\nX2,2026-09-18,200.00,圈提\n")
	c, problem := s.Explain(data, "某行", 1, []string{"ref", "date", "amount", "-"})
	if problem != nil {
		t.Fatal(problem)
	}
	if got := told(s.Read(data, c)); got != "0/0 0/0 X1?direction X2?direction" {
		t.Error(got)
	}
}

func TestPicturesAreBounded(t *testing.T) {
	t.Parallel()
	s := bankfile.DefaultStatement()
	long := strings.Repeat("说明\n", 120) + "编码,发生于,钱数\n" + strings.Repeat(strings.Repeat("字", 90)+strings.Repeat(",1", 100)+"\n", 300)
	p, problem := s.Picture([]byte(long), 0)
	if problem != nil || len(p.Lines) > 24 || p.HeadLine != 121 || len(p.Fields) != 40 || len([]rune(p.Lines[len(p.Lines)-1].Cells[0])) != 60 {
		t.Errorf("%d lines, head %d, %d columns, %+v", len(p.Lines), p.HeadLine, len(p.Fields), problem)
	}
	if p, _ := s.Picture([]byte(long), 3); p.Lines[0].Line != 3 || p.HeadLine != 0 {
		t.Errorf("from line 3: %+v", p)
	}
	if p, _ := s.Picture([]byte(long), 9999); len(p.Lines) != 1 {
		t.Errorf("past the end: %+v", p)
	}
	if _, problem := s.Picture([]byte("%PDF-1.7"), 0); problem == nil || problem.Key != "sheet.pdf" {
		t.Errorf("%+v", problem)
	}
}
