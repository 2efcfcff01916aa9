package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/example"
	"banmuyuan/cmd/banmuyuan/invent"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	paymentspg "banmuyuan/payments/postgres"
	"banmuyuan/web/report"
)

// TestNothingOneProcess sets the example county up on an empty folder and takes it through two seasons, with what a county
// office has: commands, pages and the API.
func TestNothingOneProcess(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	w := &world{t: t, sessions: map[string]session{}, env: []string{"BANMU_DATA=" + filepath.Join(t.TempDir(), "data"), "BANMU_DEMO=no", "BANMU_ACCOUNT_COOLING=0s", "BANMU_SANDBOX=yes"}}
	_, w.url = w.startServing(nil)
	w.runs(t, part{"from nothing", func(t *testing.T, w *world) {
		// Files are read by the same code in both modes, and their rows take the same way over the broker.
		fromNothing(t, w, step{"workbooks that are wrong", nothingBadWorkbooks}, step{"a long workbook", nothingLongWorkbook})
	}})
}

// TestNothingSeparateProcesses does the same with each module in a process of its own.
func TestNothingSeparateProcesses(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	pg, broker := startServers(t)
	w := &world{t: t, sessions: map[string]session{}, env: []string{"BANMU_DEMO=no", "BANMU_ACCOUNT_COOLING=0s", "BANMU_SANDBOX=yes", "DATABASE_URL=" + pg.URL(), "NATS_URL=" + broker.URL(),
		"BANMU_KEY=" + paymentspg.NewKey(), "BANMU_DATA=" + t.TempDir()}}
	if stdout, stderr, code := runProduct(t, w.env, "migrate"); code != 0 {
		t.Fatalf("migrate: exit %d\n%s\n%s", code, stdout, stderr)
	}
	w.startServing(nil, "catalog")
	_, pay := w.startServing(nil, "payments")
	w.startServing(nil, "orders")
	_, w.url = w.startServing([]string{"BANMU_PAY_URL=" + pay}, "web")
	w.runs(t, part{"from nothing", func(t *testing.T, w *world) { fromNothing(t, w) }})
}

// step is a step of the office's story.
type step struct {
	name string
	run  func(*testing.T, *office)
}

// office is a county that began with nothing.
type office struct {
	*tale
	products map[string]catalog.Product // by code
	seller   catalog.Organisation
	shop     catalog.Organisation // buys
	now      int                  // the first season

	payees map[int64]payee // households that sold, by id
	sold   map[int]int64   // fen that households earned, by season
	fees   map[int64]int64 // fen of fees that villages earned
}

// fromNothing tells the story, with further steps when the workbook is loaded.
func fromNothing(t *testing.T, w *world, loaded ...step) {
	o := &office{tale: &tale{world: w}, now: time.Now().In(payments.China).Year(), sold: map[int]int64{}, fees: map[int64]int64{}}
	begun := []step{
		{"accounts by command", nothingAccounts},
		{"a workbook by command", nothingWorkbook},
		{"income of earlier years is booked", nothingEarlierYears},
	}
	for _, step := range slices.Concat(begun, loaded, []step{
		{"a season begins", nothingBegins},
		{"a season is sold, weighed and paid out", func(t *testing.T, o *office) { o.season(t, o.now, true) }},
		{"solar income is distributed", nothingDistributes},
		{"the next season is sold while the first is being closed", nothingSecondSeason},
		{"the first season closes", nothingCloses},
	}) {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, o) }) {
			return // the next steps build on it
		}
	}
	w.verified(t)
}

// account makes an account by command, and its person chooses a password.
func (o *office) account(t *testing.T, login, role, name string, more ...string) {
	t.Helper()
	stdout, stderr, code := runProduct(t, o.env, append([]string{"account", "create", login, "--role", role, "--name", name}, more...)...)
	printed := printedPassword.FindStringSubmatch(stdout)
	if code != 0 || printed == nil {
		t.Fatalf("account create %s: exit %d\n%s\n%s", login, code, stdout, stderr)
	}
	s := o.logIn(t, login, printed[1])
	if a := s.send(t, request{method: "GET", path: "/report"}); a.status != http.StatusForbidden {
		t.Errorf("%s works with a one-time password: %d", login, a.status)
	}
	must[any](t, s, request{method: "PUT", path: "/sessions/current/password", key: o.key(),
		body: map[string]string{"current": printed[1], "password": own(login)}})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sessions[login] = o.logIn(t, login, own(login))
}

func nothingAccounts(t *testing.T, o *office) {
	o.account(t, "boss", "admin", "王主任")
	o.account(t, "operator", "operator", "李经办")
	o.account(t, "approver", "approver", "赵复核")
}

// nothingWorkbook writes the example's workbook, checks it, loads it, and loads it again.
func nothingWorkbook(t *testing.T, o *office) {
	file := filepath.Join(t.TempDir(), "青禾县.xlsx")
	setup := func(exit int, args ...string) string {
		t.Helper()
		stdout, stderr, code := runProduct(t, o.env, append([]string{"setup"}, args...)...)
		if code != exit {
			t.Fatalf("setup %v: exit %d\n%s\n%s", args, code, stdout, stderr)
		}
		return stdout
	}
	setup(0, "example", "-o", file)
	if said := setup(0, "check", file); !strings.Contains(said, fmt.Sprintf("household: %d added", example.Households)) || !strings.Contains(said, "checked only") {
		t.Errorf("checked:\n%s", said)
	}
	if c := get[catalog.Coverage](t, o.as(t, "operator"), "/coverage"); c.Households != 0 {
		t.Errorf("checking made %d households", c.Households)
	}
	setup(0, "load", file)
	if said := setup(0, "load", file); !strings.Contains(said, "nothing changed") || strings.Contains(said, "household: 0 added, 0 changed, 0 unchanged") {
		t.Errorf("loaded again:\n%s", said)
	}
	c := await(t, "the county being counted", func() (catalog.Coverage, bool) {
		c := get[catalog.Coverage](t, o.as(t, "operator"), "/coverage")
		return c, c.Households == example.Households
	})
	stations, kw := stationsOf(t, example.Rows())
	if c.SolarPlants != stations || c.SolarKW != kw {
		t.Errorf("the county has %d stations of %d kW, its workbook %d of %d", c.SolarPlants, c.SolarKW, stations, kw)
	}
	if c.Townships != example.Townships || c.Villages != example.Villages || c.Season != 0 {
		t.Errorf("the county is %+v", c)
	}
	o.ref = await(t, "the reference", func() (catalog.Reference, bool) {
		ref := get[catalog.Reference](t, o.stranger(), "/reference")
		return ref, len(ref.Villages) == example.Villages && len(ref.Products) > 0
	})
	o.products = map[string]catalog.Product{}
	for _, p := range o.ref.Products {
		o.products[p.Code] = p
	}
	for _, org := range o.ref.Organisations {
		switch {
		case org.Kind == catalog.OrgCooperative && o.seller.ID == 0:
			o.seller = org
		case org.Kind == catalog.OrgSupermarket && o.shop.ID == 0:
			o.shop = org
		}
	}
	// The household's figures reach orders by events alone.
	await(t, "every person in the overview", func() (orders.Report, bool) {
		r := get[orders.Report](t, o.as(t, "operator"), "/report")
		return r, r.Persons == c.Persons
	})
	o.account(t, "market", "officer", "孙采购", "--org", fmt.Sprint(o.shop.ID))
}

// stationsOf counts stations and their kilowatts in a workbook: those of the stations' sheet, and those that villages name.
func stationsOf(t *testing.T, rows map[string][]entry.Row) (stations, kw int64) {
	t.Helper()
	for kind, field := range map[string]string{catalog.KindStation: "kw", catalog.KindVillage: "solar_kw"} {
		for _, row := range rows[kind] {
			if cell := row.Cells[field]; cell != "" {
				n, err := strconv.ParseInt(cell, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				stations, kw = stations+1, kw+n
			}
		}
	}
	return stations, kw
}

// nothingEarlierYears approves the workbook's income of earlier years and finds it on the overview, in the sheets and with a
// household, to the fen. Loaded again it is in the books already.
func nothingEarlierYears(t *testing.T, o *office) {
	sent := example.Rows()[payments.KindIncome]
	years, homes := map[int]int64{}, map[string]int64{}
	for _, row := range sent {
		season, err := strconv.Atoi(row.Cells["year"])
		if err != nil {
			t.Fatal(err)
		}
		fen, err := money.ParseYuan(row.Cells["amount"])
		if err != nil {
			t.Fatal(err)
		}
		years[season] += fen
		homes[fmt.Sprint(season, row.Cells["household"])] += fen
	}
	operator, approver := o.as(t, "operator"), o.as(t, "approver")
	batches := get[payments.AccountBatchList](t, approver, "/account-batches").Items
	i := slices.IndexFunc(batches, func(b payments.AccountBatch) bool { return b.Income() && b.State == payments.AccountsWaiting })
	if i < 0 || batches[i].New != int64(len(sent)) {
		t.Fatalf("the workbook has %d rows of income, the batches are %+v", len(sent), batches)
	}
	at := fmt.Sprintf("/account-batches/%d", batches[i].ID)
	for season := range years {
		if s := o.sums(t, season); s.Total() != 0 {
			t.Errorf("before anybody agreed, %d has %+v", season, s)
		}
	}
	if a := operator.send(t, request{method: "POST", path: at + "/decision", body: map[string]any{"approve": true}}); a.status != http.StatusForbidden {
		t.Errorf("an operator approves it: %d %s", a.status, a.body)
	}
	post[payments.AccountBatch](t, approver, at+"/decision", "", map[string]any{"approve": true})
	await(t, "the income being booked", func() (payments.AccountBatch, bool) {
		b := get[payments.AccountBatch](t, approver, at)
		return b, b.State == payments.AccountsDone && b.Applied == int64(len(sent))
	})
	for season, fen := range years {
		await(t, fmt.Sprintf("the overview of %d", season), func() (orders.IncomeSum, bool) {
			s := o.sums(t, season)
			return s, s == orders.IncomeSum{PaidFen: fen}
		})
		for _, kind := range []report.Kind{report.Incomes, report.Villages} {
			if total, _ := sumOf(t, o.sheetOf(t, kind, season), ""); total != fen {
				t.Errorf("the sheet of %s of %d comes to %d, the workbook to %d", kind, season, total, fen)
			}
		}
		code := sent[0].Cells["household"]
		if in := get[orders.Income](t, operator, fmt.Sprintf("/households/%s/income?season=%d", code, season)); in.Sum.PaidFen != homes[fmt.Sprint(season, code)] || in.Sum.PaidFen == 0 {
			t.Errorf("%s has %+v in %d, the workbook %d", code, in.Sum, season, homes[fmt.Sprint(season, code)])
		}
	}
	if s := get[payments.PayoutSummary](t, operator, "/payouts/summary"); s.ReleasedFen != 0 {
		t.Errorf("income of earlier years is to be paid out: %+v", s)
	}
	file := filepath.Join(t.TempDir(), "青禾县.xlsx")
	runProduct(t, o.env, "setup", "example", "-o", file)
	if stdout, stderr, code := runProduct(t, o.env, "setup", "load", file); code != 0 || !strings.Contains(stdout, "nothing changed") ||
		!strings.Contains(stdout, fmt.Sprintf("earlier_income: 0 new, 0 replaced, %d unchanged", len(sent))) {
		t.Errorf("loaded again: exit %d\n%s\n%s", code, stdout, stderr)
	}
}

func nothingBegins(t *testing.T, o *office) {
	operator, approver := o.as(t, "operator"), o.as(t, "approver")
	draft := o.presaleOf(o.now, "white_goose", 12_00, 500)
	if a := operator.send(t, request{method: "POST", path: "/presales", key: o.key(), body: draft}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a presale before any season: %d %s", a.status, a.body)
	}
	post[catalog.SeasonSummary](t, operator, "/seasons", o.key(), map[string]any{"season": o.now})
	post[catalog.SeasonSummary](t, approver, fmt.Sprintf("/seasons/%d/begin", o.now), o.key(), nil)
	await(t, "the season being current", func() (int, bool) {
		s := get[catalog.Reference](t, o.stranger(), "/reference").Season
		return s, s == o.now
	})
}

// villageBP is the part of the fees that villages get in the story, in 1/10,000.
const villageBP = 2_500

// presaleOf is a presale of a product of the example: fen for per grams, or for one when per is 1.
func (o *office) presaleOf(season int, product string, fen, per int64) catalog.Presale {
	p := o.products[product]
	now := time.Now()
	return catalog.Presale{Code: fmt.Sprintf("%d-%s", season, strings.ReplaceAll(product, "_", "-")), ProductID: p.ID, Season: season,
		Title: catalog.Text{Zh: p.Name.Zh + "预售", En: p.Name.En + " presale"}, Channels: []catalog.Channel{catalog.ChannelPrivate, catalog.ChannelMarket},
		OpensAt: now.Add(-time.Hour), ClosesAt: now.AddDate(0, 0, 20), DeliverFrom: now.AddDate(0, 0, -1), DeliverTo: now.AddDate(0, 1, 0),
		Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: fen, Per: per}}}, MinQty: 1, StepQty: 1, CollectionMin: 5,
		GramsPerUnit: p.GramsPerUnit, SellerOrg: o.seller.ID, Policy: "fair",
		Terms: catalog.Terms{DepositBP: 3_000, FeeBP: 500, VillageBP: villageBP, ForfeitBP: 5_000, FreeCancelHours: 24, WeightToleranceBP: 3_000}}
}

// opens makes a presale and opens it.
func (o *office) opens(t *testing.T, p catalog.Presale) catalog.PublicPresale {
	t.Helper()
	operator := o.as(t, "operator")
	p = post[catalog.Presale](t, operator, "/presales", o.key(), p)
	reach := await(t, "the draft being known", func() (catalog.PresaleReach, bool) {
		a := operator.send(t, request{method: "GET", path: "/presales/" + p.Code + "/reach"})
		if a.status != http.StatusOK {
			return catalog.PresaleReach{}, false
		}
		return decoded[catalog.PresaleReach](t, a), true
	})
	if reach.Season != p.Season || reach.Households == 0 || reach.Units == 0 {
		t.Errorf("%s reaches %+v", p.Code, reach)
	}
	post[catalog.Presale](t, operator, "/presales/"+p.Code+"/state", o.key(), map[string]any{"state": "open"})
	return await(t, p.Code+" being orderable", func() (catalog.PublicPresale, bool) {
		a := o.stranger().send(t, request{method: "GET", path: "/presales/" + p.Code})
		if a.status != http.StatusOK {
			return catalog.PublicPresale{}, false
		}
		d := decoded[catalog.PresaleDetail](t, a).PublicPresale
		return d, d.Orderable && d.Households == reach.Households && d.Left == reach.Units
	})
}

// season opens presales of a season and sells them: to a private buyer who pays online, and to a supermarket that transfers.
// Brought whole, the goods are weighed, billed, paid, released and paid out to the households' accounts.
func (o *office) season(t *testing.T, season int, paid bool) {
	geese := o.opens(t, o.presaleOf(season, "white_goose", 12_00, 500))
	hens := o.opens(t, o.presaleOf(season, "yard_hen", 18_00, 500))
	if o.buyer.token == "" {
		o.buyer = o.register(t, "林晓", "13800138000")
	}
	private := post[orders.Order](t, o.buyer, "/orders", o.key(), placing{Delivery: o.pickup(t),
		Lines: []orders.QuoteLine{{PresaleID: geese.ID, Qty: 10}, {PresaleID: hens.ID, Qty: 5}}})
	play(t, o.url, o.pay(t, o.buyer, private, "sandbox").URL, "pay")
	market := o.as(t, "market")
	bulk := post[orders.Order](t, market, "/orders", o.key(), placing{Channel: catalog.ChannelMarket, Delivery: o.pickup(t),
		Lines: []orders.QuoteLine{{PresaleID: geese.ID, Qty: 200}}})
	p := o.pay(t, market, bulk, "bank_transfer")
	if p.PayTo != "青禾县农民合作社联合社" { // as the workbook says
		t.Errorf("the transfer goes to %q", p.PayTo)
	}
	o.transfer(t, p, o.shop.Name)
	for _, no := range []string{private.No, bulk.No} {
		who := o.buyer
		if no == bulk.No {
			who = market
		}
		o.world.order(t, who, no, "confirmed", in(orders.StateConfirmed))
	}
	o.figures(t, season)
	if !paid {
		return
	}
	o.weighs(t, private.No)
	o.weighs(t, bulk.No)
	for _, no := range []string{private.No, bulk.No} {
		who, method := o.buyer, "sandbox"
		if no == bulk.No {
			who, method = market, "bank_transfer"
		}
		order := o.world.order(t, who, no, "billed", func(o orders.Order) bool { return o.State == orders.StateBilled && o.DueFen != 0 })
		o.wantBill(t, order)
		if p := o.pay(t, who, order, method); method == "sandbox" {
			play(t, o.url, p.URL, "pay")
		} else {
			o.transfer(t, p, o.shop.Name)
		}
		o.world.order(t, who, no, "completed", in(orders.StateCompleted))
		for _, ticket := range o.tickets(t, no) {
			o.sold[season] += ticket.NetFen
		}
	}
	o.villageFees(t, private.No, bulk.No)
	o.accounts(t, slices.Collect(maps.Values(o.payees)))
	o.paysOut(t, o.sold[season])
	o.figures(t, season)
	for _, p := range []catalog.PublicPresale{geese, hens} {
		post[catalog.Presale](t, o.as(t, "operator"), "/presales/"+p.Code+"/state", o.key(), map[string]any{"state": "closed"})
	}
}

// villageFees wants each village's statement, over the API and on its page, to have its part of the orders' fees.
func (o *office) villageFees(t *testing.T, numbers ...string) {
	t.Helper()
	operator, page := o.as(t, "operator"), o.browser(t, "operator")
	for _, no := range numbers {
		for _, d := range get[orders.DeliveryNotes](t, operator, "/orders/"+no+"/deliveries").Items {
			part, err := orders.VillageFee(d.FeeFen, villageBP)
			if err != nil {
				t.Fatal(err)
			}
			o.fees[d.VillageID] += part
		}
	}
	if len(o.fees) == 0 {
		t.Error("no village earned a fee")
	}
	for village, fen := range o.fees {
		s := await(t, "fees on the statement of a village", func() (payments.VillageStatement, bool) {
			s := get[payments.VillageStatement](t, operator, fmt.Sprintf("/villages/%d/money", village))
			return s, s.InFen == fen && s.BalanceFen == fen
		})
		if e := s.Items[0]; e.Kind != payments.VillageFee || e.Ref == "" {
			t.Errorf("the first entry is %+v", e)
		}
		if _, _, text := page.sees(fmt.Sprintf("/county/villages/%d/money", village)); !strings.Contains(text, "服务费分成") || !strings.Contains(text, money.FormatYuan(fen)) {
			t.Errorf("the page of village %d does not have %s:\n%s", village, money.FormatYuan(fen), text)
		}
	}
}

// weighs brings an order's goods whole.
func (o *office) weighs(t *testing.T, no string) {
	t.Helper()
	order := get[orders.Order](t, o.as(t, "operator"), "/orders/"+no)
	var want int64
	for _, l := range order.Lines {
		want += l.Ordered
	}
	var shares []orders.Share
	await(t, "shares of order "+no, func() (int64, bool) {
		shares = o.shares(t, o.as(t, "operator"), "order_no="+no)
		var units int64
		for _, s := range shares {
			units += s.Qty
		}
		return units, units == want
	})
	for _, share := range shares {
		o.weigh(t, o.as(t, "operator"), o.weighing(share, 103), orders.TicketAccepted)
		if o.payees == nil {
			o.payees = map[int64]payee{}
		}
		o.payees[share.HouseholdID] = payee{share.HouseholdID, share.Code, share.Head}
	}
}

// payee is a household that is to be paid.
type payee struct {
	id         int64
	code, head string
}

// accounts gives households accounts by a sheet: one person loads and submits it on the pages, another approves it.
func (o *office) accounts(t *testing.T, all []payee) {
	t.Helper()
	var table strings.Builder
	table.WriteString("户编号,户名,开户行,银行账号\n")
	for _, h := range all {
		fmt.Fprintf(&table, "%s,%s,青禾农商银行,%s\n", h.code, h.head, invent.Luhn(fmt.Sprintf("0000%014d", h.id)))
	}
	fmt.Fprintf(&table, "%s,不是户主,青禾农商银行,%s\n", "QH-01-001-0084", invent.Luhn("000099999999999999"))
	operator, approver := o.browser(t, "operator"), o.browser(t, "approver")
	at := operator.uploads("/county/payouts/accounts", "发卡清单.csv", []byte(table.String()))
	shows := func(who *guest, what string) {
		t.Helper()
		await(t, what+" on "+at, func() (string, bool) {
			_, _, text := who.sees(at)
			return text, strings.Contains(text, what)
		})
	}
	good := fmt.Sprintf("%d 户", len(all))
	shows(operator, "提交复核，"+good)
	if _, _, text := operator.sees(at); !strings.Contains(text, "QH-01-001-0084") {
		t.Errorf("an account of somebody else is not named:\n%s", text)
	}
	operator.wants(http.StatusSeeOther, at, at, "step", "submit")
	operator.wants(http.StatusForbidden, "", at+"/decide", "decision", "approve")
	shows(approver, "批准启用 "+good)
	approver.wants(http.StatusSeeOther, at, at+"/decide", "decision", "approve", "why", "与发卡清单一致")
	for _, h := range all {
		await(t, "the account of "+h.code, func() (*payments.PayoutAccount, bool) {
			a := get[payments.HouseholdAccount](t, o.as(t, "operator"), "/households/"+h.code+"/account").Account
			return a, a != nil && a.State == "active" && a.Holder == h.head
		})
	}
}

// browser is a login's browser.
func (o *office) browser(t *testing.T, login string) *guest {
	t.Helper()
	v := openGuest(t, o.url)
	v.wants(http.StatusSeeOther, "/", "/login", "login", login, "password", own(login))
	return v
}

// uploads sends a file and returns the address to go on to.
func (v *guest) uploads(path, name string, data []byte) string {
	v.t.Helper()
	status, to, text := v.sendsFile(path, name, data)
	if status != http.StatusSeeOther {
		v.t.Fatalf("%s to %s: %d\n%s", name, path, status, text)
	}
	return to
}

// sendsFile sends a file and returns status, address to go on to, and text.
func (v *guest) sendsFile(path, name string, data []byte) (status int, to, text string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		v.t.Fatal(err)
	}
	res, err := v.http.Post(v.url+path, form.FormDataContentType(), &body)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(answer)
}

// paysOut pays all that is released, which is owed.
func (o *office) paysOut(t *testing.T, owed int64) {
	t.Helper()
	operator := o.as(t, "operator")
	sum := await(t, fmt.Sprintf("release of %d fen", owed), func() (payments.PayoutSummary, bool) {
		s := get[payments.PayoutSummary](t, operator, "/payouts/summary")
		return s, s.ReleasedFen == owed
	})
	batch := post[payments.PayoutBatch](t, operator, "/payouts", o.key(), map[string]any{})
	if batch.AmountFen != owed || int64(batch.Items) != sum.Households {
		t.Fatalf("the batch is %+v, owed are %d to %d", batch, owed, sum.Households)
	}
	o.approve(t, batch)
	done := post[payments.ImportedResult](t, operator, fmt.Sprintf("/payouts/%d/result", batch.ID), "",
		map[string]any{"name": "结果.csv", "data": resultOf(t, o.export(t, batch))})
	if done.Batch.State != payments.BatchDone || done.Batch.PaidFen != owed {
		t.Fatalf("the bank's answer gave %+v", done)
	}
}

// nothingDistributes posts the solar income of a village by its list, in the first season.
func nothingDistributes(t *testing.T, o *office) {
	operator, approver := o.as(t, "operator"), o.as(t, "approver")
	households := get[catalog.HouseholdPage](t, operator, "/households?limit=3").Items
	list := make([]map[string]any, len(households))
	var all int64
	for i, h := range households {
		fen := int64(300_00 + 100*i)
		list[i], all = map[string]any{"code": h.Code, "amount_fen": fen}, all+fen
	}
	pool := post[payments.Pool](t, operator, "/distributions", o.key(), map[string]any{"kind": "solar", "title": "光伏收益", "season": o.now, "month": int(time.Now().In(payments.China).Month()),
		"record_date": payments.Day(time.Now()), "income": []payments.PoolItem{{Label: "电费", AmountFen: all + 50_000}}, "costs": []payments.PoolItem{},
		"villages": []payments.VillagePart{{Village: households[0].VillageID, AmountFen: 50_000}}})
	pool = must[payments.Pool](t, operator, request{method: "PUT", path: fmt.Sprintf("/distributions/%d/members", pool.ID), body: map[string]any{"version": pool.Version, "members": list}})
	pool = post[payments.Pool](t, operator, fmt.Sprintf("/distributions/%d/submission", pool.ID), "", nil)
	decide := map[string]any{"version": pool.Version, "approve": true}
	if a := operator.send(t, request{method: "POST", path: fmt.Sprintf("/distributions/%d/decision", pool.ID), body: decide}); a.status/100 == 2 {
		t.Error("one person posts a distribution")
	}
	if pool = post[payments.Pool](t, approver, fmt.Sprintf("/distributions/%d/decision", pool.ID), "", decide); pool.State != payments.PoolPosted {
		t.Fatalf("decided, it is %+v", pool)
	}
	o.sold[o.now] += all
	var fresh []payee
	for _, h := range households {
		if _, has := o.payees[h.ID]; !has {
			fresh = append(fresh, payee{h.ID, h.Code, h.Head})
		}
	}
	if len(fresh) > 0 {
		o.accounts(t, fresh)
	}
	o.paysOut(t, all)
	o.figures(t, o.now)
}

// nothingSecondSeason opens and sells the next season while the first is current, begins it, and brings its goods.
func nothingSecondSeason(t *testing.T, o *office) {
	operator, approver, next := o.as(t, "operator"), o.as(t, "approver"), o.now+1
	first := o.sums(t, o.now)
	post[catalog.SeasonSummary](t, operator, "/seasons", o.key(), map[string]any{"season": next})
	o.season(t, next, false)
	if s := get[catalog.Reference](t, o.stranger(), "/reference").Season; s != o.now {
		t.Errorf("the season is %d", s)
	}
	if after := o.sums(t, o.now); after != first {
		t.Errorf("the next season's sales moved the first from %+v to %+v", first, after)
	}
	if a := approver.send(t, request{method: "POST", path: fmt.Sprintf("/seasons/%d/close", o.now), key: o.key()}); a.status != http.StatusConflict {
		t.Errorf("the current season closes: %d %s", a.status, a.body)
	}
	post[catalog.SeasonSummary](t, approver, fmt.Sprintf("/seasons/%d/begin", next), o.key(), nil)
	await(t, "the next season being current", func() (int, bool) {
		s := get[catalog.Reference](t, o.stranger(), "/reference").Season
		return s, s == next
	})
	if after := o.sums(t, o.now); after != first {
		t.Errorf("beginning the next season moved the first from %+v to %+v", first, after)
	}
}

// nothingCloses closes the first season, which is paid out, and keeps the second open, which is not.
func nothingCloses(t *testing.T, o *office) {
	approver, next := o.as(t, "approver"), o.now+1
	for _, i := range get[orders.SeasonOpenItems](t, approver, fmt.Sprintf("/seasons/%d/open", o.now)).Items {
		if i.Count != 0 {
			t.Errorf("the first season still has %+v", i)
		}
	}
	if s := post[catalog.SeasonSummary](t, approver, fmt.Sprintf("/seasons/%d/close", o.now), o.key(), nil); s.State != catalog.SeasonClosed {
		t.Errorf("closed, it is %s", s.State)
	}
	late := map[string]any{"kind": "solar", "title": "补发", "season": o.now, "month": int(time.Now().In(payments.China).Month()), "record_date": payments.Day(time.Now()),
		"income": []payments.PoolItem{{Label: "电费", AmountFen: 100}}, "costs": []payments.PoolItem{}}
	if p := refuse(t, o.as(t, "operator"), request{method: "POST", path: "/distributions", key: o.key(), body: late}, http.StatusConflict); p.Key != "season.closed" {
		t.Errorf("a distribution in a closed season: %+v", p)
	}
	if a := approver.send(t, request{method: "POST", path: fmt.Sprintf("/seasons/%d/close", next), key: o.key()}); a.status != http.StatusConflict {
		t.Errorf("a season with open orders closes: %d %s", a.status, a.body)
	}
	if s := o.sums(t, o.now); s.PaidFen != o.sold[o.now] || s.OwedFen != 0 || s.ExpectedFen != 0 {
		t.Errorf("closed, the first season has %+v, households earned %d", s, o.sold[o.now])
	}
	if s := o.sums(t, next); s.ExpectedFen == 0 || s.OwedFen != 0 || s.PaidFen != 0 {
		t.Errorf("the second season has %+v", s)
	}
	for _, season := range []int{o.now, next} {
		o.figures(t, season)
	}
}

// sums is the income of a season in the overview.
func (o *office) sums(t *testing.T, season int) orders.IncomeSum {
	t.Helper()
	r := get[orders.Report](t, o.as(t, "operator"), fmt.Sprintf("/report?season=%d", season))
	i := slices.IndexFunc(r.Years, func(y orders.IncomeYear) bool { return y.Season == season })
	if i < 0 {
		return orders.IncomeSum{}
	}
	return r.Years[i].IncomeSum
}

// figures wants the overview, the villages' report and both workbooks of a season to come to the same income, of which
// households have earned the goods weighed and the sums distributed.
func (o *office) figures(t *testing.T, season int) {
	t.Helper()
	for _, kind := range []report.Kind{report.Incomes, report.Villages} {
		await(t, fmt.Sprintf("season %d: the sheet of %s being the overview's", season, kind), func() (string, bool) {
			rows, sums := o.sheetOf(t, kind, season), o.sums(t, season)
			if !strings.Contains(strings.Join(rows[0], " "), fmt.Sprint(season)) {
				t.Fatalf("the sheet is headed %v", rows[0])
			}
			total, _ := sumOf(t, rows, "")
			return fmt.Sprintf("the sheet comes to %d, the overview to %+v, earned were %d", total, sums, o.sold[season]),
				total == sums.Total() && sums.OwedFen+sums.PaidFen == o.sold[season]
		})
	}
}
