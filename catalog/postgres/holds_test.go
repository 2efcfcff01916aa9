package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
)

func left(t testing.TB, c *postgres.Catalog, presale int64) int64 {
	t.Helper()
	stock, err := c.Stock(t.Context(), catalog.None{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stock {
		if s.PresaleID == presale {
			return s.Left
		}
	}
	t.Fatalf("presale %d is not in the stock", presale)
	return 0
}

// Confirm, release and deliver over the broker, the way orders sends them.
func TestCommands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20))
	if err != nil {
		t.Fatal(err)
	}
	b.command(c, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 1})
	if n := b.count(`SELECT count(*) FROM hold WHERE state = 'confirmed' AND expires_at IS NULL`); n != 1 {
		t.Errorf("%d confirmed holds, want 1", n)
	}
	lots := res.Lines[0].Lots
	b.command(c, catalog.CmdDeliver, catalog.HoldDeliver{OrderID: 1, Line: 1,
		Lots: lots[:2], Delivered: []int64{res.Lines[0].Qty[0], 1}, Returned: []int64{0, 1}})
	want := catalog.HoldDigest{OrderID: 1, Line: 1, State: "confirmed", Held: 20 - res.Lines[0].Qty[0] - 2, Deliv: res.Lines[0].Qty[0] + 1}
	page, err := c.Holds(county(t.Context()), catalog.HoldPageRequest{})
	if err != nil || len(page.Items) != 1 || page.Items[0] != want {
		t.Errorf("holds %+v, %v, want %+v", page.Items, err, want)
	}
	b.eventually("one unit back", func() bool { return left(t, c, geese) == 600-19 })
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	b.eventually("all back but what was delivered", func() bool { return left(t, c, geese) == 600-want.Deliv })
	// For an order that nobody reserved for, nothing happens.
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 99})
	b.command(c, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 99})
	b.verify(c)
}

func TestDeliverTellsLostFromReturned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	direct := b.reserve(privateGeese, 1, 3)
	direct.Channel, direct.Lines[0].Household = catalog.ChannelPrivate, 4
	res, err := c.Reserve(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	lot := res.Lines[0].Lots
	ctx := link.System(t.Context(), "orders")
	apply := func(delivered, returned int64, lost bool) error {
		return c.Apply(ctx, catalog.CmdDeliver, catalog.HoldDeliver{OrderID: 1, Line: 1, Lots: lot, Delivered: []int64{delivered}, Returned: []int64{returned}, Lost: lost})
	}
	want := func(capacity, reserved, delivered int64) {
		t.Helper()
		var got [3]int64
		if err := b.db.QueryRow(`SELECT capacity, reserved, delivered FROM lot WHERE id = $1`, lot[0]).Scan(&got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if got != [3]int64{capacity, reserved, delivered} {
			t.Errorf("lot has capacity, reserved, delivered %v, want %v", got, [3]int64{capacity, reserved, delivered})
		}
		b.verify(c)
	}
	steps := []struct {
		delivered, returned            int64
		lost                           bool
		capacity, reserved, delivered2 int64
		refused                        bool
	}{
		{delivered: 1, capacity: 3, reserved: 2, delivered2: 1},
		{returned: 1, lost: true, capacity: 2, reserved: 1, delivered2: 1},
		{returned: 1, capacity: 2, reserved: 0, delivered2: 1},
		{delivered: 1, refused: true, capacity: 2, reserved: 0, delivered2: 1},
		{delivered: -1, capacity: 2, reserved: 1, delivered2: 0}, // the ticket was superseded
		{returned: -1, capacity: 2, reserved: 2, delivered2: 0},  // and units it reported short may come after all
		{returned: -1, lost: true, capacity: 3, reserved: 3, delivered2: 0},
		{returned: -1, refused: true, capacity: 3, reserved: 3, delivered2: 0}, // more than was ever ordered
		{delivered: 3, capacity: 3, reserved: 0, delivered2: 3},
		{delivered: -4, refused: true, capacity: 3, reserved: 0, delivered2: 3},
	}
	for i, s := range steps {
		err := apply(s.delivered, s.returned, s.lost)
		if refused := errors.Is(err, link.E(link.Conflict, "hold.exceeded", "")); refused != s.refused || (err != nil && !refused) {
			t.Errorf("step %d: %v, want refused %v", i, err, s.refused)
		}
		want(s.capacity, s.reserved, s.delivered2)
	}
}

// A share that somebody else has bought meanwhile cannot be taken back.
func TestReturnedUnitsMayBeGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	req := b.reserve(privateGeese, 1, 3)
	req.Channel, req.Lines[0].Household = catalog.ChannelPrivate, 4
	res, err := c.Reserve(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	deliver := func(returned int64) error {
		return c.Apply(link.System(t.Context(), "orders"), catalog.CmdDeliver,
			catalog.HoldDeliver{OrderID: 1, Line: 1, Lots: res.Lines[0].Lots, Delivered: []int64{0}, Returned: []int64{returned}})
	}
	if err := deliver(2); err != nil {
		t.Fatal(err)
	}
	other := b.reserve(privateGeese, 2, 2)
	other.Channel, other.Lines[0].Household = catalog.ChannelPrivate, 4
	if _, err := c.Reserve(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	wantCode(t, deliver(-1), link.Conflict, "hold.exceeded", "")
	b.verify(c)
}

// A delivery that exceeds the share is a dead letter, and verify says so.
func TestTooMuchDeliveredIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	b.command(c, catalog.CmdDeliver, catalog.HoldDeliver{OrderID: 1, Line: 1, Lots: res.Lines[0].Lots[:1], Delivered: []int64{3}, Returned: []int64{0}})
	if n := b.count(`SELECT count(*) FROM dead_letter`); n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
	found, err := c.Verify(county(t.Context()), catalog.None{})
	if err != nil || len(found.Items) != 1 || found.Items[0].Check != "catalog.dead_letter" {
		t.Errorf("verify finds %+v, %v, want the dead letter", found.Items, err)
	}
}

// Many holds expire; two processes sweep at once; each is released once, told of once, and its units are free again.
func TestSweepersReleaseOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	two, _ := b.process()
	for order := range int64(60) {
		req := b.reserve(geese, order+1, 3)
		if order%2 == 0 {
			req.Lines = append(req.Lines, catalog.ReserveLine{Line: 2, PresaleID: beans, Qty: 10})
		}
		if _, err := one.Reserve(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	b.command(one, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 5})
	if n, err := one.Sweep(t.Context()); n != 0 || err != nil {
		t.Fatalf("swept %d before anything expired, %v", n, err)
	}
	b.clock.Advance(time.Hour + 10*time.Second)
	if n, err := one.Sweep(t.Context()); n != 0 || err != nil {
		t.Fatalf("swept %d within the grace, %v", n, err)
	}
	b.clock.Advance(time.Minute)
	var released atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			n, err := []*postgres.Catalog{one, two}[i%2].Sweep(t.Context())
			if err != nil {
				t.Error(err)
			}
			released.Add(int64(n))
		})
	}
	wg.Wait()
	if n := released.Load(); n != 59+29 {
		t.Errorf("%d holds released, want %d", n, 59+29)
	}
	if n := b.count(`SELECT count(*) FROM outbox WHERE subject = $1`, catalog.EvtHoldExpired); n != 59 {
		t.Errorf("%d orders told, want 59", n)
	}
	if n := b.count(`SELECT sum(reserved) FROM lot`); n != 3+10 {
		t.Errorf("%d units reserved, want those of the confirmed order", n)
	}
	b.verify(one)
	b.verify(two)

	// Confirming now comes too late, and somebody has to know.
	err := one.Apply(link.System(t.Context(), "orders"), catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 2})
	wantCode(t, err, link.Conflict, "hold.expired", "order_id")
	// The same key may reserve anew, and then confirms.
	req := b.reserve(geese, 2, 3)
	res, err := one.Reserve(t.Context(), req)
	if err != nil || res.State != "held" || !res.ExpiresAt.Equal(req.ExpiresAt) {
		t.Fatalf("reserving anew: %+v, %v", res, err)
	}
	if err := one.Apply(link.System(t.Context(), "orders"), catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 2}); err != nil {
		t.Error(err)
	}
	b.refresh(one)
	page, err := one.Holds(county(t.Context()), catalog.HoldPageRequest{AfterOrder: 1, Limit: 1})
	if err != nil || len(page.Items) != 1 || page.Items[0] != (catalog.HoldDigest{OrderID: 2, Line: 1, State: "confirmed", Held: 3}) {
		t.Errorf("holds of order 2: %+v, %v", page.Items, err)
	}
	b.verify(one)
}

// A hold that orders released is not reserved anew under its key: the answer says that it is released.
func TestReleasedKeyStaysReleased(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 1, 5)); err != nil {
		t.Fatal(err)
	}
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 5))
	if err != nil || res.State != "released" {
		t.Errorf("%+v, %v; want released", res, err)
	}
	b.eventually("nothing held", func() bool { return left(t, c, geese) == 600 })
}

// An order that ran out was revived, with a hold of its own, before the release of the first one arrives.
func TestReleaseOfWhatRanOutKeepsWhatIsConfirmed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 1, 5)); err != nil {
		t.Fatal(err)
	}
	again := b.reserve(geese, 1, 7)
	again.Key, again.Confirmed = "late:1", true
	if _, err := c.Reserve(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1, Unconfirmed: true})
	b.eventually("the old hold is back, the new one stays", func() bool { return left(t, c, geese) == 600-7 })
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	b.eventually("nothing held", func() bool { return left(t, c, geese) == 600 })
	b.verify(c)
}

// model holds the expected holds and lots, kept the plainest way there is.
type model struct {
	capacity map[int64]int64 // by lot
	presale  map[int64]int64
	holds    map[int64]*modelHold // by order
}

type modelHold struct {
	req       catalog.ReserveRequest
	res       catalog.Reservation
	state     catalog.HoldState
	expires   time.Time
	held      map[int64]int64
	delivered map[int64]int64
	returned  map[int64]int64
}

func (m *model) reserved(lot int64) (n int64) {
	for _, h := range m.holds {
		n += h.held[lot]
	}
	return n
}

func (m *model) delivered(lot int64) (n int64) {
	for _, h := range m.holds {
		n += h.delivered[lot]
	}
	return n
}

// Random orders, confirmations, releases, deliveries and expiries, over two processes, leave the database as the model says.
func TestHoldsAgainstModel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	two, _ := b.process()
	processes := []*postgres.Catalog{one, two}
	ctx := link.System(context.Background(), "orders")
	var next int64
	var m *model
	// Each round begins with the county as it was, in the database and in both memories.
	begin := func(t *rapid.T) {
		next, m = 0, &model{capacity: map[int64]int64{}, presale: map[int64]int64{}, holds: map[int64]*modelHold{}}
		b.clock.offset.Store(0)
		// In one transaction, because both look for changes all the time.
		err := link.InTx(ctx, b.db, nil, func(tx *sqlx.Tx) error {
			for _, l := range smallCounty().Lots {
				m.capacity[l.ID], m.presale[l.ID] = l.Capacity, l.PresaleID
				if _, err := tx.Exec(`UPDATE lot SET capacity = $2, reserved = 0, delivered = 0 WHERE id = $1`, l.ID, l.Capacity); err != nil {
					return err
				}
			}
			_, err := tx.Exec(`TRUNCATE hold, season_change; UPDATE season SET version = version + 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range processes {
			if err := c.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	free := func(presale int64) (n int64) {
		for id, p := range m.presale {
			if p == presale {
				n += m.capacity[id] - m.reserved(id) - m.delivered(id)
			}
		}
		return n
	}
	if err := flag.Set("rapid.checks", "25"); err != nil { // each is thirty steps through a database
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		begin(t)
		process := func() *postgres.Catalog { return processes[rapid.IntRange(0, 1).Draw(t, "process")] }
		order := func(want ...catalog.HoldState) *modelHold {
			var ids []int64
			for _, id := range slices.Sorted(maps.Keys(m.holds)) {
				if slices.Contains(want, m.holds[id].state) {
					ids = append(ids, id)
				}
			}
			if len(ids) == 0 {
				t.Skip("no such order")
			}
			return m.holds[rapid.SampledFrom(ids).Draw(t, "order")]
		}
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				next++
				presale := rapid.SampledFrom([]int64{geese, beans}).Draw(t, "presale")
				req := b.reserve(presale, next, 5*rapid.Int64Range(2, 30).Draw(t, "fives"))
				room := free(presale)
				res, err := process().Reserve(ctx, req)
				if req.Lines[0].Qty > room {
					if link.CodeOf(err) != link.SoldOut {
						t.Fatalf("%d of %d: %v", req.Lines[0].Qty, room, err)
					}
					return
				}
				if err != nil {
					t.Fatalf("%d of %d: %v", req.Lines[0].Qty, room, err)
				}
				h := &modelHold{req: req, res: res, state: "held", expires: req.ExpiresAt, held: map[int64]int64{}, delivered: map[int64]int64{}, returned: map[int64]int64{}}
				for i, lot := range res.Lines[0].Lots {
					h.held[lot] += res.Lines[0].Qty[i]
				}
				m.holds[next] = h
			},
			"repeat": func(t *rapid.T) {
				h := order("held", "confirmed", "released")
				res, err := process().Reserve(ctx, h.req)
				if err != nil || res.State != h.state || fmt.Sprint(res.Lines) != fmt.Sprint(h.res.Lines) {
					t.Fatalf("repeated: %+v, %v; want %s %+v", res, err, h.state, h.res)
				}
			},
			"confirm": func(t *rapid.T) {
				h := order("held", "confirmed", "released")
				if err := process().Apply(ctx, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: h.req.OrderID}); err != nil {
					t.Fatal(err)
				}
				if h.state == "held" {
					h.state = "confirmed"
				}
			},
			"release": func(t *rapid.T) {
				h := order("held", "confirmed", "released")
				if err := process().Apply(ctx, catalog.CmdRelease, catalog.HoldRelease{OrderID: h.req.OrderID}); err != nil {
					t.Fatal(err)
				}
				h.state = "released"
				clear(h.held)
			},
			"deliver": func(t *rapid.T) {
				h := order("confirmed")
				lot := rapid.SampledFrom(h.res.Lines[0].Lots).Draw(t, "lot")
				d := catalog.HoldDeliver{OrderID: h.req.OrderID, Line: 1, Lots: []int64{lot},
					Delivered: []int64{rapid.Int64Range(-3, 8).Draw(t, "delivered")}, Returned: []int64{rapid.Int64Range(0, 3).Draw(t, "returned")},
					Lost: rapid.Bool().Draw(t, "lost")}
				err := process().Apply(ctx, catalog.CmdDeliver, d)
				delivered, returned := d.Delivered[0], d.Returned[0]
				if h.delivered[lot]+delivered < 0 || h.held[lot]-delivered-returned < 0 || h.held[lot]-delivered < 0 {
					if !errors.Is(err, link.E(link.Conflict, "hold.exceeded", "")) {
						t.Fatalf("%+v of held %d, delivered %d: %v", d, h.held[lot], h.delivered[lot], err)
					}
					return
				}
				if err != nil {
					t.Fatalf("%+v of held %d, delivered %d: %v", d, h.held[lot], h.delivered[lot], err)
				}
				h.held[lot] -= delivered + returned
				h.delivered[lot] += delivered
				if d.Lost {
					m.capacity[lot] -= returned
				}
			},
			"expire": func(t *rapid.T) {
				// All that is held: the model keeps one clock for everybody, too.
				b.clock.Advance(2 * time.Minute)
				if rapid.IntRange(0, 3).Draw(t, "jump") == 0 {
					b.clock.Advance(2 * time.Hour)
				}
				if _, err := process().Sweep(ctx); err != nil {
					t.Fatal(err)
				}
				for id, h := range m.holds {
					if h.state == "held" && h.expires.Before(b.clock.Now().Add(-30*time.Second)) {
						delete(m.holds, id) // its key may be used anew
					}
				}
			},
			"": func(t *rapid.T) {
				var lots []struct{ ID, Capacity, Reserved, Delivered int64 }
				if err := b.db.Select(&lots, `SELECT id, capacity, reserved, delivered FROM lot ORDER BY id`); err != nil {
					t.Fatal(err)
				}
				for _, l := range lots {
					if l.Capacity != m.capacity[l.ID] || l.Reserved != m.reserved(l.ID) || l.Delivered != m.delivered(l.ID) {
						t.Fatalf("lot %d says %+v, the model capacity %d, reserved %d, delivered %d", l.ID, l, m.capacity[l.ID], m.reserved(l.ID), m.delivered(l.ID))
					}
				}
			},
		})
	})
	b.verify(one)
	b.verify(two)
}

// Events and commands keep their shape: other modules read them.
func TestMessagesKeepTheirShape(t *testing.T) {
	for want, v := range map[string]any{
		`{"order_id":7}`: catalog.HoldConfirm{OrderID: 7},
		`{"order_id":7,"line":1,"lots":[3],"delivered":[2],"returned":[1],"lost":true}`: catalog.HoldDeliver{OrderID: 7, Line: 1, Lots: []int64{3}, Delivered: []int64{2}, Returned: []int64{1}, Lost: true},
		`{"presale_id":1,"state":"open"}`:                                               catalog.PresaleChanged{PresaleID: 1, State: catalog.PresaleOpen},
	} {
		if b, err := json.Marshal(v); err != nil || string(b) != want {
			t.Errorf("%s, %v, want %s", b, err, want)
		}
	}
}
