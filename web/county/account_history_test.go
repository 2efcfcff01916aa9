package county_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// oneHelper knows each helper by one name.
type oneHelper struct{ catalog.Directory }

func (oneHelper) Entry(_ context.Context, r catalog.EntryRef) (catalog.Entry, error) {
	return catalog.Entry{Kind: r.Kind, ID: r.ID, Cells: map[string]string{"name": "周敏", "unit": "县医院"}}, nil
}

// The history of an account names the household and the helper that it was bound to.
func TestHistoryOfAnAccountNamesWhatItIsBoundTo(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Directory = oneHelper{} })
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	d.Login(t, auth.Account{Login: "fang", Name: "小方", Role: auth.Operator, Lang: "zh"})
	a, err := d.Store.ByLogin(t.Context(), "fang")
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/county/accounts/%d", a.ID)
	for _, role := range []string{"household", "helper"} {
		var seen int64
		if h, err := d.Store.History(t.Context(), a.ID, 1); err == nil && len(h) > 0 {
			seen = h[0].ID
		}
		admin.Get("/?lang=zh")
		if res := admin.Post(path, "name", "小方", "role", role, "household", "YA-01-001-0007", "seen", fmt.Sprint(seen)); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", role, res.StatusCode, res.Body)
		}
	}
	webtest.ReadPage(t, admin, path, "（无） → YA-01-001-0007", "YA-01-001-0007 → （无）", "（无） → 周敏（县医院）")
}
