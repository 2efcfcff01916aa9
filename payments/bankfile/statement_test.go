package bankfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/payments/bankfile"
)

const statement = "依安县农村信用社 账户明细\n账号,2300000000000000001\n交易日期,流水号,对方户名,贷方金额,借方金额,附言\n" +
	"2026-09-18,A1,鹅业公司,\"7,140.00\",,100000012\n20260919,A2,某人,50,0,\n2026/9/19,A3,农信社,,35.00,账户管理费\n,,合计,7190.00,35.00,\n"

func xlsx(t *testing.T, table string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		for j, cell := range strings.Split(strings.ReplaceAll(line, "\"7,140.00\"", "7140.00"), ",") {
			name, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := f.SetCellStr("Sheet1", name, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStatementsOfEveryKind(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(statement)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"UTF-8": []byte(statement), "with a mark": []byte("\ufeff" + statement), "GB 18030": []byte(gb), "XLSX": xlsx(t, statement)} {
		f := bankfile.DefaultStatement().Read(data)
		lines, problems := f.Lines, f.Problems
		if len(problems) != 0 || len(lines) != 3 {
			t.Errorf("%s: %+v, %+v", name, lines, problems)
			continue
		}
		if lines[0].Fen != 714000 || lines[0].Party != "鹅业公司" || lines[0].Memo != "100000012" || lines[1].Fen != 5000 || lines[2].Fen != -3500 ||
			lines[1].Date.Format(time.DateOnly) != "2026-09-19" || lines[2].Date.Format(time.DateOnly) != "2026-09-19" {
			t.Errorf("%s: %+v", name, lines)
		}
	}
}

func TestOneColumnOfAmounts(t *testing.T) {
	for name, c := range map[string]struct {
		table string
		want  []int64
	}{
		"signed":      {"日期,流水号,金额\n2026-09-18,1,10.00\n2026-09-18,2,-3.50\n", []int64{1000, -350}},
		"with a word": {"日期,流水号,交易金额,借贷标志\n2026-09-18,1,10,贷\n2026-09-18,2,3.5,借\n2026-09-18,3,1,D\n", []int64{1000, -350, -100}},
		"nothing":     {"日期,流水号,金额\n2026-09-18,1,0\n2026-09-18,2,8\n", []int64{800}},
	} {
		f := bankfile.DefaultStatement().Read([]byte(c.table))
		lines, problems := f.Lines, f.Problems
		if len(problems) != 0 || len(lines) != len(c.want) {
			t.Errorf("%s: %+v, %+v", name, lines, problems)
			continue
		}
		for i, l := range lines {
			if l.Fen != c.want[i] {
				t.Errorf("%s: line %d is %d, want %d", name, i, l.Fen, c.want[i])
			}
		}
	}
}

func TestWrongStatementsNameTheLine(t *testing.T) {
	for name, c := range map[string]struct {
		table string
		key   string
		line  int
	}{
		"columns":    {"户主,电话\n1,2\n", "statement.no_columns", 1},
		"empty":      {"日期,流水号,金额\n", "statement.empty", 1},
		"amount":     {"日期,流水号,金额\n2026-09-18,1,abc\n", "statement.bad_amount", 2},
		"both ways":  {"日期,流水号,收入,支出\n2026-09-18,1,5,6\n", "statement.bad_amount", 2},
		"date":       {"日期,流水号,金额\n2026-09-18,1,5\n昨天,2,5\n", "statement.bad_date", 3},
		"no number":  {"日期,流水号,金额\n2026-09-18,,5\n", "statement.no_ref", 2},
		"no file":    {"PK\x03\x04nonsense", "statement.unreadable", 1},
		"not at all": {"", "statement.empty", 1},
	} {
		problems := bankfile.DefaultStatement().Read([]byte(c.table)).Problems
		if len(problems) != 1 || problems[0].Key != c.key || problems[0].Line != c.line {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}

func TestStatementColumnsAreConfiguration(t *testing.T) {
	config := `{"ref":["交易序号"],"in":["进账"],"amount":[],"date":["记账日"]}`
	file := filepath.Join(t.TempDir(), "columns.json")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{config, file} {
		s, err := bankfile.ParseStatement(from)
		if err != nil {
			t.Fatal(err)
		}
		f := s.Read([]byte("记账日,交易序号,进账,附言\n2026-09-18,X1,12.34,谢谢\n"))
		lines, problems := f.Lines, f.Problems
		if len(problems) != 0 || len(lines) != 1 || lines[0].Fen != 1234 || lines[0].Ref != "X1" || lines[0].Memo != "谢谢" {
			t.Errorf("%q: %+v, %+v", from, lines, problems)
		}
	}
	for _, wrong := range []string{"{", `{"reff":["x"]}`, "/nowhere/columns.json", `{"amount":[],"in":[]}`} {
		if _, err := bankfile.ParseStatement(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
