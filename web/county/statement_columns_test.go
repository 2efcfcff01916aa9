package county_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
)

// A statement with unknown columns shows its first lines, and a person explains them.
func TestExplainColumns(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	d.treasury.unmapped = true
	res := p.Upload("/county/receipts/import", "流水.csv", "编码,发生于,钱数来\nX1,2026-09-18,500.00\n")
	for _, says := range []string{"这份流水的各列是什么", "没有找到这些列：流水号", "钱数来", `name="head" value="2" checked`, `value="in"`, "看后面的行", "收入金额"} {
		if !strings.Contains(flat(res.Body), says) {
			t.Errorf("the page does not say %s", says)
		}
	}
	content := []string{"content", "eA==", "name", "流水.csv", "bank", "某某村镇银行", "head", "2", "field-0", "ref", "field-1", "date", "field-2", "in", "field-3", "-"}
	if res := p.Post("/county/receipts/columns", append(content, "from", "25")...); !strings.Contains(res.Body, "后面") || !strings.Contains(res.Body, "某某村镇银行") {
		t.Errorf("later lines: %d", res.StatusCode)
	}
	if n := len(d.treasury.mapped); n != 0 {
		t.Errorf("a look remembered %d", n)
	}
	d.treasury.refuse = link.E(link.Invalid, "statement.columns.no_date", "fields")
	if res := p.Post("/county/receipts/columns", append(content, "remember", "1")...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "没有选日期列") || !strings.Contains(res.Body, "某某村镇银行") {
		t.Errorf("refused: %d", res.StatusCode)
	}
	d.treasury.refuse = nil
	if res := p.Post("/county/receipts/columns", append(content, "remember", "1")...); !strings.Contains(res.Body, "还没有入账") {
		t.Errorf("remembered, and shows no statement: %d", res.StatusCode)
	}
	if got := d.treasury.mapped; len(got) != 1 || got[0].Bank != "某某村镇银行" || got[0].HeadLine != 2 || string(got[0].Data) != "x" || !slices.Equal(got[0].Fields, []string{"ref", "date", "in", "-"}) {
		t.Errorf("mapped %+v", got)
	}
	if res := p.Get("/county/receipts"); !strings.Contains(res.Body, "某某村镇银行") || !strings.Contains(res.Body, "钱数 → 金额") {
		t.Error("what is remembered is not listed")
	}
	if res := p.Post("/county/receipts/columns/4/forget"); res.StatusCode != http.StatusSeeOther || len(d.treasury.forgotten) != 1 || d.treasury.forgotten[0] != 4 {
		t.Errorf("forget: %d, %v", res.StatusCode, d.treasury.forgotten)
	}
}

func flat(body string) string { return strings.Join(strings.Fields(body), " ") }
