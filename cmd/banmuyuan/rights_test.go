package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// asking are the people of the table of rights, in the order of its columns. The first two, where an object is asked for, are
// its owner: the private buyer, and the household that is behind it. The registered buyer, the other household and the helper
// have nothing to do with it; of organisations' objects one organisation is the owner, and the others are strangers.
var asking = []string{"owner", "farmer", "stranger", "registered", "firm", "firmboss", "market", "till", "coop", "coopboss", "clerk", "household", "helper",
	"operator", "approver", "admin"}

// Answers in the table of rights.
const (
	mustLogIn = 'L' // 401, or the page of the login
	noRight   = '-' // 403
	invisible = '0' // 404: it does not exist for this person
	reached   = 'y' // anything else but a defect of the server
)

// ownSession are the routes that change the session or the account of the caller and name no object. A stranger asks them; asked
// as somebody they would end the table.
var ownSession = []string{"logout", "account.password", "account.sessions.others", "account.factor.enrol", "account.factor.codes", "account.factor.off",
	"household.pin.save", "api.accounts.logout", "api.accounts.password", "api.accounts.pin"}

// secrets are the routes that name a secret which nobody here knows, and the one that is nothing.
var secrets = []string{"card.scan", "setup", "setup.do", "api.unknown", "styleguide"}

// elsewhere are the routes with an object that is not in the demo, or not in the state that lets it be found: the table shows their
// roles, and the test that is named asks as others.
var elsewhere = map[string]string{
	"api.presales.dry_run":          "the presale is in the body: TestOneProcess",
	"api.adoptions.adopt":           "the plot is in the body: TestOneProcess",
	"shop.basket.add":               "the presale is in the form: TestBrowser",
	"api.collection.short":          "weighing: TestOneProcess",
	"organisation.weigh.share":      "weighing: TestOneProcess",
	"organisation.weigh.save":       "weighing: TestOneProcess",
	"organisation.short":            "weighing: TestOneProcess",
	"organisation.collection.close": "weighing: TestOneProcess",
	"api.orders.shortage":           "shortages: orders/postgres",
	"household.objection.withdraw":  "an objection is raised first: TestObjections in catalog/postgres",
	"api.objections.end":            "an objection is raised first: TestObjections in catalog/postgres",
	"api.shelf.return.slip":         "returns: orders/postgres/shelftest",
	"organisation.return":           "returns: orders/postgres/shelftest",
	"organisation.sale.pay":         "open sales: orders/postgres/shelftest",
	"organisation.list.edit":        "the API dropped the list a moment before",
	"organisation.list.order":       "the API dropped the list a moment before",
	"organisation.list.drop":        "the API dropped the list a moment before",
	"desk.raiser":                   "raisers: orders/postgres",
	"helper.consent":                "a helper's own household: TestBrowser",
	"api.adoptions.photo":           "photos: TestBrowser",
	"shop.adoption.photo":           "photos: TestBrowser",
	"household.photo":               "photos: TestBrowser",
	"api.households.updates":        "plots: TestBrowser",
	"api.households.update":         "plots: TestBrowser",
	"api.households.photo":          "plots: TestBrowser",
	"api.households.box_delivered":  "boxes: orders/postgres",
	"household.box.deliver":         "boxes: orders/postgres",
	"household.box.fail.do":         "boxes: orders/postgres",
	"household.plot.save":           "plots: TestBrowser",
	"household.update.post":         "plots: TestBrowser",
}

// siteRoute is a route of the site.
type siteRoute struct {
	name, method, path string
}

var pathVariable = regexp.MustCompile(`\{([a-z]+)(?::[^{}]*(?:\{[0-9,]*\})?[^{}]*)?\}`)

// siteRoutes are all routes of the router, pages and API.
func siteRoutes(t *testing.T) []siteRoute {
	t.Helper()
	var routes []siteRoute
	err := webtest.New(t).Web.Router.Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, errPath := r.GetPathTemplate()
		methods, errMethods := r.GetMethods()
		if errPath == nil && errMethods == nil { // the others are the API's own router
			routes = append(routes, siteRoute{r.GetName(), methods[0], path})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

// TestRights asks every route of the site as every role for objects of others, and holds the answers against the reviewed table
// testdata/rights.txt. A route that is not in the table fails it: -update adds the row, and a person reads it.
func TestRights(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	routes := siteRoutes(t)
	if len(routes) < 500 {
		t.Fatalf("the site has %d routes", len(routes))
	}
	w := startOneProcess(t)
	objects := rightsObjects(t, w)
	people := map[string]session{"owner": w.as(t, "buyer"), "stranger": w.stranger(), "registered": w.register(t, "王二", "13800138777")}
	for _, login := range asking {
		if _, is := people[login]; !is && login != "farmer" {
			people[login] = w.as(t, login)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "# %s\n# L logs in first, - is forbidden, 0 does not exist for this person, y is answered\n", strings.Join(asking, " "))
	for _, r := range routes {
		var row strings.Builder
		path, missing := objects.fill(r)
		if missing != "" {
			t.Errorf("%s %s: rightsObjects has nothing for %s", r.method, r.path, missing)
			continue
		}
		people["farmer"] = w.as(t, objects.farmer(r))
		for _, who := range asking {
			if who != "stranger" && slices.Contains(ownSession, r.name) {
				row.WriteByte('.')
				continue
			}
			row.WriteByte(verdict(t, people[who], r, path))
		}
		strangers := row.String()[:len(asking)-len(auth.Staff)]
		if strings.ContainsRune(strangers, invisible) && !strings.ContainsRune(row.String(), reached) && !slices.Contains(secrets, r.name) && elsewhere[r.name] == "" {
			t.Errorf("%s %s: nobody reaches %s, so that the row proves nothing", r.method, r.path, path)
		}
		fmt.Fprintf(&table, "%s %s\t%s\n", r.method, r.path, row.String())
	}
	const file = "testdata/rights.txt"
	if *update {
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reviewed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(reviewed)) {
		route, row, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		want[route] = row
	}
	for line := range strings.Lines(table.String()) {
		route, row, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if reviewed, known := want[route]; !known {
			t.Errorf("%s is not in %s: give it rights, run with -update and read the row\n%s", route, file, row)
		} else if reviewed != row {
			t.Errorf("%s\n%s are the people, %s the rights, %s the answers", route, strings.Join(asking, " "), reviewed, row)
		}
		delete(want, route)
	}
	for route := range want {
		t.Errorf("%s is in %s and not in the site", route, file)
	}
	w.verified(t)
}

// verdict asks a route as somebody, with an empty body or one of rightsBody, and again while the product is busy.
func verdict(t *testing.T, s session, r siteRoute, path string) byte {
	t.Helper()
	return await(t, r.method+" "+path+" answered", func() (byte, bool) {
		v, busy := askRoute(t, s, r, path)
		return v, !busy
	})
}

func askRoute(t *testing.T, s session, r siteRoute, path string) (v byte, busy bool) {
	t.Helper()
	var body io.Reader
	program := strings.HasPrefix(path, api.Prefix)
	if r.method != http.MethodGet {
		body = strings.NewReader(rightsForm(r))
		if program {
			body = strings.NewReader(rightsBody(r))
		}
	}
	req, err := http.NewRequest(r.method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if program {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprintf("rights-%s-%.12s", r.name, s.token))
		if s.token != "" {
			req.Header.Set("Authorization", "Bearer "+s.token)
		}
	} else {
		req.Header.Set("Accept", "text/html")
		if body != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if s.token != "" {
			req.AddCookie(&http.Cookie{Name: "banmu_session", Value: s.token})
		}
	}
	resp, err := rightsClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, path, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/login") && !strings.HasPrefix(r.path, "/login"):
		return mustLogIn, false
	case resp.StatusCode == http.StatusForbidden:
		return noRight, false
	case resp.StatusCode == http.StatusNotFound:
		return invisible, false
	case resp.StatusCode == http.StatusServiceUnavailable:
		return 0, true
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusMethodNotAllowed:
		text, _ := io.ReadAll(resp.Body)
		t.Errorf("%s %s: %s\n%s", r.method, path, resp.Status, tail(string(text)))
	}
	return reached, false
}

var rightsClient = &http.Client{Timeout: apiClient.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// rightsBody is a body that is well-formed where an empty one is refused before anybody looks at the object. Where it may be
// carried out, its second time changes nothing.
func rightsBody(r siteRoute) string {
	switch strings.TrimPrefix(r.path, api.Prefix) {
	case "/orders/{no}/payments", "/adoptions/{no}/payments", "/contracts/{no}/advance", "/shelf/sales/{id}/payments", "/shelf/sheets/{id}/payments":
		return `{"method":"transfer"}`
	case "/orders/{no}/documents":
		return `{"kind":"confirmation","subject":"order"}`
	case "/adoptions/{no}/boxes/{box}/dispute":
		return `{"note":"坏了"}`
	case "/standing-orders/{id}/state":
		return `{"state":"paused"}`
	case "/standing-orders/{id}/dates/{on}":
		return `{"skip":true}`
	case "/orders/{no}/shortages/{id}":
		return `{"answer":"less"}`
	case "/orders/{no}/lines/{line}/short":
		return `{"lost":true,"lot_id":1,"reason":"died","units":1}`
	case "/tickets/{id}/decision":
		return `{"accept":false,"reason":"x"}`
	case "/weigh-conflicts/{id}":
		return `{"state":"dropped","why":"x"}`
	case "/shelf/lots/{id}/movements":
		return `{"kind":"loss","measure":1,"reason":"weight"}`
	case "/shelf/lists/{id}/orders":
		return `{"lines":[]}`
	case "/reports":
		return `{"kind":"orders","lang":"zh"}`
	case "/shelf/items/{id}":
		return `{"price_fen":1}`
	case "/households/{code}/consent":
		return `{"given":true,"how":"signed"}`
	}
	return "{}"
}

// rightsForm is the same for a page.
func rightsForm(r siteRoute) string {
	if r.path == "/orders/{no}/documents" {
		return "kind=confirmation&subject=order"
	}
	return ""
}

// object is the value of a variable in paths that begin so; the longest beginning counts.
type object struct {
	path, variable string
	value          any
}

type objects []object

func (o objects) at(r siteRoute, variable string) (value any, known bool) {
	best := -1
	for _, one := range o {
		if one.variable == variable && strings.HasPrefix(strings.TrimPrefix(r.path, api.Prefix), one.path) && len(one.path) > best {
			best, value = len(one.path), one.value
		}
	}
	return value, best >= 0
}

// fill returns the route's path with values in it; missing names a variable that has none.
func (o objects) fill(r siteRoute) (path, missing string) {
	path = pathVariable.ReplaceAllStringFunc(r.path, func(v string) string {
		name := pathVariable.FindStringSubmatch(v)[1]
		value, known := o.at(r, name)
		if !known {
			missing = name
		}
		return fmt.Sprint(value)
	})
	return path, missing
}

// farmer is the login of the household behind the object of a route.
func (o objects) farmer(r siteRoute) string {
	login, _ := o.at(r, "farmer")
	return fmt.Sprint(login)
}

// rightsObjects makes the objects that are asked for, or finds them in the demo. Where only roles of the county get as far as an
// object, it may be one that does not exist.
func rightsObjects(t *testing.T, w *world) objects {
	t.Helper()
	operator, owner, market, firm := w.as(t, "operator"), w.as(t, "buyer"), w.as(t, "market"), w.as(t, "firm")
	geese := w.presale(t, "goose-main")
	o := post[orders.Order](t, owner, "/orders", w.key(), placing{Lines: []orders.QuoteLine{{PresaleID: geese.ID, Qty: 2}}, Delivery: w.pickup(t)})
	play(t, w.url, w.pay(t, owner, o, "sandbox").URL, "pay")
	o = w.order(t, owner, o.No, "confirmed", in(orders.StateConfirmed))
	paper := post[map[string]any](t, owner, "/orders/"+o.No+"/documents", w.key(), map[string]string{"kind": "confirmation", "subject": "order"})
	// first is a field of the first item of a list.
	first := func(s session, path, field string) any {
		t.Helper()
		items := get[struct{ Items []map[string]any }](t, s, path).Items
		if len(items) == 0 {
			t.Fatalf("%s has none", path)
		}
		value := items[0][field]
		if n, is := value.(float64); is {
			return int64(n)
		}
		return value
	}
	// ofFarmer is an item of a list with a household that has a phone, and so an account, and its login. It is not the one that asks.
	asks := get[map[string]any](t, w.as(t, "household"), "/me")["household_id"]
	raised := get[map[string]any](t, w.as(t, "raised"), "/me")["household_id"]
	ofFarmer := func(path string) (item map[string]any, login string) {
		t.Helper()
		for _, i := range get[struct{ Items []map[string]any }](t, operator, path).Items {
			cells := get[map[string]any](t, operator, fmt.Sprintf("/directory/household/%.0f", i["household_id"]))["cells"].(map[string]any)
			switch {
			case i["household_id"] == raised:
				return i, "raised"
			case i["household_id"] != asks && cells["phone"] != "":
				return i, strings.ToLower(fmt.Sprint(cells["code"]))
			}
		}
		t.Fatalf("%s has none of a household with a phone", path)
		return nil, ""
	}
	weighed, weigher := ofFarmer("/tickets?limit=100")
	signed, signer := ofFarmer(fmt.Sprintf("/quotas?limit=100&contract=%v", first(firm, "/contracts", "no")))
	ticket, quota, plot := fmt.Sprintf("%.0f", weighed["id"]), fmt.Sprintf("%.0f", signed["id"]), first(operator, "/plots", "id")
	shop := first(market, "/shelf/lots", "org_id")
	var goods shelf.PublicGoods
	for _, g := range get[shelf.PublicShop](t, owner, fmt.Sprintf("/shops/%v", shop)).Goods {
		if g.Online && g.Left >= 500 {
			goods = g
		}
	}
	bought := post[shelf.Sale](t, owner, fmt.Sprintf("/shops/%v/sales", shop), w.key(),
		map[string]any{"lines": []shelf.BuyLine{{ItemID: goods.ItemID, Measure: 500}}, "name": "林晓", "phone": "13800138000"})
	asked := post[map[string]any](t, operator, "/reports", "", map[string]any{"kind": "orders", "lang": "zh", "season": w.county.Season})
	await(t, "a report", func() (any, bool) {
		r := get[map[string]any](t, operator, fmt.Sprintf("/reports/%v", asked["id"]))
		return r, r["state"] == "done"
	})
	// Two further sessions of the owner: one is ended by the API, the other by the page.
	var sessions []any
	for range 2 {
		w.logIn(t, "buyer", demoPassword)
	}
	for _, s := range get[struct{ Items []map[string]any }](t, owner, "/sessions").Items {
		if s["this"] != true {
			sessions = append(sessions, fmt.Sprintf("%.0f", s["id"]))
		}
	}
	const none = 999_999_999 // asked by the county only, and better not there: accounts and decisions
	return objects{{"", "season", w.county.Season}, {"", "id", 1}, {"", "line", 1}, {"", "village", 1}, {"", "presale", geese.ID}, {"", "kind", "village"},
		{"", "account", "coop"}, {"", "org", 1}, {"", "day", "2026-11-11"}, {"", "on", "2099-01-01"}, {"", "photo", 1}, {"", "update", 1}, {"", "box", 1}, {"", "household", 30},
		{"", "lot", 1}, {"", "plot", plot}, {"", "secret", strings.Repeat("a", 30)}, {"", "token", strings.Repeat("a", 43)},
		{"", "code", get[map[string]any](t, operator, fmt.Sprintf("/directory/household/%.0f", weighed["household_id"]))["cells"].(map[string]any)["code"]}, {"", "farmer", weigher},
		{"/orders", "no", o.No},
		{"/county/orders", "no", o.No},
		{"/desk/weigh", "no", o.No},
		{"/presales", "code", geese.Code},
		{"/county/presales", "code", geese.Code},
		{"/documents", "no", paper["no"]},
		{"/contracts", "no", first(firm, "/contracts", "no")},
		{"/desk/contracts", "no", first(firm, "/contracts", "no")},
		{"/my/contracts", "no", signed["contract_no"]},
		{"/my/contracts", "farmer", signer},
		{"/quotas", "id", quota},
		{"/quotas", "farmer", signer},
		{"/desk/quotas", "id", quota},
		{"/my/quotas", "id", quota},
		{"/my/quotas", "farmer", signer},
		{"/tickets", "id", ticket},
		{"/desk/tickets", "id", ticket},
		{"/my/tickets", "id", ticket},
		{"/my/sales", "no", weighed["order_no"]},
		{"/my/sales", "lot", fmt.Sprintf("%.0f", weighed["lot_id"])},
		{"/my/sales", "farmer", weigher},
		{"/weigh-conflicts", "id", first(operator, "/weigh-conflicts", "id")},
		{"/desk/conflicts", "id", first(operator, "/weigh-conflicts", "id")},
		{"/adoptions", "no", first(operator, "/adoptions", "no")},
		{"/desk/adoptions", "no", first(operator, "/adoptions", "no")},
		{"/my/adoptions", "no", first(operator, "/adoptions", "no")},
		{"/households", "no", first(operator, "/adoptions", "no")},
		{"/plots", "id", plot},
		{"/standing-orders", "id", first(owner, "/standing-orders", "id")},
		{"/boxes", "id", first(owner, "/standing-orders", "id")},
		{"/boxes/start", "presale", first(owner, "/standing-orders", "presale_id")},
		{"/shops", "org", shop},
		{"/shelf", "org", shop},
		{"/shelf/lots", "id", first(market, "/shelf/lots", "id")},
		{"/desk/shelf/lots", "id", first(market, "/shelf/lots", "id")},
		{"/traces", "code", first(market, "/shelf/lots", "code")},
		{"/trace", "code", first(market, "/shelf/lots", "code")},
		{"/shelf/items", "id", first(market, "/shelf/items", "id")},
		{"/desk/shelf/prices", "id", first(market, "/shelf/items", "id")},
		{"/shelf/movements", "id", first(market, "/shelf/movements", "id")},
		{"/desk/shelf/movements", "id", first(market, "/shelf/movements", "id")},
		{"/shelf/buy-ins", "id", first(market, "/shelf/buy-ins", "id")},
		{"/desk/buyin", "id", first(market, "/shelf/buy-ins", "id")},
		{"/shelf/sheets", "id", first(market, "/shelf/sheets", "id")},
		{"/desk/sheets", "id", first(market, "/shelf/sheets", "id")},
		{"/shelf/lists", "id", first(market, "/shelf/lists", "id")},
		{"/desk/lists", "id", first(market, "/shelf/lists", "id")},
		{"/shelf/sales", "id", bought.ID},
		{"/desk/till/sales", "id", first(market, "/shelf/sales", "id")},
		{"/shelf/purchases", "id", bought.ID},
		{"/reports", "id", asked["id"]},
		{"/county/reports", "id", asked["id"]},
		{"/sessions", "id", sessions[0]},
		{"/account/sessions", "id", sessions[1]},
		{"/county/accounts", "id", none},
	}
}
