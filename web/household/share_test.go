package household_test

import (
	"net/http"
	"testing"

	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestHouseholdReadsHowItsShareCameAbout(t *testing.T) {
	t.Parallel()
	pools := &webtest.StubPools{Kind: payments.PoolSeedPotato, State: payments.PoolPosted}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Distributions = pools })
	p := d.Login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
	webtest.ReadPage(t, p, "/my/distributions", "¥540.00", "其中 ¥600.00（60%）按委托面积分：全部 2 亩，您家 1 亩，得 ¥300.00", "按股分：全部 ¥2,500.00，您家 ¥1,500.00，得 ¥240.00")
	pools.Kind = payments.PoolSolar
	webtest.ReadPage(t, p, "/my/distributions", "名单公示后发放")
	pools.Empty = true
	webtest.ReadPage(t, p, "/my/distributions", "还没有分红")
	for _, path := range []string{"/county/distributions", "/county/ledger/periods", "/county/ledger/account?code=bank"} {
		if res := p.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
