package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"banmuyuan/catalog"
	"banmuyuan/payments"
)

// keepsBooks follows the county's money through its pages: a statement is imported and its unknown lines are settled, cash goes
// to the bank, a slip of the pen is reversed by two people, a dividend is divided, approved and paid out, a return comes
// back into the next batch, documents are issued and printed, and a number is seen in full on record.
func (b *pages) keepsBooks(t *testing.T, no string) {
	payingOut.Lock()
	defer payingOut.Unlock()
	b.importsStatement(t)
	b.banksCash(t)
	b.paysDividend(t)
	b.issuesDocuments(t, no)
	b.unmasks(t)
	operator := b.logsIn(t, "operator")
	for _, path := range []string{"/county/reconciliation", "/county/refunds", "/county/disputes", "/county/ledger", "/county/ledger/account?code=bank", "/county/org-payouts", "/county/org-payouts/list",
		"/county/ledger/periods"} {
		operator.open(t, path)
	}
}

// cooperative returns the id of one with a surplus that can be divided.
func (b *pages) cooperative(t *testing.T) int64 {
	t.Helper()
	for _, o := range get[catalog.Reference](t, b.stranger(), "/reference").Organisations {
		if o.Kind == catalog.OrgCooperative {
			return o.ID
		}
	}
	t.Fatal("the county has no cooperative")
	return 0
}

// unfold lays open everything that a page folds away.
func (v *visitor) unfold(t *testing.T) {
	t.Helper()
	v.until(t, "what is folded away", `(document.querySelectorAll("main details").forEach(d => d.open = true), true)`)
}

func (v *visitor) upload(t *testing.T, field, name string, data []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	v.do(t, "choose "+name, chromedp.SetUploadFiles(chromedp.CSS(`input[name="`+field+`"]`), []string{file}))
}

func (v *visitor) says(t *testing.T, words ...string) {
	t.Helper()
	text := v.text(t)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s: %s does not say %q:\n%s", v.name, v.where(t), word, text)
		}
	}
}

// importsStatement imports a statement in the bank's format: a receipt without a reference is sent back, a fee is marked as one.
func (b *pages) importsStatement(t *testing.T) {
	operator := b.logsIn(t, "operator")
	day := payments.Day(time.Now())
	in, out := fmt.Sprintf("IN%d", b.width), fmt.Sprintf("OUT%d", b.width)
	operator.open(t, "/county/receipts")
	operator.upload(t, "file", "statement.csv", fmt.Appendf(nil,
		"交易流水号,交易日期,收入金额,支出金额,对方户名,摘要\n%s,%s,888.00,,某贸易公司,没有写识别码的货款\n%s,%s,,12.50,演示银行,账户管理费\n", in, day, out, day))
	operator.press(t, `form[action="/county/receipts/import"] button`)
	operator.says(t, in, "还没有入账", "待认领")
	operator.look(t)
	operator.press(t, `form[action="/county/receipts/import"] button`)
	operator.open(t, "/county/receipts?state=suspense")
	operator.says(t, in, "待认领")
	operator.unfold(t)
	operator.look(t)
	operator.fill(t, "return_ref", "BACK"+in)
	operator.press(t, `form[action$="/return"] button`)
	operator.open(t, "/county/receipts?state=returned")
	operator.says(t, "BACK"+in)
	operator.open(t, "/county/outgoing?state=open")
	operator.says(t, out)
	operator.fill(t, "note", "账户管理费")
	operator.press(t, `form[action^="/county/outgoing/"] button`)
	operator.open(t, "/county/outgoing?state=explained")
	operator.says(t, out, "账户管理费")
	operator.open(t, "/county/reconciliation")
	operator.press(t, `form[action="/county/reconciliation"][method="post"] button`)
}

// banksCash brings some to the bank with a wrong slip, and has that reversed.
func (b *pages) banksCash(t *testing.T) {
	operator, approver := b.logsIn(t, "operator"), b.logsIn(t, "approver")
	slip := fmt.Sprintf("JK%d", b.width)
	operator.open(t, "/county/cash")
	operator.fill(t, "slip", slip)
	operator.fill(t, "amount_fen", "1.00")
	operator.press(t, `form[action="/county/cash"][method="post"] button`)
	operator.says(t, slip)
	operator.open(t, "/county/ledger/journal?kind=cash.banked")
	operator.press(t, `tbody td a[href^="/county/ledger/journal/"]`)
	posting := strings.TrimPrefix(operator.where(t), b.url)
	operator.fill(t, "reason", "缴款单金额看错了")
	operator.press(t, `form[action$="/reversal"] button`)
	operator.says(t, "待复核")
	approver.open(t, "/county/ledger/reversals")
	approver.says(t, "缴款单金额看错了", slip)
	approver.press(t, `button[value="approve"]`)
	operator.open(t, posting)
	operator.says(t, "已冲销", "冲销凭证")
	operator.open(t, "/county/ledger/reversals?state=posted")
	operator.open(t, "/county/cash")
	operator.says(t, "已冲销")
}

// paysDividend divides a surplus among the members of a mushroom pool, and pays it out; the bank returns one item.
func (b *pages) paysDividend(t *testing.T) {
	operator, approver := b.logsIn(t, "operator"), b.logsIn(t, "approver")
	now := time.Now()
	operator.open(t, "/county/distributions")
	operator.open(t, "/county/distributions/new")
	for name, value := range map[string]string{"kind": "mushroom", "title": fmt.Sprintf("千袋菌分红 %d", b.width), "season": fmt.Sprint(now.Year()),
		"month": fmt.Sprint(int(now.Month())), "record_date": now.Format(time.DateOnly), "reserve": "100.00", "trade": "60",
		"income-0-label": "菌棒销售", "income-0-fen": "20100.00", "org": fmt.Sprint(b.cooperative(t))} {
		operator.fill(t, name, value)
	}
	operator.press(t, "main form.read > button")
	pool := strings.TrimPrefix(operator.where(t), b.url)
	operator.press(t, `form[action$="/members"] button`)
	operator.says(t, "试算")
	operator.press(t, `form[action$="/submit"] button:not([name])`)
	operator.says(t, "待复核")
	approver.open(t, pool)
	approver.press(t, `button[name="decision"][value="approve"]`)
	operator.open(t, pool)
	operator.says(t, "各户金额")

	operator.open(t, "/county/settlements")
	operator.press(t, `form[action="/county/settlements"] button`)
	at := strings.TrimPrefix(operator.where(t), b.url)
	approver.open(t, at)
	approver.press(t, `button[name="decision"][value="approve"]`)
	var id int64
	if _, err := fmt.Sscanf(at, "/county/payouts/%d", &id); err != nil {
		t.Fatalf("after making a batch the operator is at %s", at)
	}
	batch := get[payments.BatchPage](t, b.as(t, "operator"), fmt.Sprintf("/payouts/%d", id)).Batch
	rows := b.export(t, batch)
	operator.open(t, at)
	operator.upload(t, "file", "wrong.csv", resultOf(t, append(rows, bankRow{item: "UNKNOWN-1", fen: 100})))
	operator.refused(t, fmt.Sprintf(`form[action="/county/payouts/%d/result"] button`, id))
	operator.says(t, "整个文件没有导入")
	operator.upload(t, "file", "result.csv", resultOf(t, rows, rows[0].item))
	operator.press(t, fmt.Sprintf(`form[action="/county/payouts/%d/result"] button`, id))
	operator.says(t, "退票", "收款行暂停受理")
	operator.open(t, "/county/settlements")
	if sum := get[payments.PayoutSummary](t, b.as(t, "operator"), "/payouts/summary"); sum.ReleasedFen < rows[0].fen {
		t.Errorf("what was returned is not to be paid again: %+v", sum)
	}
	operator.press(t, `form[action="/county/settlements"] button`)
	again := strings.TrimPrefix(operator.where(t), b.url)
	approver.open(t, again)
	approver.fill(t, "reason", "等下一批一起打")
	approver.press(t, `button[name="decision"][value="reject"]`) // so that the next width finds it
}

// refused clicks something that the page answers with an error.
func (v *visitor) refused(t *testing.T, selector string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	resp, err := chromedp.RunResponse(ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
	if err != nil || resp == nil || resp.Status != 422 {
		t.Fatalf("%s: press %s at %s: %+v %v\n%s", v.name, selector, v.where(t), resp, err, v.text(t))
	}
	v.look(t)
}

// issuesDocuments: they are issued by whom they are for and looked up by the county.
func (b *pages) issuesDocuments(t *testing.T, no string) {
	buyer := b.buyer
	buyer.open(t, "/orders/"+no)
	for range 2 { // a confirmation, and whatever comes next
		buyer.press(t, `#documents form button`)
		buyer.says(t, "半亩园")
		buyer.open(t, "/orders/"+no)
	}
	household := b.logsIn(t, "household")
	household.open(t, "/my/documents")
	operator := b.logsIn(t, "operator")
	operator.open(t, "/county/documents")
	operator.press(t, `main .chip[href*="kind=confirmation"]`)
	operator.press(t, `main a[href^="/documents/"]`)
	if number := path.Base(operator.where(t)); number == "documents" {
		t.Errorf("no document is opened from the register: %s", operator.where(t))
	}
}

// unmasks sees a household's account number in full, which is written down.
func (b *pages) unmasks(t *testing.T) {
	operator := b.logsIn(t, "operator")
	code := ""
	for _, l := range b.county.Logins {
		if l.Login == "household" {
			code = b.county.Households[l.Household].Code
		}
	}
	reason := fmt.Sprintf("退票，打电话核对账号 %d", b.width)
	operator.open(t, "/county/households/"+code+"/unmask")
	operator.fill(t, "what", "account")
	operator.fill(t, "reason", reason)
	operator.press(t, `form[action$="/unmask"] button`)
	operator.says(t, "离开这一页就看不到了")
	operator.open(t, "/county/unmaskings")
	operator.says(t, reason, "operator")
}
