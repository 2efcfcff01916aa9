package web

import (
	"net/http"
	"testing"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

func TestHouseholdReadsHowItsShareCameAbout(t *testing.T) {
	t.Parallel()
	pools := &stubPools{kind: payments.PoolSeedPotato, state: payments.PoolPosted}
	d := newDesk(t, func(_ *desk, deps *Deps) { deps.Distributions = pools })
	p := d.login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
	readPage(t, p, "/my/distributions", "¥540.00", "其中 ¥600.00（60%）按委托面积分：全部 2 亩，您家 1 亩，得 ¥300.00", "按股分：全部 ¥2,500.00，您家 ¥1,500.00，得 ¥240.00")
	pools.kind = payments.PoolSolar
	readPage(t, p, "/my/distributions", "名单公示后发放")
	pools.empty = true
	readPage(t, p, "/my/distributions", "还没有分红")
	for _, path := range []string{"/county/distributions", "/county/ledger/periods", "/county/ledger/account?code=bank"} {
		if res := p.get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
