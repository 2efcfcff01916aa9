package main

import (
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

// contracts follows a purchase contract through its pages: a cooperative drafts it, its approver publishes it, a household
// signs for a part of it, which is called off, weighed at the agreed point, paid and shown in the household's ledger. An
// enterprise calls off under a running contract, and a household with geese at a raiser's reads both parts.
func (b *pages) contracts(t *testing.T) {
	officer := b.logsIn(t, "coop")
	officer.open(t, "/desk/contracts")
	officer.open(t, "/desk/contracts/new")
	day := func(days int) string {
		return time.Now().In(time.FixedZone("CST", 8*60*60)).AddDate(0, 0, days).Format(time.DateOnly)
	}
	var collector, point string
	for _, l := range b.county.Logins {
		if l.Login == "clerk" {
			collector, point = fmt.Sprint(demodata.ID(l.Organisation)), fmt.Sprint(demodata.ID(l.Village))
		}
	}
	title := fmt.Sprintf("马铃薯收购 %d", b.width)
	for name, value := range map[string]string{"title": title, "product": "potato", "quantity": "500", "floor.first": "1.10", "floor.second": "0.80",
		"adjust_name.0": "带泥多", "adjust_sign.0": "-", "adjust_fen.0": "0.05", "min_quota": "5", "max_quota": "10",
		"collector_org": collector, "window_from.0": day(0), "window_to.0": day(5), "window_from.1": day(40), "window_to.1": day(50),
		"destination": "依安镇演示街1号", "contact": "赵经理", "phone": "13800138000"} {
		officer.fill(t, name, value)
	}
	officer.choose(t, "points", point)
	officer.press(t, "form[data-keep] > p button")
	at := strings.TrimPrefix(officer.where(t), b.url)
	no := path.Base(at)
	officer.press(t, `button[value="submit"]`)

	approver := b.logsIn(t, "coopboss")
	approver.open(t, at)
	approver.press(t, `button[value="approve"]`)
	officer.open(t, at)
	officer.do(t, "propose nothing", chromedp.Click(chromedp.CSS(`input[name="propose"]`)))
	officer.press(t, `button[value="open"]`)

	household := b.logsIn(t, "household")
	household.open(t, "/my/contracts")
	household.open(t, "/my/contracts/"+no)
	household.fill(t, "qty", "5")
	household.press(t, "form.card button.button-wide")
	if text := household.text(t); !strings.Contains(text, "合同上写的") || !strings.Contains(text, "乙方交售 5") {
		t.Errorf("%s: the text is not shown before it is signed:\n%s", household.name, text)
	}
	household.press(t, "form.card button.button-wide")
	if text := household.text(t); !strings.Contains(text, "签了") || !strings.Contains(text, title) {
		t.Errorf("%s: the household has not signed:\n%s", household.name, text)
	}
	household.open(t, strings.TrimPrefix(household.where(t), b.url)+"/print")
	officer.open(t, at+"/quotas")
	b.callsOff(t, officer, no, day(1))

	firm := b.logsIn(t, "firm")
	firm.open(t, "/desk/contracts?state=running")
	firm.press(t, "tbody th a")
	running := strings.TrimPrefix(firm.where(t), b.url)
	firm.open(t, running+"/call")
	firm.fill(t, "quantity", "60")
	firm.fill(t, "day", day(2))
	firm.press(t, "form.card button.button-wide")
	if !strings.HasSuffix(firm.where(t), "/desk/plan/"+day(2)) {
		t.Errorf("%s: calling off leads to %s:\n%s", firm.name, firm.where(t), firm.text(t))
	}
	firm.press(t, "tbody td a")
	firm.open(t, "/desk/plan")
	firm.open(t, running+"/fulfilment")
	operator := b.logsIn(t, "operator")
	for _, path := range []string{"/county/prices", "/county/contracts", running, "/desk/raisers"} {
		operator.open(t, path)
	}
	operator.press(t, "tbody th a")
	raised := b.logsIn(t, "raised")
	raised.open(t, "/my/income")
	if text := raised.text(t); !strings.Contains(text, "代养大户的一份") || !strings.Contains(text, "您家的一份") {
		t.Errorf("%s: the parts are not shown:\n%s", raised.name, text)
	}
	raised.open(t, "/my/contracts")
}

// callsOff starts the contract and follows the signed goods of its household to the scale and the money.
func (b *pages) callsOff(t *testing.T, officer *visitor, no, day string) {
	post[contract.Contract](t, b.as(t, "coop"), "/contracts/"+no+"/steps", "", map[string]any{"step": "start"})
	officer.open(t, "/desk/contracts/"+no+"/call")
	officer.fill(t, "quantity", "5")
	officer.fill(t, "day", day)
	officer.press(t, "form.card button.button-wide")
	calls := get[contract.CallOffs](t, b.as(t, "coop"), "/contracts/"+no+"/call-offs").Items
	if len(calls) != 1 || calls[0].Point == "" {
		t.Fatalf("%s: call-offs %+v", officer.name, calls)
	}
	order := calls[0].OrderNo
	clerk := b.logsIn(t, "clerk")
	for _, share := range b.shares(t, b.as(t, "clerk"), "order_no="+order) {
		clerk.open(t, fmt.Sprintf("/desk/weigh/%s/%d/%d", order, share.Line, share.LotID))
		clerk.fill(t, "units", fmt.Sprint(share.Qty))
		clerk.fill(t, "gross_grams", "3.000")
		clerk.fill(t, "tare_grams", "0.5")
		clerk.choose(t, "grade", "first")
		clerk.press(t, `form[data-keep="weigh"] button.button-wide`)
		if text := clerk.text(t); !strings.Contains(text, calls[0].Point) {
			t.Errorf("%s: the ticket does not say %s:\n%s", clerk.name, calls[0].Point, text)
		}
	}
	b.order(t, b.as(t, "operator"), order, "billed", in(orders.StateBilled))
	officer.open(t, "/orders/"+order)
	officer.pay(t, order)
	b.order(t, b.as(t, "operator"), order, "completed", in(orders.StateCompleted))
	officer.open(t, "/desk/contracts/"+no)
	household := b.logsIn(t, "household")
	household.open(t, "/my/income?channel=contract")
	household.open(t, "/my/contracts")
}
