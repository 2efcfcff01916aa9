package county_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestTreasuryPages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	for path, says := range map[string][]string{
		"/county/receipts":         {"现金缴存　JK-0007", "已退回付款人", "支出核对"},
		"/county/outgoing":         {"账户管理费", "记为银行扣款", "订单退款"},
		"/county/cash":             {"JK-0007", "SJ-0012", "还没有出现", "登记缴存"},
		"/county/refunds":          {"退款"},
		"/county/disputes":         {"争议中，款项被扣留", "没有收到货", "已败诉"},
		"/county/reconciliation":   {"每日自动对账", "我们入了账，支付渠道没有这笔款", "没有回应", "经办人", "去处理"},
		"/county/reconciliation/5": {"历次对账"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	d.setEmpty()
	for path, says := range map[string][]string{
		"/county/outgoing":       {"没有来历不明的支出"},
		"/county/cash":           {"还没有收过现金"},
		"/county/refunds":        {"这里没有退款"},
		"/county/disputes":       {"没有争议"},
		"/county/reconciliation": {"还没有对过账"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	stranger := d.Login(t, auth.Account{Login: "buyer", Name: "买家", Role: auth.Buyer})
	for _, path := range []string{"/county/outgoing", "/county/cash", "/county/refunds", "/county/disputes", "/county/reconciliation"} {
		if res := stranger.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// Each list of the page goes on to its end, and is searched by itself: one page of one keeps the search of the others.
func TestListsOfReceiptsGoOn(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	res := p.Get("/county/receipts?state=suspense&line=7140&q=王&cash=李&back=张")
	next := map[string]string{"wait": "after-bank_transfer", "cashwait": "after-cash", "refunds": "after-refunds"}
	for name, cursor := range next {
		var link string
		for _, m := range regexp.MustCompile(`rel="next" href="([^"]*)"`).FindAllStringSubmatch(res.Body, -1) {
			u, err := url.Parse(html.UnescapeString(m[1]))
			if err == nil && u.Query().Get(name) == cursor {
				link = u.String()
			}
		}
		if link == "" {
			t.Errorf("the list of %s does not go on", name)
			continue
		}
		d.Payments.Asked, d.Payments.AskedLines, d.Payments.AskedRefunds = nil, nil, nil
		if res := p.Get(link); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "回到第一页") {
			t.Errorf("%s: %d", link, res.StatusCode)
		}
		transfers, cash := d.Payments.Asked[0], d.Payments.Asked[1]
		if transfers.Query != "王" || cash.Query != "李" || d.Payments.AskedLines[0].Query != "7140" || d.Payments.AskedRefunds[0].Query != "张" {
			t.Errorf("%s: the searches are lost: %+v", name, d.Payments.Asked)
		}
		for of, got := range map[string]string{"wait": transfers.Cursor, "cashwait": cash.Cursor, "refunds": d.Payments.AskedRefunds[0].Cursor} {
			if want := map[bool]string{true: cursor}[of == name]; got != want {
				t.Errorf("the page of %s goes on with %q in %s", name, got, of)
			}
		}
	}
	for path, say := range map[string]string{"/county/receipts/doubtful": "附言或金额", "/county/outgoing": "附言或金额", "/county/refunds": "识别码、买家", "/county/cash": "缴款单号"} {
		if res := p.Get(path + "?q=x"); !strings.Contains(res.Body, say) || !strings.Contains(res.Body, `value="x"`) {
			t.Errorf("%s cannot be searched", path)
		}
	}
}

func TestTreasuryCommands(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	see := func(path string, want int, pairs ...string) webtest.Answer {
		t.Helper()
		res := p.Post(path, pairs...)
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d\n%s", path, res.StatusCode, want, res.Body)
		}
		return res
	}
	see("/county/receipts/5/booked", http.StatusSeeOther, "booked", "provider_payout:sandbox/po_1")
	if got := d.treasury.explained; len(got) != 1 || got[0].LineID != 5 || got[0].Kind != "provider_payout" || got[0].ID != "sandbox/po_1" {
		t.Errorf("explained %+v", got)
	}
	see("/county/receipts/5/return", http.StatusUnprocessableEntity, "return_ref", "", "return_on", "2026-09-18")
	see("/county/receipts/5/return", http.StatusSeeOther, "return_ref", "R1", "return_on", "2026-09-18")
	if got := d.treasury.returned; len(got) != 1 || got[0].BankRef != "R1" {
		t.Errorf("returned %+v", got)
	}
	if res := p.Get("/county/receipts"); !strings.Contains(res.Body, "建议这样分") {
		t.Error("a suggestion is not shown")
	}
	d.treasury.empty = true
	if res := p.Get("/county/receipts"); strings.Contains(res.Body, "建议这样分") || !strings.Contains(res.Body, "一笔付几单") {
		t.Error("without a suggestion, one is shown")
	}
	d.treasury.empty = false
	see("/county/receipts/5/split", http.StatusUnprocessableEntity, "part_code_1", "100000012", "part_amount_1", "300", "part_code_2", "100000013", "part_amount_2", "")
	see("/county/receipts/5/split", http.StatusUnprocessableEntity, "part_code_1", "100000012", "part_amount_1", "300", "part_code_2", "100000099", "part_amount_2", "5")
	see("/county/receipts/5/split", http.StatusUnprocessableEntity, "part_code_1", "100000012", "part_amount_1", "300", "part_code_2", "", "part_amount_2", "5")
	see("/county/receipts/5/split", http.StatusSeeOther, "part_code_1", "100000012", "part_amount_1", "300", "part_code_2", "", "part_code_3", "100000013", "part_amount_3", "19.5")
	if got := d.treasury.split; len(got) != 1 || got[0].LineID != 5 || !slices.Equal(got[0].Parts, []payments.TransferPart{{PaymentID: 21, AmountFen: 300_00}, {PaymentID: 22, AmountFen: 19_50}}) {
		t.Errorf("split %+v", got)
	}
	see("/county/receipts/refunds/7/use", http.StatusUnprocessableEntity)
	see("/county/receipts/refunds/7/use", http.StatusSeeOther, "payment_code", "100000013")
	if got := d.treasury.used; len(got) != 1 || got[0] != (payments.UseRefund{RefundID: 7, PaymentID: 22}) {
		t.Errorf("used %+v", got)
	}
	see("/county/outgoing/1", http.StatusSeeOther, "note", "账户管理费")
	see("/county/cash", http.StatusUnprocessableEntity, "slip", "JK-8", "amount_fen", "1.234", "paid_on", "2026-09-18")
	see("/county/cash", http.StatusSeeOther, "slip", "JK-8", "amount_fen", "700", "paid_on", "2026-09-18")
	if got := d.treasury.banked; len(got) != 1 || got[0].AmountFen != 700_00 || got[0].Slip != "JK-8" {
		t.Errorf("banked %+v", got)
	}
	see("/county/reconciliation", http.StatusSeeOther)
	see("/county/refunds/7/approve", http.StatusSeeOther)
	if d.treasury.ran != 1 || len(d.treasury.approved) != 1 || d.treasury.approved[0] != 7 {
		t.Errorf("ran %d, approved %v", d.treasury.ran, d.treasury.approved)
	}
	d.treasury.refuse = link.E(link.Forbidden, "refund.second_person", "")
	if res := p.Post("/county/refunds/7/approve"); !strings.Contains(res.Body, "不能由同一个人") {
		t.Errorf("refused without a word: %d", res.StatusCode)
	}
	d.treasury.refuse = link.E(link.Conflict, "cash.slip_used", "slip")
	if res := see("/county/cash", http.StatusConflict, "slip", "JK-8", "amount_fen", "700", "paid_on", "2026-09-18"); !strings.Contains(res.Body, "这张缴款单已登记过") {
		t.Error("the slip's problem is not said")
	}
}
