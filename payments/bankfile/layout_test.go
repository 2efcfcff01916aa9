package bankfile_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/payments/bankfile"
)

func TestLayoutIsConfiguration(t *testing.T) {
	t.Parallel()
	l, err := bankfile.ParseLayout([]byte(`{"columns": [{"title": "编号", "field": "item"}, {"title": "姓名", "field": "holder"},
		{"title": "卡号", "field": "number"}, {"title": "金额（分）", "field": "fen"}], "memo": "分红"}`))
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.Write(bankfile.CSV, []bankfile.Row{{Item: "A-1", Holder: "王大山", Number: "0000123", Fen: 1_234}})
	if err != nil || !strings.Contains(string(file), "编号,姓名,卡号,金额（分）") || !strings.Contains(string(file), "1234") {
		t.Errorf("%s, %v", file, err)
	}
	if len(l.Result.Item) == 0 {
		t.Error("what was left out is not as it is by default")
	}
	again, err := json.Marshal(bankfile.Default())
	if err != nil {
		t.Fatal(err)
	}
	if same, err := bankfile.ParseLayout(again); err != nil || !reflect.DeepEqual(same, bankfile.Default()) {
		t.Errorf("the default reads back as %+v, %v", same, err)
	}
	for text, says := range map[string]string{
		`{"columns": [{"title": "编号", "field": "item"}]}`:                                     "nobody can be paid",
		`{"columns": [{"title": "编号", "field": "item"}, {"title": "编号", "field": "holder"}]}`: "two columns",
		`{"columns": [{"title": "编号", "field": "id"}]}`:                                       "can hold",
		`{"colums": []}`:           "unknown field",
		`{"result": {"item": []}}`: "result.item is empty",
	} {
		if _, err := bankfile.ParseLayout([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A bank's own programs want text in GB 18030, pipes or fixed columns, and sums around the rows.
func TestTextLayouts(t *testing.T) {
	t.Parallel()
	rows := []bankfile.Row{{Item: "A-1", Holder: "王大山", Number: "0000123", Fen: 1_234}, {Item: "A-2", Holder: "李|秀\n英", Number: "0000124", Fen: 100}}
	const columns = `"columns": [{"title": "编号", "field": "item", "width": 6}, {"title": "姓名", "field": "holder", "width": 10}, {"title": "卡号", "field": "number", "width": 8}, {"title": "分", "field": "fen", "width": 5}]`
	for name, c := range map[string]struct{ text, want string }{
		"pipes": {`{"separator": "|", "head": ["H|{count}|{yuan}"], "foot": ["T|{fen}"]}`, "H|2|13.34\r\n编号|姓名|卡号|分\r\nA-1|王大山|0000123|1234\r\nA-2|李 秀 英|0000124|100\r\nT|1334\r\n"},
		"fixed": {`{"fixed": true, "no_titles": true, "encoding": "gb18030"}`, "A-1   王大山    0000123 1234 \r\nA-2   李|秀\n英  0000124 100  \r\n"},
		"GBK":   {`{"encoding": "gb18030", "no_titles": true}`, "A-1,王大山,0000123,1234\r\nA-2,\"李|秀\r\n英\",0000124,100\r\n"},
	} {
		l, err := bankfile.ParseLayout([]byte(`{` + columns + `, "text": ` + c.text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		file, err := l.Write(bankfile.CSV, rows)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := string(file)
		if name != "pipes" {
			if got, err = simplifiedchinese.GB18030.NewDecoder().String(got); err != nil || got == string(file) {
				t.Errorf("%s: not in GB 18030: %v", name, err)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	l, err := bankfile.ParseLayout([]byte(`{` + columns + `, "text": {"fixed": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write(bankfile.CSV, []bankfile.Row{{Item: "A-1234567", Holder: "王", Number: "1", Fen: 1}}); err == nil {
		t.Error("a text that is cut would pay somebody else")
	}
	for _, wrong := range []string{`{"encoding": "latin1"}`, `{"separator": "x"}`, `{"separator": "||"}`} {
		if _, err := bankfile.ParseLayout([]byte(`{` + columns + `, "text": ` + wrong + `}`)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
