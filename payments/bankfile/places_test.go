package bankfile_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/payments/bankfile"
)

const fixedResult = `{"result": {"places": {"fixed": true, "encoding": "gb18030", "head": 1, "foot": 1, "columns": [
	{"field": "item", "width": 8}, {"field": "", "width": 8}, {"field": "fen", "width": 10}, {"field": "status", "width": 6}, {"field": "date", "width": 8}, {"field": "reason", "width": 20}]}}}`

func gbk(t *testing.T, lines ...string) []byte {
	t.Helper()
	text, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Join(lines, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// A bank's own programs answer in columns of a fixed width, without titles.
func TestFixedResults(t *testing.T) {
	t.Parallel()
	l, err := bankfile.ParseLayout([]byte(fixedResult))
	if err != nil {
		t.Fatal(err)
	}
	head, foot := "00000002", "T00000200000001334"
	good := []string{"A-00001 王大山  0000001234成功  20260918", "A-00002 李秀英  0000000100失败          户名不符"}
	rows, problems := l.ReadResult(gbk(t, append(append([]string{head}, good...), foot, "\x1a")...))
	if len(problems) > 0 || len(rows) != 2 || rows[0].Fen != 1234 || !rows[0].Paid || rows[0].Date.Format("0102") != "0918" || rows[1].Paid || rows[1].Reason != "户名不符" || rows[1].Line != 3 {
		t.Errorf("%+v, %+v", rows, problems)
	}
	for name, c := range map[string]struct{ line, key string }{
		"a short line":     {"A-00003 王大山  00000", "bad_width"},
		"a cut character":  {"A-00003 王大山a王0000001234成功", "bad_width"},
		"a longer line":    {"A-00003 王大山  0000001234成功  20260918户名不符户名不符户名不符", "bad_width"},
		"yuan for fen":     {"A-00003 王大山  12.34     成功", "bad_amount"},
		"a negative sum":   {"A-00003 王大山  -000001234成功", "bad_amount"},
		"no sum":           {"A-00003 王大山            成功", "bad_amount"},
		"no item":          {"        王大山  0000001234成功", "no_item"},
		"an unknown state": {"A-00003 王大山  0000001234待定", "bad_status"},
	} {
		_, problems := l.ReadResult(gbk(t, append(append([]string{head}, good...), c.line, foot)...))
		if len(problems) != 1 || problems[0].Key != "payout.result."+c.key || problems[0].Line != 4 {
			t.Errorf("%s: %+v", name, problems)
		}
	}
	if _, problems := l.ReadResult(gbk(t, head, foot)); len(problems) != 1 || problems[0].Key != "payout.result.empty" {
		t.Errorf("no rows: %+v", problems)
	}
	// An answer with titles is read by them, and other files are named by their kind.
	if rows, problems := l.ReadResult([]byte("业务编号,金额,状态\nA-1,12.34,成功\n")); len(rows) != 1 || len(problems) > 0 {
		t.Errorf("titles: %+v", problems)
	}
	if _, problems := l.ReadResult([]byte("%PDF-1.7")); len(problems) != 1 || problems[0].Key != "sheet.pdf" {
		t.Errorf("%+v", problems)
	}
}

func TestSeparatedResultsWithoutTitles(t *testing.T) {
	t.Parallel()
	l, err := bankfile.ParseLayout([]byte(`{"result": {"places": {"head": 1, "columns": [{"field": "item"}, {"field": "amount"}, {"field": "status"}, {"field": "reason"}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	rows, problems := l.ReadResult([]byte("2|13.34\nA-1|12.34|成功|\nA-2|1.00|失败|户名不符\n合计|13.34||\n"))
	if len(problems) > 0 || len(rows) != 2 || rows[0].Fen != 1234 || rows[1].Reason != "户名不符" {
		t.Errorf("%+v, %+v", rows, problems)
	}
}

func TestWrongPlaces(t *testing.T) {
	t.Parallel()
	for places, says := range map[string]string{
		`{"columns": [{"field": "item"}, {"field": "status"}]}`:                                         "needs",
		`{"columns": [{"field": "item"}, {"field": "status"}, {"field": "fen"}, {"field": "amount"}]}`:  "needs",
		`{"columns": [{"field": "item"}, {"field": "item"}, {"field": "status"}, {"field": "fen"}]}`:    "two columns",
		`{"columns": [{"field": "sum"}, {"field": "item"}, {"field": "status"}, {"field": "fen"}]}`:     "can hold",
		`{"fixed": true, "columns": [{"field": "item"}, {"field": "status"}, {"field": "fen"}]}`:        "width",
		`{"encoding": "latin1", "columns": [{"field": "item"}, {"field": "status"}, {"field": "fen"}]}`: "encoding",
		`{"foot": 21, "columns": [{"field": "item"}, {"field": "status"}, {"field": "fen"}]}`:           "at most",
	} {
		if _, err := bankfile.ParseLayout(fmt.Appendf(nil, `{"result": {"places": %s}}`, places)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", places, err)
		}
	}
}
