package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

const (
	selloutUnits    = 500
	selloutAttempts = 20_000
)

// benchSellout lets a crowd order single units of a presale of which 500 are left.
func (b *bench) benchSellout(ctx context.Context) error {
	p, err := b.presale("goose-feast")
	if err != nil {
		return err
	}
	if err := b.between(ctx, left(p.ID, selloutUnits)); err != nil {
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
	one := p
	one.MinQty = 1
	ph := phase{workers: min(256, slices.Max(b.levels)), measure: 2 * time.Minute, most: selloutAttempts}
	place := b.place(b.bodies([]catalog.PublicPresale{one}))
	f, r, err := b.measureAll(ctx, "sellout", "500 left", ph, place)
	if err != nil {
		return err
	}
	accepted := b.placed.Load() - before
	b.note("sellout", "accepted", float64(accepted), "orders", fmt.Sprintf("of %d attempts", selloutAttempts))
	b.note("sellout", "accepted beyond 500", float64(accepted-selloutUnits), "orders", "")
	b.note("sellout", "until the last was accepted", f.lastDone.Seconds()*1000, "ms", "")
	b.note("sellout", "refused, p99", millis(f.refusals, 99), "ms", fmt.Sprintf("%s refused, told how many were left", number(float64(r.Refused))))
	if err := b.counted(ctx, before, ordersBefore); err != nil {
		return err
	}
	if accepted != selloutUnits {
		return fmt.Errorf("%d orders for %d units", accepted, selloutUnits)
	}
	return nil
}

// contractOrder is a tenth of the county's geese.
const (
	contractOrder = 88_120
	allGeese      = 881_200
	repeats       = 5
)

// benchContract places orders of 88,120 geese out of the pool of 10,943 lots as it was loaded, one at a time.
func (b *bench) benchContract(ctx context.Context) error {
	p, err := b.presale("goose-main")
	if err != nil {
		return err
	}
	if err := b.between(ctx, room(2)); err != nil { // households sell geese in other presales too
		return err
	}
	coop, err := b.as("coop")
	if err != nil {
		return err
	}
	defer coop.close()
	dry, err := json.Marshal(map[string]int64{"presale_id": p.ID, "quantity": allGeese})
	if err != nil {
		return err
	}
	var took []float64
	var lots int
	for range repeats {
		began := time.Now()
		res, err := coop.do("POST", "/api/v1/dry-runs", "", dry)
		if err != nil {
			return err
		}
		if res.status != 200 {
			return fmt.Errorf("dry run: %d %s", res.status, res.body)
		}
		took = append(took, time.Since(began).Seconds()*1000)
		var run catalog.DryRun
		if err := json.Unmarshal(res.body, &run); err != nil {
			return fmt.Errorf("read dry run: %w", err)
		}
		lots = len(run.Lots)
	}
	b.note("contract", "dry run of 881,200", middle(took), "ms", fmt.Sprintf("over %s lots; the slowest of %d took %s ms", number(float64(lots)), repeats, number(slices.Max(took))))

	took = nil
	body := b.orderOf(p.ID, contractOrder, catalog.ChannelContract)
	var last orders.Order
	for range repeats {
		began := time.Now()
		res, err := coop.do("POST", "/api/v1/orders", b.key(), body)
		if err != nil {
			return err
		}
		if res.status != 201 {
			return fmt.Errorf("contract order: %d %s", res.status, res.body)
		}
		took = append(took, time.Since(began).Seconds()*1000)
		b.placed.Add(1)
		if err := json.Unmarshal(res.body, &last); err != nil {
			return fmt.Errorf("read order: %w", err)
		}
	}
	db, err := b.openDB(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, `SELECT sum(cardinality(lots)) FROM orders.order_line WHERE order_id = $1`, last.ID).Scan(&lots); err != nil {
		return fmt.Errorf("count the order's lots: %w", err)
	}
	b.note("contract", "88,120 geese", middle(took), "ms", fmt.Sprintf("the last over %s lots of 10,943; the slowest of %d took %s ms", number(float64(lots)), repeats, number(slices.Max(took))))
	return nil
}

// middle is the median.
func middle(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// benchStart starts the product on an empty folder and again on a full one.
func (b *bench) benchStart(ctx context.Context) error {
	b.note("start", "first start to ready", b.loaded.Seconds(), "s", "initdb, migrations, loading the county")
	b.dropBuyerConns()
	var warm []float64
	for range 3 {
		if err := b.product.stop(); err != nil {
			return err
		}
		if err := b.product.start(ctx); err != nil {
			return err
		}
		warm = append(warm, b.product.ready.Seconds())
	}
	b.note("start", "warm start to ready", middle(warm), "s", "the middle of 3")
	if !pause(ctx, idleFor) {
		return context.Cause(ctx)
	}
	m := memoryOf(b.product.pid, b.product.postmaster)
	b.note("start", "idle memory", megabytes(m.server+m.postgres), "MB",
		fmt.Sprintf("PSS: product %s, PostgreSQL %s", number(megabytes(m.server)), number(megabytes(m.postgres))))

	empty := &product{bin: b.product.bin, data: filepath.Join(b.folder, "empty"), log: b.product.log}
	began := time.Now()
	if err := empty.command(ctx, "demo").Run(); err != nil {
		return fmt.Errorf("load the county: %w\n%s", err, tail(b.product.log.Name()))
	}
	b.note("start", "loading the county", time.Since(began).Seconds(), "s", "'banmuyuan demo' on an empty folder, initdb included")
	if err := empty.start(ctx); err != nil {
		return err
	}
	b.note("start", "start after that", empty.ready.Seconds(), "s", "")
	return empty.stop()
}

// idleFor is how long the product is left alone before its memory is read: by then it has closed the connections that only
// its start needed.
const idleFor = time.Minute
