package county_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/webtest"
)

type accountBatches = payments.AccountBatches

// stubAccountBatches has one batch, opened by opener.
type stubAccountBatches struct {
	accountBatches
	state  payments.AccountBatchState
	opener int64
	added  []payments.AccountRows
	steps  []string
}

func (v *stubAccountBatches) batch() (payments.AccountBatch, error) {
	return payments.AccountBatch{ID: 3, Name: "发卡清单.xlsx", State: v.state, By: "colleague", Opener: v.opener, At: webtest.Day, Rows: 3, New: 2, Wrong: 1, Unusual: 1}, nil
}

func (v *stubAccountBatches) OpenAccountBatch(context.Context, payments.OpenAccountBatch) (payments.AccountBatch, error) {
	return v.batch()
}

func (v *stubAccountBatches) AddAccountRows(_ context.Context, r payments.AccountRows) (payments.AccountBatch, error) {
	v.added = append(v.added, r)
	return v.batch()
}

func (v *stubAccountBatches) CheckAccountBatch(context.Context, payments.CheckAccountBatch) (payments.AccountBatch, error) {
	v.steps = append(v.steps, "check")
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

func (v *stubAccountBatches) AccountBatches(context.Context, payments.AccountBatchesRequest) (payments.AccountBatchList, error) {
	b, err := v.batch()
	return payments.AccountBatchList{Items: []payments.AccountBatch{b}}, err
}

func (v *stubAccountBatches) AccountBatchRows(_ context.Context, r payments.AccountBatchRowsRequest) (payments.AccountBatchPage, error) {
	row := payments.AccountBatchRow{Line: 4, Code: "H-4", Holder: "家人", Bank: "青禾农商银行", Number: "•••• 0018", Outcome: payments.AccountNew}
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
	d := newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.AccountBatches = v })
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/payouts", "批量收款账户")
	webtest.ReadPage(t, p, "/county/payouts/accounts", "发卡清单.xlsx", "正在检查")
	res := p.Upload("/county/payouts/accounts", "发卡清单.csv", "户编号,持卡人,发卡行,卡号\nH-4,家人,青禾农商银行,6200000000000000018\n")
	if res.StatusCode != http.StatusSeeOther || len(v.added) != 1 || v.added[0].Rows[0].Cells["number"] != "6200000000000000018" {
		t.Fatalf("upload: %d %+v\n%s", res.StatusCode, v.added, res.Body)
	}
	if res = p.Upload("/county/payouts/accounts", "别的.csv", "天气,温度\n晴,20\n"); res.StatusCode != http.StatusUnprocessableEntity || len(v.added) != 1 {
		t.Errorf("another sheet: %d", res.StatusCode)
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
