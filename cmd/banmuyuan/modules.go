package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	orderspg "banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/cooling"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/gateway/stripe"
	paymentspg "banmuyuan/payments/postgres"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/live"
	"banmuyuan/web/notify"
	webpg "banmuyuan/web/postgres"
)

// The modules, in the order in which they start. Each has a schema and a role of this name.
const (
	moduleCatalog  = "catalog"
	modulePayments = "payments"
	moduleOrders   = "orders"
	moduleWeb      = "web"
)

var moduleNames = []string{moduleCatalog, modulePayments, moduleOrders, moduleWeb}

func migrations(module string) fs.FS {
	switch module {
	case moduleCatalog:
		return catalogpg.Migrations
	case modulePayments:
		return paymentspg.Migrations()
	case moduleOrders:
		return orderspg.Migrations
	}
	return webpg.Migrations()
}

// migrate brings the schemas of modules up to date, all at a time. Processes that start together take turns.
func migrate(ctx context.Context, url string, modules []string) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, m := range modules {
		g.Go(func() error {
			if err := link.Migrate(ctx, url, m, migrations(m)); err != nil {
				return fmt.Errorf("migrate %s: %w", m, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// modules are the parts of the product that this process runs.
type modules struct {
	cfg      Settings
	platform *platform
	log      *slog.Logger
	metrics  *metrics
	registry catalog.Registry // of a command that runs without a broker; nil: asked for over NATS

	stop    context.CancelFunc
	running errgroup.Group
	failed  chan error

	opening sync.Mutex // modules are opened side by side
	closers []func()
	begin   map[string]func() // has a module answer and work, once all are open

	pages    *web.Server  // web
	setup    auth.Setup   // web
	payments http.Handler // the gateways' pages and webhooks

	ready     *readiness
	disk      disk // of the private servers
	watchdogs []*watchdog
	changes   *live.Changes // web
	names     []string      // of the modules that were opened
	ends      map[string]*ending
}

// ending ends one module: it takes no more requests, finishes those it has, and then ends its work.
type ending struct {
	stop  context.CancelFunc
	begun bool
	done  chan struct{}
}

// mayEnd returns the context of one module, which Close ends by itself.
func (m *modules) mayEnd(running context.Context, name string) context.Context {
	own, end := context.WithCancel(running)
	m.ends[name] = &ending{stop: end, done: make(chan struct{})}
	return own
}

// startModules opens modules side by side, then has them answer and work; the schemas are up to date. The caller closes the
// result, also with an error.
func startModules(ctx context.Context, p *platform, names []string, cfg Settings, ready *readiness, log *slog.Logger) (*modules, error) {
	m := &modules{cfg: cfg, platform: p, log: log, metrics: newMetrics(), failed: make(chan error, 8),
		begin: map[string]func(){}, ready: ready, names: names, ends: map[string]*ending{}}
	running, stop := context.WithCancel(context.Background())
	m.stop = stop
	if p.data != "" {
		m.disk = disk{dir: p.data, least: uint64(max(cfg.DiskFree.n, 0)) * megabyte}
		m.metrics.space(m.disk)
		ready.add("disk", m.disk.check)
	}
	start := map[string]func(ctx, running context.Context) error{
		moduleCatalog: m.startCatalog, modulePayments: m.startPayments, moduleOrders: m.startOrders, moduleWeb: m.startWeb,
	}
	var alone []context.Context
	for _, name := range names {
		alone = append(alone, m.mayEnd(running, name))
	}
	starting, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		starting.Go(func() error {
			if err := start[name](ctx, alone[i]); err != nil {
				return fmt.Errorf("start %s: %w", name, err)
			}
			return nil
		})
	}
	if err := starting.Wait(); err != nil {
		return m, err
	}
	for _, name := range inOrder(names) { // servers before their clients
		if begin := m.begin[name]; begin != nil {
			begin()
			m.ends[name].begun = true
		}
	}
	return m, nil
}

// inOrder sorts modules so that each stands behind those that it asks.
func inOrder(names []string) []string {
	return slices.DeleteFunc(slices.Clone(moduleNames), func(name string) bool { return !slices.Contains(names, name) })
}

// onClose registers f; Close runs the registered functions in reverse order.
func (m *modules) onClose(f func()) {
	m.opening.Lock()
	defer m.opening.Unlock()
	m.closers = append(m.closers, f)
}

// connections is the number of a module's connections to its database. A few for each core: more of them work no faster,
// and each plans the same statements for itself.
func connections() int { return min(max(8, 4*runtime.NumCPU()), 40) }

// connect gives a module its database and its own connection to NATS.
func (m *modules) connect(ctx context.Context, name string) (*sqlx.DB, *nats.Conn, error) {
	db, err := link.OpenDB(ctx, m.platform.urlOf(name), name, connections())
	if err != nil {
		return nil, nil, err
	}
	m.onClose(func() { _ = db.Close() })
	nc, err := m.platform.Connect(name)
	if err != nil {
		return nil, nil, err
	}
	m.onClose(nc.Close)
	m.metrics.database(name, db)
	m.ready.add(name+".database", db.PingContext)
	m.ready.add(name+".nats", func(context.Context) error {
		if !nc.IsConnected() {
			return nats.ErrDisconnected
		}
		return nil
	})
	m.needs(name, nc)
	return db, nc, nil
}

// serve has a module's requests answered and its work done until Close, from when all modules are open.
// Requests are no longer taken before work stops, so that every taken request is finished.
func (m *modules) serve(running context.Context, db *sqlx.DB, nc *nats.Conn, name string, register func(*link.Server), run func(context.Context) error) {
	m.watch(running, name, db, nc)
	end := m.ends[name]
	begin := func() {
		working, stopWork := context.WithCancel(context.WithoutCancel(running))
		s := link.NewServer(nc, name, link.ServerOptions{Workers: 256, Log: m.log, Admit: m.admit, Observe: m.metrics.request, Refused: m.metrics.refused})
		register(s)
		link.AnswerPing(s)
		worked := make(chan struct{})
		m.running.Go(func() error {
			defer close(worked)
			if err := run(working); err != nil && working.Err() == nil {
				m.failed <- fmt.Errorf("%s: %w", name, err)
				return err
			}
			return nil
		})
		context.AfterFunc(running, func() {
			s.Close()
			stopWork()
			<-worked
			close(end.done)
		})
	}
	m.opening.Lock()
	defer m.opening.Unlock()
	m.begin[name] = begin
}

func (m *modules) startCatalog(ctx, running context.Context) error {
	db, nc, err := m.connect(ctx, moduleCatalog)
	if err != nil {
		return err
	}
	svc, err := m.newCatalog(ctx, db, nc)
	if err != nil {
		return err
	}
	m.serve(running, db, nc, moduleCatalog, func(s *link.Server) {
		catalog.Register(s, svc)
		catalog.RegisterContracts(s, svc)
		catalog.RegisterCare(s, svc)
		catalog.RegisterTurns(s, svc.Turns)
		catalog.RegisterSeasons(s, svc)
		catalog.RegisterDirectory(s, svc.Directory())
		catalog.RegisterRegistry(s, svc.Directory())
		catalog.RegisterPrivacy(s, svc)
	}, svc.Run)
	return nil
}

func (m *modules) newCatalog(ctx context.Context, db *sqlx.DB, nc *nats.Conn) (*catalogpg.Catalog, error) {
	keys, err := paymentspg.ParseKeys(m.cfg.Key)
	if err != nil {
		return nil, err
	}
	return catalogpg.New(ctx, db, nc, catalogpg.Config{Cipher: keys, Unmask: m.cfg.UnmaskLimit.n, Log: m.log})
}

func (m *modules) startPayments(ctx, running context.Context) error {
	db, nc, err := m.connect(ctx, modulePayments)
	if err != nil {
		return err
	}
	svc, err := m.newPayments(db, nc)
	if err != nil {
		return err
	}
	m.payments = svc.HTTP()
	register := func(s *link.Server) {
		payments.Register(s, svc)
		payments.RegisterTreasury(s, svc)
		payments.RegisterDistributions(s, svc)
		payments.RegisterBooks(s, svc)
		payments.RegisterReversals(s, svc)
		payments.RegisterOrgPayouts(s, svc)
		payments.RegisterAccountReviews(s, svc)
		payments.RegisterAccountBatches(s, svc)
		cooling.RegisterRules(s, svc)
		payments.RegisterPrivacy(s, svc)
	}
	m.serve(running, db, nc, modulePayments, register,
		func(ctx context.Context) error { return svc.Run(ctx, nc) })
	return nil
}

// payTo finds the account that buyers transfer to: that of the settings, or else that of the county's own entry.
func (m *modules) payTo(nc *nats.Conn) func(context.Context) (banktransfer.Account, error) {
	return func(ctx context.Context) (banktransfer.Account, error) {
		if m.cfg.BankNumber != "" || nc == nil {
			return banktransfer.Account{Holder: m.cfg.BankHolder, Number: m.cfg.BankNumber, Bank: m.cfg.BankName}, nil
		}
		ref, err := catalog.NewClient(nc).Reference(link.System(ctx, modulePayments), catalog.None{})
		if err != nil {
			return banktransfer.Account{}, err
		}
		c := ref.County
		return banktransfer.Account{Holder: c.BankHolder, Number: c.BankAccount, Bank: c.BankName}, nil
	}
}

// newPayments makes the service. nc may be nil where no payment is begun.
func (m *modules) newPayments(db *sqlx.DB, nc *nats.Conn) (*paymentspg.Service, error) {
	online, err := m.onlineGateway(db, nc != nil)
	if err != nil {
		return nil, err
	}
	columns, err := bankfile.ParseStatement(m.cfg.StatementColumns)
	if err != nil {
		return nil, err
	}
	gateways := []gateway.Gateway{banktransfer.NewFor(m.payTo(nc)), cash.New()}
	if online != nil {
		gateways = slices.Insert(gateways, 0, online)
	}
	cfg := paymentspg.Config{Gateways: gateways, Key: m.cfg.Key, Statement: columns, RefundLimit: m.cfg.RefundLimit.n * 100, UnmaskLimit: m.cfg.UnmaskLimit.n,
		FileLife: m.cfg.BankFileLife.Duration, Cooling: m.cfg.AccountCooling.Duration, Log: m.log}
	if nc != nil {
		cfg.Seasons = seasonRegister{catalog.NewClient(nc)}
	}
	switch {
	case m.registry != nil:
		cfg.Register = householdRegister{m.registry}
	case nc != nil:
		cfg.Register = householdRegister{catalog.NewRegistryClient(nc)}
	}
	if m.cfg.BankLayout != "" {
		data, err := os.ReadFile(m.cfg.BankLayout)
		if err == nil {
			cfg.Layout, err = bankfile.ParseLayout(data)
		}
		if err != nil {
			return nil, fmt.Errorf("columns of payout files: %w", err)
		}
	}
	return paymentspg.New(db, cfg)
}

// sandboxFeeBP is the sandbox bank's fee on a payment, about as much as a real one's.
const sandboxFeeBP = 60

// onlineGateway is Stripe where there are keys for it, the sandbox bank where play money is wanted, and nil otherwise: one
// never stands beside the other, or play money would pay for real geese. A command, which takes no payments, reads the
// sandbox bank's books whatever the settings are.
func (m *modules) onlineGateway(db *sqlx.DB, serving bool) (gateway.Gateway, error) {
	if m.cfg.StripeSecretKey == "" && m.cfg.StripeWebhookSecret == "" {
		if serving && !m.cfg.sandboxOn {
			return nil, nil
		}
		return sandbox.New(db, sandbox.Config{PublicURL: m.cfg.PayURL, Secret: []byte("sandbox " + m.cfg.Key), FeeBP: sandboxFeeBP, Log: m.log,
			Staff: m.countyStaff}), nil
	}
	return stripe.New(stripe.Config{SecretKey: m.cfg.StripeSecretKey, WebhookSecret: m.cfg.StripeWebhookSecret})
}

// countyStaff reports whether a request is from somebody of the county. Only a process with pages knows sessions.
func (m *modules) countyStaff(r *http.Request) bool {
	return m.pages != nil && m.pages.CountyStaff(r)
}

func (m *modules) startOrders(ctx, running context.Context) error {
	db, nc, err := m.connect(ctx, moduleOrders)
	if err != nil {
		return err
	}
	svc, err := orderspg.New(ctx, db, nc, catalog.NewClient(nc), payments.NewClient(nc), m.ordersConfig())
	if err != nil {
		return err
	}
	m.onClose(svc.Close)
	m.serve(running, db, nc, moduleOrders, func(s *link.Server) {
		orders.Register(s, svc)
		orders.RegisterStations(s, svc)
		orders.RegisterSeasons(s, svc)
		orders.RegisterRules(s, svc)
		shelf.Register(s, svc.Shelf())
		adopt.Register(s, svc)
		adopt.RegisterBoxes(s, svc)
		contract.Register(s, svc)
		document.Register(s, svc)
	}, svc.Run)
	return nil
}

func (m *modules) ordersConfig() desk.Config {
	return desk.Config{PayPrivate: m.cfg.PayWithin.Duration, PayOrganisation: m.cfg.PayWithinOrg.Duration, Log: m.log,
		Unpaid: orders.UnpaidLimits{Orders: int(m.cfg.UnpaidOrders.n), OrgOrders: int(m.cfg.UnpaidOrdersOrg.n), Part: m.cfg.UnpaidPart.n}}
}

func (m *modules) startWeb(ctx, running context.Context) error {
	db, nc, err := m.connect(ctx, moduleWeb)
	if err != nil {
		return err
	}
	keys, err := paymentspg.ParseKeys(m.cfg.Key)
	if err != nil {
		return err
	}
	store := webpg.New(db)
	sessions := store.Sessions()
	m.onClose(sessions.Close)
	changes := live.NewChanges()
	if err := m.tellOrders(running, nc, changes); err != nil {
		return err
	}
	proxies, err := networks(m.cfg.TrustedProxies)
	if err != nil {
		return err
	}
	site, err := web.New(web.Config{
		BaseURL: m.cfg.PublicURL, Secure: m.cfg.Secure, Styleguide: m.cfg.Styleguide, PayOrigins: m.payOrigins(), TrustedProxies: proxies,
	}, web.Deps{
		Accounts:     store,
		Factors:      store,
		ContactCodes: store,
		Privacy:      store,
		Logins:       store,
		Trail:        store,
		Cipher:       keys,
		Throttle:     store,
		Setup:        store,
		Sessions:     sessions,
		Baskets:      store,
		Outbox:       store.Outbox(),
		Reports:      store.Reports(),
		Log:          m.log,
		Catalog:      catalog.NewClient(nc),
		Orders:       orders.NewClient(nc),
		Shelf:        shelf.NewClient(nc),
		Adoptions:    adopt.NewClient(nc),
		Boxes:        adopt.NewBoxesClient(nc),
		Contracts:    contract.NewClient(nc),
		Payments:     payments.NewClient(nc),
		Treasury:     payments.NewTreasuryClient(nc),

		Distributions:   payments.NewDistributionsClient(nc),
		Books:           payments.NewBooksClient(nc),
		Reversals:       payments.NewReversalsClient(nc),
		OrgPayouts:      payments.NewOrgPayoutsClient(nc),
		Documents:       document.NewClient(nc),
		PrivateIDs:      catalog.NewPrivacyClient(nc),
		PrivateAccounts: payments.NewPrivacyClient(nc),
		Stations:        orders.NewStationsClient(nc),
		Care:            catalog.NewCareClient(nc),
		Turns:           catalog.NewTurnsClient(nc),
		Seasons:         catalog.NewSeasonsClient(nc),
		SeasonEnds:      orders.NewSeasonsClient(nc),
		Directory:       catalog.NewDirectoryClient(nc),
		Headings:        store,
		AccountReviews:  payments.NewAccountReviewsClient(nc),
		AccountBatches:  payments.NewAccountBatchesClient(nc),
		UnpaidRules:     orders.NewRulesClient(nc),
		CoolingRules:    cooling.NewRulesClient(nc),
		Cards:           store,
		Digests:         keys,
		Notifier:        m.notifier(),
		Mailer:          m.mailer(),
		Changes:         changes,

		Version: version,
		Observe: m.metrics.page,
	})
	if err != nil {
		return err
	}
	m.pages = site
	m.setup = store
	m.changes = changes
	m.watch(running, moduleWeb, db, nc)
	end := m.ends[moduleWeb]
	m.opening.Lock()
	defer m.opening.Unlock()
	m.begin[moduleWeb] = func() {
		var working sync.WaitGroup
		work := func(f func() error) {
			working.Add(1)
			m.running.Go(func() error { defer working.Done(); return f() })
		}
		work(func() error { site.Run(running); return nil })
		work(func() error { return m.tellAccounts(db, nc, site).Run(running) })
		for _, c := range m.auditActs(db, nc) {
			work(func() error { return c.Run(running) })
		}
		for _, c := range m.tellBuyers(db, nc, site) {
			work(func() error { return c.Run(running) })
		}
		context.AfterFunc(running, func() {
			working.Wait()
			close(end.done)
		})
	}
	return nil
}

// tellOrders wakes the requests that wait for an order to change when it does, until running ends. Every process of the web
// hears of all orders, since any of them may have waiting requests.
func (m *modules) tellOrders(running context.Context, nc *nats.Conn, changes *live.Changes) error {
	stop, err := link.Listen(nc, orders.EvtOrderChanged, func(ev link.Event) {
		var o orders.OrderEvent
		if err := ev.Decode(&o); err != nil {
			m.log.Warn("event passed over", "subject", ev.Subject, "event", ev.ID, "error", err)
			return
		}
		changes.Tell(o.OrderID)
	})
	if err != nil {
		return err
	}
	context.AfterFunc(running, func() {
		stop()
		changes.Close()
	})
	return nil
}

// notifier is how text messages leave: through a provider's gateway, or not at all.
func (m *modules) notifier() notify.Notifier {
	if m.cfg.SMSURL == "" {
		return notify.Log{Log: m.log, Codes: m.cfg.showCodes}
	}
	return notify.HTTP{URL: m.cfg.SMSURL}
}

// mailer is how e-mails leave: through the county's mail server. Without one the log shows them in development, and nil says
// that codes by e-mail are off.
func (m *modules) mailer() notify.Notifier {
	if m.cfg.SMTPURL == "" && m.cfg.showCodes {
		return notify.Log{Log: m.log, Codes: true}
	}
	if m.cfg.SMTPURL == "" {
		return nil
	}
	mailer, err := notify.NewMail(m.cfg.SMTPURL, m.cfg.MailFrom)
	if err != nil { // was checked with the settings
		m.log.Error("no e-mail will be sent", "error", err)
		return nil
	}
	return mailer
}

// payOrigins are the sites that a form may lead to.
func (m *modules) payOrigins() []string {
	origins := []string{m.cfg.PayURL}
	if m.cfg.StripeSecretKey != "" {
		origins = append(origins, "https://checkout.stripe.com")
	}
	return origins
}

// endStreams lets go of requests that are held open: pages reconnect to another process, or to this one when it is back, and
// programs that wait for an order are answered with what there is.
func (m *modules) endStreams() {
	if m.pages != nil {
		m.pages.EndStreams()
		m.changes.Close()
	}
}

// Close ends the modules one after another, each before those that it asks: it takes no more requests, finishes the taken ones
// and ends its work.
func (m *modules) Close(ctx context.Context) error {
	for _, name := range slices.Backward(inOrder(m.names)) {
		end := m.ends[name]
		end.stop()
		if !end.begun {
			continue
		}
		select {
		case <-end.done:
		case <-ctx.Done():
		}
	}
	if m.stop != nil {
		m.stop()
	}
	done := make(chan error, 1)
	go func() { done <- m.running.Wait() }()
	var err error
	select {
	case <-done: //nolint:errcheck // a failure was sent through failed
	case <-ctx.Done():
		err = errors.New("modules did not stop in time")
	}
	for _, f := range slices.Backward(m.closers) {
		f()
	}
	return err
}
