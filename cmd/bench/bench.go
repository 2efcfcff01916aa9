package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "github.com/lib/pq"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bench is one run: the product, its buyers, and the results.
type bench struct {
	options
	stdout  io.Writer
	folder  string
	product *product
	report  *report
	floors  floors
	shop    *shop
	buyers  []buyer

	profiles [][]byte // of the product, where they were asked for

	floorOrders atomic.Int64
	keys        atomic.Int64
	placed      atomic.Int64 // orders acknowledged
	loaded      time.Duration
}

func newBench(o options, stdout io.Writer) (*bench, error) {
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return nil, fmt.Errorf("find the product: %w", err)
	}
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("find the product: %w: run 'make build' first", err)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, fmt.Errorf("make the output folder: %w", err)
	}
	folder, err := os.MkdirTemp(o.dir, "banmuyuan-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	// PostgreSQL runs as an account of its own when this runs as root.
	if err := os.Chmod(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	log, err := os.Create(filepath.Join(folder, "product.log"))
	if err != nil {
		return nil, fmt.Errorf("make a log: %w", err)
	}
	return &bench{
		options: o, stdout: stdout, folder: folder,
		product: &product{bin: bin, data: filepath.Join(folder, "data"), log: log, env: profileEnv(o)},
		report:  &report{Began: time.Now().UTC(), Quick: o.quick, Machine: machine()},
	}, nil
}

func (b *bench) close() error {
	err := errors.Join(b.product.stop(), b.product.log.Close())
	if b.keep {
		fmt.Fprintln(b.stdout, "kept", b.folder)
		return err
	}
	return errors.Join(err, os.RemoveAll(b.folder))
}

// openDB connects to the product's PostgreSQL as its superuser. While the product is stopped, cold gives it.
func (b *bench) openDB(ctx context.Context) (*sql.DB, error) {
	pg, err := b.product.openPostgres(ctx)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", pg.URL()) // runs with the product
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return db, nil
}

// between stops the product, changes its database at rest, and starts it again, which then reads the changes as
// its own earlier data.
func (b *bench) between(ctx context.Context, change func(context.Context, *sql.DB) error) error {
	b.dropBuyerConns()
	if err := b.product.stop(); err != nil {
		return err
	}
	pg, err := b.product.openPostgres(ctx)
	if err != nil {
		return err
	}
	db, err := sql.Open("postgres", pg.URL())
	if err == nil {
		err = errors.Join(change(ctx, db), db.Close())
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := errors.Join(err, pg.Stop(stopping)); err != nil {
		return fmt.Errorf("change the database at rest: %w", err)
	}
	return b.product.start(ctx)
}

func (b *bench) phase(workers int) phase {
	return phase{workers: workers, warmUp: b.warmUp, measure: b.length}
}

// measure runs a phase and adds its figures to the report.
func (b *bench) measure(ctx context.Context, scenario, name string, p phase, do attempt) (*result, error) {
	_, r, err := b.measureAll(ctx, scenario, name, p, do)
	return r, err
}

// measureAll also returns the figures that are not in the report.
func (b *bench) measureAll(ctx context.Context, scenario, name string, p phase, do attempt) (*figures, *result, error) {
	title := fmt.Sprintf("%s: %s, %d clients", scenario, name, p.workers)
	bar := progressbar.NewOptions64((p.warmUp + p.measure).Milliseconds(), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetVisibility(term.IsTerminal(int(os.Stderr.Fd()))))
	began := time.Now()
	var before, after usage
	var mem memory
	var usageErr error
	stopProfile := b.startProfile(scenario, name, p)
	f, err := p.run(ctx, do,
		func() { before, usageErr = used(b.product.pid, b.product.postmaster) },
		func() {
			var err error
			after, err = used(b.product.pid, b.product.postmaster)
			usageErr = errors.Join(usageErr, err)
			mem = memoryOf(b.product.pid, b.product.postmaster)
		},
		func(n int64) {
			bar.Describe(fmt.Sprintf("%s: %d", title, n))
			_ = bar.Set64(min(time.Since(began), p.warmUp+p.measure).Milliseconds()) // a bar that cannot be drawn is no failure
		})
	_ = bar.Finish()
	stopProfile()
	if err = errors.Join(err, usageErr); err != nil {
		return nil, nil, fmt.Errorf("measure %s: %w", title, err)
	}
	r := resultOf(scenario, name, p, f, after.minus(before), mem)
	if scenario == "orders" || scenario == "hot" {
		r.OfFloor = b.floors.ratios(p.workers, r.PerSecond)
	}
	b.report.Results = append(b.report.Results, r)
	fmt.Fprintf(b.stdout, "  %-46s %10s/s   p50 %s  p95 %s  p99 %s ms   cores %s+%s+%s   refused %d failed %d\n", title, number(r.PerSecond),
		number(r.P50), number(r.P95), number(r.P99), cores(r.ServerCores), cores(r.PostgresCores), cores(r.GeneratorCores), r.Refused, r.Failed)
	if f.firstError != nil {
		fmt.Fprintf(b.stdout, "    first failure: %v\n", f.firstError)
	}
	return f, &b.report.Results[len(b.report.Results)-1], nil
}

func (b *bench) note(scenario, name string, value float64, unit, note string) {
	b.report.Single = append(b.report.Single, measured{Scenario: scenario, Name: name, Value: value, Unit: unit, Note: note})
	fmt.Fprintf(b.stdout, "  %s: %s %s %s\n", name, number(value), unit, note)
}

// verify runs the product's own check of its invariants; a finding ends the bench.
func (b *bench) verify(ctx context.Context, after string) error {
	if err := b.settle(ctx); err != nil {
		return fmt.Errorf("after %s: %w", after, err)
	}
	began := time.Now()
	text, err := b.product.verify(ctx)
	b.report.Checks = append(b.report.Checks, check{After: after, Passed: err == nil, Took: time.Since(began).Seconds(), Report: text})
	if err != nil {
		return fmt.Errorf("banmuyuan verify after %s: %w\n%s", after, err, text)
	}
	fmt.Fprintf(b.stdout, "  banmuyuan verify: %s\n", text)
	return nil
}

// settlePatience is how long the modules may need to hear of everything once nobody asks any more.
const settlePatience = 5 * time.Minute

// settle waits until every event between the modules has arrived. A whole path that was cut off by the end of its
// measurement leaves a payment on its way, which is neither lost nor booked yet.
func (b *bench) settle(ctx context.Context) error {
	db, err := b.openDB(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	began := time.Now()
	for {
		var waiting int64
		err := db.QueryRowContext(ctx, `
			SELECT (SELECT count(*) FROM catalog.outbox WHERE published_at IS NULL) + (SELECT count(*) FROM orders.outbox WHERE published_at IS NULL)
			     + (SELECT count(*) FROM payments.outbox WHERE published_at IS NULL) + (SELECT count(*) FROM orders.task WHERE done_at IS NULL)
			     + (SELECT count(*) FROM payments.sandbox_webhook WHERE sent_at IS NULL) + (SELECT count(*) FROM payments.provider_event WHERE state = 'new')
			     + (SELECT count(*) FROM payments.payment p JOIN orders.orders o ON p.ref = 'order:' || o.id
			        WHERE p.state = 'succeeded' AND o.state = 'placed')`).Scan(&waiting)
		if err != nil {
			return fmt.Errorf("look for what is on its way: %w", err)
		}
		if waiting == 0 {
			if took := time.Since(began); took > time.Second {
				fmt.Fprintf(b.stdout, "  settled after %s s\n", number(took.Seconds()))
			}
			return nil
		}
		if time.Since(began) > settlePatience {
			return fmt.Errorf("%d messages are still on their way after %s", waiting, settlePatience)
		}
		if !pause(ctx, 100*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// from gives connection i an address of its own on the loopback network, a few to each: logins are counted by address.
func from(i int) net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+i/50/250), byte(1+i/50%250))}
}
