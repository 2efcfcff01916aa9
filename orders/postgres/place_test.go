package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
)

// An order is answered whole: priced, split, with time to pay; and reading it later gives the same.
func TestPlace(t *testing.T) {
	b := setup(t)
	r := b.asking(geese, 7)
	r.Lines = append(r.Lines, orders.QuoteLine{PresaleID: beans, Grade: "second", Qty: 20})
	placed := b.place(buyer(501), r)
	// 7 × 4 kg at ¥14 a 斤 and 20 斤 at ¥2.25, a fifth of it now.
	if want := int64(7*8*1400 + 20*225); placed.EstimateFen != want || placed.DepositFen != want/5 || placed.DueFen != placed.DepositFen {
		t.Errorf("estimate %d, deposit %d, due %d of %d", placed.EstimateFen, placed.DepositFen, placed.DueFen, want)
	}
	if placed.State != orders.StatePlaced || placed.ExpiresAt == nil || !placed.ExpiresAt.Equal(start.Add(30*time.Minute)) {
		t.Errorf("state %s, expires %v", placed.State, placed.ExpiresAt)
	}
	for i, l := range placed.Lines {
		if l.No != i+1 || l.Allocated != l.Ordered || l.Policy != "fair/2" {
			t.Errorf("line %+v", l)
		}
	}
	read := b.order(placed.No)
	if read.ID != placed.ID || read.EstimateFen != placed.EstimateFen || read.DepositFen != placed.DepositFen || len(read.Lines) != 2 {
		t.Errorf("read %+v, placed %+v", read, placed)
	}
	if g, n := b.reserved(geese), b.reserved(beans); g != 7 || n != 20 {
		t.Errorf("%d geese and %d 斤 reserved", g, n)
	}
	if _, err := b.orders.Order(buyer(502), orders.OrderRef{No: placed.No}); link.CodeOf(err) != link.NotFound {
		t.Errorf("somebody else's order: %v", err)
	}
}

func TestPlaceRefuses(t *testing.T) {
	b := setup(t)
	for _, test := range []struct {
		name       string
		ctx        context.Context
		change     func(*orders.PlaceRequest)
		code       link.Code
		key, field string
	}{
		{"nobody", context.Background(), nil, link.Unauthenticated, "unauthenticated", ""},
		{"a household", as("household", 7, 0), nil, link.Forbidden, "forbidden", ""},
		{"no key", buyer(1), func(r *orders.PlaceRequest) { r.IdempotencyKey = "" }, link.Invalid, "order.key.invalid", "idempotency_key"},
		{"no line", buyer(1), func(r *orders.PlaceRequest) { r.Lines = nil }, link.Invalid, "order.lines.missing", "lines"},
		{"unknown presale", buyer(1), func(r *orders.PlaceRequest) { r.Lines[0].PresaleID = 99 }, link.Invalid, "presale.unknown", "lines[0].presale_id"},
		{"a line twice", buyer(1), func(r *orders.PlaceRequest) { r.Lines = append(r.Lines, r.Lines[0]) }, link.Invalid, "order.line.twice", "lines[1].presale_id"},
		{"another's channel", buyer(1), func(r *orders.PlaceRequest) { r.Channel = catalog.ChannelContract }, link.Invalid, "order.channel", "channel"},
		{"no phone", buyer(1), func(r *orders.PlaceRequest) { r.Delivery.Phone = "x" }, link.Invalid, "order.delivery.phone", "delivery.phone"},
		{"no such point", buyer(1), func(r *orders.PlaceRequest) { r.Delivery.PointID = 77 }, link.Invalid, "order.delivery.point", "delivery.point_id"},
		{"more than there is", as("officer", 9, 2), func(r *orders.PlaceRequest) { r.Lines[0].Qty = 601 }, link.SoldOut, "order.quantity.sold_out", "lines[0].quantity"},
	} {
		r := b.asking(geese, 1)
		if test.change != nil {
			test.change(&r)
		}
		_, err := b.orders.Place(test.ctx, r)
		t.Run(test.name, func(t *testing.T) { wantCode(t, err, test.code, test.key, test.field) })
	}
	if n, held := b.count(`SELECT count(*) FROM orders`), b.reserved(geese); n != 0 || held != 0 {
		t.Errorf("%d orders written and %d units held for what was refused", n, held)
	}
}

// The same key and body is one order however often and wherever it is sent; with another body it is nobody's.
func TestSameKey(t *testing.T) {
	b := setup(t)
	other, _ := b.process()
	all := []*postgres.Module{b.orders, other}
	const keys, times = 12, 8
	for range keys {
		r := b.asking(geese, 3)
		numbers := make([]string, times)
		var asking sync.WaitGroup
		for i := range times {
			asking.Go(func() {
				o, err := all[i%len(all)].Place(buyer(501), r)
				if err != nil {
					t.Errorf("place: %v", err)
				}
				numbers[i] = o.No
			})
		}
		asking.Wait()
		if slices.Sort(numbers); numbers[0] != numbers[times-1] {
			t.Errorf("one key, orders %v", slices.Compact(numbers))
		}
	}
	if n, lines, placed := b.count(`SELECT count(*) FROM orders`), b.count(`SELECT count(*) FROM order_line`),
		b.count(`SELECT count(*) FROM outbox WHERE subject = $1`, orders.EvtOrderPlaced); n != keys || lines != keys || placed != keys {
		t.Errorf("%d orders, %d lines, %d events of %d keys", n, lines, placed, keys)
	}
	if held := b.reserved(geese); held != keys*3 {
		t.Errorf("%d units held, want %d", held, keys*3)
	}
	r := b.asking(geese, 3)
	first := b.place(buyer(501), r)
	if again := b.place(buyer(501), r); again.No != first.No {
		t.Errorf("answered with %s and %s", first.No, again.No)
	}
	for _, change := range []func(*orders.PlaceRequest){
		func(r *orders.PlaceRequest) { r.Note = "别的" },
		func(r *orders.PlaceRequest) { r.Lines = []orders.QuoteLine{{PresaleID: geese, Qty: 4}} },
	} {
		changed := r
		change(&changed)
		_, err := other.Place(buyer(501), changed)
		wantCode(t, err, link.Conflict, "order.key.reused", "idempotency_key")
	}
	if elses := b.place(buyer(502), r); elses.No == first.No {
		t.Error("a key belongs to its account, and another account was answered with the order")
	}
	// When nothing is left and when it has expired, it is still the order that was placed.
	b.clock.Advance(2 * time.Hour)
	b.becomes(first.No, orders.StateExpired)
	if again := b.place(buyer(501), r); again.No != first.No || again.State != orders.StateExpired {
		t.Errorf("answered with %s, %s", again.No, again.State)
	}
}

// A request that arrives as bytes is compared by them. An order that an earlier release stored, under a hash of the
// request encoded anew, is the same order still.
func TestSameKeyComparesTheBytesThatArrived(t *testing.T) {
	b := setup(t)
	send := func(body string) (orders.Order, error) {
		raw, err := link.ServeRaw(buyer(501), link.Raw[orders.PlaceRequest](body), b.orders.Place)
		if err != nil {
			return orders.Order{}, err
		}
		return raw.Decode()
	}
	encoded := func(r orders.PlaceRequest) string {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for name, first := range map[string]func(orders.PlaceRequest) (orders.Order, error){
		"stored by an earlier release": func(r orders.PlaceRequest) (orders.Order, error) { return b.orders.Place(buyer(501), r) },
		"arrived as bytes":             func(r orders.PlaceRequest) (orders.Order, error) { return send(encoded(r)) },
	} {
		r := b.asking(geese, 3)
		placed, err := first(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := send(encoded(r)); err != nil || again.No != placed.No {
			t.Errorf("%s: the same bytes again gave order %s, %v, want %s", name, again.No, err, placed.No)
		}
		r.Note = "another"
		_, err = send(encoded(r))
		wantCode(t, err, link.Conflict, "order.key.reused", "idempotency_key")
	}
}

// Neither guard is enough by itself: without leaving conflicts out, a double click is an error;
// without the constraints it is two orders.
func TestSameKeyWithoutGuards(t *testing.T) {
	twice := func(b *bundle, m *postgres.Module) (answers, rows int) {
		r := b.asking(geese, 3)
		for range 2 {
			if _, err := m.Place(buyer(501), r); err == nil {
				answers++
			}
		}
		return answers, int(b.count(`SELECT count(*) FROM orders`))
	}
	t.Run("all", func(t *testing.T) {
		b := setup(t)
		if answers, rows := twice(b, b.orders); answers != 2 || rows != 1 {
			t.Errorf("%d answers, %d orders", answers, rows)
		}
	})
	t.Run("conflicts are errors", func(t *testing.T) {
		b := setup(t)
		b.harmed = true
		if err := b.orders.WithoutConflicts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if answers, rows := twice(b, b.orders); answers != 1 || rows != 1 {
			t.Errorf("%d answers, %d orders", answers, rows)
		}
	})
	t.Run("no constraints", func(t *testing.T) {
		b := setup(t)
		b.harmed = true
		if _, err := b.db.Exec(`ALTER TABLE orders DROP CONSTRAINT orders_idem, DROP CONSTRAINT orders_pkey;
			ALTER TABLE order_line DROP CONSTRAINT order_line_pkey`); err != nil {
			t.Fatal(err)
		}
		if answers, rows := twice(b, b.orders); answers != 2 || rows != 2 {
			t.Errorf("%d answers, %d orders", answers, rows)
		}
	})
}

// Two processes take as many orders as there are units for, and each unit is sold once.
func TestTwoProcessesSellOut(t *testing.T) {
	b := setup(t)
	other, _ := b.process()
	all := []*postgres.Module{b.orders, other}
	const clients, each, units = 16, 12, 5 // 192 × 5 of 600
	var mu sync.Mutex
	numbers := map[string]bool{}
	refused := 0
	var working sync.WaitGroup
	for client := range clients {
		working.Go(func() {
			for range each {
				o, err := all[client%2].Place(buyer(int64(600+client)), b.asking(geese, units))
				mu.Lock()
				switch {
				case err == nil:
					numbers[o.No] = true
				case link.CodeOf(err) == link.SoldOut:
					refused++
				default:
					t.Errorf("place: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	working.Wait()
	if len(numbers) != 120 || refused != clients*each-120 {
		t.Errorf("%d orders and %d refusals", len(numbers), refused)
	}
	if held := b.reserved(geese); held != 600 {
		t.Errorf("%d units of 600 are held", held)
	}
}

// An order that the database refuses does not spoil the others of its batch, and its holds are released.
func TestOneBadOrderInABatch(t *testing.T) {
	b := setup(t)
	_, err := b.db.Exec(`
		CREATE FUNCTION no_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
		CREATE TRIGGER no_poison BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.note = 'poison') EXECUTE FUNCTION no_poison()`)
	if err != nil {
		t.Fatal(err)
	}
	const n = 40
	errs := make([]error, n)
	var asking sync.WaitGroup
	for i := range n {
		asking.Go(func() {
			r := b.asking(geese, 1)
			if i%10 == 3 {
				r.Note = "poison"
			}
			_, errs[i] = b.orders.Place(buyer(int64(501+i)), r)
		})
	}
	asking.Wait()
	for i, err := range errs {
		if bad := i%10 == 3; bad != (err != nil) {
			t.Errorf("order %d: %v", i, err)
		}
	}
	if got := b.count(`SELECT count(*) FROM orders`); got != n-4 {
		t.Errorf("%d orders written", got)
	}
	b.clock.Advance(31 * time.Minute) // nobody pays
	b.eventually("the written orders expired", func() bool { return b.count(`SELECT count(*) FROM orders WHERE state = 'expired'`) == n-4 })
	b.clock.Advance(2 * time.Hour)
	b.eventually("what was held for nobody is free", func() bool { return b.reserved(geese) == 0 })
}

// A client that hangs up may still have an order; asking again with the key says which.
func TestHangingUp(t *testing.T) {
	b := setup(t)
	hold, err := b.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(`LOCK TABLE orders IN SHARE MODE`); err != nil { // the writers wait
		t.Fatal(err)
	}
	r := b.asking(geese, 5)
	ctx, cancel := context.WithCancel(buyer(501))
	answered := make(chan error, 1)
	go func() { _, err := b.orders.Place(ctx, r); answered <- err }()
	b.eventually("the stock is held", func() bool { return b.reserved(geese) == 5 })
	cancel()
	if err := <-answered; link.CodeOf(err) != link.Unavailable {
		t.Errorf("answer %v", err)
	}
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	o := b.place(buyer(501), r)
	if again := b.place(buyer(501), r); again.No != o.No {
		t.Errorf("two orders, %s and %s", o.No, again.No)
	}
	if n, held := b.count(`SELECT count(*) FROM orders`), b.reserved(geese); n != 1 || held != 5 {
		t.Errorf("%d orders, %d units", n, held)
	}
}

// When orders cannot be written as fast as they come, the next one is told to come back before anything is held for
// it. Reads are answered meanwhile, and so is every admitted order once writing goes on.
func TestAdmission(t *testing.T) {
	b := setup(t, func(c *desk.Config) { c.Queue, c.Batch, c.Writers = 4, 1, 1 })
	before := b.place(buyer(501), b.asking(geese, 1))
	hold, err := b.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(`LOCK TABLE orders IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	const letIn = 5 // one in the writer's hands, four waiting
	answers := make(chan error, letIn)
	for i := range letIn {
		go func() { _, err := b.orders.Place(buyer(int64(510+i)), b.asking(geese, 2)); answers <- err }()
		if i == 0 {
			b.eventually("the writer has the first", func() bool { return b.reserved(geese) == 3 && b.orders.Waiting() == 0 })
		}
	}
	b.eventually("the queue is full", func() bool { return b.orders.Waiting() == 4 })
	for range 20 {
		_, err := b.orders.Place(buyer(530), b.asking(geese, 2))
		e := link.AsError(err)
		if !errors.Is(err, link.E(link.Unavailable, "busy", "")) || e.RetryAfter == 0 {
			t.Fatalf("one too many: %v, retry after %d", err, e.RetryAfter)
		}
	}
	if held := b.reserved(geese); held != 1+2*letIn {
		t.Errorf("%d units are held, also for orders that were turned away", held)
	}
	// Readers wait for nobody.
	if o := b.order(before.No); o.ID != before.ID {
		t.Errorf("read %+v", o)
	}
	if p, err := b.catalog.Presale(t.Context(), catalog.PresaleRef{ID: geese}); err != nil || p.Left > 600 || p.Left < 600-1-2*letIn {
		t.Errorf("%d left, %v", p.Left, err)
	}
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range letIn {
		if err := <-answers; err != nil {
			t.Errorf("let in: %v", err)
		}
	}
}

// A process that ends writes the orders it admitted, and turns away the later ones.
func TestClosing(t *testing.T) {
	b := setup(t)
	m, _ := b.process(func(c *desk.Config) { c.Writers = 1 })
	hold, err := b.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(`LOCK TABLE orders IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	const n = 10
	answers := make(chan error, n)
	for i := range n {
		go func() { _, err := m.Place(buyer(int64(501+i)), b.asking(geese, 1)); answers <- err }()
	}
	b.eventually("all are let in", func() bool { return b.reserved(geese) == n })
	b.eventually("all wait to be written", func() bool { return m.Waiting() > 0 })
	closed := make(chan struct{})
	go func() { m.Close(); close(closed) }()
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for range n {
		if err := <-answers; err == nil {
			acknowledged++
		} else if link.CodeOf(err) != link.Unavailable {
			t.Errorf("answer %v", err)
		}
	}
	<-closed
	if got := b.count(`SELECT count(*) FROM orders`); got != int64(acknowledged) {
		t.Errorf("%d orders, %d acknowledged", got, acknowledged)
	}
	if _, err := m.Place(buyer(520), b.asking(geese, 1)); !errors.Is(err, link.E(link.Unavailable, "busy", "")) {
		t.Errorf("after closing: %v", err)
	}
	b.clock.Advance(3 * time.Hour)
	b.eventually("what was held for those turned away is free", func() bool { return b.reserved(geese) == 0 })
}

// An order that asks for no deposit is confirmed when it is answered.
func TestPlaceWithoutDeposit(t *testing.T) {
	b := setup(t)
	o := b.place(buyer(501), b.asking(gift, 6))
	if o.State != orders.StateConfirmed || o.DueFen != 0 {
		t.Errorf("%s, %d due", o.State, o.DueFen)
	}
	if n := b.count(`SELECT sum(qty) FROM share WHERE order_id = $1`, o.ID); n != 6 {
		t.Errorf("%d units are shared out", n)
	}
}
