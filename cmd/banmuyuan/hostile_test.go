package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/web/api"
)

// state must not be changed by a refused request.
type state struct {
	stock  string
	orders int
	ledger string
}

func (w *world) state(t *testing.T) state {
	t.Helper()
	operator := w.as(t, "operator")
	return state{
		stock:  string(w.stranger().send(t, request{method: "GET", path: "/stock"}).body),
		orders: get[orders.OrderPage](t, operator, "/orders?limit=1").Total,
		ledger: string(operator.send(t, request{method: "GET", path: "/ledger/trial-balance"}).body),
	}
}

// unchanged wants the state of before; a presale's remaining units may be a moment old.
func (w *world) unchanged(t *testing.T, before state) {
	t.Helper()
	await(t, fmt.Sprintf("the state staying %+v", before), func() (state, bool) {
		now := w.state(t)
		return now, now == before
	})
}

// settled waits until nothing is on its way any more: remaining units may be older than a second.
func (w *world) settled(t *testing.T) {
	t.Helper()
	last := state{}
	await(t, "the state coming to rest", func() (state, bool) {
		now := w.state(t)
		if now == last {
			return now, true
		}
		last = now
		time.Sleep(1600 * time.Millisecond)
		return now, false
	})
}

// withGoose places an order for a goose that nobody pays, and takes it back afterwards, so that all is as before.
func (w *world) withGoose(t *testing.T, who session, p placing, do func(o orders.Order)) {
	t.Helper()
	const key = "goose-feast"
	presale := w.presale(t, key)
	p.Lines = []orders.QuoteLine{{PresaleID: presale.ID, Qty: 1}}
	o := post[orders.Order](t, who, "/orders", w.key(), p)
	w.left(t, key, "one goose ordered", presale.Left-1)
	do(o)
	post[orders.Order](t, who, "/orders/"+o.No+"/cancel", w.key(), map[string]string{"reason": nasty})
	w.left(t, key, "the order was cancelled", presale.Left)
}

const nasty = `<script>alert("1")</script>'); DROP TABLE orders; --<img src=x onerror=alert(2)>{{.}}`

// hostile sends malformed and forged requests, as every product on the internet gets: each is refused with a problem that
// names the field, and changes nothing.
func hostile(t *testing.T, w *world) {
	w.settled(t)
	t.Run("bad orders", func(t *testing.T) { badOrders(t, w) })
	t.Run("bad requests", func(t *testing.T) { badRequests(t, w) })
	t.Run("absurd pages", func(t *testing.T) { absurdPages(t, w) })
	t.Run("other people's things", func(t *testing.T) { otherPeoples(t, w) })
	t.Run("forged announcements", func(t *testing.T) { forged(t, w) })
	t.Run("markup and SQL", func(t *testing.T) { markup(t, w) })
	t.Run("hostile files", func(t *testing.T) { hostileFiles(t, w) })
	t.Run("cross origin", func(t *testing.T) { crossOrigin(t, w) })
	w.verified(t)
}

// badOrders are orders that nobody may place.
func badOrders(t *testing.T, w *world) {
	buyer, market := w.as(t, "buyer"), w.as(t, "market")
	geese, beans := w.presale(t, "goose-feast"), w.presale(t, "bean-home")
	closed, early, wholesale := w.presale(t, "bean-early"), w.presale(t, "egg-next"), w.presale(t, "goose-bulk")
	pickup := w.pickup(t)
	point := fmt.Sprintf(`{"kind":"pickup","point_id":%d,"name":"林晓","phone":"13800138000"}`, pickup.PointID)
	line := func(presale int64, quantity string) string {
		return fmt.Sprintf(`{"presale_id":%d,"quantity":%s}`, presale, quantity)
	}
	order := func(lines ...string) string {
		return fmt.Sprintf(`{"lines":[%s],"delivery":%s}`, strings.Join(lines, ","), point)
	}
	delivered := func(delivery string) string {
		return fmt.Sprintf(`{"lines":[%s],"delivery":%s}`, line(geese.ID, "1"), delivery)
	}
	before := w.state(t)
	for _, c := range []struct {
		name   string
		who    session
		body   string
		status int
		field  string
	}{
		{"below the minimum", buyer, order(line(beans.ID, "3")), 422, "lines[0].quantity"},
		{"off the step", buyer, order(line(geese.ID, "1"), line(beans.ID, "7")), 422, "lines[1].quantity"},
		{"above the most", buyer, order(line(geese.ID, "501")), 422, "lines[0].quantity"},
		{"above what is left", market, order(line(geese.ID, "9000000")), 409, "lines[0].quantity"},
		{"above what is left, the second of two lines", market, order(line(beans.ID, "5"), line(geese.ID, "9000000")), 409, "lines[1].quantity"},
		{"zero", buyer, order(line(geese.ID, "0")), 422, "lines[0].quantity"},
		{"negative", buyer, order(line(geese.ID, "-20")), 422, "lines[0].quantity"},
		{"a fraction of a goose", buyer, order(line(geese.ID, "1.5")), 422, "quantity"},
		{"a quantity as text", buyer, order(line(geese.ID, `"2"`)), 422, "quantity"},
		{"a quantity that overflows with its price", buyer, order(line(geese.ID, "9223372036854775807")), 422, "lines[0].quantity"},
		{"a quantity that overflows by itself", buyer, order(line(geese.ID, "9223372036854775808")), 422, "quantity"},
		{"a quantity beyond all numbers", buyer, order(line(geese.ID, "1e999")), 422, "quantity"},
		{"a quantity whose weight no order can have", market, order(line(geese.ID, "1099511627776")), 422, "lines[0].quantity"},
		{"two lines of more than the county ever grew", market, order(line(geese.ID, "50000000000"), line(beans.ID, "1000000000000")), 409, "lines[0].quantity"},
		{"a closed presale", buyer, order(line(closed.ID, "5")), 409, "lines[0].presale_id"},
		{"a presale that is not open yet", buyer, order(line(early.ID, "10")), 409, "lines[0].presale_id"},
		{"somebody else's channel", buyer, order(line(wholesale.ID, "500")), 422, "lines[0].presale_id"},
		{"a presale that does not exist", buyer, order(line(999_999, "1")), 422, "lines[0].presale_id"},
		{"a grade that does not exist", buyer, order(fmt.Sprintf(`{"presale_id":%d,"quantity":1,"grade":"golden"}`, geese.ID)), 422, "lines[0].grade"},
		{"the same line twice", buyer, order(line(geese.ID, "1"), line(geese.ID, "1")), 422, "lines[1].presale_id"},
		{"no lines", buyer, order(), 422, "lines"},
		{"too many lines", buyer, order(slices.Repeat([]string{line(geese.ID, "1")}, 200)...), 422, "lines"},
		{"a channel that is not hers", buyer, fmt.Sprintf(`{"channel":"contract","lines":[%s],"delivery":%s}`, line(geese.ID, "1"), point), 422, "channel"},
		{"no delivery", buyer, fmt.Sprintf(`{"lines":[%s]}`, line(geese.ID, "1")), 422, "delivery"},
		{"an unknown way of delivery", buyer, delivered(`{"kind":"drone","name":"林晓","phone":"13800138000"}`), 422, "delivery.kind"},
		{"a pickup point that does not exist", buyer, delivered(`{"kind":"pickup","point_id":999999,"name":"林晓","phone":"13800138000"}`), 422, "delivery.point_id"},
		{"nobody to receive it", buyer, delivered(fmt.Sprintf(`{"kind":"pickup","point_id":%d,"name":" ","phone":"13800138000"}`, pickup.PointID)), 422, "delivery.name"},
		{"a name without end", buyer, delivered(fmt.Sprintf(`{"kind":"pickup","point_id":%d,"name":%q,"phone":"13800138000"}`, pickup.PointID, strings.Repeat("长", 5_000))), 422, "delivery.name"},
		{"a name with a zero byte", buyer, delivered(fmt.Sprintf(`{"kind":"pickup","point_id":%d,"name":"林\u0000晓","phone":"13800138000"}`, pickup.PointID)), 422, "delivery.name"},
		{"a phone that is none", buyer, delivered(fmt.Sprintf(`{"kind":"pickup","point_id":%d,"name":"林晓","phone":"call me"}`, pickup.PointID)), 422, "delivery.phone"},
		{"an address without an address", buyer, delivered(`{"kind":"address","name":"林晓","phone":"13800138000"}`), 422, "delivery.address"},
		{"a note with a zero byte", buyer, fmt.Sprintf(`{"lines":[%s],"delivery":%s,"note":"a\u0000b"}`, line(geese.ID, "1"), point), 422, "note"},
		{"a note without end", buyer, fmt.Sprintf(`{"lines":[%s],"delivery":%s,"note":%q}`, line(geese.ID, "1"), point, strings.Repeat("好", 100_000)), 422, "note"},
		{"an unknown wish for shortages", buyer, fmt.Sprintf(`{"lines":[%s],"delivery":%s,"shortage":"steal"}`, line(geese.ID, "1"), point), 422, "shortage"},
		{"a field that does not exist", buyer, fmt.Sprintf(`{"lines":[%s],"delivery":%s,"discount":99}`, line(geese.ID, "1"), point), 422, "discount"},
	} {
		r := request{method: "POST", path: "/orders", key: w.key(), body: c.body}
		p := wantProblem(t, r, c.who.send(t, r), c.status)
		if !slices.ContainsFunc(fields(p), func(f string) bool { return strings.Contains(f, c.field) }) {
			t.Errorf("%s: the problem names %v, not %s: %+v", c.name, fields(p), c.field, p)
		}
		if p.Detail == "" && len(p.Errors) == 0 {
			t.Errorf("%s: the problem says nothing: %+v", c.name, p)
		}
		for _, e := range p.Errors {
			if e.Message == "" || e.Message == e.Key {
				t.Errorf("%s: %s is not put into words", c.name, e.Key)
			}
		}
	}
	good := order(line(geese.ID, "1"))
	for name, key := range map[string]string{"no key": "", "a short key": "k", "a long key": strings.Repeat("k", 65), "a key with blanks": "acceptance key 1"} {
		r := request{method: "POST", path: "/orders", key: key, body: good}
		if p := wantProblem(t, r, buyer.send(t, r), 422); !slices.ContainsFunc(fields(p), func(f string) bool { return f == "Idempotency-Key" || f == "idempotency_key" }) {
			t.Errorf("%s: the problem names %v", name, fields(p))
		}
	}
	w.unchanged(t, before)
}

// badRequests are requests that no endpoint takes.
func badRequests(t *testing.T, w *world) {
	buyer, operator, stranger := w.as(t, "buyer"), w.as(t, "operator"), w.stranger()
	liar := session{url: w.url, token: "b2ZmaWNlcjphcHByb3Zlcg"}
	before := w.state(t)
	good := `{"lines":[{"presale_id":1,"quantity":1}]}`
	for _, c := range []struct {
		name   string
		who    session
		r      request
		status int
		field  string
	}{
		{"nothing", buyer, request{method: "POST", path: "/quotes", body: ""}, 400, ""},
		{"half a document", buyer, request{method: "POST", path: "/quotes", body: `{"lines":[`}, 400, ""},
		{"two documents", buyer, request{method: "POST", path: "/quotes", body: good + good}, 400, ""},
		{"no document at all", buyer, request{method: "POST", path: "/quotes", body: "lines=1"}, 400, ""},
		{"a document too deep", buyer, request{method: "POST", path: "/quotes", body: `{"lines":` + strings.Repeat("[", 100_000)}, 400, ""},
		{"a document of another type", buyer, request{method: "POST", path: "/quotes", body: `[]`}, 400, ""},
		{"a form", buyer, request{method: "POST", path: "/quotes", body: good, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415, ""},
		{"too large", buyer, request{method: "POST", path: "/quotes", body: `{"lines":[` + strings.Repeat(" ", 20<<20) + `]}`}, 413, ""},
		{"a number that is none", operator, request{method: "GET", path: "/tickets/abc"}, 404, "id"},
		{"a number too large", operator, request{method: "GET", path: "/tickets/99999999999999999999"}, 404, "id"},
		{"a ticket that does not exist", operator, request{method: "GET", path: "/tickets/999999999"}, 404, ""},
		{"an order number that is none", operator, request{method: "GET", path: "/orders/BM000000000000"}, 404, ""},
		{"a parameter that does not exist", stranger, request{method: "GET", path: "/presales?colour=white"}, 422, "colour"},
		{"a limit that is none", stranger, request{method: "GET", path: "/presales?limit=many"}, 422, "limit"},
		{"a limit below zero", stranger, request{method: "GET", path: "/presales?limit=-1"}, 422, "limit"},
		{"a limit beyond the most", stranger, request{method: "GET", path: "/presales?limit=100000"}, 422, "limit"},
		{"a day that is none", stranger, request{method: "GET", path: "/presales?deliver_on=2026-02-30"}, 422, "deliver_on"},
		{"a cursor that is none", stranger, request{method: "GET", path: "/presales?cursor=%27OR%201%3D1"}, 422, "cursor"},
		{"a presale that does not exist", stranger, request{method: "GET", path: "/presales/no-such"}, 404, ""},
		{"an address that does not exist", stranger, request{method: "GET", path: "/no/such"}, 404, ""},
		{"a method that does not exist", stranger, request{method: "DELETE", path: "/presales"}, 405, ""},
		{"nobody looks at orders", stranger, request{method: "GET", path: "/orders"}, 401, ""},
		{"nobody orders", stranger, request{method: "POST", path: "/orders", key: "acceptance-nobody", body: good}, 401, ""},
		{"a token that was made up", liar, request{method: "GET", path: "/me"}, 401, ""},
		{"a wrong password", stranger, request{method: "POST", path: "/sessions", body: `{"login":"approver","password":"' OR '1'='1"}`}, 401, ""},
		{"a login that is SQL", stranger, request{method: "POST", path: "/sessions", body: `{"login":"' OR 1=1 --","password":"x"}`}, 401, ""},
		{"registering without a phone", stranger, request{method: "POST", path: "/accounts", body: `{"name":"林晓","phone":"12","password":"bai-e-zi-hua-2026"}`}, 422, "phone"},
		{"registering with a weak password", stranger, request{method: "POST", path: "/accounts", body: `{"name":"林晓","phone":"13800138001","password":"1"}`}, 422, "password"},
	} {
		p := wantProblem(t, c.r, c.who.send(t, c.r), c.status)
		if c.field != "" && !slices.Contains(fields(p), c.field) {
			t.Errorf("%s: the problem names %v, not %s", c.name, fields(p), c.field)
		}
	}
	w.unchanged(t, before)
}

// absurdPages asks each list of the API for pages that there are not: the problem names the field, whatever the list.
func absurdPages(t *testing.T, w *world) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
			}
		}
	}
	document, err := http.Get(w.url + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer document.Body.Close()
	if err := json.NewDecoder(document.Body).Decode(&doc); err != nil {
		t.Fatalf("read the description: %v", err)
	}
	people := []session{w.as(t, "operator"), w.as(t, "approver"), w.as(t, "coop"), w.as(t, "market"), w.as(t, "admin"), w.as(t, "buyer")}
	known := strings.NewReplacer("/directory/{kind}", "/directory/township", "{id}", "1", "{code}", "YA-01-001-0001", "{no}", "1")
	absurd := map[string][]string{"limit": {"0", "-1", "1e9", "99999999999999999999", "100000", "many"}, "cursor": {"1", "-1", "%27OR%201%3D1", "AAAA", strings.Repeat("A", 3000)},
		"receipts_cursor": {"1", "AAAA"}, "bankings_cursor": {"1", "AAAA"}, "after": {"-1", "x"}, "before": {"-1", "x"}}
	also := map[string]string{"/api/v1/ledger/account": "&account=bank", "/api/v1/documents": "&kind=receipt&year=2026"}
	asked := 0
	for path, methods := range doc.Paths {
		for _, p := range methods["get"].Parameters {
			for _, value := range absurd[p.Name] {
				if p.In != "query" {
					continue
				}
				r := request{method: "GET", path: known.Replace(strings.TrimPrefix(path, "/api/v1")) + "?" + p.Name + "=" + value + also[path]}
				status := 0
				for _, who := range people {
					a := who.send(t, r)
					if status = a.status; status == http.StatusForbidden || status == http.StatusNotFound {
						continue
					}
					if named := fields(wantProblem(t, r, a, http.StatusUnprocessableEntity)); !slices.Contains(named, p.Name) {
						t.Errorf("%s: the problem names %v", r.path, named)
					}
					break
				}
				if status != http.StatusUnprocessableEntity {
					t.Errorf("%s: nobody gets an answer about the page: %d", r.path, status)
				}
				asked++
			}
		}
	}
	if asked < 250 {
		t.Errorf("only %d pages were asked for", asked)
	}
}

// otherPeoples tries to see and to change things of others: an invisible thing does not exist, and another role's request
// is forbidden.
func otherPeoples(t *testing.T, w *world) {
	buyer := w.as(t, "buyer")
	w.withGoose(t, buyer, placing{Delivery: w.pickup(t)}, func(o orders.Order) {
		before := w.state(t)
		for _, login := range []string{"market", "coop", "household", "helper"} {
			who := w.as(t, login)
			for _, path := range []string{"", "/origins", "/deliveries"} {
				refuse(t, who, request{method: "GET", path: "/orders/" + o.No + path}, http.StatusNotFound)
			}
			refuse(t, who, request{method: "POST", path: "/orders/" + o.No + "/payments", key: w.key(), body: map[string]string{"method": "sandbox"}}, http.StatusNotFound)
			refuse(t, who, request{method: "POST", path: "/orders/" + o.No + "/cancel", key: w.key(), body: map[string]string{"reason": "x"}}, http.StatusNotFound)
			if login == "household" || login == "helper" { // without orders to list
				refuse(t, who, request{method: "GET", path: "/orders?limit=100"}, http.StatusForbidden)
				continue
			}
			if page := get[orders.OrderPage](t, who, "/orders?limit=100"); slices.ContainsFunc(page.Items, func(i orders.Order) bool { return i.No == o.No }) {
				t.Errorf("%s lists the buyer's order", login)
			}
		}
		w.unchanged(t, before)
	})
	before := w.state(t)
	for _, c := range []struct {
		login string
		r     request
	}{
		{"buyer", request{method: "POST", path: "/tickets", body: orders.WeighRequest{}}},
		{"buyer", request{method: "POST", path: "/transfers", body: payments.RecordTransfers{}}},
		{"buyer", request{method: "GET", path: "/report"}},
		{"buyer", request{method: "GET", path: "/ledger/journal"}},
		{"buyer", request{method: "POST", path: "/presales", body: catalog.Presale{}}},
		{"clerk", request{method: "POST", path: "/payouts", key: w.key(), body: map[string]any{}}},
		{"clerk", request{method: "POST", path: "/orders", key: w.key(), body: map[string]any{}}},
		{"coop", request{method: "POST", path: "/households/import", body: catalog.ImportRequest{}}},
		{"household", request{method: "POST", path: "/orders", key: w.key(), body: map[string]any{}}},
		{"household", request{method: "GET", path: "/coverage"}},
		{"helper", request{method: "POST", path: "/tickets/1/decision", body: map[string]any{"accept": true}}},
		{"operator", request{method: "POST", path: "/orders", key: w.key(), body: map[string]any{}}},
	} {
		refuse(t, w.as(t, c.login), c.r, http.StatusForbidden)
	}
	w.unchanged(t, before)
}

// forged sends announcements of payments that nobody made.
func forged(t *testing.T, w *world) {
	buyer := w.as(t, "buyer")
	w.withGoose(t, buyer, placing{Delivery: w.pickup(t)}, func(o orders.Order) {
		p := w.pay(t, buyer, o, "sandbox")
		base, err := url.Parse(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		hook := w.url + "/pay/webhooks/sandbox"
		if base.Host != "" {
			hook = base.Scheme + "://" + base.Host + "/pay/webhooks/sandbox"
		}
		session := base.Path[strings.LastIndex(base.Path, "/")+1:]
		before := w.state(t)
		event := fmt.Sprintf(`{"id":"sbe_forged","type":"session.paid","session":%q,"version":"2024-01-01","live":false,"created":%d}`, session, time.Now().Unix())
		for name, signature := range map[string]string{
			"no signature":    "",
			"another's":       sandbox.Sign([]byte("guessed"), []byte(event), time.Now()),
			"a stale one":     sandbox.Sign([]byte("guessed"), []byte(event), time.Now().AddDate(0, 0, -30)),
			"a future one":    sandbox.Sign([]byte("guessed"), []byte(event), time.Now().AddDate(0, 0, 30)),
			"not a signature": strings.Repeat("A", 4_000),
		} {
			req, err := http.NewRequest(http.MethodPost, hook, strings.NewReader(event))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(sandbox.Header, signature)
			req.Header.Set("Content-Type", "application/json")
			resp, err := apiClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode/100 != 4 {
				t.Errorf("an announcement with %s is answered with %s", name, resp.Status)
			}
		}
		w.unchanged(t, before)
		if got := get[orders.Order](t, buyer, "/orders/"+o.No); got.State != orders.StatePlaced || got.PaidFen != 0 {
			t.Errorf("announced by a forger, the order is %s with %d fen paid", got.State, got.PaidFen)
		}
	})
}

// page reads a page as a browser with an account's session does.
func (w *world) page(t *testing.T, s session, path string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(at, []*http.Cookie{{Name: "banmu_session", Value: s.token, Path: "/"}})
	resp, err := (&http.Client{Jar: jar, Timeout: apiClient.Timeout}).Get(w.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if sentAway := resp.Request.URL.Path == "/login" && !strings.HasPrefix(path, "/login"); resp.StatusCode != http.StatusOK || sentAway {
		t.Fatalf("page %s: %s, at %s\n%s", path, resp.Status, resp.Request.URL, tail(string(body)))
	}
	return string(body)
}

// markup writes markup and SQL into every text that can be typed: it comes back as it was typed, and as text.
func markup(t *testing.T, w *world) {
	name := `<b onclick=alert(1)>O'Brien"</b>`
	buyer := w.register(t, name, "13800138002")
	w.withGoose(t, buyer, placing{Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: name, Phone: "13800138002", Address: nasty}, Note: nasty}, func(o orders.Order) {
		got := get[orders.Order](t, buyer, "/orders/"+o.No)
		if got.Delivery.Address != nasty || got.Note != nasty || got.Delivery.Name != name || got.Buyer.Name != name {
			t.Errorf("what was typed comes back as %+v, %q", got.Delivery, got.Note)
		}
		pages := map[string]session{"/orders/" + o.No: buyer, "/orders": buyer, "/account": buyer,
			"/presales?q=" + url.QueryEscape(nasty): {}, "/login?next=" + url.QueryEscape(`"><script>alert("1")</script>`): {}}
		for path, who := range pages {
			body := w.page(t, who, path)
			for _, raw := range []string{`<script>alert(`, `<b onclick`, `<img src=x`} {
				if strings.Contains(body, raw) {
					t.Errorf("page %s has %s as markup", path, raw)
				}
			}
		}
		if body := w.page(t, buyer, "/orders/"+o.No); !strings.Contains(body, "&lt;script&gt;alert(") {
			t.Errorf("the order's page does not show its note:\n%s", tail(body))
		}
	})

	operator := w.as(t, "operator")
	for _, path := range []string{"/households?q=", "/orders?q=", "/collection?q=", "/payments?q=", "/presales?q="} {
		for _, q := range []string{`' OR '1'='1`, `%' OR 1=1 --`, `\`, `%`, `_`, "\x00", `'; SELECT pg_sleep(60); --`, nasty} {
			a := operator.send(t, request{method: "GET", path: path + url.QueryEscape(q)})
			if a.status != http.StatusOK && a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
				t.Errorf("%s%q: %d %s", path, q, a.status, a.body)
			}
			var page struct{ Total int }
			if err := json.Unmarshal(a.body, &page); err != nil || page.Total != 0 && strings.Contains(q, "1") && path != "/presales?q=" {
				t.Errorf("%s%q finds %d: %v", path, q, page.Total, err)
			}
		}
	}
}

// hostileFiles sends files with contents of another kind than their names say.
func hostileFiles(t *testing.T, w *world) {
	operator := w.as(t, "operator")
	before := w.state(t)
	path := "/payouts/1/result"
	if batches := get[payments.Batches](t, operator, "/payouts").Items; len(batches) > 0 {
		path = fmt.Sprintf("/payouts/%d/result", batches[0].ID)
	}
	for name, data := range map[string][]byte{
		"结果.csv":  []byte("=cmd|' /C calc'!A0,\"unclosed"),
		"空.csv":   {},
		"坏.xlsx":  []byte("PK\x03\x04 not a workbook"),
		"零.csv":   bytes.Repeat([]byte{0}, 4_096),
		"长.csv":   bytes.Repeat([]byte("业务编号,"), 20_000),
		"别人.csv":  []byte("业务编号,金额(元),状态,失败原因,入账日期\nNOT-OURS-1,1.00,成功,,2026-01-01\n"),
		"../../x": []byte("x"),
	} {
		a := operator.send(t, request{method: "POST", path: path, body: map[string]any{"name": name, "data": data}})
		if a.status == http.StatusOK {
			if got := decoded[payments.ImportedResult](t, a); len(got.Problems) == 0 || got.Paid+got.Returned > 0 {
				t.Errorf("the file %s was taken: %+v", name, got)
			}
		} else if a.status/100 != 4 {
			t.Errorf("the file %s is answered with %d: %s", name, a.status, a.body)
		}
	}
	r := request{method: "POST", path: path, body: `{"name":"x.csv","data":"not base64!"}`}
	wantProblem(t, r, operator.send(t, r), http.StatusBadRequest)
	w.unchanged(t, before)
}

// crossOrigin posts as a page of another site would make a browser post.
func crossOrigin(t *testing.T, w *world) {
	buyer := w.as(t, "buyer")
	before := w.state(t)
	for _, c := range []struct {
		path, contentType, body string
	}{
		{"/basket", "application/x-www-form-urlencoded", "presale=1&quantity=1"},
		{"/logout", "application/x-www-form-urlencoded", ""},
		{"/login", "application/x-www-form-urlencoded", "login=buyer&password=" + demoPassword},
		{api.Prefix + "/orders", "application/json", "{}"},
	} {
		for _, header := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			{"Sec-Fetch-Site": {"same-site"}},
			{"Origin": {"https://evil.example"}},
			{"Origin": {"null"}},
		} {
			req, err := http.NewRequest(http.MethodPost, w.url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header.Clone()
			req.Header.Set("Content-Type", c.contentType)
			req.AddCookie(&http.Cookie{Name: "banmu_session", Value: buyer.token})
			resp, err := apiClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s from %v is answered with %s", c.path, header, resp.Status)
			}
		}
	}
	if me := get[struct{ Login string }](t, buyer, "/me"); me.Login != "buyer" {
		t.Errorf("after that the buyer is %q", me.Login)
	}
	w.unchanged(t, before)
}
