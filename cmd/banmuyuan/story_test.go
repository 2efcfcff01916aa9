package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// tale holds the results that the steps of the story hand on to one another.
type tale struct {
	*world
	ref          catalog.Reference
	geese, beans catalog.PublicPresale
	buyer        session      // a registered private buyer
	order        orders.Order // hers: geese and beans
	herd         orders.Order // the cooperative's: so many geese that the demo household sells some
	household    string       // code of the demo household
	householdID  int64
	villageID    int64 // where it lives and the clerk weighs
}

// story is the main job from a stranger's first look to the household's statement, step by step through the JSON API.
func story(t *testing.T, w *world) {
	s := &tale{world: w}
	for _, step := range []struct {
		name string
		run  func(*testing.T, *tale)
	}{
		{"a visitor looks around", visitorLooks},
		{"a private buyer orders and pays", buyerOrders},
		{"a buyer who does not pay is bounded", unpaidIsBounded},
		{"organisations order thousands and pay by transfer", organisationsOrder},
		{"households see their share", householdsSeeShare},
		{"cooperative weighs in", cooperativeWeighs},
		{"buyer pays the balance, cooperative is refunded", balancesSettle},
		{"county pays out", countyPaysOut},
		{"household reads its income ledger", householdReads},
		{"buyer cancels", buyerCancels},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			return // the next steps build on it
		}
	}
	w.verified(t)
}

func (w *world) code(key string) string { return fmt.Sprintf("%d-%s", w.county.Season, key) }

func (w *world) presale(t *testing.T, key string) catalog.PublicPresale {
	t.Helper()
	return get[catalog.PresaleDetail](t, w.stranger(), "/presales/"+w.code(key)).PublicPresale
}

// left waits until the remaining units of a presale are as they should be; the figure may be a moment old.
func (w *world) left(t *testing.T, key, why string, want int64) {
	t.Helper()
	await(t, fmt.Sprintf("%s: %d left of %s", why, want, key), func() (int64, bool) {
		left := w.presale(t, key).Left
		return left, left == want
	})
}

func visitorLooks(t *testing.T, s *tale) {
	s.ref = get[catalog.Reference](t, s.stranger(), "/reference")
	if len(s.ref.Townships) != 15 || len(s.ref.Villages) != 149 || len(s.ref.Organisations) < 131 {
		t.Errorf("%d townships, %d villages, %d organisations", len(s.ref.Townships), len(s.ref.Villages), len(s.ref.Organisations))
	}
	s.geese, s.beans = s.presale(t, "goose-main"), s.presale(t, "bean-home")
	if !s.geese.Orderable || s.geese.Households != 10_943 || s.geese.Left <= 0 || s.geese.Left > 881_200 || len(s.geese.Grades) == 0 {
		t.Errorf("the geese are %+v", s.geese)
	}
	all := get[catalog.PresalePage](t, s.stranger(), "/presales?limit=100")
	if len(all.Items) == 0 || all.Total != len(all.Items) {
		t.Errorf("%d presales of %d", len(all.Items), all.Total)
	}
	for name, c := range map[string]struct {
		query string
		want  func(catalog.PublicPresale) bool
	}{
		"product":  {"product=purple_bean", func(p catalog.PublicPresale) bool { return p.Product.Code == "purple_bean" }},
		"channel":  {"channel=contract", func(p catalog.PublicPresale) bool { return slices.Contains(p.Channels, catalog.ChannelContract) }},
		"township": {fmt.Sprintf("township=%d", s.ref.Townships[0].ID), func(p catalog.PublicPresale) bool { return slices.Contains(p.Townships, s.ref.Townships[0].Name) }},
		"search":   {"q=%E8%8A%B8%E8%B1%86", func(p catalog.PublicPresale) bool { return p.Product.Code == "kidney_bean" }}, // 芸豆
		"delivery": {"deliver_on=" + s.geese.DeliverFrom.Format("2006-01-02"), func(p catalog.PublicPresale) bool {
			return !p.DeliverFrom.After(s.geese.DeliverFrom.AddDate(0, 0, 1)) && !p.DeliverTo.Before(s.geese.DeliverFrom.AddDate(0, 0, -1))
		}},
	} {
		page := get[catalog.PresalePage](t, s.stranger(), "/presales?limit=100&"+c.query)
		if len(page.Items) == 0 || len(page.Items) >= len(all.Items) && name != "township" {
			t.Errorf("filter by %s: %d of %d presales", name, len(page.Items), len(all.Items))
		}
		for _, p := range page.Items {
			if !c.want(p) {
				t.Errorf("filter by %s lets %s through", name, p.Code)
			}
		}
	}
	nothingPersonal(t, s.world, all)
}

// nothingPersonal searches everything that a stranger can read, as bytes, for names and phones of the county's people.
func nothingPersonal(t *testing.T, w *world, all catalog.PresalePage) {
	public := map[string][]byte{}
	read := func(path string, header map[string]string) {
		req, err := http.NewRequest(http.MethodGet, w.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			req.Header.Set(name, value)
		}
		resp, err := apiClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %v", path, resp.Status, err)
		}
		public[path] = body
	}
	program, person := map[string]string{"Accept": "application/json"}, map[string]string{"Accept": "text/html"}
	read("/api/v1/presales?limit=100", program)
	read("/api/v1/reference", program)
	read("/api/v1/stock", program)
	read("/", person)
	read("/presales", person)
	for _, p := range all.Items {
		read("/api/v1/presales/"+p.Code, program)
		read("/presales/"+p.Code, person)
	}

	// A name that a place or an organisation shares proves nothing.
	var places strings.Builder
	for _, v := range w.county.Villages {
		places.WriteString(v.Name + "\n" + v.Point.Name + "\n" + v.Point.Address + "\n")
	}
	for _, o := range w.county.Organisations {
		places.WriteString(o.Name + "\n" + o.Address + "\n")
	}
	var words []string
	for _, h := range w.county.Households {
		if len([]rune(h.Head)) > 2 && !strings.Contains(places.String(), h.Head) {
			words = append(words, h.Head)
		}
		if h.Phone != "" {
			words = append(words, h.Phone)
		}
	}
	for _, h := range w.county.Helpers {
		words = append(words, h.Phone)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) < 5_000 {
		t.Fatalf("only %d names and phones to look for", len(words))
	}
	for path, body := range public {
		for _, word := range words {
			if bytes.Contains(body, []byte(word)) {
				t.Errorf("%s shows a person: %s", path, word)
				break
			}
		}
		for _, word := range []string{`"poor":`, "贫困", `"phone":`, `"head":`, `"id_number":`} {
			if bytes.Contains(body, []byte(word)) {
				t.Errorf("%s says %s", path, word)
			}
		}
	}
}

// register makes a private buyer and logs her in.
func (w *world) register(t *testing.T, name, phone string) session {
	t.Helper()
	const password = "bai-e-zi-hua-2026"
	post[struct {
		ID int64 `json:"id"`
	}](t, w.stranger(), "/accounts", "", w.registration(t, name, phone, password))
	return w.logIn(t, phone, password)
}

// placing is the body of a request that places an order.
type placing struct {
	Channel  catalog.Channel    `json:"channel,omitempty"`
	Lines    []orders.QuoteLine `json:"lines"`
	Delivery orders.Delivery    `json:"delivery"`
	Shortage orders.Shortage    `json:"shortage,omitempty"`
	Note     string             `json:"note,omitempty"`
}

func (w *world) pickup(t *testing.T) orders.Delivery {
	t.Helper()
	points := get[catalog.Reference](t, w.stranger(), "/reference").Points
	i := slices.IndexFunc(points, func(p catalog.CollectionPoint) bool { return p.Pickup })
	if i < 0 {
		t.Fatal("there is no pickup point")
	}
	return orders.Delivery{Kind: orders.DeliverPickup, PointID: points[i].ID, Name: "林晓", Phone: "13800138000"}
}

func buyerOrders(t *testing.T, s *tale) {
	s.buyer = s.register(t, "林晓", "13800138000")
	lines := []orders.QuoteLine{{PresaleID: s.geese.ID, Qty: 20}, {PresaleID: s.beans.ID, Qty: 30}}
	quote := post[orders.Quote](t, s.buyer, "/quotes", "", orders.QuoteRequest{Lines: lines})
	var estimate, deposit int64
	for i, p := range []catalog.PublicPresale{s.geese, s.beans} {
		fen, err := p.Grades[0].Price.Amount(lines[i].Qty * p.GramsPerUnit)
		if err != nil {
			t.Fatal(err)
		}
		part, err := money.BasisPoints(fen, p.Terms.DepositBP)
		if err != nil {
			t.Fatal(err)
		}
		estimate, deposit = estimate+fen, deposit+part
	}
	if quote.Channel != catalog.ChannelPrivate || quote.EstimateFen != estimate || quote.DepositFen != deposit || quote.PayWithin <= 0 || len(quote.Lines) != 2 {
		t.Fatalf("the quote is %+v, want %d fen and %d down", quote, estimate, deposit)
	}

	want := placing{Lines: lines, Delivery: s.pickup(t), Shortage: orders.ShortageRefill, Note: "请挑肥一点的"}
	key := s.key()
	placed := post[orders.Order](t, s.buyer, "/orders", key, want)
	if placed.State != orders.StatePlaced || placed.EstimateFen != estimate || placed.DepositFen != deposit || placed.DueFen != deposit ||
		placed.ExpiresAt == nil || !placed.CanCancel || placed.Delivery.Point == "" || placed.Note != want.Note {
		t.Fatalf("the order is %+v", placed)
	}
	again := post[orders.Order](t, s.buyer, "/orders", key, want)
	if again.No != placed.No {
		t.Errorf("the same key gave orders %s and %s", placed.No, again.No)
	}
	other := want
	other.Lines = []orders.QuoteLine{{PresaleID: s.geese.ID, Qty: 21}, {PresaleID: s.beans.ID, Qty: 30}}
	refuse(t, s.buyer, request{method: "POST", path: "/orders", key: key, body: other}, http.StatusConflict)
	s.left(t, "goose-main", "20 geese ordered", s.geese.Left-20)
	s.left(t, "bean-home", "30 jin ordered", s.beans.Left-30)

	// The bank refuses, then she pays.
	first := s.pay(t, s.buyer, placed, "sandbox")
	if first.AmountFen != deposit || first.URL == "" {
		t.Fatalf("the payment is %+v", first)
	}
	play(t, s.url, first.URL, "fail")
	var second orders.PayStart
	await(t, "a new payment after the bank refused", func() (orders.PayStart, bool) {
		second = s.pay(t, s.buyer, placed, "sandbox")
		return second, second.PaymentID != first.PaymentID
	})
	if to := play(t, s.url, second.URL, "pay"); !strings.Contains(to, placed.No) {
		t.Errorf("after paying the browser goes to %q", to)
	}
	s.order = s.world.order(t, s.buyer, placed.No, "confirmed", in(orders.StateConfirmed))
	if s.order.PaidFen != deposit || s.order.DueFen != 0 || s.order.CancelCost != 0 || len(s.order.Timeline) < 2 {
		t.Errorf("confirmed, the order is %+v", s.order)
	}

	origins := get[orders.Origins](t, s.buyer, "/orders/"+placed.No+"/origins")
	var units, households int64
	for _, v := range origins.Villages {
		households += v.Households
		if v.Village == "" || v.Township == "" {
			t.Errorf("a village without a name: %+v", v)
		}
	}
	for _, l := range origins.Lines { // units of different kinds are not added up
		for _, v := range l.Villages {
			units += v.Qty
		}
	}
	if units != 50 || len(origins.Lines) != 2 || households == 0 || origins.Households == 0 {
		t.Errorf("it comes from %+v", origins)
	}
}

// transfer plays the bank's statement: the operator enters a line that quotes the code.
func (w *world) transfer(t *testing.T, p orders.PayStart, payer string) {
	t.Helper()
	line := map[string]any{"bank_ref": "FLOW-" + w.key(), "amount_fen": p.AmountFen, "payer": payer, "memo": "货款 " + p.TransferCode, "paid_on": time.Now().UTC().Format(time.RFC3339)}
	type result struct {
		Matched, Suspense, Duplicate int
	}
	lines := map[string]any{"lines": []any{line}}
	if got := post[result](t, w.as(t, "operator"), "/transfers", "", lines); got != (result{Matched: 1}) {
		t.Fatalf("the transfer gave %+v", got)
	}
	if got := post[result](t, w.as(t, "operator"), "/transfers", "", lines); got != (result{Duplicate: 1}) {
		t.Errorf("the same line of the statement again gave %+v", got)
	}
}

func organisationsOrder(t *testing.T, s *tale) {
	for _, l := range s.county.Logins {
		if l.Login == "household" {
			s.household = s.county.Households[l.Household].Code
		}
	}
	h := get[catalog.Household](t, s.as(t, "household"), "/households/"+s.household)
	s.householdID, s.villageID = h.ID, h.VillageID

	// The fair policy reaches the demo household after poorer ones have sold: a dry run says how many geese that takes.
	operator := s.as(t, "operator")
	reaches := func(qty int64) bool {
		run := post[catalog.DryRun](t, operator, "/dry-runs", "", map[string]any{"presale_id": s.geese.ID, "quantity": qty})
		if run.GiniAfter < 0 || run.GiniAfter > 1 || len(run.Lots) != len(run.Qty) {
			t.Fatalf("the dry run is %+v", run)
		}
		return slices.Contains(run.Households, s.householdID)
	}
	most := s.presale(t, "goose-main").Left
	if !reaches(most) {
		t.Fatal("the demo household sells nothing even when all geese are ordered")
	}
	low, high := int64(0), most
	for high-low > 10 {
		if middle := (low + high) / 2; reaches(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	geese := max(high+20, 2_000)
	t.Logf("%d geese reach the demo household", geese)

	buy := func(login string, channel catalog.Channel, presale int64, qty int64) orders.Order {
		t.Helper()
		who := s.as(t, login)
		o := post[orders.Order](t, who, "/orders", s.key(), placing{Channel: channel, Lines: []orders.QuoteLine{{PresaleID: presale, Qty: qty}},
			Delivery: s.pickup(t), Shortage: orders.ShortageRefund})
		if o.Channel != channel || o.Buyer.OrgID == 0 || o.Buyer.Name == "" || o.Lines[0].Allocated != qty {
			t.Fatalf("%s's order is %+v", login, o)
		}
		p := s.pay(t, who, o, "bank_transfer")
		if p.TransferCode == "" || p.PayTo == "" || p.PayToAccount == "" || p.AmountFen != o.DepositFen || p.URL != "" {
			t.Fatalf("%s is to transfer %+v", login, p)
		}
		if got := get[orders.Order](t, who, "/orders/"+o.No); got.State != orders.StatePlaced {
			t.Errorf("before the money came the order is %s", got.State)
		}
		s.transfer(t, p, o.Buyer.Name)
		return s.world.order(t, who, o.No, "confirmed", in(orders.StateConfirmed))
	}
	s.herd = buy("coop", catalog.ChannelContract, s.geese.ID, geese)
	buy("market", catalog.ChannelMarket, s.presale(t, "bean-bulk").ID, 3_000)
	refuse(t, s.as(t, "market"), request{method: "GET", path: "/orders/" + s.herd.No}, http.StatusNotFound)
}
