package orders_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/orders"
)

func TestStateOfShare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		qty, received, held, short int64
		want                       orders.ShareState
	}{
		"nothing came yet":      {10, 0, 0, 0, orders.ShareExpected},
		"one is missing":        {10, 9, 0, 0, orders.ShareExpected},
		"all came":              {10, 10, 0, 0, orders.ShareWeighed},
		"all is short":          {10, 0, 0, 10, orders.ShareShort},
		"one came":              {10, 1, 0, 9, orders.ShareWeighed},
		"the last ticket waits": {10, 9, 1, 1, orders.ShareExpected},
	} {
		count := orders.ShareCount{Qty: c.qty, Received: c.received, Held: c.held, Short: c.short}
		if got := orders.StateOf(c.qty, c.received, c.held, c.short); got != c.want || count.State() != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestShareCounts(t *testing.T) {
	t.Parallel()
	c := orders.ShareCount{Qty: 10}
	if c = c.Receive(4, 16_000, false); c != (orders.ShareCount{Qty: 10, Received: 4, NetGrams: 16_000}) || c.Room() != 6 {
		t.Errorf("received: %+v", c)
	}
	if c = c.Hold(3); c.Held != 3 || c.Room() != 3 {
		t.Errorf("held: %+v", c)
	}
	final := c.Receive(1, 4_000, true).Close()
	if final != (orders.ShareCount{Qty: 10, Received: 5, Held: 3, NetGrams: 20_000, Final: true}) {
		t.Errorf("a held ticket keeps a final share open: %+v", final)
	}
	if final = final.Release(3).Close(); final != (orders.ShareCount{Qty: 10, Received: 5, Short: 5, NetGrams: 20_000, Final: true}) || final.Room() != 0 {
		t.Errorf("the rest of a final share: %+v", final)
	}
	if again := final.Receive(0, 0, false); !again.Final {
		t.Error("a later ticket opens a final share")
	}
	if open := c.Release(3).Close(); open.Short != 0 {
		t.Errorf("an open share is short: %+v", open)
	}
}

func TestSupersededTicketsAreTakenBack(t *testing.T) {
	t.Parallel()
	count := orders.ShareCount{Qty: 10, Received: 6, Held: 0, Short: 4, Returned: 1, NetGrams: 24_000, Final: true}
	if got := count.TakeBack(orders.TicketAccepted, 2, 8_000, true); got != (orders.ShareCount{Qty: 10, Received: 4, Short: 1, Returned: 1, NetGrams: 16_000}) {
		t.Errorf("the last ticket: %+v", got)
	}
	if got := count.TakeBack(orders.TicketAccepted, 2, 8_000, false); got != (orders.ShareCount{Qty: 10, Received: 4, Short: 4, Returned: 1, NetGrams: 16_000, Final: true}) {
		t.Errorf("an earlier ticket: %+v", got)
	}
	held := orders.ShareCount{Qty: 10, Received: 6, Held: 2, NetGrams: 24_000}
	if got := held.TakeBack(orders.TicketHeld, 2, 8_000, true); got != (orders.ShareCount{Qty: 10, Received: 6, NetGrams: 24_000}) {
		t.Errorf("a held ticket: %+v", got)
	}
}

// Whatever is weighed, held, decided and taken back within the room that there is, no unit is lost or counted twice.
func TestUnitsOfAShareAddUp(t *testing.T) {
	t.Parallel()
	type ticket struct {
		state        orders.TicketState
		units, grams int64
		final        bool
	}
	rapid.Check(t, func(t *rapid.T) {
		c := orders.ShareCount{Qty: rapid.Int64Range(1, 100).Draw(t, "qty")}
		var tickets []ticket
		t.Repeat(map[string]func(*rapid.T){
			"weigh": func(t *rapid.T) {
				k := ticket{orders.TicketAccepted, rapid.Int64Range(0, max(c.Room(), 0)).Draw(t, "units"), 0, rapid.Bool().Draw(t, "final")}
				k.grams = k.units * 4000
				if k.units > 0 && rapid.Bool().Draw(t, "far") {
					k.state = orders.TicketHeld
					c = c.Hold(k.units).Close()
				} else {
					c = c.Receive(k.units, k.grams, k.final).Close()
				}
				tickets = append(tickets, k)
			},
			"decide": func(t *rapid.T) {
				for i, k := range tickets {
					if k.state == orders.TicketHeld {
						tickets[i].state = orders.TicketAccepted
						c = c.Release(k.units).Receive(k.units, k.grams, k.final).Close()
						return
					}
				}
			},
			"supersede": func(t *rapid.T) {
				if len(tickets) > 0 {
					k := tickets[len(tickets)-1]
					tickets = tickets[:len(tickets)-1]
					c = c.TakeBack(k.state, k.units, k.grams, k.final).Close()
				}
			},
			"": func(t *rapid.T) {
				var received, held, grams int64
				for _, k := range tickets {
					if k.state == orders.TicketHeld {
						held += k.units
					} else {
						received, grams = received+k.units, grams+k.grams
					}
				}
				if c.Received != received || c.Held != held || c.NetGrams != grams {
					t.Fatalf("%+v; tickets have %d received, %d held, %d g", c, received, held, grams)
				}
				if c.Room() < 0 || c.Short < 0 || c.Room()+c.Received+c.Held+c.Short != c.Qty {
					t.Fatalf("%+v does not add up", c)
				}
				if open := c.Room() > 0 || c.Held > 0; open != (c.State() == orders.ShareExpected) {
					t.Fatalf("%+v is %s", c, c.State())
				}
			},
		})
	})
}
