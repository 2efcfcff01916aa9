package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// twoSeasons opens and sells the next season while this one is delivered, then begins it: the figures of each are its own,
// before and after.
func twoSeasons(t *testing.T, w *world) {
	operator, approver, home := w.as(t, "operator"), w.as(t, "approver"), w.as(t, "household")
	code := get[catalog.HouseholdPage](t, operator, "/households?q="+w.householdCode(t)).Items[0].Code
	now, next := w.county.Season, w.county.Season+1
	states := map[int]catalog.SeasonState{}
	list := get[catalog.SeasonList](t, operator, "/seasons")
	for _, s := range list.Items {
		states[s.ID] = s.State
	}
	if list.Default != now || states[now] != catalog.SeasonCurrent || states[now-1] != catalog.SeasonClosed || states[now-2] != catalog.SeasonClosed {
		t.Fatalf("the demo's seasons are %v, and pages are of %d", states, list.Default)
	}

	// Next year's geese are prepared, looked at and opened. Nobody's page is of another year for it.
	refused := operator.send(t, request{method: http.MethodPost, path: "/presales", key: w.key(), body: w.goosesOf(t, next)})
	if refused.status != http.StatusUnprocessableEntity || !strings.Contains(string(refused.body), fmt.Sprint(next)) {
		t.Errorf("a presale in a season that nobody planned: %d %s", refused.status, refused.body)
	}
	post[catalog.SeasonSummary](t, operator, "/seasons", w.key(), map[string]any{"season": next})
	p := post[catalog.Presale](t, operator, "/presales", w.key(), w.goosesOf(t, next))
	await(t, "the draft being known", func() (int, bool) {
		a := operator.send(t, request{method: http.MethodGet, path: "/presales/" + p.Code})
		return a.status, a.status == http.StatusOK
	})
	reach := get[catalog.PresaleReach](t, operator, "/presales/"+p.Code+"/reach")
	// The import before has brought households that keep geese.
	if reach.Households < 10_943 || reach.Units < 881_200 || reach.Reason != "" || len(reach.ByTownship) != 15 {
		t.Errorf("the draft reaches %d households with %d units (%s)", reach.Households, reach.Units, reach.Reason)
	}
	post[catalog.Presale](t, operator, "/presales/"+p.Code+"/state", w.key(), map[string]any{"state": "open"})
	if season := get[catalog.Reference](t, w.stranger(), "/reference").Season; season != now {
		t.Errorf("the season is %d because of a presale of %d", season, next)
	}
	if income := get[orders.Income](t, home, "/households/"+code+"/income"); income.Season != now {
		t.Errorf("the household reads %d", income.Season)
	}

	// It is sold while this year's geese still are.
	buyer := w.as(t, "buyer")
	order := func(presale int64) orders.Order {
		t.Helper()
		o := post[orders.Order](t, buyer, "/orders", w.key(), placing{Lines: []orders.QuoteLine{{PresaleID: presale, Qty: 2}}, Delivery: w.pickup(t)})
		play(t, w.url, w.pay(t, buyer, o, "sandbox").URL, "pay")
		return w.order(t, buyer, o.No, "confirmed", in(orders.StateConfirmed))
	}
	// Each of several catalog processes learns of them in its own time, and any of them may answer.
	await(t, "next year's geese being orderable", func() (string, bool) {
		for range 10 {
			a := w.stranger().send(t, request{method: http.MethodGet, path: "/presales/" + p.Code})
			if a.status != http.StatusOK || !decoded[catalog.PresaleDetail](t, a).Orderable {
				return string(a.body), false
			}
		}
		return "", true
	})
	order(p.ID)
	w.settled(t)
	sums := func(season int) (of orders.IncomeSum, sold int64) {
		t.Helper()
		report := get[orders.Report](t, operator, fmt.Sprintf("/report?season=%d", season))
		for _, y := range report.Years {
			if y.Season == season {
				of = y.IncomeSum
			}
		}
		cov := get[catalog.Coverage](t, operator, fmt.Sprintf("/coverage?season=%d", season))
		if report.Season != season || cov.Season != season {
			t.Errorf("asked for %d: a report of %d, coverage of %d", season, report.Season, cov.Season)
		}
		for _, v := range cov.ByVillage {
			sold += v.Sold
		}
		return of, sold
	}
	await(t, "the next season's first sale in its figures", func() (orders.IncomeSum, bool) {
		of, sold := sums(next)
		return of, sold == 2 && of.ExpectedFen > 0 && of.OwedFen == 0 && of.PaidFen == 0
	})
	before, soldBefore := sums(now)
	if soldBefore <= 2 || before.Total() == 0 {
		t.Errorf("this season has %+v and %d sold", before, soldBefore)
	}
	nextIncome, _ := sums(next)

	// The county begins it. A goose of the old season is still sold, and counts there.
	if d := get[catalog.SeasonDetail](t, approver, fmt.Sprintf("/seasons/%d", next)); d.Replaces == nil || d.Replaces.ID != now || d.Figures.Selling == 0 {
		t.Errorf("the preview is %+v", d)
	}
	begin := request{method: http.MethodPost, path: fmt.Sprintf("/seasons/%d/begin", next), key: w.key()}
	if a := home.send(t, begin); a.status != http.StatusForbidden {
		t.Errorf("a household begins a season: %d", a.status)
	}
	if s := must[catalog.SeasonSummary](t, approver, begin); s.State != catalog.SeasonCurrent {
		t.Fatalf("begun, it is %s", s.State)
	}
	await(t, "pages being of the new season", func() (int, bool) {
		season := get[catalog.Reference](t, w.stranger(), "/reference").Season
		return season, season == next
	})
	await(t, "the household's page being of it", func() (orders.Income, bool) {
		income := get[orders.Income](t, home, "/households/"+code+"/income")
		return income, income.Season == next && income.CarriedFen >= 0
	})
	if after, sold := sums(now); after != before || sold != soldBefore {
		t.Errorf("the old season had %+v and %d sold; begun the next, %+v and %d", before, soldBefore, after, sold)
	}
	if after, sold := sums(next); after != nextIncome || sold != 2 {
		t.Errorf("the new season had %+v; begun, %+v and %d sold", nextIncome, after, sold)
	}
	order(w.presale(t, "goose-main").ID)
	await(t, "the old season's goose in its figures", func() (int64, bool) {
		_, sold := sums(now)
		return sold, sold == soldBefore+2
	})
	if _, sold := sums(next); sold != 2 {
		t.Errorf("an order of the old season sold %d of the new one", sold)
	}
	for season, most := range map[int]int{now: 20, next: 1} {
		lots := get[catalog.HouseholdLots](t, home, fmt.Sprintf("/households/%s/lots?season=%d", code, season))
		if lots.Season != season || len(lots.Lots) == 0 || len(lots.Lots) > most {
			t.Errorf("lots of %d: %d of season %d", season, len(lots.Lots), lots.Season)
		}
	}

	// The old one is closing, and says what keeps it from being closed.
	open := get[orders.SeasonOpenItems](t, approver, fmt.Sprintf("/seasons/%d/open", now))
	kinds := map[orders.OpenKind]int64{}
	for _, i := range open.Items {
		kinds[i.Kind] = i.Count
	}
	for _, kind := range []orders.OpenKind{orders.OpenPresales, orders.OpenHolds, orders.OpenOrders, orders.OpenExpected, orders.OpenPools} {
		if kinds[kind] == 0 {
			t.Errorf("no open %s in %+v", kind, open.Items)
		}
	}
	closing := approver.send(t, request{method: http.MethodPost, path: fmt.Sprintf("/seasons/%d/close", now), key: w.key()})
	if closing.status != http.StatusConflict {
		t.Errorf("closed with open orders: %d %s", closing.status, closing.body)
	}
	late := w.goosesOf(t, now-1)
	if a := operator.send(t, request{method: http.MethodPost, path: "/presales", key: w.key(), body: late}); a.status != http.StatusConflict {
		t.Errorf("a presale in a closed season: %d %s", a.status, a.body)
	}
	w.verified(t)
}

// goosesOf is a presale like this season's geese, in another.
func (w *world) goosesOf(t *testing.T, season int) catalog.Presale {
	t.Helper()
	p := w.presale(t, "goose-main").Presale
	p.ID, p.Code, p.Season, p.Channels, p.State = 0, fmt.Sprintf("%d-goose-next", season), season, []catalog.Channel{catalog.ChannelPrivate}, ""
	return p
}

// householdCode is the code of the demo's household.
func (w *world) householdCode(t *testing.T) string {
	t.Helper()
	return get[catalog.HouseholdPage](t, w.as(t, "household"), "/households").Items[0].Code
}
