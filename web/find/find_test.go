package find_test

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/internal/link/linktest"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestMain(m *testing.M) { linktest.Main(m) }

func TestFind(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/find", "可以输入农户姓名", `action="/county/find"`)
	webtest.ReadPage(t, p, "/county/find?q=%E6%B0%B8%E4%B8%B0", "永丰村", "王大山", "看全部 11,187 户") // the stub finds all households
	webtest.ReadPage(t, p, "/county/find?q=fumin", "依安县富民鹅业合作社")
	p.Get("/county/find?lang=zh")
	for q, to := range map[string]string{
		orders.Number(12):                  "/orders/" + orders.Number(12),
		strings.ToLower(orders.Number(12)): "/orders/" + orders.Number(12),
		orders.TicketNumber(31):            "/desk/tickets/31",
		contract.Number(3):                 "/desk/contracts/" + contract.Number(3),
		adopt.Number(5):                    "/desk/adoptions/" + adopt.Number(5),
	} {
		if res := p.Get("/county/find?q=" + q); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", q, res.StatusCode, res.Header.Get("Location"), to)
		}
	}
	d.SetEmpty()
	webtest.ReadPage(t, p, "/county/find?q=BM0000001299", "没有找到", "最后两位是校验位") // a mistyped number
	webtest.ReadPage(t, p, "/county/find?q=%20..%20", "没有找到")
}

func TestOnlyTheCountyFinds(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for _, role := range []auth.Role{auth.Officer, auth.Clerk, auth.Admin} {
		p := d.Login(t, auth.Account{Login: string(role), Name: "别人", Role: role, OrgID: 5, Lang: "zh"})
		if res := p.Get("/county/find?q=王"); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", role, res.StatusCode)
		}
	}
}
