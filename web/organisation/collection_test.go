package organisation_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// longCollection is a list of 261 shares, in pages of at most 200.
type longCollection struct {
	*webtest.StubOrders
}

const collected = 261

func (longCollection) Collection(_ context.Context, f orders.CollectionFilter) (orders.CollectionPage, error) {
	page, from := orders.CollectionPage{Total: collected, Qty: 2 * collected}, 0
	if f.Cursor != "" {
		_, err := fmt.Sscan(f.Cursor, &from)
		if err != nil {
			return page, err
		}
	}
	for n := from; n < min(from+min(f.Limit, 200), collected); n++ {
		page.Items = append(page.Items, orders.Share{OrderNo: "26010112", Line: 1, LotID: int64(n + 1), Qty: 2, State: orders.ShareExpected, Title: catalog.Text{Zh: "大鹅", En: "Goose"},
			Grade: "first", Unit: "head", Head: fmt.Sprintf("户主%03d", n)})
	}
	if from+len(page.Items) < collected {
		page.Cursor = fmt.Sprint(from + len(page.Items))
	}
	return page, nil
}

// A list that goes over several pages on the screen is printed whole, with its sums.
func TestCollectionListIsWhole(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) { deps.Orders = longCollection{d.Orders} })
	clerk := d.Login(t, auth.Account{Login: "clerk", Name: "司磅员", Role: auth.Clerk, OrgID: 5, Lang: "zh"})
	rows := func(path string) (string, int) {
		t.Helper()
		res := clerk.Get(path)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d\n%s", path, res.StatusCode, res.Body)
		}
		return res.Body, strings.Count(res.Body, "/desk/weigh/26010112/")
	}
	page, n := rows("/desk/collection/11")
	if n != 200 || !strings.Contains(page, "打印全部 261 份") || !strings.Contains(page, "只是一部分") || !strings.Contains(page, "whole=1") || strings.Contains(page, "data-print") {
		t.Errorf("%d rows:\n%s", n, page)
	}
	page, n = rows("/desk/collection/11?whole=1")
	if n != collected || strings.Contains(page, "只是一部分") || !strings.Contains(page, "data-print") {
		t.Errorf("whole: %d rows:\n%s", n, page)
	}
	if !strings.Contains(page, "合计 261 份") || !strings.Contains(page, "522\u202f只") || !strings.Contains(page, "还有 261 份没过秤") {
		t.Errorf("sums:\n%s", page)
	}
}

// stuckCollection answers every page with the same cursor.
type stuckCollection struct{ longCollection }

func (s stuckCollection) Collection(ctx context.Context, f orders.CollectionFilter) (orders.CollectionPage, error) {
	page, err := s.longCollection.Collection(ctx, f)
	page.Cursor = "100"
	return page, err
}

// Half a list is no list.
func TestCollectionListThatEndsEarlyIsRefused(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) { deps.Orders = stuckCollection{longCollection{d.Orders}} })
	clerk := d.Login(t, auth.Account{Login: "clerk", Name: "司磅员", Role: auth.Clerk, OrgID: 5, Lang: "zh"})
	if res := clerk.Get("/desk/collection/11?whole=1"); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%d", res.StatusCode)
	}
}
