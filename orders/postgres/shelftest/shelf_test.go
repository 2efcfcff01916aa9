package shelftest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

func TestBuyInIsOwedAndPaid(t *testing.T) {
	w := setup(t)
	req := shelf.BuyInRequest{HouseholdID: 1, Product: "purple_bean", Grade: "first", Measure: 10_500, PriceFen: 333,
		BestBefore: w.now().AddDate(0, 0, 5).Format(time.DateOnly), Key: w.key()}
	b := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, req))
	if b.AmountFen != 6993 || b.Head != "秘密户主1" || b.Village != "永丰村" {
		t.Errorf("bought %+v", b)
	}
	// The stock and the household's claim are there together, before payments has heard of it.
	if l := w.lot(b.LotID); l.Left != 10_500 || l.CostFen != 6993 || l.HouseholdPrice.Fen != 333 || l.Source != shelf.StockBuyIn {
		t.Errorf("lot %+v", l)
	}
	income := must[orders.Income](t)(w.orders.Income(owner, orders.IncomeRequest{}))
	if len(income.Entries) != 1 || income.Entries[0].Channel != catalog.ChannelMarket || income.Entries[0].OwedFen != 6993 || income.Entries[0].Qty != 21 ||
		income.Entries[0].Programme != "garden" {
		t.Errorf("income %+v", income.Entries)
	}
	again := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, req))
	if again.ID != b.ID {
		t.Errorf("the same key bought again: %d", again.ID)
	}
	req.Measure++
	_, err := w.shelf.BuyIn(cashier, req)
	wantCode(t, "the key with another body", err, link.Conflict)
	second := w.buyIn(2, 5)
	if second.SheetID != b.SheetID {
		t.Error("a second buy-in opened another sheet")
	}
	w.holds()

	_, err = w.shelf.PaySheet(officer, shelf.PayRefRequest{ID: b.SheetID, Method: payments.Sandbox, Key: w.key()})
	wantCode(t, "paying an open sheet", err, link.Conflict)
	must[shelf.Sheet](t)(w.shelf.CloseSheet(officer, shelf.IDRef{ID: b.SheetID}))
	must[shelf.Sheet](t)(w.shelf.CloseSheet(officer, shelf.IDRef{ID: b.SheetID}))
	if third := w.buyIn(3, 1); third.SheetID == b.SheetID {
		t.Error("a closed sheet took another buy-in")
	}
	sheet := func() shelf.Sheet {
		all := must[shelf.Sheets](t)(w.shelf.Sheets(officer, shelf.ShopRef{}))
		return all.Items[slices.IndexFunc(all.Items, func(s shelf.Sheet) bool { return s.ID == b.SheetID })]
	}
	w.eventually("the bill", func() bool { return sheet().State == shelf.SheetClosed })
	if s := sheet(); s.AmountFen != 6993+4*500 || s.Households != 2 {
		t.Errorf("sheet %+v", s)
	}
	w.pay(must[orders.PayStart](t)(w.shelf.PaySheet(officer, shelf.PayRefRequest{ID: b.SheetID, Method: payments.Sandbox, Key: w.key()})))
	w.eventually("the release", func() bool {
		in := must[orders.Income](t)(w.orders.Income(owner, orders.IncomeRequest{}))
		return in.Entries[0].Released
	})
	w.holds()
	before := must[orders.Income](t)(w.orders.Income(owner, orders.IncomeRequest{}))
	must[orders.Rebuilt](t)(w.orders.RebuildIncome(system, orders.None{}))
	after := must[orders.Income](t)(w.orders.Income(owner, orders.IncomeRequest{}))
	if !reflect.DeepEqual(before.Entries, after.Entries) {
		t.Errorf("rebuilt %+v\nwas %+v", after.Entries, before.Entries)
	}
	w.holds()
}

func (w *world) ring(b shelf.BuyIn, measure int64) shelf.Ring {
	lot := w.lot(b.LotID)
	return shelf.Ring{ClientID: uuid.NewString(), Method: payments.Cash, GivenFen: 100_00, SoldAt: w.now().Add(-time.Hour).UTC().Truncate(time.Millisecond),
		Lines: []shelf.RingLine{{ItemID: lot.ItemID, Code: lot.Code, Measure: measure, PriceFen: lot.Price.Fen}}}
}

// A till that was without a network sends a sale as often as it likes, from as many tabs as it likes.
func TestTillSaleSentManyTimesIsOne(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 20)
	ring := w.ring(b, 1500)
	var wg sync.WaitGroup
	ids := make([]int64, 12)
	for i := range ids {
		wg.Go(func() {
			s, err := w.shelf.Ring(cashier, ring)
			if err != nil {
				t.Error(err)
			}
			ids[i] = s.ID
		})
	}
	wg.Wait()
	if slices.Sort(ids); ids[0] == 0 || ids[0] != ids[len(ids)-1] {
		t.Errorf("one sale became %v", ids)
	}
	if l := w.lot(b.LotID); l.Sold != 1500 || l.Left != 8500 {
		t.Errorf("lot %+v", l)
	}
	other := ring
	other.Lines = []shelf.RingLine{{ItemID: ring.Lines[0].ItemID, Measure: 500, PriceFen: 440}}
	_, err := w.shelf.Ring(cashier, other)
	wantCode(t, "the id with another sale", err, link.Conflict)
	w.eventually("the books", func() bool {
		a := must[payments.Account](t)(w.payments.Account(system, payments.Ref{Ref: shelf.SaleRefOf(ids[0])}))
		return a.Closed && a.BilledFen == 1320 && a.PaidFen == 1320 && a.ReceivableFen == 0 && a.DepositFen == 0
	})
	turn := must[shelf.Turnover](t)(w.shelf.Turnover(officer, shelf.TurnoverFilter{}))
	if turn.RevenueFen != 1320 || turn.CostFen != 1200 || turn.MarginFen() != 120 || turn.HouseholdFen != 1200 {
		t.Errorf("turnover %+v", turn)
	}
	w.holds()
}

func TestTillNeverTakesWhatIsKeptForOthers(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 10)
	item := w.lot(b.LotID).ItemID
	sale := must[shelf.Sale](t)(w.shelf.Buy(buyer, shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 3500}}, Name: "王芳", Phone: "13900001111", Key: w.key()}))
	// The till sold more than the books have: it is a sale, and the rest is noted.
	rung := must[shelf.Sale](t)(w.shelf.Ring(cashier, w.ring(b, 2500)))
	if l := w.lot(b.LotID); l.Kept != 3500 || l.Sold != 1500 || l.Left != 0 || rung.Lines[0].UncoveredQty != 1000 {
		t.Errorf("lot %+v, sale %+v", l, rung.Lines)
	}
	must[shelf.Sale](t)(w.shelf.CancelSale(buyer, shelf.SaleRef{ID: sale.ID}))
	if l := w.lot(b.LotID); l.Kept != 0 || l.Left != 3500 {
		t.Errorf("lot after the cancellation %+v", l)
	}
	_, err := w.shelf.CancelSale(cashier, shelf.SaleRef{ID: rung.ID})
	wantCode(t, "cancelling what was handed over", err, link.Conflict)
	w.holds()
}

func TestShelfIsNeverOversold(t *testing.T) {
	w := setup(t)
	a, b := w.buyIn(1, 6), w.buyIn(2, 5)
	item := w.lot(a.LotID).ItemID
	var wg sync.WaitGroup
	var mu sync.Mutex
	sold := 0
	for i := range 16 {
		who := as(link.Actor{Account: int64(100 + i), Role: "buyer"})
		wg.Go(func() {
			_, err := w.shelf.Buy(who, shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 1000}}, Name: "王芳", Phone: "13900001111", Key: w.key()})
			mu.Lock()
			defer mu.Unlock()
			switch link.CodeOf(err) {
			case "":
				sold++
			case link.SoldOut:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sold != 5 {
		t.Errorf("%d buyers got two jin of eleven", sold)
	}
	if x, y := w.lot(a.LotID), w.lot(b.LotID); x.Kept+y.Kept != 5000 || x.Left+y.Left != 500 {
		t.Errorf("lots %+v %+v", x, y)
	}
	// Whatever the code does, the database refuses it.
	_, err := w.db.Exec(`UPDATE shelf_lot SET sold = received + 1 WHERE id = $1`, a.LotID)
	if link.Constraint(err) != "shelf_lot_stock" {
		t.Errorf("overselling by hand: %v", err)
	}
	w.holds()
}

func TestOnlineSale(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 40)
	item := w.lot(b.LotID).ItemID
	buy := func(key string) shelf.Sale {
		return must[shelf.Sale](t)(w.shelf.Buy(buyer, shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 2000}}, Name: "王芳", Phone: "13900001111", Key: key}))
	}
	state := func(id int64) shelf.Sale { return must[shelf.Sale](t)(w.shelf.Sale(buyer, shelf.SaleRef{ID: id})) }
	pay := func(id int64) { // the session, not yet paid
		t.Helper()
		w.pay(must[orders.PayStart](t)(w.shelf.PaySale(buyer, shelf.PayRefRequest{ID: id, Method: payments.Sandbox, Key: w.key()})))
	}

	key := w.key()
	first := buy(key)
	if twice := buy(key); twice.ID != first.ID {
		t.Error("a double click kept the goods twice")
	}
	if first.Pickup != "" {
		t.Error("the code is out before it is paid")
	}
	_, err := w.shelf.HandOver(cashier, shelf.HandOver{Pickup: "000000"})
	wantCode(t, "a code that nobody has", err, link.Invalid)
	pay(first.ID)
	w.eventually("payment", func() bool { return state(first.ID).State == shelf.SalePaid })
	code := state(first.ID).Pickup
	if shown := must[shelf.Sale](t)(w.shelf.Sale(cashier, shelf.SaleRef{ID: first.ID})); shown.Pickup != "" {
		t.Error("the shop sees the code that the buyer has to show")
	}
	_, err = w.shelf.HandOver(stranger, shelf.HandOver{Pickup: code})
	wantCode(t, "another shop's till", err, link.Invalid)
	done := must[shelf.Sale](t)(w.shelf.HandOver(cashier, shelf.HandOver{Pickup: code[:3] + " " + code[3:]}))
	if done.State != shelf.SaleDone {
		t.Errorf("handed over: %+v", done)
	}
	_, err = w.shelf.HandOver(cashier, shelf.HandOver{Pickup: code})
	wantCode(t, "fetching twice", err, link.Conflict)

	second := buy(w.key())
	pay(second.ID)
	w.eventually("payment", func() bool { return state(second.ID).State == shelf.SalePaid })
	must[shelf.Sale](t)(w.shelf.CancelSale(buyer, shelf.SaleRef{ID: second.ID}))
	w.eventually("refund", func() bool {
		a := must[payments.Account](t)(w.payments.Account(system, payments.Ref{Ref: shelf.SaleRefOf(second.ID)}))
		return a.RefundedFen == second.TotalFen
	})

	third := buy(w.key())
	start := must[orders.PayStart](t)(w.shelf.PaySale(buyer, shelf.PayRefRequest{ID: third.ID, Method: payments.Sandbox, Key: w.key()}))
	w.forward(31 * time.Minute)
	w.eventually("expiry", func() bool { return state(third.ID).State == shelf.SaleExpired })
	_ = start
	if l := w.lot(b.LotID); l.Sold != 2000 || l.Kept != 0 || l.Left != 18_000 {
		t.Errorf("lot %+v", l)
	}
	w.holds()
}

func TestQRPaymentAtTheTill(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 10)
	ring := w.ring(b, 500)
	ring.Method, ring.GivenFen = payments.Sandbox, 0
	sale := must[shelf.Sale](t)(w.shelf.Ring(cashier, ring))
	if sale.State != shelf.SalePlaced || w.lot(b.LotID).Kept != 500 {
		t.Errorf("sale %+v", sale)
	}
	w.pay(must[orders.PayStart](t)(w.shelf.PaySale(cashier, shelf.PayRefRequest{ID: sale.ID, Method: payments.Sandbox, Key: w.key()})))
	w.eventually("receipt", func() bool {
		return must[shelf.Sale](t)(w.shelf.Sale(cashier, shelf.SaleRef{ID: sale.ID})).State == shelf.SaleDone
	})
	if l := w.lot(b.LotID); l.Sold != 500 || l.Kept != 0 {
		t.Errorf("lot %+v", l)
	}
	w.holds()
}

func TestWriteOffOfMuchNeedsASecondPerson(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 100)
	off := func(ctx context.Context, kind shelf.MovementKind, measure int64) (shelf.Movement, error) {
		return w.shelf.WriteOff(ctx, shelf.WriteOff{LotID: b.LotID, Kind: kind, Measure: measure, Reason: "spoiled", Note: "幸福院", Key: w.key()})
	}
	small := must[shelf.Movement](t)(off(cashier, shelf.MovementLoss, 1000))
	if small.State != shelf.MovementDone || small.CostFen != 800 {
		t.Errorf("small %+v", small)
	}
	_, err := off(cashier, shelf.MovementLoss, 49_500)
	wantCode(t, "more than there is", err, link.Conflict)
	big := must[shelf.Movement](t)(off(cashier, shelf.MovementDonation, 30_000))
	if l := w.lot(b.LotID); big.State != shelf.MovementHeld || l.Held != 30_000 || l.Donated != 0 || l.Left != 19_000 {
		t.Errorf("big %+v, lot %+v", big, l)
	}
	_, err = w.shelf.DecideWriteOff(cashier, shelf.DecideWriteOff{ID: big.ID, Accept: true})
	wantCode(t, "one's own", err, link.Forbidden)
	_, err = w.shelf.DecideWriteOff(stranger, shelf.DecideWriteOff{ID: big.ID, Accept: true})
	wantCode(t, "another shop's", err, link.NotFound)
	if _, err := w.db.Exec(`UPDATE shelf_movement SET decided_id = account_id WHERE id = $1`, big.ID); link.Constraint(err) != "shelf_movement_second_person" {
		t.Errorf("one's own by hand: %v", err)
	}
	must[shelf.Movement](t)(w.shelf.DecideWriteOff(officer, shelf.DecideWriteOff{ID: big.ID, Accept: true}))
	_, err = w.shelf.DecideWriteOff(officer, shelf.DecideWriteOff{ID: big.ID})
	wantCode(t, "twice", err, link.Conflict)
	var acts int
	if err := w.db.Get(&acts, `SELECT count(*) FROM outbox WHERE subject = $1 AND data->>'kind' = 'decision.writeoff'`, orders.EvtAct); err != nil || acts != 1 {
		t.Errorf("%d acts, %v", acts, err)
	}
	refused := must[shelf.Movement](t)(off(officer, shelf.MovementLoss, 19_000))
	if refused.State != shelf.MovementDone { // 19 kg are worth 152 yuan
		must[shelf.Movement](t)(w.shelf.DecideWriteOff(cashier, shelf.DecideWriteOff{ID: refused.ID}))
	}
	found := must[shelf.Movement](t)(off(cashier, shelf.MovementFound, 500))
	if l := w.lot(b.LotID); found.State != shelf.MovementDone || l.Found != 500 || l.Donated != 30_000 || l.Left != 500 {
		t.Errorf("lot %+v", l)
	}
	w.holds()
}

// The types that strangers see have no field for a person, and their values hold nothing of one.
func TestPublicTypesNameNobody(t *testing.T) {
	allowed := []string{"code", "product", "title", "story", "storage", "picture", "grade", "unit", "price_unit", "village", "township", "homes", "net_grams",
		"count", "price", "household_price", "best_before", "steps", "key", "on", "place", "zh", "en", "fen", "per",
		"org_id", "name", "address", "goods", "item_id", "left", "online", "villages", "trace", "items"} // name and address are the shop's
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !slices.Contains(allowed, name) {
				t.Errorf("%s.%s (%s) is not among what strangers may see", typ, f.Name, name)
			}
			check(f.Type)
		}
	}
	check(reflect.TypeFor[shelf.Trace]())
	check(reflect.TypeFor[shelf.PublicShops]())

	w := setup(t)
	b := w.buyIn(1, 10)
	trace := must[shelf.Trace](t)(w.shelf.Trace(visitor, shelf.TraceRef{Code: strings.ToUpper(b.Trace[:4]) + " " + b.Trace[4:]}))
	shops := must[shelf.PublicShops](t)(w.shelf.Shops(visitor, orders.None{}))
	if trace.Village != "永丰村" || trace.NetGrams != 5000 || trace.HouseholdPrice.Fen != 400 || trace.Price.Fen != 440 || len(trace.Steps) != 2 {
		t.Errorf("trace %+v", trace)
	}
	if len(shops.Items) != 2 || len(shops.Items[0].Goods) != 1 || shops.Items[0].Goods[0].Left != 5000 {
		t.Errorf("shops %+v", shops)
	}
	body, err := json.Marshal([]any{trace, shops})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"秘密", "YA-001", "1390000888", "elderly", "poor", "household_id", "王建国"} {
		if strings.Contains(string(body), secret) {
			t.Errorf("strangers learn %q", secret)
		}
	}
	for _, code := range []string{"000000000000", "", "'; DROP TABLE", strings.Repeat("a", 4000)} {
		_, err := w.shelf.Trace(visitor, shelf.TraceRef{Code: code})
		wantCode(t, "a code that is none", err, link.NotFound)
	}
}

func TestEachSeesTheirOwn(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 10)
	item := w.lot(b.LotID).ItemID
	sale := must[shelf.Sale](t)(w.shelf.Buy(buyer, shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 500}}, Name: "王芳", Phone: "13900001111", Key: w.key()}))
	for _, c := range []struct {
		what string
		ctx  context.Context
		call func(context.Context) error
		code link.Code
	}{
		{"a stranger's sale", another, func(ctx context.Context) error { _, err := w.shelf.Sale(ctx, shelf.SaleRef{ID: sale.ID}); return err }, link.NotFound},
		{"another shop's sale", stranger, func(ctx context.Context) error { _, err := w.shelf.Sale(ctx, shelf.SaleRef{ID: sale.ID}); return err }, link.NotFound},
		{"a visitor's sale", visitor, func(ctx context.Context) error { _, err := w.shelf.Sale(ctx, shelf.SaleRef{ID: sale.ID}); return err }, link.Unauthenticated},
		{"cancelling a stranger's", another, func(ctx context.Context) error {
			_, err := w.shelf.CancelSale(ctx, shelf.SaleRef{ID: sale.ID})
			return err
		}, link.NotFound},
		{"paying a stranger's", another, func(ctx context.Context) error {
			_, err := w.shelf.PaySale(ctx, shelf.PayRefRequest{ID: sale.ID, Method: payments.Sandbox, Key: w.key()})
			return err
		}, link.NotFound},
		{"another shop's lot", stranger, func(ctx context.Context) error {
			_, err := w.shelf.StockLot(ctx, shelf.StockLotRef{ID: b.LotID})
			return err
		}, link.NotFound},
		{"another shop's slip", stranger, func(ctx context.Context) error { _, err := w.shelf.BuyInSlip(ctx, shelf.IDRef{ID: b.ID}); return err }, link.NotFound},
		{"another shop's sheet", stranger, func(ctx context.Context) error {
			_, err := w.shelf.CloseSheet(ctx, shelf.IDRef{ID: b.SheetID})
			return err
		}, link.NotFound},
		{"another shop's price", stranger, func(ctx context.Context) error {
			_, err := w.shelf.SaveItem(ctx, shelf.SaveItem{ID: item, PriceFen: 1})
			return err
		}, link.NotFound},
		{"another shop's stock", stranger, func(ctx context.Context) error {
			_, err := w.shelf.Stock(ctx, shelf.StockFilter{OrgID: shop})
			return err
		}, link.NotFound},
		{"a cooperative's stock", weigher, func(ctx context.Context) error { _, err := w.shelf.Stock(ctx, shelf.StockFilter{}); return err }, link.Forbidden},
		{"a buyer at the till", buyer, func(ctx context.Context) error { _, err := w.shelf.Till(ctx, orders.None{}); return err }, link.Forbidden},
		{"a household searching households", owner, func(ctx context.Context) error {
			_, err := w.shelf.Sellers(ctx, shelf.SellerQuery{Query: "秘密"})
			return err
		}, link.Forbidden},
		{"a cashier setting prices", cashier, func(ctx context.Context) error {
			_, err := w.shelf.SaveItem(ctx, shelf.SaveItem{ID: item, PriceFen: 1})
			return err
		}, link.Forbidden},
		{"the county selling", operator, func(ctx context.Context) error { _, err := w.shelf.Ring(ctx, w.ring(b, 500)); return err }, link.Forbidden},
		{"the county cancelling", operator, func(ctx context.Context) error {
			_, err := w.shelf.CancelSale(ctx, shelf.SaleRef{ID: sale.ID})
			return err
		}, link.Forbidden},
		{"a visitor buying", visitor, func(ctx context.Context) error { _, err := w.shelf.Buy(ctx, shelf.Buy{OrgID: shop}); return err }, link.Unauthenticated},
		{"searching with one letter", cashier, func(ctx context.Context) error {
			_, err := w.shelf.Sellers(ctx, shelf.SellerQuery{Query: "王"})
			return err
		}, link.Invalid},
	} {
		wantCode(t, c.what, c.call(c.ctx), c.code)
	}
	if l := w.lot(b.LotID); l.Price.Fen != 440 {
		t.Errorf("somebody set the price to %d", l.Price.Fen)
	}
	// A shop cannot sell another one's goods, nor at another one's price.
	theirs := w.ring(b, 500)
	theirs.Lines[0].Code, theirs.Lines[0].PriceFen = "", 1
	_, err := w.shelf.Ring(stranger, theirs)
	wantCode(t, "ringing up another shop's goods", err, link.Invalid)
	_, err = w.shelf.Buy(buyer, shelf.Buy{OrgID: otherShop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 500}}, Name: "王芳", Phone: "13900001111", Key: w.key()})
	wantCode(t, "buying them through another shop", err, link.Invalid)
	if page := must[shelf.StockPage](t)(w.shelf.Stock(operator, shelf.StockFilter{OrgID: shop})); page.Total != 1 {
		t.Errorf("the county sees %d lots", page.Total)
	}
	found := must[shelf.Sellers](t)(w.shelf.Sellers(cashier, shelf.SellerQuery{Query: "YA-002"}))
	if len(found.Items) != 1 || found.Items[0].HouseholdID != 2 {
		t.Errorf("found %+v", found)
	}
}

func TestStandingListBecomesAnOrderAndStock(t *testing.T) {
	w := setup(t)
	weekday := (int(w.now().In(time.FixedZone("CST", 8*60*60)).Weekday())+6)%7 + 1
	req := shelf.SaveStandingList{Name: "周补货", Weekdays: []int{weekday}, Lines: []orders.QuoteLine{{PresaleID: 1, Grade: "first", Qty: 30}}, Key: w.key(),
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: "店长", Phone: "13900002222", Address: "演示街1号"}}
	list := must[shelf.StandingList](t)(w.shelf.SaveStandingList(officer, req))
	if !list.DueToday || list.Lines[0].Title.Zh != "油豆角" {
		t.Errorf("list %+v", list)
	}
	req.ID, req.Key, req.Version = list.ID, w.key(), list.Version
	must[shelf.StandingList](t)(w.shelf.SaveStandingList(officer, req))
	req.Key = w.key()
	_, err := w.shelf.SaveStandingList(officer, req)
	wantCode(t, "a list that a colleague changed", err, link.Conflict)
	_, err = w.shelf.OrderStandingList(stranger, shelf.OrderStandingList{ID: list.ID, Key: w.key()})
	wantCode(t, "another shop's list", err, link.NotFound)

	key := w.key()
	o := must[orders.Order](t)(w.shelf.OrderStandingList(officer, shelf.OrderStandingList{ID: list.ID, Key: key}))
	if twice := must[orders.Order](t)(w.shelf.OrderStandingList(officer, shelf.OrderStandingList{ID: list.ID, Key: key})); twice.ID != o.ID {
		t.Error("a double click ordered twice")
	}
	lists := must[shelf.StandingLists](t)(w.shelf.StandingLists(officer, shelf.ShopRef{}))
	if o.Channel != catalog.ChannelMarket || lists.Items[0].DueToday || lists.Items[0].OrderNo != o.No {
		t.Errorf("order %+v, list %+v", o, lists.Items[0])
	}
	w.pay(must[orders.PayStart](t)(w.orders.Pay(officer, orders.PayRequest{OrderNo: o.No, Method: payments.Sandbox, IdempotencyKey: w.key()})))
	w.eventually("confirmation", func() bool {
		return must[orders.Order](t)(w.orders.Order(officer, orders.OrderRef{No: o.No})).State == orders.StateConfirmed
	})
	work := must[orders.CollectionPage](t)(w.orders.Collection(weigher, orders.CollectionFilter{OrderNo: o.No}))
	var first orders.Ticket
	for i, s := range work.Items {
		tick := must[orders.Ticket](t)(w.orders.Weigh(weigher, orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: o.No, Line: s.Line, LotID: s.LotID, PointID: s.VillageID,
			Units: s.Qty, GrossGrams: s.Qty*500 + 300, TareGrams: 300, Grade: "first", WeighedAt: w.now()}))
		if i == 0 {
			first = tick
		}
	}
	arrivals := must[shelf.Arrivals](t)(w.shelf.Arrivals(officer, shelf.ShopRef{}))
	var units int64
	for _, a := range arrivals.Items {
		units += a.Units
	}
	if units != 30 {
		t.Fatalf("arrived %+v", arrivals.Items)
	}
	_, err = w.shelf.Receive(stranger, w.receive(arrivals.Items[0]))
	wantCode(t, "another shop's goods", err, link.NotFound)
	for _, a := range arrivals.Items {
		lot := must[shelf.StockLot](t)(w.shelf.Receive(cashier, w.receive(a)))
		if lot.Received != a.NetGrams || lot.CostFen != a.CostFen || lot.HouseholdPrice.Fen >= lot.Price.Fen || lot.OrderNo != o.No {
			t.Errorf("lot %+v of %+v", lot, a)
		}
		_, err = w.shelf.Receive(cashier, w.receive(a))
		wantCode(t, "receiving twice", err, link.Conflict)
		trace := must[shelf.Trace](t)(w.shelf.Trace(visitor, shelf.TraceRef{Code: lot.Code}))
		if len(trace.Steps) != 3 || trace.Steps[0].Key != "weighed" || trace.Homes != a.Households {
			t.Errorf("trace %+v", trace)
		}
	}
	// A corrected weight is no second load.
	first = must[orders.Ticket](t)(w.orders.Ticket(weigher, orders.TicketRef{ID: first.ID}))
	must[orders.Ticket](t)(w.orders.Weigh(weigher, orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: o.No, Line: first.Line, LotID: first.LotID, PointID: first.PointID,
		Units: first.Units, GrossGrams: first.GrossGrams - 100, TareGrams: first.TareGrams, Grade: "first", WeighedAt: w.now(), Supersedes: first.ID}))
	if left := must[shelf.Arrivals](t)(w.shelf.Arrivals(officer, shelf.ShopRef{})); len(left.Items) != 0 {
		t.Errorf("arrived once more: %+v", left.Items)
	}
	// The ticket's own code leads to the delivery that replaced its own.
	var code string
	if err := w.db.Get(&code, `SELECT trace FROM delivery WHERE reversed_at IS NOT NULL LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	if trace := must[shelf.Trace](t)(w.shelf.Trace(visitor, shelf.TraceRef{Code: code})); trace.Village == "" || trace.Count == 0 {
		t.Errorf("trace of a delivery %+v", trace)
	}
	w.holds()
}

func (w *world) receive(a shelf.Arrival) shelf.Receive {
	return shelf.Receive{OrderNo: a.OrderNo, Line: a.Line, VillageID: a.VillageID, Grade: a.Grade, BestBefore: w.now().AddDate(0, 0, 7).Format(time.DateOnly), Key: w.key()}
}

func TestVerifyFindsWhatIsWrongOnAShelf(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 10)
	must[shelf.Sale](t)(w.shelf.Ring(cashier, w.ring(b, 500)))
	w.holds()
	for check, sql := range map[string]string{
		"stock of a lot":      `UPDATE shelf_lot SET kept = 1`,
		"write-offs of a lot": `UPDATE shelf_lot SET lost = 1`,
		"lines of a sale":     `UPDATE shelf_sale SET total_fen = total_fen + 1`,
		"lots of a sale":      `UPDATE shelf_sale_lot SET measure = measure - 1`,
		"sale without bill":   `UPDATE shelf_sale SET delivery_id = NULL`,
		"sheet of buy-ins":    `UPDATE shelf_sheet SET amount_fen = amount_fen + 1`,
		"bought-in goods":     `UPDATE shelf_buyin SET measure = measure + 1`,
		"bought-in income":    `DELETE FROM income_entry WHERE source_key LIKE 'buyin:%'`,
	} {
		if _, err := w.db.Exec(sql); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", check, err))
		}
		found := must[orders.Findings](t)(w.orders.Verify(system, orders.None{}))
		if !slices.ContainsFunc(found.Items, func(f orders.Finding) bool { return f.Check == check }) {
			t.Errorf("%s is not found: %+v", check, found.Items)
		}
	}
}

// TestIncomeIsOfTheSeasonThatPaymentsSays: verify names an entry of the ledger whose payable is of another season.
func TestIncomeIsOfTheSeasonThatPaymentsSays(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 5)
	w.holds()
	if _, err := w.db.Exec(`UPDATE income_entry SET season = season - 1`); err != nil {
		t.Fatal(err)
	}
	found := must[orders.Findings](t)(w.orders.Verify(system, orders.None{}))
	if !slices.ContainsFunc(found.Items, func(f orders.Finding) bool {
		return f.Check == "income and payables" && f.Object == fmt.Sprintf("buyin:%d", b.ID)
	}) {
		t.Errorf("verify finds %+v", found.Items)
	}
}

// Purchases that wait for their money are counted by account and by verified phone, also when they come at once; the till's
// sales are not.
func TestUnpaidPurchasesAreBounded(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 40)
	item := w.lot(b.LotID).ItemID
	approver := as(link.Actor{Account: 1, Role: "approver"})
	if _, err := w.rules.SetUnpaidRules(approver, orders.UnpaidLimits{Orders: 2, OrgOrders: 9, Part: 100}); err != nil {
		t.Fatal(err)
	}
	buy := func(account int64, person, key string) error {
		_, err := w.shelf.Buy(as(link.Actor{Account: account, Role: "buyer", Person: person}),
			shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: item, Measure: 500}}, Name: "王芳", Phone: "13900001111", Key: key})
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	bought := 0
	for i := range 8 {
		wg.Go(func() {
			err := buy(801+int64(i%2), "one", w.key())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				bought++
			} else if link.AsError(err).Key != "sale.unpaid" {
				t.Errorf("refused by %v", err)
			}
		})
	}
	wg.Wait()
	if bought != 2 {
		t.Errorf("%d purchases, want 2", bought)
	}
	for range 3 {
		must[shelf.Sale](t)(w.shelf.Ring(cashier, w.ring(b, 100)))
	}
	w.holds()
}
