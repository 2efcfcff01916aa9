package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
	"banmuyuan/web/auth"
	webpg "banmuyuan/web/postgres"
)

const demoPassword = "banmuyuan"

type demoCommand struct {
	Settings `embed:""`
	Reset    bool `help:"Remove everything in the database first, orders and money included."`
}

// Help is shown by 'banmuyuan demo --help'.
func (demoCommand) Help() string {
	return "Loads the demo county (演示数据): 15 townships, 149 villages, 11,187 households with what they raise and grow, 129 " +
		"cooperatives, the presales of this season and two earlier seasons of income. All people in it are invented. A database " +
		"that has households or accounts already is left alone unless --reset is given. Stop 'serve' first."
}

func (c *demoCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	if cfg.Mode == modeProduction {
		return errors.New("BANMU_MODE is production: the demo county, whose passwords everybody knows, is not loaded")
	}
	if err := (installation{Config: cfg, Settings: c.Settings, modules: []string{"all"}, demo: true}).check().err(cfg.Mode); err != nil {
		return err
	}
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	p, err := startPlatform(ctx, cfg, c.Key, log)
	if err != nil {
		return err
	}
	defer closing(ctx, p.Close, &err)
	if c.Reset {
		if err := reset(ctx, p); err != nil {
			return err
		}
	}
	if err := migrate(ctx, p.databaseURL, moduleNames); err != nil {
		return err
	}
	loaded, err := loadDemo(ctx, p, c.Settings, log, os.Stderr, func(func() int) {})
	if err != nil {
		return err
	}
	if !loaded {
		fmt.Fprintln(stdout, "There are households or accounts already: nothing was changed. 'banmuyuan demo --reset' starts anew.")
		return nil
	}
	printLogins(stdout)
	return nil
}

// reset drops the modules' data. The streams hold nothing that the outboxes do not, so they go with them.
func reset(ctx context.Context, p *platform) error {
	nc, err := p.Connect("reset")
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := dropSchemas(ctx, p.databaseURL, moduleNames); err != nil {
		return err
	}
	return dropStreams(ctx, nc, moduleNames)
}

// loadDemo loads the county into an empty database of today's schemas and reports whether it did. It completes the data of
// a killed run: each part notices by itself whether it is there. begun is told how to ask for the percentage that is done.
func loadDemo(ctx context.Context, p *platform, settings Settings, log *slog.Logger, progress io.Writer, begun func(percent func() int)) (loaded bool, err error) {
	quiet := slog.New(slog.DiscardHandler)
	settings.sandboxOn = true // the demo's county has no other bank
	state, err := demoState(ctx, p.databaseURL)
	if err != nil || state == demoComplete || state == demoForeign {
		return false, err
	}
	c := county.Generate(time.Now(), demodata.Seed)
	rows, supply := demodata.Rows(c), demodata.Supply(c)
	income, err := demodata.EarlierIncome(c)
	if err != nil {
		return false, err
	}
	bar := progressbar.NewOptions(len(c.Households)+len(supply.Lots)+2*len(income)+len(c.Households),
		progressbar.OptionSetWriter(progress), progressbar.OptionSetDescription("演示县 loading the demo county"),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	defer func() { err = errors.Join(err, bar.Finish()) }()
	begun(func() int { return int(bar.State().CurrentPercent * 100) })

	if err := loadCatalog(ctx, p, settings, log, rows, supply, bar); err != nil {
		return false, err
	}
	if err := loadPayments(ctx, p, settings, log, c, income, bar); err != nil {
		return false, err
	}
	// The income ledger is read from where its entries come from, as it always can be.
	m, err := startModules(ctx, p, []string{moduleCatalog, modulePayments, moduleOrders}, settings, newReadiness(quiet), quiet)
	if err == nil {
		err = rebuildIncome(ctx, p)
	}
	if err == nil {
		err = loadShelf(link.System(ctx, "demo"), p, c, time.Now())
	}
	if err == nil {
		err = loadContracts(ctx, p, c)
	}
	if err == nil {
		err = loadAdoptions(ctx, p, c)
	}
	if err == nil {
		err = loadCare(link.System(ctx, "demo"), p, c, time.Now())
	}
	if err == nil {
		err = endEarlierSeasons(ctx, p, supply.Earlier)
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if err = errors.Join(err, m.Close(stopping)); err != nil {
		return false, err
	}
	_ = bar.Add(len(income)) // a progress bar that cannot be drawn is no failure
	return true, loadLogins(ctx, p, c, bar)
}

// demo is the content of a database, as far as the demo county is concerned.
type demo int

const (
	demoNone     demo = iota // empty
	demoPart                 // a run of ours was interrupted
	demoComplete             // all of it
	demoForeign              // households or accounts of somebody else's
)

func demoState(ctx context.Context, url string) (demo, error) {
	db, err := link.OpenDB(ctx, url, moduleCatalog, 1)
	if err != nil {
		return demoNone, err
	}
	defer db.Close()
	var all, ours int
	if err := db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE demo) FROM household`).Scan(&all, &ours); err != nil {
		return demoNone, fmt.Errorf("look for households: %w", err)
	}
	if all > 0 && ours == 0 {
		return demoForeign, nil
	}
	accounts, err := link.OpenDB(ctx, url, moduleWeb, 1)
	if err != nil {
		return demoNone, err
	}
	defer accounts.Close()
	if all == 0 {
		// A county that has begun with its accounts gets no demo beside them, whose password everybody knows.
		begun, err := webpg.New(accounts).List(ctx, "", "", 1)
		if err != nil || len(begun) == 0 {
			return demoNone, err
		}
		return demoForeign, nil
	}
	// The logins come last.
	switch _, err := webpg.New(accounts).ByLogin(ctx, "operator"); {
	case err == nil:
		return demoComplete, nil
	case errors.Is(err, auth.ErrNotFound):
		return demoPart, nil
	default:
		return demoNone, fmt.Errorf("look for logins: %w", err)
	}
}

func loadCatalog(ctx context.Context, p *platform, settings Settings, log *slog.Logger, rows map[string][]entry.Row, supply catalogpg.Supply, bar *progressbar.ProgressBar) error {
	state, err := demoState(ctx, p.databaseURL)
	if err != nil || state != demoNone {
		return err
	}
	db, err := link.OpenDB(ctx, p.databaseURL, moduleCatalog, 8)
	if err != nil {
		return err
	}
	defer db.Close()
	svc, err := (&modules{cfg: settings, log: log}).newCatalog(ctx, db, nil)
	if err != nil {
		return err
	}
	last := 0
	whole := len(supply.Households) + len(supply.Lots)
	return svc.LoadCounty(link.System(ctx, "demo"), rows, supply, func(done, total int) {
		now := done * whole / max(total, 1)
		_ = bar.Add(now - last)
		last = now
	})
}

func loadPayments(ctx context.Context, p *platform, settings Settings, log *slog.Logger, c *county.County, income []earlier.HistoricIncome, bar *progressbar.ProgressBar) error {
	db, err := link.OpenDB(ctx, p.databaseURL, modulePayments, 4)
	if err != nil {
		return err
	}
	defer db.Close()
	svc, err := (&modules{cfg: settings, log: log}).newPayments(db, nil)
	if err != nil {
		return err
	}
	ctx = link.System(ctx, "demo")
	if err := svc.LoadPayoutAccounts(ctx, demodata.PayoutAccounts(c)); err != nil {
		return err
	}
	last := 0
	err = svc.LoadHistory(ctx, income, func(n int) {
		_ = bar.Add(n - last)
		last = n
	})
	if err != nil {
		return err
	}
	if err := svc.LoadPools(ctx, demodata.Pools(c)); err != nil {
		return err
	}
	if err := closeEarlierSeasons(ctx, svc, c); err != nil {
		return err
	}
	return payCooperatives(ctx, svc, c)
}

// closeEarlierSeasons closes the books of the seasons that are over, as two people of the county would have.
func closeEarlierSeasons(ctx context.Context, books payments.Books, c *county.County) error {
	asked, err := books.AskClosing(link.System(ctx, "demo:operator"), payments.AskClosing{Month: fmt.Sprintf("%d-12", c.Season-1)})
	if link.CodeOf(err) == link.Conflict {
		return nil // an earlier run did
	}
	if err != nil {
		return err
	}
	_, err = books.DecideClosing(link.System(ctx, "demo:approver"), payments.DecideClosing{ID: asked.ID, Approve: true})
	return err
}

// endEarlierSeasons closes the seasons before the current one, as somebody of the county would have: everything of them is
// delivered and paid.
func endEarlierSeasons(ctx context.Context, p *platform, seasons []int) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx = link.WithActor(ctx, link.Actor{Account: 1, Login: "demo:approver", Role: string(auth.Approver)})
	for _, season := range seasons {
		if _, err := orders.NewSeasonsClient(nc).CloseSeason(ctx, catalog.SeasonRef{Season: season}); err != nil {
			return fmt.Errorf("close season %d: %w", season, err)
		}
	}
	return nil
}

func rebuildIncome(ctx context.Context, p *platform) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(link.System(ctx, "demo"), 5*time.Minute)
	defer cancel()
	_, err = orders.NewClient(nc).RebuildIncome(ctx, catalog.None{})
	return err
}

func loadLogins(ctx context.Context, p *platform, c *county.County, bar *progressbar.ProgressBar) error {
	db, err := link.OpenDB(ctx, p.databaseURL, moduleWeb, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return err
	}
	hash, err := passwords.Hash(ctx, demoPassword)
	if err != nil {
		return err
	}
	store := webpg.New(db)
	if _, err := store.CreateMany(ctx, demodata.Logins(c, hash, time.Now())); err != nil {
		return fmt.Errorf("load logins: %w", err)
	}
	// Visitors of the demo have no authenticator, and leave it open.
	if err := store.SetSecurity(ctx, auth.Command, auth.Security{GraceDays: auth.GraceMost, IdleMinutes: auth.IdleMost}); err != nil {
		return err
	}
	_ = bar.Add(len(c.Households))
	return nil
}

// printLogins tells whom one can be.
func printLogins(w io.Writer) {
	fmt.Fprintf(w, "\n  演示账号 demo logins (密码 password: %s)\n", demoPassword)
	for _, l := range demoPeople() {
		fmt.Fprintf(w, "    %-10s %s %s\n", l[0], l[1], l[2])
	}
	fmt.Fprintln(w)
}

// demoPeople are the demo's logins for each role, with their titles.
func demoPeople() [][3]string {
	return [][3]string{
		{"buyer", "私人买家", "private buyer"},
		{"coop", "合作社采购员", "cooperative's procurement officer"},
		{"coopboss", "合作社审批人", "who approves its contracts"},
		{"firm", "企业采购员", "enterprise's procurement officer"},
		{"firmboss", "企业审批人", "who approves its contracts"},
		{"market", "爱心超市采购员", "charity supermarket's buyer"},
		{"till", "爱心超市收银员", "cashier of the charity supermarket"},
		{"clerk", "收购站司磅员", "clerk at a collection point"},
		{"household", "农户", "household"},
		{"raised", "代养农户", "household whose geese a raiser keeps"},
		{"helper", "帮扶责任人", "helper of households"},
		{"operator", "县经办", "county's operator"},
		{"approver", "县复核", "county's second person"},
		{"admin", "管理员", "administrator of accounts"},
		{"admin2", "第二位管理员", "who agrees to the rights that the first one gives"},
	}
}
