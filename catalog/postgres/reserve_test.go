package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

// Two processes on one database, 600 geese, ten times as many wanted: exactly 600 are sold.
func TestTwoProcessesSellExactlyWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, locked := range []int{0, 1, 2} {
		t.Run(fmt.Sprintf("locking=%d", locked), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			one := b.seeded()
			two, _ := b.process()
			for _, c := range []*postgres.Catalog{one, two}[:locked] {
				c.AlwaysLock()
			}
			sellOut(t, b, one, two)
		})
	}
}

func sellOut(t *testing.T, b *bundle, one, two *postgres.Catalog) {
	var sold, refused atomic.Int64
	var wg sync.WaitGroup
	var order atomic.Int64
	for i := range 64 {
		c := []*postgres.Catalog{one, two}[i%2]
		wg.Go(func() {
			for range 50 {
				res, err := c.Reserve(t.Context(), b.reserve(geese, order.Add(1), 1+int64(i%3)))
				switch {
				case err == nil:
					sold.Add(sum(res.Lines[0].Qty))
				case link.CodeOf(err) == link.SoldOut:
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if sold.Load() != 600 || refused.Load() == 0 {
		t.Errorf("sold %d and refused %d orders, want 600 units sold and the rest refused", sold.Load(), refused.Load())
	}
	if n := b.count(`SELECT sum(reserved) FROM lot WHERE presale_id = $1`, geese); n != 600 {
		t.Errorf("lots say %d, want 600", n)
	}
	b.verify(one)
	b.verify(two)
	for _, c := range []*postgres.Catalog{one, two} {
		stock, _ := c.Stock(t.Context(), catalog.None{})
		for _, s := range stock {
			if s.PresaleID == geese && s.Left != 0 {
				t.Errorf("left %d, want 0", s.Left)
			}
		}
	}
}

// Without the fence a process sells units that others have sold; the CHECK then refuses them; without both a lot is oversold. So
// each of the two matters.
func TestGuards(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		noFence, noCheck    bool
		oversold, divergent bool
	}{
		{name: "both"},
		{name: "no fence", noFence: true, divergent: true},
		{name: "no check", noCheck: true},
		{name: "neither", noFence: true, noCheck: true, oversold: true, divergent: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			one := b.seeded()
			cfg := b.config()
			cfg.Refresh = time.Hour // two learns of changes from the fence only
			two, _ := b.processWith(cfg)
			if test.noFence {
				two.WithoutFence()
			}
			if test.noCheck {
				if _, err := b.db.Exec(`ALTER TABLE lot DROP CONSTRAINT lot_not_oversold`); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := one.Reserve(t.Context(), b.reserve(geese, 1, 590)); err != nil {
				t.Fatal(err)
			}
			// To two, which is behind, the first households are still free.
			res, err := two.Reserve(t.Context(), b.reserve(geese, 2, 10))
			if err != nil {
				t.Fatal(err)
			}
			_, err = two.Reserve(t.Context(), b.reserve(geese, 3, 10))
			if sold := link.CodeOf(err) == link.SoldOut; sold == test.oversold {
				t.Errorf("the 601st unit: %v, want oversold %v (second reservation %+v)", err, test.oversold, res)
			}
			over := b.count(`SELECT count(*) FROM lot WHERE reserved > capacity`)
			if (over > 0) != test.oversold {
				t.Errorf("%d lots oversold, want oversold %v", over, test.oversold)
			}
		})
	}
}

// Orders that two processes take turns with are split as one process would have split them.
func TestFairnessOverTwoProcesses(t *testing.T) {
	t.Parallel()
	split := func(processes int) []catalog.Reservation {
		b := setup(t)
		all := []*postgres.Catalog{b.seeded()}
		for len(all) < processes {
			cfg := b.config()
			cfg.Refresh = time.Hour
			c, _ := b.processWith(cfg)
			all = append(all, c)
		}
		var results []catalog.Reservation
		for order := range int64(40) {
			presale := int64(geese)
			if order%3 == 2 {
				presale = beans
			}
			res, err := all[order%int64(processes)].Reserve(t.Context(), b.reserve(presale, order+1, 10+5*(order%2)))
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, res)
		}
		for _, c := range all {
			b.verify(c)
		}
		return results
	}
	one, two := split(1), split(3)
	for i := range one {
		if !reflect.DeepEqual(one[i], two[i]) {
			t.Fatalf("order %d\n one process: %+v\nthree:       %+v", i+1, one[i], two[i])
		}
	}
}

// A hundred requests with one key, at two processes, are one reservation; with other lines they are a conflict.
func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	two, _ := b.process()
	var wg sync.WaitGroup
	results := make([]catalog.Reservation, 100)
	var conflicts atomic.Int64
	for i := range results {
		wg.Go(func() {
			c := []*postgres.Catalog{one, two}[i%2]
			req := b.reserve(geese, 7, 5)
			req.OrderID = int64(100 + i) // the first request's counts
			if i%10 == 9 {
				req.Lines[0].Qty = 6
			}
			res, err := c.Reserve(t.Context(), req)
			switch {
			case errors.Is(err, link.E(link.Conflict, "reserve.key.reused", "key")):
				conflicts.Add(1)
			case err != nil:
				t.Error(err)
			}
			results[i] = res
		})
	}
	wg.Wait()
	var first *catalog.Reservation
	won := 0
	for i := range results {
		if results[i].Lines == nil {
			continue
		}
		won++
		if first == nil {
			first = &results[i]
		} else if !reflect.DeepEqual(*first, results[i]) {
			t.Fatalf("two answers to one key:\n%+v\n%+v", *first, results[i])
		}
	}
	if n := conflicts.Load(); won+int(n) != 100 || (n != 10 && n != 90) {
		t.Errorf("%d answers and %d conflicts", won, n)
	}
	if n := b.count(`SELECT count(*) FROM hold`); n != 1 {
		t.Errorf("%d holds, want 1", n)
	}
	b.verify(one)
}

func TestReserveRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	for _, test := range []struct {
		name       string
		change     func(*catalog.ReserveRequest)
		code       link.Code
		key, field string
	}{
		{"no key", func(r *catalog.ReserveRequest) { r.Key = "" }, link.Invalid, "reserve.key.missing", "key"},
		{"no lines", func(r *catalog.ReserveRequest) { r.Lines = nil }, link.Invalid, "reserve.lines.missing", "lines"},
		{"too many lines", func(r *catalog.ReserveRequest) { r.Lines = make([]catalog.ReserveLine, 1000) }, link.Invalid, "reserve.lines.many", "lines"},
		{"same line twice", func(r *catalog.ReserveRequest) { r.Lines = append(r.Lines, r.Lines[0]) }, link.Invalid, "reserve.lines.number", "lines[1].line"},
		{"expired", func(r *catalog.ReserveRequest) { r.ExpiresAt = b.clock.Now() }, link.Invalid, "reserve.expiry", "expires_at"},
		{"channel", func(r *catalog.ReserveRequest) { r.Channel = "black" }, link.Invalid, "reserve.channel", "channel"},
		{"zero", func(r *catalog.ReserveRequest) { r.Lines[0].Qty = 0 }, link.Invalid, "order.quantity.not_positive", "lines[0].quantity"},
		{"negative", func(r *catalog.ReserveRequest) { r.Lines[0].Qty = -5 }, link.Invalid, "order.quantity.not_positive", "lines[0].quantity"},
		{"overflow", func(r *catalog.ReserveRequest) { r.Lines[0].Qty = 1<<63 - 1 }, link.Invalid, "order.quantity.too_large", "lines[0].quantity"},
		{"below minimum", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID, r.Lines[0].Qty = beans, 5 }, link.Invalid, "order.quantity.below_min", "lines[0].quantity"},
		{"off the step", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID, r.Lines[0].Qty = beans, 12 }, link.Invalid, "order.quantity.off_step", "lines[0].quantity"},
		{"above maximum", func(r *catalog.ReserveRequest) { r.Channel, r.Lines[0].Qty = catalog.ChannelPrivate, 51 }, link.Invalid, "order.quantity.above_max", "lines[0].quantity"},
		{"above maximum together", func(r *catalog.ReserveRequest) {
			r.Channel, r.Lines[0].Qty = catalog.ChannelPrivate, 40
			r.Lines = append(r.Lines, catalog.ReserveLine{Line: 2, PresaleID: geese, Qty: 11})
		}, link.Invalid, "order.quantity.above_max", "lines[1].quantity"},
		{"sold out", func(r *catalog.ReserveRequest) { r.Lines[0].Qty = 601 }, link.SoldOut, "order.quantity.sold_out", "lines[0].quantity"},
		{"second line sold out", func(r *catalog.ReserveRequest) {
			r.Lines = append(r.Lines, catalog.ReserveLine{Line: 2, PresaleID: beans, Qty: 500})
		}, link.SoldOut, "order.quantity.sold_out", "lines[1].quantity"},
		{"unknown presale", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID = 99 }, link.NotFound, "presale.unknown", "lines[0].presale_id"},
		{"draft", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID = draft }, link.NotFound, "presale.unknown", "lines[0].presale_id"},
		{"closed", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID = gone }, link.Conflict, "presale.closed", "lines[0].presale_id"},
		{"not yet open", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID = later }, link.Conflict, "presale.not_yet_open", "lines[0].presale_id"},
		{"wrong channel", func(r *catalog.ReserveRequest) { r.Lines[0].PresaleID = privateGeese }, link.Invalid, "presale.channel", "lines[0].presale_id"},
		{"policy", func(r *catalog.ReserveRequest) { r.Lines[0].Policy = "lottery" }, link.Invalid, "reserve.policy", "lines[0].policy"},
		{"direct without household", func(r *catalog.ReserveRequest) {
			r.Channel, r.Lines[0].PresaleID = catalog.ChannelPrivate, privateGeese
		}, link.Invalid, "reserve.household", "lines[0].household"},
		{"household without lot", func(r *catalog.ReserveRequest) {
			r.Channel, r.Lines[0].PresaleID, r.Lines[0].Household = catalog.ChannelPrivate, privateGeese, 77
		}, link.Invalid, "reserve.household", "lines[0].household"},
	} {
		req := b.reserve(geese, 1, 1)
		req.Key = "refused-" + test.name
		test.change(&req)
		_, err := c.Reserve(t.Context(), req)
		if !errors.Is(err, link.E(test.code, test.key, test.field)) {
			t.Errorf("%s: %v, want %s %s at %s", test.name, err, test.code, test.key, test.field)
		}
	}
	_, err := c.Reserve(t.Context(), b.reserve(geese, 1, 601))
	if e := link.AsError(err); e.Args["left"] != "600" {
		t.Errorf("sold out says %v left, want 600", e.Args)
	}
	b.clock.Advance(31 * 24 * time.Hour)
	_, err = c.Reserve(t.Context(), b.reserve(geese, 2, 1))
	wantCode(t, err, link.Conflict, "presale.closed", "lines[0].presale_id")
	if n := b.count(`SELECT count(*) FROM hold`); n != 0 {
		t.Errorf("refusals left %d holds", n)
	}
	b.verify(c)
}

func TestReserveDirectNearAndExclude(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	direct := b.reserve(privateGeese, 1, 3)
	direct.Channel, direct.Lines[0].Household = catalog.ChannelPrivate, 4
	res, err := c.Reserve(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	if l := res.Lines[0]; l.Policy != "direct/1" || !reflect.DeepEqual(l.Households, []int64{4}) || !reflect.DeepEqual(l.Villages, []int64{2}) {
		t.Errorf("direct: %+v", l)
	}
	near := b.reserve(geese, 2, 150)
	near.Lines[0].Policy = "near"
	if res, err = c.Reserve(t.Context(), near); err != nil {
		t.Fatal(err)
	}
	for _, v := range res.Lines[0].Villages {
		if v != res.Lines[0].Villages[0] {
			t.Errorf("near took from villages %v, and one had enough", res.Lines[0].Villages)
		}
	}
	refill := b.reserve(geese, 3, 100)
	refill.Confirmed, refill.Lines[0].Exclude, refill.ExpiresAt = true, []int64{1, 2, 3}, time.Time{}
	if res, err = c.Reserve(t.Context(), refill); err != nil {
		t.Fatal(err)
	}
	for _, h := range res.Lines[0].Households {
		if h <= 3 {
			t.Errorf("household %d sells, and is excluded", h)
		}
	}
	if res.State != "confirmed" || b.count(`SELECT count(*) FROM hold WHERE state = 'confirmed' AND expires_at IS NULL`) != 1 {
		t.Errorf("refill is %s, want confirmed without expiry", res.State)
	}
	contract := b.reserve(geese, 4, 30)
	contract.Lines[0].Policy = "contract"
	if res, err = c.Reserve(t.Context(), contract); err != nil || sum(res.Lines[0].Qty) != 30 {
		t.Errorf("contract: %+v, %v", res, err)
	}
	b.verify(c)
}

// Beyond the queue the answer is immediate.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.config()
	cfg.Queue = 3
	c, _ := b.processWith(cfg)
	b.load(c, smallCounty())
	release := c.Occupy()
	var wg sync.WaitGroup
	for i := range int64(3) {
		wg.Go(func() {
			if _, err := c.Reserve(t.Context(), b.reserve(geese, i+1, 1)); err != nil {
				t.Error(err)
			}
		})
	}
	b.eventually("queue full", func() bool { return c.Waiting() == 3 })
	_, err := c.Reserve(t.Context(), b.reserve(geese, 9, 1))
	if e := link.AsError(err); e.Code != link.Unavailable || e.RetryAfter != 1 {
		t.Errorf("a full queue answers %v after %d s, want unavailable, 1 s", err, e.RetryAfter)
	}
	release()
	wg.Wait()
	b.verify(c)
}

// A request that gave up while it waited is not carried out.
func TestAbandonedRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	release := c.Occupy()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := c.Reserve(ctx, b.reserve(geese, 1, 1))
		done <- err
	}()
	b.eventually("waiting", func() bool { return c.Waiting() == 1 })
	cancel()
	wantCode(t, <-done, link.Unavailable, "timeout", "")
	release()
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 2, 1)); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT count(*) FROM hold`); n != 1 {
		t.Errorf("%d holds, want the second order's only", n)
	}
}

// A batch that the database refuses is undone: nothing is held, memory is right, and the next one goes through.
func TestFailedBatchIsUndone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 1, 10)); err != nil {
		t.Fatal(err)
	}
	repair, err := c.BreakStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Reserve(t.Context(), b.reserve(geese, 2, 10))
	wantCode(t, err, link.Unavailable, "timeout", "")
	b.verify(c)
	if err := repair(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 2, 10)); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT sum(reserved) FROM lot`); n != 20 {
		t.Errorf("%d reserved, want 20", n)
	}
	b.verify(c)
}

// A lost connection costs no reservation and no answer.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	admin, err := sqlx.Open("postgres", linktest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for order := range int64(5) {
		if err := c.DropConnection(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Reserve(t.Context(), b.reserve(geese, order+1, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.count(`SELECT sum(reserved) FROM lot`); n != 15 {
		t.Errorf("%d reserved, want 15", n)
	}
	b.verify(c)
}

// Reservations of a process that ended are there for the next one, which answers their keys.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, stop := b.process()
	b.load(c, smallCounty())
	before, err := c.Reserve(t.Context(), b.reserve(geese, 1, 25))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 2, 1)); link.CodeOf(err) != link.Unavailable {
		t.Errorf("a stopped process answers %v", err)
	}
	next, _ := b.process()
	after, err := next.Reserve(t.Context(), b.reserve(geese, 1, 25))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	other := b.reserve(geese, 1, 26)
	_, err = next.Reserve(t.Context(), other)
	wantCode(t, err, link.Conflict, "reserve.key.reused", "key")
	b.verify(next)
}

// A key is answered with its reservation also when nothing is left by then, or the presale has closed.
func TestRepeatedKeyAfterSellingOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	want, err := c.Reserve(t.Context(), b.reserve(geese, 1, 600))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Reserve(t.Context(), b.reserve(geese, 1, 600))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the same key again: %v", err)
	}
	b.clock.Advance(60 * 24 * time.Hour)
	if _, err = c.Reserve(t.Context(), b.reserve(geese, 1, 600)); err != nil {
		t.Errorf("the same key after the presale closed: %v", err)
	}
}

// Larger than anything a message carries plainly: every household's lots in one line.
func TestReserveOverManyLots(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, _ := b.process()
	s := smallCounty()
	for i := int64(7); i <= 2000; i++ {
		s.Households = append(s.Households, postgres.SeedHousehold{Household: catalog.Household{
			ID: i, Code: fmt.Sprintf("YA-%04d", i), Head: "户主", Persons: 2, VillageID: i%3 + 1}})
		s.Lots = append(s.Lots, postgres.SeedLot{Lot: catalog.Lot{ID: int64(len(s.Lots) + 1), PresaleID: geese, HouseholdID: i, Capacity: 80}})
	}
	b.load(c, s)
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20_000))
	if err != nil {
		t.Fatal(err)
	}
	if n := sum(res.Lines[0].Qty); n != 20_000 || len(res.Lines[0].Lots) < 1900 {
		t.Errorf("%d units over %d lots", n, len(res.Lines[0].Lots))
	}
	again, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20_000))
	if err != nil || !reflect.DeepEqual(again, res) {
		t.Errorf("the stored reservation differs: %v", err)
	}
	if !strings.HasPrefix(res.Lines[0].Policy, "fair/") {
		t.Errorf("policy %q", res.Lines[0].Policy)
	}
	b.verify(c)
}
