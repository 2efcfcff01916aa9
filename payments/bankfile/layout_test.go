package bankfile_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

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
