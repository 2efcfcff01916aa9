package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"banmuyuan/catalog"
)

// manyTimes is room enough for every order of a run.
const manyTimes = 200

// place is an attempt to place one of the orders, each in turn.
func (b *bench) place(bodies [][]byte) attempt {
	return func(w int, n int64) (outcome, time.Duration, error) {
		res, err := b.buyers[w%len(b.buyers)].do("POST", "/api/v1/orders", b.key(), bodies[n%int64(len(bodies))])
		if err != nil {
			return failed, 0, err
		}
		o, wait, err := judge(res)
		if o == done {
			b.placed.Add(1)
		}
		return o, wait, err
	}
}

var soldOut, placedState = []byte(`sold_out`), []byte(`"state":"placed"`)

// judge returns the outcome that an answer to an order means. An order that is not in the state it should be in counts as failed.
func judge(res reply) (outcome, time.Duration, error) {
	switch {
	case res.status == http.StatusCreated && bytes.Contains(res.body, placedState):
		return done, 0, nil
	case res.status == http.StatusServiceUnavailable && res.retryAfter > 0:
		return refused, res.retryAfter, nil
	case res.status == http.StatusConflict && bytes.Contains(res.body, soldOut):
		return refused, 0, nil
	}
	return failed, 0, fmt.Errorf("%d %s", res.status, bytes.TrimSpace(res.body))
}

// settled waits until the modules have nothing to publish or to consume, and compares the acknowledged orders with the
// database.
func (b *bench) counted(ctx context.Context, before, ordersBefore int64) error {
	now, err := b.countOrders(ctx)
	if err != nil {
		return err
	}
	acknowledged, written := b.placed.Load()-before, now-ordersBefore
	if acknowledged != written {
		return fmt.Errorf("%d orders were acknowledged and %d were written", acknowledged, written)
	}
	fmt.Fprintf(b.stdout, "  %s orders acknowledged, all of them in the database\n", number(float64(acknowledged)))
	return nil
}

func (b *bench) countOrders(ctx context.Context) (n int64, err error) {
	db, err := b.openDB(ctx)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM orders.orders`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	return n, nil
}

// ordering gives the lots room, measures the floors, and runs do between two counts of the orders.
func (b *bench) ordering(ctx context.Context, do func() error) error {
	if err := b.between(ctx, room(manyTimes)); err != nil {
		return err
	}
	if err := b.measureFloors(ctx); err != nil {
		return err
	}
	if err := b.turnTo(1); err != nil {
		return err
	}
	ordersBefore, err := b.countOrders(ctx)
	if err != nil {
		return err
	}
	before := b.placed.Load()
	if err := do(); err != nil {
		return err
	}
	return b.counted(ctx, before, ordersBefore)
}

func (b *bench) bodies(presales []catalog.PublicPresale) [][]byte {
	var all [][]byte
	for _, p := range presales {
		all = append(all, b.order(p))
	}
	return all
}

func (b *bench) benchOrders(ctx context.Context) error {
	return b.ordering(ctx, func() error {
		bodies := b.bodies(b.shop.presales)
		best := 0.0
		for _, n := range b.levels {
			r, err := b.measure(ctx, "orders", "spread", b.phase(n), b.place(bodies))
			if err != nil {
				return err
			}
			best = max(best, r.PerSecond)
		}
		if err := b.openLoop(ctx, "orders", "spread", best, bodies); err != nil {
			return err
		}
		for _, n := range b.levels {
			if _, err := b.measure(ctx, "orders", "whole path", b.phase(n), b.wholePath()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) benchHot(ctx context.Context) error {
	return b.ordering(ctx, func() error {
		p, err := b.presale("goose-main")
		if err != nil {
			return err
		}
		bodies := b.bodies([]catalog.PublicPresale{p})
		best := 0.0
		for _, n := range b.levels {
			r, err := b.measure(ctx, "hot", "one presale", b.phase(n), b.place(bodies))
			if err != nil {
				return err
			}
			best = max(best, r.PerSecond)
		}
		return b.openLoop(ctx, "hot", "one presale", best, bodies)
	})
}

// openLoop sends at a fixed rate, however slow the answers: the time that a buyer waits at half the rate of the closed loop.
func (b *bench) openLoop(ctx context.Context, scenario, name string, best float64, bodies [][]byte) error {
	p := b.phase(min(256, len(b.buyers)))
	if p.rate = b.rate; p.rate == 0 {
		p.rate = math.Floor(best/20) * 10
	}
	if p.rate < 1 {
		return nil
	}
	_, err := b.measure(ctx, scenario, name, p, b.place(bodies))
	return err
}

// wholePath is the path of a buyer from looking at a presale to an order with a paid deposit: presale, quote, pickup
// points, placing, starting the payment, paying on the sandbox bank's page, and waiting until the webhook has
// confirmed it.
func (b *bench) wholePath() attempt {
	presales := b.shop.presales
	bodies := b.bodies(presales)
	quotes := make([][]byte, len(presales))
	for i, p := range presales {
		quotes[i] = fmt.Appendf(nil, `{"lines":[{"presale_id":%d,"quantity":%d}]}`, p.ID, p.MinQty)
	}
	pay := []byte(`{"method":"sandbox","return_url":"/orders"}`)
	play := []byte("play=pay")
	return func(w int, n int64) (outcome, time.Duration, error) {
		c := &b.buyers[w%len(b.buyers)].conn
		i := int(n % int64(len(presales)))
		for _, step := range []struct {
			method, path string
			body         []byte
		}{
			{"GET", "/api/v1/presales/" + presales[i].Code, nil},
			{"POST", "/api/v1/quotes", quotes[i]},
			{"GET", "/api/v1/reference", nil},
		} {
			res, err := c.do(step.method, step.path, "", step.body)
			if err != nil {
				return failed, 0, err
			}
			if o, wait, err := wanted(res, http.StatusOK); o != done {
				return o, wait, err
			}
		}
		res, err := c.do("POST", "/api/v1/orders", b.key(), bodies[i])
		if err != nil {
			return failed, 0, err
		}
		if o, wait, err := judge(res); o != done {
			return o, wait, err
		}
		b.placed.Add(1)
		no := text(res.body, `"no":"`)
		if res, err = c.do("POST", "/api/v1/orders/"+no+"/payments", b.key(), pay); err != nil {
			return failed, 0, err
		}
		if o, wait, err := wanted(res, http.StatusCreated); o != done {
			return o, wait, err
		}
		page := pathOf(text(res.body, `"url":"`))
		if res, err = c.do("GET", page, "", nil, header{"Accept", "text/html"}); err != nil {
			return failed, 0, err
		}
		if o, wait, err := wanted(res, http.StatusOK); o != done {
			return o, wait, err
		}
		res, err = c.do("POST", page, "", play, header{"Accept", "text/html"}, header{"Content-Type", "application/x-www-form-urlencoded"})
		if err != nil {
			return failed, 0, err
		}
		if o, wait, err := wanted(res, http.StatusSeeOther); o != done {
			return o, wait, err
		}
		state := "placed"
		for began := time.Now(); time.Since(began) < answerWithin; {
			if res, err = c.do("GET", "/api/v1/orders/"+no+"?while="+state, "", nil); err != nil {
				return failed, 0, err
			}
			if o, wait, err := wanted(res, http.StatusOK); o != done {
				return o, wait, err
			}
			before := state
			if state = text(res.body, `"state":"`); state == "confirmed" {
				return done, 0, nil
			}
			if state == before {
				time.Sleep(time.Second) // too many may wait, and then it was answered at once: asking again is load too
			}
		}
		return failed, 0, errors.New("order " + no + " was paid and not confirmed")
	}
}

// wanted says whether an answer has the status it should have.
func wanted(res reply, status int) (outcome, time.Duration, error) {
	if res.status == status {
		return done, 0, nil
	}
	if res.status == http.StatusServiceUnavailable && res.retryAfter > 0 {
		return refused, res.retryAfter, nil
	}
	return failed, 0, fmt.Errorf("%d %s", res.status, bytes.TrimSpace(res.body))
}

// text finds the text that follows a mark in JSON, up to its closing quote.
func text(body []byte, mark string) string {
	_, rest, _ := bytes.Cut(body, []byte(mark))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// pathOf drops scheme and host.
func pathOf(url string) string {
	_, rest, ok := bytes.Cut([]byte(url), []byte("://"))
	if !ok {
		return url
	}
	i := bytes.IndexByte(rest, '/')
	if i < 0 {
		return "/"
	}
	return string(rest[i:])
}
