package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
)

// trades follows a supermarket's day: a buyer keeps goods online and pays, the till sells without a network and later
// sends it once, hands over the kept goods, buys in from the demo household, and anybody reads a label.
func (b *pages) trades(t *testing.T) {
	var shop shelf.PublicShop
	for _, s := range get[shelf.PublicShops](t, b.as(t, "till"), "/shops").Items {
		if shop.OrgID == 0 && len(s.Goods) > 0 {
			shop = s
		}
	}
	var item shelf.PublicGoods
	for _, g := range shop.Goods {
		if g.Online && g.Left >= 5*g.Price.Per {
			item = g
		}
	}
	if item.ItemID == 0 {
		t.Fatalf("the demo's supermarkets have nothing to sell online: %+v", shop)
	}
	stranger := b.visitor(t, "stranger")
	stranger.open(t, "/shelf?lang=zh")
	stranger.open(t, "/trace/"+item.Trace)
	stranger.open(t, "/trace")

	v := b.logsIn(t, "buyer")
	v.open(t, fmt.Sprintf("/shelf/%d", shop.OrgID))
	v.fill(t, fmt.Sprintf("qty.%d", item.ItemID), "1")
	v.press(t, "main .bar-action button")
	v.fill(t, "name", "林晓")
	v.fill(t, "phone", "13800138000")
	v.press(t, `form[action$="/buy"] button`)
	purchase := v.where(t)
	v.press(t, "#pay form button")
	v.press(t, `button[value="pay"]`)
	v.until(t, "the pickup code", `document.querySelector(".pickup .figure-huge") !== null`)
	v.look(t)
	code := ask[string](t, v, `document.querySelector(".pickup .figure-huge").textContent.trim()`)

	till := b.logsIn(t, "till")
	atTheTill.Lock()
	unlock := sync.OnceFunc(atTheTill.Unlock)
	defer unlock()
	if !strings.HasSuffix(till.where(t), "/desk/till") {
		t.Errorf("a cashier starts at %s", till.where(t))
	}
	before := get[shelf.SalePage](t, b.as(t, "till"), "/shelf/sales?channel=till").Total
	till.until(t, "no network", `(window.netWas = window.fetch, window.fetch = () => Promise.reject(new TypeError("no network")), true)`)
	for range 3 {
		till.until(t, "a sale", `(document.querySelector(".till-item").click(), document.getElementById("cash").click(), true)`)
	}
	till.look(t)
	till.until(t, "the network, and each sale three times over", `(() => {
		const queue = Object.keys(localStorage).find((k) => k.endsWith(":queue"));
		const sales = JSON.parse(localStorage.getItem(queue));
		if (sales.length !== 3) throw new Error(sales.length + " sales are kept");
		window.fetch = window.netWas;
		localStorage.setItem(queue, JSON.stringify([...sales, ...sales, ...sales]));
		document.getElementById("queue").click();
		return true })()`)
	till.until(t, "an empty queue", `Object.keys(localStorage).filter((k) => k.endsWith(":queue")).every((k) => localStorage.getItem(k) === "[]")`)
	if now := get[shelf.SalePage](t, b.as(t, "till"), "/shelf/sales?channel=till").Total; now != before+3 {
		t.Errorf("three sales sent three times are %d", now-before)
	}
	b.voids(t, till)
	unlock()
	till.fill(t, "pickup", code)
	till.press(t, `form[action$="/handover"] button`)
	till.open(t, "/desk/shelf")
	till.open(t, "/desk/shelf/stock")
	till.press(t, "main tbody th a")

	var home string
	for _, l := range b.county.Logins {
		if l.Login == "household" {
			home = b.county.Households[l.Household].Code
		}
	}
	till.open(t, "/desk/buyin?q="+home)
	till.press(t, "main .card-link")
	till.press(t, `main .cards a[href*="product=potato"]`)
	till.fill(t, "measure", "12.5")
	till.fill(t, "price_fen", "1.30")
	till.press(t, `form[action="/desk/buyin"] button`)
	earned := get[orders.Income](t, b.as(t, "household"), fmt.Sprintf("/households/%s/income", home))
	if !slices.ContainsFunc(earned.Entries, func(e orders.IncomeEntry) bool { return strings.HasPrefix(e.SourceKey, "buyin:") && e.OwedFen == 1625 }) {
		t.Errorf("the buy-in is not in the ledger: %+v", earned.Entries)
	}

	v.open(t, strings.TrimPrefix(purchase, b.url))
	officer := b.logsIn(t, "market")
	for _, path := range []string{"/desk/shelf", "/desk/shelf/prices", "/desk/shelf/arrivals", "/desk/shelf/sales", "/desk/shelf/labels", "/desk/lists", "/desk/lists/new", "/desk/sheets"} {
		officer.open(t, path)
	}
	b.logsIn(t, "operator").open(t, "/desk/shelf")
}

// voids opens the till without a network, sells, voids the receipt, and has both arrive; then some goods come back.
func (b *pages) voids(t *testing.T, till *visitor) {
	till.open(t, "/desk/till")
	till.until(t, "the page is kept", `document.getElementById("till").dataset.ready === "yes"`)
	connect := func(on bool) {
		till.do(t, "switch the network", cdpDo(emulateNetwork, network.OverrideNetworkStateParams{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1}))
	}
	connect(false)
	till.do(t, "open the till without a network", chromedp.Navigate(till.url+"/desk/till"))
	till.until(t, "a sale", `!document.getElementById("till").hidden && (document.querySelector(".till-item").click(), document.getElementById("cash").click(), true)`)
	till.do(t, "open the till again", chromedp.Navigate(till.url+"/desk/till"))
	till.until(t, "the sale is still there", `!document.getElementById("queue").hidden && document.getElementById("void-last") !== null`)
	till.run(t, "void it", `(document.getElementById("void-last").click(), document.querySelector('[data-reason="mistake"]').click(), true)`)
	till.look(t)
	connect(true)
	till.until(t, "an empty queue", `(document.getElementById("queue").click(), Object.keys(localStorage).filter((k) => k.endsWith(":queue")).every((k) => localStorage.getItem(k) === "[]"))`)
	last := get[shelf.SalePage](t, b.as(t, "till"), "/shelf/sales?channel=till&limit=2").Items
	if !last[0].Voided || last[1].ReturnedFen != 0 {
		t.Errorf("the latest sales are %+v", last)
	}
	till.open(t, fmt.Sprintf("/desk/till/sales/%d", last[0].ID))
	till.open(t, fmt.Sprintf("/desk/till/sales/%d/return", last[1].ID))
	till.fill(t, "qty.1", "1")
	till.choose(t, "where.1", "loss")
	till.press(t, `form[action$="/return"] button`)
	if !strings.Contains(till.where(t), "/desk/till/returns/") {
		t.Errorf("taking goods back leads to %s:\n%s", till.where(t), till.text(t))
	}
	till.open(t, "/desk/till")
}

// until has a script say yes, sooner or later.
func (v *visitor) until(t *testing.T, what, script string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		yes, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](script))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: no %s at %s: %v\n%s", v.name, what, v.where(t), err, v.text(t))
		}
	}
}
