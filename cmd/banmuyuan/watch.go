package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
)

// newBusiness are the requests with which somebody begins to owe, or pays. They are refused while the product could not finish
// them: when the disk is nearly full, or events are not published.
var newBusiness = map[string]bool{
	orders.SubjectPlace:           true,
	orders.SubjectPay:             true,
	adopt.SubjectAdopt:            true,
	adopt.SubjectPayAdoption:      true,
	adopt.SubjectSubscribe:        true,
	contract.SubjectPayAdvance:    true,
	contract.SubjectCallOff:       true,
	payments.SubjectCreatePayment: true,
}

// watchEvery is how often the backlog is read.
const watchEvery = 5 * time.Second

// disk is the file system of the data folder.
type disk struct {
	dir   string
	least uint64 // bytes that have to be free; 0 is no bound
}

const megabyte = 1 << 20

// free returns the bytes that are left for the account of this process.
func (d disk) free() (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &s); err != nil {
		return 0, fmt.Errorf("look at the disk of %s: %w", d.dir, err)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // the types differ between systems
}

func (d disk) check(context.Context) error {
	if d.least == 0 {
		return nil
	}
	free, err := d.free()
	if err != nil {
		return err
	}
	if free < d.least {
		return lack(fmt.Sprintf("%d MB free in %s, least %d MB: new orders and payments are refused until there is more", free/megabyte, d.dir, d.least/megabyte))
	}
	return nil
}

// watchdog knows the backlog of one module.
type watchdog struct {
	bounds  Settings
	reader  *link.PendingReader
	pending snapshot
}

// watch reads a module's backlog until running ends, and has readiness and the figures tell it.
func (m *modules) watch(running context.Context, name string, db *sqlx.DB, nc *nats.Conn) {
	w := &watchdog{bounds: m.cfg, reader: link.NewPendingReader(db, nc)}
	m.metrics.backlog(name, &w.pending)
	m.opening.Lock()
	m.watchdogs = append(m.watchdogs, w)
	m.opening.Unlock()
	m.ready.add(name+".outbox", func(context.Context) error { return w.late() })
	m.ready.add(name+".consumers", func(context.Context) error { return w.behind() })
	m.ready.add(name+".dead_letters", func(context.Context) error { return w.gaveUp() })
	m.running.Go(func() error {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			ctx, cancel := context.WithTimeout(running, watchEvery)
			if p, err := w.reader.Read(ctx); err == nil {
				w.pending.set(p)
			} // a database or a broker that is away is another check's
			cancel()
			select {
			case <-running.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

func (w *watchdog) late() error {
	most := w.bounds.ReadyOutbox.Duration
	if waiting := w.pending.get().Waiting; most > 0 && waiting > most {
		return lack(fmt.Sprintf("the next event waits for %s to be published, most %s", waiting.Round(time.Second), most))
	}
	return nil
}

func (w *watchdog) behind() error {
	most := w.bounds.ReadyBehind.n
	if n := w.pending.get().Behind; most > 0 && n > most {
		return lack(fmt.Sprintf("%d events are not applied, most %d", n, most))
	}
	return nil
}

func (w *watchdog) gaveUp() error {
	most := w.bounds.ReadyDeadLetters.n
	if n := w.pending.get().DeadLetters; most > 0 && n > most {
		return lack(fmt.Sprintf("%d events were given up (table dead_letter), most %d", n, most))
	}
	return nil
}

// admit refuses new business while it could not be finished.
func (m *modules) admit(subject string) error {
	if !newBusiness[subject] {
		return nil
	}
	if err := m.disk.check(context.Background()); err != nil {
		return link.Full().Because(err)
	}
	for _, w := range m.watchdogs { // complete once the modules are open
		if err := w.late(); err != nil {
			e := link.E(link.Unavailable, "backlog", "").Because(err)
			e.RetryAfter = 60
			return e
		}
	}
	return nil
}

// needs has readiness ask every other module that this process sends requests to.
func (m *modules) needs(name string, nc *nats.Conn) {
	for _, other := range natsTalk[name].asks {
		m.ready.add(name+".needs."+other, func(ctx context.Context) error {
			if err := link.Ping(ctx, nc, other); err != nil {
				return fmt.Errorf("%w (%w)", lack("no process of "+other+" answers"), err)
			}
			return nil
		})
	}
}
