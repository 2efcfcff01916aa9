package directory_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/directory"
	"banmuyuan/web/sheet"
	"banmuyuan/web/webtest"
)

type accountBatches = payments.AccountBatches

// stubAccountBatches has one batch, opened by opener.
type stubAccountBatches struct {
	accountBatches
	state  payments.AccountBatchState
	opener int64
	added  []payments.AccountRows
	opened []payments.OpenAccountBatch
	steps  []string

	kind     string
	workbook int64 // that the batch came with
	same     int64
	actor    int64 // who opened the last one
}

func (v *stubAccountBatches) batch() (payments.AccountBatch, error) {
	return payments.AccountBatch{ID: 3, Kind: v.kind, Name: "发卡清单.xlsx", State: v.state, By: "colleague", Opener: v.opener, At: webtest.Day, Rows: 3, New: 2, Wrong: 1, Unusual: 1,
		Workbook: v.workbook, Same: v.same}, nil
}

func (v *stubAccountBatches) OpenAccountBatch(ctx context.Context, r payments.OpenAccountBatch) (payments.AccountBatch, error) {
	v.opened, v.actor = append(v.opened, r), link.ActorFrom(ctx).Account
	return v.batch()
}

func (v *stubAccountBatches) AddAccountRows(_ context.Context, r payments.AccountRows) (payments.AccountBatch, error) {
	v.added = append(v.added, r)
	return v.batch()
}

func (v *stubAccountBatches) CheckAccountBatch(_ context.Context, r payments.CheckAccountBatch) (payments.AccountBatch, error) {
	v.steps = append(v.steps, map[bool]string{false: "check", true: "check and submit"}[r.Submit])
	return v.batch()
}

func (v *stubAccountBatches) DropAccountBatch(context.Context, payments.AccountBatchRef) (payments.AccountBatch, error) {
	v.steps = append(v.steps, "drop")
	return v.batch()
}

func (v *stubAccountBatches) DecideAccountBatch(_ context.Context, r payments.DecideAccountBatch) (payments.AccountBatch, error) {
	v.steps = append(v.steps, "decide:"+r.Why)
	return v.batch()
}

func (v *stubAccountBatches) ExcludeAccountRow(_ context.Context, r payments.ExcludeAccountRow) (payments.AccountBatch, error) {
	v.steps = append(v.steps, "exclude:"+r.Why)
	return v.batch()
}

func (v *stubAccountBatches) AccountBatch(context.Context, payments.AccountBatchRef) (payments.AccountBatch, error) {
	return v.batch()
}

func (v *stubAccountBatches) AccountBatches(_ context.Context, r payments.AccountBatchesRequest) (payments.AccountBatchList, error) {
	if r.Workbook != v.workbook && r.Workbook != 0 {
		return payments.AccountBatchList{}, nil
	}
	b, err := v.batch()
	return payments.AccountBatchList{Items: []payments.AccountBatch{b}}, err
}

func (v *stubAccountBatches) AccountBatchRows(_ context.Context, r payments.AccountBatchRowsRequest) (payments.AccountBatchPage, error) {
	row := payments.AccountBatchRow{Line: 4, Code: "H-4", Holder: "家人", Bank: "青禾农商银行", Number: "•••• 0018", Outcome: payments.AccountNew}
	if v.kind == payments.KindIncome {
		row = payments.AccountBatchRow{Line: 4, Code: "H-4", Year: 2021, Programme: "养鹅", AmountFen: 1_260_50, Outcome: payments.AccountNew}
	}
	switch r.Show {
	case payments.ShowUnusual:
		row.Findings = []payments.AccountFinding{{Field: "holder", Key: "accounts.holder.member"}}
	case payments.ShowWrong:
		row.Line, row.Outcome = 5, payments.AccountWrong
		row.Findings = []payments.AccountFinding{{Field: "number", Key: "accounts.number.check", Wrong: true}}
	default:
		return payments.AccountBatchPage{}, nil
	}
	return payments.AccountBatchPage{Items: []payments.AccountBatchRow{row}}, nil
}

func TestAccountsComeInASheet(t *testing.T) {
	t.Parallel()
	v := &stubAccountBatches{state: payments.AccountsChecking}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.AccountBatches = v })
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/payouts/accounts", "发卡清单.xlsx", "正在检查")
	res := p.Upload("/county/payouts/accounts", "发卡清单.csv", "户编号,持卡人,发卡行,卡号\nH-4,家人,青禾农商银行,6200000000000000018\n")
	if res.StatusCode != http.StatusSeeOther || len(v.added) != 1 || v.added[0].Rows[0].Cells["number"] != "6200000000000000018" {
		t.Fatalf("upload: %d %+v\n%s", res.StatusCode, v.added, res.Body)
	}
	if res = p.Upload("/county/payouts/accounts", "别的.csv", "天气,温度\n晴,20\n"); strings.Contains(res.Body, `value="on"`) || len(v.added) != 1 {
		t.Errorf("another sheet: %d\n%s", res.StatusCode, res.Body)
	}
	odd := "户编号,持卡人,发卡行,卡号,核对人\nH-4,家人,青禾农商银行,6200000000000000018,孙志远\n"
	res = p.Upload("/county/payouts/accounts", "发卡清单.csv", odd)
	if res.StatusCode != http.StatusOK || len(v.added) != 1 || !strings.Contains(res.Body, "“核对人”") || !strings.Contains(res.Body, `action="/county/payouts/accounts"`) {
		t.Errorf("a heading that nobody knows: %d\n%s", res.StatusCode, res.Body)
	}
	content := strings.NewReplacer("&#43;", "+").Replace(webtest.Between(res.Body, `name="content" value="`, `"`))
	res = p.Upload("/county/payouts/accounts", "", "", "content", content, "name", "发卡清单.csv", "kind-0", payments.KindAccount, "heading-0", "核对人", "field-0", "-", "go", "map")
	if res.StatusCode != http.StatusSeeOther || len(v.added) != 2 {
		t.Errorf("left out: %d\n%s", res.StatusCode, res.Body)
	}
	if res = p.Upload("/county/payouts/accounts", "发卡清单.csv", odd); res.StatusCode != http.StatusSeeOther || len(v.added) != 3 {
		t.Errorf("remembered: %d\n%s", res.StatusCode, res.Body)
	}
	v.state = payments.AccountsWaiting
	body := p.Get("/county/payouts/accounts/3").Body
	if strings.Contains(body, `value="approve"`) || !strings.Contains(body, "Another approver has to approve it") {
		t.Error("an operator is offered to approve")
	}
	if res = p.Post("/county/payouts/accounts/3/decide", "decision", "approve"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator approves: %d", res.StatusCode)
	}
	unusual, wrong := strings.Index(body, "The holder is a member"), strings.Index(body, "check digit is wrong")
	if unusual < 0 || wrong < unusual {
		t.Errorf("unusual rows do not come first: %d, %d\n%s", unusual, wrong, body)
	}
}

// Income of earlier years comes by the same page, and reads as what it is.
func TestEarlierIncomeComesInASheet(t *testing.T) {
	t.Parallel()
	v := &stubAccountBatches{state: payments.AccountsWaiting, kind: payments.KindIncome}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.AccountBatches = v })
	p := d.Operator(t)
	res := p.Upload("/county/payouts/accounts", "历年收入.csv", "户编号,年度,项目,到户收入\nH-4,2021,养鹅,1260.50\n")
	if res.StatusCode != http.StatusSeeOther || len(v.opened) != 1 || v.opened[0].Kind != payments.KindIncome || v.added[0].Rows[0].Cells["amount"] != "1260.50" {
		t.Fatalf("upload: %d %+v %+v\n%s", res.StatusCode, v.opened, v.added, res.Body)
	}
	webtest.ReadPage(t, p, "/county/payouts/accounts/3", "历年收入", "年度和项目", "2021 养鹅", "1,260.50")
}

// Accounts of a workbook wait until its households are imported, and are submitted then.
func TestAccountsComeInTheWorkbook(t *testing.T) {
	t.Parallel()
	v := &stubAccountBatches{state: payments.AccountsChecked}
	v2 := &webtest.StubDirectory{State: catalog.BatchChecked}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Directory, deps.AccountBatches = v2, v })
	p := d.Operator(t)
	res := p.Get("/county/setup/template")
	book, err := sheet.ReadWorkbook([]byte(res.Body), directory.Kinds(), nil)
	if _, ok := book.Table(payments.KindAccount); err != nil || !ok {
		t.Fatalf("the template has no accounts: %v", err)
	}
	var b bytes.Buffer
	rows := map[string][]entry.Row{catalog.KindTownship: {{Line: 3, Cells: map[string]string{"name": "青禾镇"}}},
		payments.KindAccount: {{Line: 3, Cells: map[string]string{"household": "H-4", "holder": "家人", "bank": "青禾农商银行", "number": "6200000000000000018"}}}}
	if err := sheet.WriteWorkbook(&b, directory.Kinds(), rows); err != nil {
		t.Fatal(err)
	}
	res = p.Upload("/county/setup", "青禾县.xlsx", b.String())
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/setup/batches/5" || len(v2.Added) != 1 || len(v.added) != 1 ||
		v.opened[0].Workbook != 5 || v.added[0].Rows[0].Cells["holder"] != "家人" || v.steps[0] != "check" {
		t.Fatalf("upload: %d, %+v, %+v, %v\n%s", res.StatusCode, v2.Added, v.opened, v.steps, res.Body)
	}
	v.workbook, v2.State = 5, catalog.BatchChecked
	webtest.ReadPage(t, p, "/county/setup/batches/5", "收款账户", "改动 2,836 行，2 行账户和历年收入交复核", "只有上传的人能提交")
	webtest.ReadPage(t, p, "/county/payouts/accounts/3", "随工作簿一起上传")
	p.Post("/county/setup/batches/5/load") // by a colleague
	if len(v.steps) != 1 {
		t.Fatalf("a colleague submits: %v", v.steps)
	}
	v.opener = v.actor
	for _, step := range []string{"load", "check", "drop"} {
		p.Post("/county/setup/batches/5/" + step)
	}
	if got := strings.Join(v.steps[1:], ","); got != "check and submit,check,drop" {
		t.Errorf("the opener's steps: %s", got)
	}
	v2.State, v.state = catalog.BatchLoaded, payments.AccountsWaiting
	webtest.ReadPage(t, p, "/county/setup/batches/5", "导入完成", "2 户的账户已交复核")
	v.state, v.same = payments.AccountsChecked, 2
	webtest.ReadPage(t, p, "/county/setup/batches/5", "和第 2 批的行完全一样")
	webtest.ReadPage(t, p, "/county/payouts/accounts/3", "和第 2 批的行完全一样")
	if body := p.Get("/county/payouts/accounts/3").Body; strings.Contains(body, `value="submit"`) {
		t.Errorf("the same rows can be submitted again:\n%s", body)
	}
}
