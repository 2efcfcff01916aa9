package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	orderspg "banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

type verifyCommand struct {
	Key string `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

// Help is shown by 'banmuyuan verify --help'.
func (verifyCommand) Help() string {
	return "Checks what must always hold, on a live database or one at rest: the ledger sums to zero and balances equal their " +
		"entries, no lot is over its capacity, holds match lots and orders, lines match their shares, deliveries and tickets, " +
		"orders match what was paid, the households' statements equal the ledger to the fen, the figures of overview, villages and " +
		"lists equal the households' statements and count the households of the register, and no event waits unpublished. " +
		"It exits with 1 and names what is wrong."
}

func (c *verifyCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	s, err := openServices(ctx, url, c.Key, log)
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := verify(ctx, s, stdout)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d findings", n)
	}
	fmt.Fprintln(stdout, "everything holds")
	return nil
}

// services are the modules without their work: they read, and nothing else.
type services struct {
	catalog  catalog.Service
	orders   orders.Service
	payments payments.Service
	closers  []func()
}

func (s *services) Close() {
	for _, f := range s.closers {
		f()
	}
}

func openServices(ctx context.Context, url, key string, log *slog.Logger) (*services, error) {
	s := &services{}
	m := &modules{cfg: Settings{Key: key}, log: log}
	cdb, err := link.OpenDB(ctx, url, moduleCatalog, 8)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() { _ = cdb.Close() })
	if s.catalog, err = m.newCatalog(ctx, cdb, nil); err != nil {
		return s, err
	}
	pdb, err := link.OpenDB(ctx, url, modulePayments, 4)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() { _ = pdb.Close() })
	if s.payments, err = m.newPayments(pdb, nil); err != nil {
		return s, err
	}
	odb, err := link.OpenDB(ctx, url, moduleOrders, 4)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() { _ = odb.Close() })
	svc, err := orderspg.New(ctx, odb, nil, s.catalog, s.payments, desk.Config{Log: log})
	if err != nil {
		return s, err
	}
	s.closers = append([]func(){svc.Close}, s.closers...) // before its database
	s.orders = svc
	return s, nil
}

// verify prints the findings and returns their number.
func verify(ctx context.Context, s *services, out io.Writer) (int, error) {
	ctx = link.System(ctx, "verify")
	found := 0
	report := func(module, check, object, detail string) {
		found++
		fmt.Fprintf(out, "%s: %s: %s: %s\n", module, check, object, detail)
	}
	// A note is for the county to look at; nothing is wrong.
	finding := func(module string, f catalog.Finding) {
		if f.Note {
			fmt.Fprintf(out, "note: %s: %s: %s: %s\n", module, f.Check, f.Object, f.Detail)
			return
		}
		report(module, f.Check, f.Object, f.Detail)
	}
	c, err := s.catalog.Verify(ctx, catalog.None{})
	if err != nil {
		return found, fmt.Errorf("verify catalog: %w", err)
	}
	for _, f := range c.Items {
		report(moduleCatalog, f.Check, f.Object, f.Detail)
	}
	p, err := s.payments.Verify(ctx, payments.None{})
	if err != nil {
		return found, fmt.Errorf("verify payments: %w", err)
	}
	for _, f := range p.Items {
		report(modulePayments, f.Check, f.Object, f.Detail)
	}
	o, err := s.orders.Verify(ctx, orders.None{})
	if err != nil {
		return found, fmt.Errorf("verify orders: %w", err)
	}
	for _, f := range o.Items {
		finding(moduleOrders, f)
	}
	if err := compareOrders(ctx, s, report); err != nil {
		return found, err
	}
	return found, nil
}

// lineUnits are the units of an order line by one module.
type lineUnits struct{ open, received int64 }

type lineKey struct {
	order int64
	line  int
}

// compareOrders holds each order against the catalogue's holds and the ledger: a message on its way between modules shows
// as a difference only on a live database, and is gone when asked again.
func compareOrders(ctx context.Context, s *services, report func(module, check, object, detail string)) error {
	held := map[lineKey]lineUnits{}
	for after := int64(0); ; {
		page, err := s.catalog.Holds(ctx, catalog.HoldPageRequest{AfterOrder: after, Limit: 5000})
		if err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		for _, h := range page.Items {
			u := held[lineKey{h.OrderID, h.Line}]
			u.open += h.Held
			u.received += h.Deliv
			held[lineKey{h.OrderID, h.Line}] = u
			after = max(after, h.OrderID)
		}
		if len(page.Items) == 0 {
			break
		}
	}
	for after := int64(0); ; {
		page, err := s.orders.Digests(ctx, orders.DigestRequest{After: after, Limit: 1000})
		if err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		if len(page.Items) == 0 {
			break
		}
		refs := payments.RefsRequest{}
		for _, d := range page.Items {
			after = max(after, d.ID)
			refs.Refs = append(refs.Refs, d.Ref)
			for _, l := range d.Lines {
				key := lineKey{d.ID, l.No}
				h := held[key]
				delete(held, key)
				want := lineUnits{l.Open, l.Received}
				if d.State == orders.StateExpired || d.State == orders.StateCancelled {
					want = lineUnits{}
				}
				if h != want {
					report("orders and catalog", "units held", fmt.Sprintf("%s line %d", d.Ref, l.No),
						fmt.Sprintf("the catalogue holds %d and delivered %d, the order has %d open and %d received (%s)",
							h.open, h.received, want.open, want.received, d.State))
				}
			}
		}
		accounts, err := s.payments.Accounts(ctx, refs)
		if err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
		byRef := map[string]payments.Account{}
		for _, a := range accounts.Items {
			byRef[a.Ref] = a
		}
		for _, d := range page.Items {
			a := byRef[d.Ref]
			object := d.Ref
			if a.PaidFen != d.PaidFen {
				report("orders and payments", "money paid", object, fmt.Sprintf("the ledger has %d fen, the order %d (%s)", a.PaidFen, d.PaidFen, d.State))
			}
			if back := a.RefundedFen + a.RefundDueFen; back != d.RefundFen {
				report("orders and payments", "money given back", object, fmt.Sprintf("the ledger has %d fen, the order %d (%s)", back, d.RefundFen, d.State))
			}
			if a.BilledFen != d.AmountFen {
				report("orders and payments", "money billed", object, fmt.Sprintf("the ledger has %d fen, the order %d (%s)", a.BilledFen, d.AmountFen, d.State))
			}
			if d.State == orders.StateCompleted && (a.DepositFen != 0 || a.ReceivableFen != 0) {
				report("orders and payments", "finished order", object, fmt.Sprintf("deposit %d and receivable %d are still open", a.DepositFen, a.ReceivableFen))
			}
		}
	}
	for key, u := range held {
		// A hold without an order is released when it expires; a confirmed one must have an order.
		if u.received > 0 {
			report("orders and catalog", "hold without order", fmt.Sprintf("order %s line %d", orders.Number(key.order), key.line),
				fmt.Sprintf("%d held, %d delivered", u.open, u.received))
		}
	}
	return nil
}

// closing ends a database with the command and keeps the first error.
func closing(ctx context.Context, closeDatabase func(context.Context) error, err *error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	*err = errors.Join(*err, closeDatabase(ctx))
}
