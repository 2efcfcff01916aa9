package main

import (
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// contracts follows a purchase contract through its pages: a cooperative drafts it, its approver publishes it, a household
// signs for a part of it, and an enterprise calls off what households signed for under a contract that runs.
func (b *pages) contracts(t *testing.T) {
	officer := b.logsIn(t, "coop")
	officer.open(t, "/desk/contracts")
	officer.open(t, "/desk/contracts/new")
	title := fmt.Sprintf("马铃薯收购 %d", b.width)
	for name, value := range map[string]string{"title": title, "product": "potato", "quantity": "500", "floor.first": "1.10", "floor.second": "0.80",
		"adjust_name.0": "带泥多", "adjust_sign.0": "-", "adjust_fen.0": "0.05", "min_quota": "5", "max_quota": "10",
		"destination": "依安镇演示街1号", "contact": "赵经理", "phone": "13800138000"} {
		officer.fill(t, name, value)
	}
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
	household.choose(t, "agreed", "1")
	household.press(t, "form.card button.button-wide")
	if text := household.text(t); !strings.Contains(text, "签了") || !strings.Contains(text, title) {
		t.Errorf("%s: the household has not signed:\n%s", household.name, text)
	}
	household.open(t, strings.TrimPrefix(household.where(t), b.url)+"/print")
	officer.open(t, at+"/quotas")

	firm := b.logsIn(t, "firm")
	firm.open(t, "/desk/contracts?state=running")
	firm.press(t, "tbody th a")
	running := strings.TrimPrefix(firm.where(t), b.url)
	firm.open(t, running+"/call")
	day := time.Now().In(time.FixedZone("CST", 8*60*60)).AddDate(0, 0, 2).Format(time.DateOnly)
	firm.fill(t, "quantity", "60")
	firm.fill(t, "day", day)
	firm.press(t, "form.card button.button-wide")
	if !strings.HasSuffix(firm.where(t), "/desk/plan/"+day) {
		t.Errorf("%s: calling off leads to %s:\n%s", firm.name, firm.where(t), firm.text(t))
	}
	firm.press(t, "tbody td a")
	firm.open(t, "/desk/plan")
	firm.open(t, running+"/fulfilment")
	operator := b.logsIn(t, "operator")
	for _, path := range []string{"/county/prices", "/county/contracts", running} {
		operator.open(t, path)
	}
}
