package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"banmuyuan/orders"
)

// stationStory is a clerk's day without a network: the list is taken in the morning, the page opens although nothing can
// be reached, 500 weighings wait on the phone, and sent three times over they are 500 tickets.
func stationStory(t *testing.T, w *world) {
	s := &tale{world: w}
	geese := s.presale(t, "goose-main")
	const ordered, weighings = 540, 500
	buyer := w.register(t, "林晓", "13800138500")
	o := post[orders.Order](t, buyer, "/orders", w.key(), placing{Lines: []orders.QuoteLine{{PresaleID: geese.ID, Qty: min(ordered, geese.MaxQty)}}, Delivery: w.pickup(t)})
	play(t, w.url, w.pay(t, buyer, o, "sandbox").URL, "pay")
	w.order(t, buyer, o.No, "confirmed", in(orders.StateConfirmed))

	// road is the connection to the village: while it is closed, every request of the browser is lost.
	to, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	var closed atomic.Bool
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	road := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if closed.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(rw, r)
	}))
	defer road.Close()

	b := newPages(w.on(road.URL), startBrowser(t), 390)
	clerk := b.logsIn(t, "clerk")
	connect := func(on bool) {
		closed.Store(!on)
		clerk.do(t, "switch the network", cdpDo(emulateNetwork, network.OverrideNetworkStateParams{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1}))
	}

	before := get[orders.ConflictPage](t, w.as(t, "clerk"), "/weigh-conflicts").Open // the demo has some
	clerk.open(t, "/desk/station")
	clerk.until(t, "the page is on the phone", `document.querySelector("#station").dataset.ready === "yes"`)
	clerk.do(t, "take the list", chromedp.Click(chromedp.CSS("#fetch-form button")))
	clerk.until(t, "the list is on the phone", `document.querySelectorAll("#shares button").length > 0`)
	clerk.look(t)

	connect(false)
	clerk.open(t, "/desk/station")
	clerk.until(t, "the page opens without a network", `document.querySelectorAll("#shares button").length > 0 && !navigator.onLine`)
	shares := w.shares(t, w.as(t, "clerk"), "order_no="+o.No)
	for _, share := range shares[:2] {
		clerk.do(t, "look for "+share.Code, chromedp.SendKeys(chromedp.CSS("#q"), share.Code))
		clerk.until(t, "the household is found", fmt.Sprintf(`[...document.querySelectorAll("#shares button")].some((b) => b.textContent.includes(%q))`, o.No))
		clerk.run(t, "choose it", fmt.Sprintf(`[...document.querySelectorAll("#shares button")].find((b) => b.textContent.includes(%q)).click() ?? true`, o.No))
		clerk.until(t, "the form is there", `!document.querySelector("#weigh").hidden`)
		clerk.fill(t, "units", "1")
		clerk.fill(t, "gross", "3.9")
		clerk.fill(t, "tare", "4.5")
		clerk.do(t, "keep it", chromedp.Click(chromedp.CSS("#weigh-form button.button-wide")))
		clerk.until(t, "more tare than gross is refused", `!document.querySelector("#tare-error").hidden`)
		clerk.look(t)
		clerk.fill(t, "gross", "6.703")
		clerk.fill(t, "tare", "2.503")
		clerk.do(t, "keep it", chromedp.Click(chromedp.CSS("#weigh-form button.button-wide")))
		clerk.until(t, "it is kept", `document.querySelector("#weigh").hidden`)
	}
	clerk.look(t)
	// The rest of the day, as the page keeps it.
	clerk.run(t, "weigh the rest", fmt.Sprintf(queueRest, o.No, weighings))
	clerk.open(t, "/desk/station")
	clerk.until(t, "500 wait", fmt.Sprintf(`document.querySelector("#state").textContent.includes("%d")`, weighings))

	connect(true)
	for range 3 {
		clerk.open(t, "/desk/station")
		clerk.until(t, "all is sent", allSent)
		clerk.run(t, "send it all once more", sendAgain)
	}
	page := get[orders.TicketPage](t, w.as(t, "operator"), "/tickets?limit=100&order_no="+o.No)
	if page.Total != weighings {
		t.Errorf("%d weighings sent three times are %d tickets", weighings, page.Total)
	}
	if i := slices.IndexFunc(page.Items, func(k orders.Ticket) bool { return k.Actor != "clerk" || k.NetGrams != k.GrossGrams-k.TareGrams }); i >= 0 {
		t.Errorf("a ticket is %+v", page.Items[i])
	}
	if conflicts := get[orders.ConflictPage](t, w.as(t, "clerk"), "/weigh-conflicts"); conflicts.Open != before {
		t.Errorf("%d conflicts, %d before: %+v", conflicts.Open, before, conflicts.Items)
	}
	clerk.open(t, "/desk/conflicts")
	clerk.open(t, fmt.Sprintf("/desk/tickets/%d", page.Items[0].ID))
	if !strings.Contains(clerk.text(t), page.Items[0].No) {
		t.Error("the ticket does not show its number")
	}
}

// emulateNetwork is the command that every Chromium knows; it also tells the page that it is offline.
var emulateNetwork = cdp.Command[network.OverrideNetworkStateParams, cdp.Empty]{Method: "Network.emulateNetworkConditions"}

// on is the same world by another address.
func (w *world) on(url string) *world {
	return &world{t: w.t, url: url, env: w.env, county: w.county, sessions: map[string]session{}}
}

// queueRest puts weighings of one goose each into the page's own store, until there are as many as wanted.
const queueRest = `new Promise((resolve, reject) => {
	const open = indexedDB.open("banmuyuan-station", 1);
	open.onerror = () => reject(open.error);
	open.onsuccess = () => {
		const tx = open.result.transaction(["shares", "tickets"], "readwrite");
		const [shares, tickets] = [tx.objectStore("shares").getAll(), tx.objectStore("tickets").getAll()];
		tickets.onsuccess = () => {
			const left = new Map(shares.result.filter((s) => s.order_no === %q).map((s) => [s, s.qty - tickets.result.filter((t) => t.lot_id === s.lot_id).length]));
			let n = tickets.result.length;
			const account = Number(document.querySelector("#station").dataset.account);
			for (const [s, room] of left) for (let i = 0; i < room && n < %d; i++, n++) tx.objectStore("tickets").add({
				client_id: crypto.randomUUID(), account, state: "queued", seq: n, order_no: s.order_no, line: s.line, lot_id: s.lot_id, point_id: s.point_id,
				units: 1, rejected: 0, reason: "", gross_grams: 6700 + i, tare_grams: 2500, grade: s.grade, weighed_at: new Date().toISOString(), final: false,
				after: [], supersedes_client: "", head: s.head, code: s.code, title: s.title, unit: s.unit });
		};
		tx.oncomplete = () => { open.result.close(); resolve(true); };
		tx.onerror = () => reject(tx.error);
	};
})`

// sendAgain makes the phone believe that it heard no answer.
const sendAgain = `new Promise((resolve, reject) => {
	const open = indexedDB.open("banmuyuan-station", 1);
	open.onsuccess = () => {
		const tx = open.result.transaction("tickets", "readwrite");
		const all = tx.objectStore("tickets").getAll();
		all.onsuccess = () => all.result.reverse().forEach((t) => tx.objectStore("tickets").put({ ...t, state: "queued" }));
		tx.oncomplete = () => { open.result.close(); resolve(true); };
		tx.onerror = () => reject(tx.error);
	};
})`

const allSent = `document.querySelectorAll("#tickets .badge").length > 0 && !document.querySelector("#tickets .badge-busy") && document.querySelector("#state").textContent.includes("全部已同步")`

// run waits for a promise of the page's.
func (v *visitor) run(t *testing.T, what, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("%s: %s at %s: %v", v.name, what, v.where(t), err)
	}
}
