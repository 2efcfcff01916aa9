package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/web/auth"
)

// stopPatience is how long open requests, the modules and the servers
// together may take to end.
const stopPatience = 20 * time.Second

type serveCommand struct {
	Modules  []string `arg:"" optional:"" enum:"all,catalog,orders,payments,web" default:"all" help:"Modules this process runs: all (default), catalog, orders, payments, web. One alone needs DATABASE_URL and NATS_URL, through which it meets the others."`
	Addr     string   `env:"BANMU_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on (${env}, default ${default}; port 0 takes a free one)."`
	Demo     string   `env:"BANMU_DEMO" enum:"auto,no" default:"auto" help:"Load the demo county when the private database is empty: auto or no (${env}, default ${default})."`
	Profile  bool     `env:"BANMU_PROFILE" hidden:"" help:"Serve /debug/pprof/ to whoever reaches ADDR, for measuring (${env})."`
	Settings `embed:""`
}

func (c *serveCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) error {
	m := &Main{Config: cfg, Addr: c.Addr, Modules: c.Modules, Settings: c.Settings, Demo: c.Demo == "auto", Profile: c.Profile, Log: log}
	if err := m.Run(ctx); err != nil {
		return err
	}
	go giveBack(ctx) // starting needs several times the memory of serving
	if m.demo {
		printLogins(stdout)
	}
	fmt.Fprintf(stdout, "半亩园 Banmuyuan %s: %s (Ctrl-C stops it)\n", version, m.URL())
	if err := m.printSetupLink(ctx, stdout); err != nil {
		log.Warn("no link to the set-up page", "error", err)
	}
	var failure error
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case failure = <-m.Failed():
	}
	if failure == nil {
		m.pause()
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	return errors.Join(failure, m.Close(closing))
}

// stopPause is the pause of BANMU_STOP_PAUSE where it is not set and there may be several processes.
const stopPause = 2 * time.Second

// pause has /readyz say that the process stops, and answers everything as before, so that proxies turn away from it first.
func (m *Main) pause() {
	m.ready.stop()
	if m.modules != nil {
		m.modules.endStreams()
	}
	wait := m.StopPause.Duration
	if m.StopPause.text == "" && m.Config.DatabaseURL != "" {
		wait = stopPause
	}
	time.Sleep(wait)
}

// Main is the serving product, started by Run and ended by Close.
type Main struct {
	Config  Config
	Addr    string
	Modules []string
	Settings
	Demo    bool // load the demo county into an empty private database
	Profile bool // serve /debug/pprof/
	Log     *slog.Logger

	listener net.Listener
	figures  net.Listener // of /metrics; nil where they are off
	platform *platform
	modules  *modules
	server   *http.Server
	metrics  *http.Server
	demo     bool // the demo county is served
	ready    *readiness
	front    *front
	// cutOff ends requests in hand that did not end by themselves.
	cutOff context.CancelFunc
	failed chan error
}

// Run returns once requests are answered. When it fails, nothing is left
// running.
func (m *Main) Run(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
			defer cancel()
			err = errors.Join(err, m.Close(closing))
		}
	}()
	installed := installation{Config: m.Config, Settings: m.Settings, modules: m.Modules, demo: m.Demo}
	if err := installed.check().err(m.Config.Mode); err != nil {
		return err
	}
	if hints := installed.hints(); len(hints) > 0 {
		m.Log.Warn("this looks like a real installation, and BANMU_MODE is not production: what is unsafe is not refused", "because", strings.Join(hints, ", "))
	}
	for _, off := range installed.off() {
		m.Log.Warn(off)
	}
	// Listening comes first: a port in use should not cost a database start.
	if m.listener, err = listen(ctx, m.Addr); err != nil {
		return err
	}
	if m.figures, err = listenMetrics(ctx, m.MetricsAddr); err != nil {
		return err
	}
	if err := m.listenAndAnswer(); err != nil {
		return err
	}
	if m.Key, err = encryptionKey(m.Config, m.Key); err != nil {
		return err
	}
	m.Secure = m.Secure || strings.HasPrefix(m.PublicURL, "https://")
	if m.PublicURL == "" {
		m.PublicURL = m.URL()
	}
	if m.PayURL == "" {
		m.PayURL = m.PublicURL
	}
	m.ready.starting("PostgreSQL and NATS")
	if m.platform, err = startPlatform(ctx, m.Config, m.Key, m.Log); err != nil {
		return err
	}
	names := m.Modules
	if m.runs("all") {
		names = moduleNames
	}
	m.ready.starting("checking and migrating the database")
	db := &databaseCheck{url: m.platform.databaseURL, names: names, keys: m.Key, production: m.Config.Mode == modeProduction, foreign: m.Config.DatabaseURL != ""}
	if err := db.run(ctx); err != nil {
		return err
	}
	if err := db.faults.err(m.Config.Mode); err != nil {
		return err
	}
	if err := migrate(ctx, m.platform.databaseURL, names); err != nil {
		return err
	}
	if err := db.keepKey(ctx); err != nil {
		return err
	}
	if m.Demo && m.runs("all") && m.Config.DatabaseURL == "" {
		if _, err := loadDemo(ctx, m.platform, m.Settings, m.Log, os.Stderr, m.tellLoading); err != nil {
			return fmt.Errorf("load the demo county: %w", err)
		}
		state, err := demoState(ctx, m.platform.databaseURL)
		if err != nil {
			return err
		}
		m.demo = state == demoComplete
	}
	m.showCodes = m.Config.Mode != modeProduction
	m.sandboxOn = m.Sandbox == "yes" || m.Sandbox == "auto" && (m.demo || db.demo)
	if err := m.platform.ownRoles(ctx, names); err != nil {
		return err
	}
	m.ready.starting("the modules")
	if m.modules, err = startModules(ctx, m.platform, names, m.Settings, m.ready, m.Log); err != nil {
		return err
	}
	m.serve()
	return nil
}

// tellLoading has /readyz tell how far the demo county is loaded.
func (m *Main) tellLoading(percent func() int) {
	m.ready.startingWith(func() string { return fmt.Sprintf("loading the demo county, %d %%", percent()) })
}

func (m *Main) runs(module string) bool { return slices.Contains(m.Modules, module) }

// listenAndAnswer answers from now on: how the process is, and that it is starting.
func (m *Main) listenAndAnswer() error {
	proxies, err := networks(m.TrustedProxies)
	if err != nil {
		return err
	}
	m.ready = newReadiness(m.Log)
	m.front = &front{ready: m.ready}
	requests, cutOff := context.WithCancel(context.Background())
	m.cutOff = cutOff
	m.server = &http.Server{
		Handler:           paceBodies(m.front, bodyGrace, bodyRate),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(m.Log.Handler(), slog.LevelWarn),
	}
	m.failed = make(chan error, 3)
	go func() {
		if err := m.server.Serve(boundConnections(m.listener, m.Connections.n, proxies)); !errors.Is(err, http.ErrServerClosed) {
			m.failed <- fmt.Errorf("serve requests: %w", err)
		}
	}()
	return nil
}

// serve opens the modules to requests.
func (m *Main) serve() {
	if m.figures != nil {
		m.metrics = &http.Server{Handler: m.metricsRoutes(), ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: m.server.ErrorLog}
		m.Log.Info("figures", "url", "http://"+m.figures.Addr().String()+"/metrics")
		go func() { _ = m.metrics.Serve(m.figures) }()
	}
	go func() {
		m.failed <- <-m.modules.failed
	}()
	go func() {
		<-m.platform.Failed()
		if err := m.platform.Err(); err != nil {
			m.failed <- err
		}
	}()
	m.front.open(m.routes())
	m.ready.started()
}

// routes gives each request to the module it is for.
func (m *Main) routes() http.Handler {
	r := mux.NewRouter()
	if m.Profile {
		r.HandleFunc("/debug/pprof/profile", pprof.Profile).Methods(http.MethodGet).Name("pprof.profile")
		r.PathPrefix("/debug/pprof/").HandlerFunc(pprof.Index).Methods(http.MethodGet).Name("pprof")
	}
	if m.modules.payments != nil {
		r.PathPrefix("/pay/").Handler(m.modules.payments)
	}
	if m.modules.pages != nil {
		r.PathPrefix("/").Handler(m.modules.pages)
	}
	return r
}

// metricsRoutes are the pages at the address of the figures.
func (m *Main) metricsRoutes() http.Handler {
	r := mux.NewRouter()
	r.Handle("/metrics", m.modules.metrics.handler()).Methods(http.MethodGet, http.MethodHead).Name("metrics")
	return r
}

// URL is where the product answers.
func (m *Main) URL() string { return "http://" + m.listener.Addr().String() }

// printSetupLink prints the link with which the first administrator is made, where there is none yet. It is printed where
// the operator looks, and is in no log.
func (m *Main) printSetupLink(ctx context.Context, w io.Writer) error {
	if m.modules.setup == nil {
		return nil // no pages in this process
	}
	token, hash := auth.NewSetupToken()
	until := time.Now().Add(auth.SetupLife)
	made, err := m.modules.setup.NewSetupLink(ctx, hash, until)
	if err != nil || !made {
		return err
	}
	fmt.Fprintf(w, "\n  还没有管理员。请打开下面的链接设第一位管理员；链接只能用一次，有效到 %s：\n"+
		"  There is no administrator yet. Open this link, which works once and until then, to become the first:\n    %s/setup/%s\n\n",
		chinaTime(until), strings.TrimSuffix(m.PublicURL, "/"), token)
	return nil
}

// Failed receives why the product can no longer serve.
func (m *Main) Failed() <-chan error { return m.failed }

// requestPatience is what Close leaves to requests in hand; the rest of its time is for the modules and the servers.
const requestPatience = 12 * time.Second

// Close lets open requests finish and stops everything that Run started, as
// far as it came. ctx bounds it.
func (m *Main) Close(ctx context.Context) error {
	var errs []error
	switch {
	case m.server != nil:
		m.ready.stop()
		if m.modules != nil {
			m.modules.endStreams()
		}
		finishing, cancel := context.WithTimeout(ctx, requestPatience)
		err := m.server.Shutdown(finishing)
		cancel()
		m.cutOff()
		if err != nil {
			errs = append(errs, fmt.Errorf("finish open requests: %w", err), m.server.Close())
		}
	case m.listener != nil:
		errs = append(errs, m.listener.Close())
	}
	switch {
	case m.metrics != nil:
		errs = append(errs, m.metrics.Close())
	case m.figures != nil:
		errs = append(errs, m.figures.Close())
	}
	if m.modules != nil {
		errs = append(errs, m.modules.Close(ctx))
	}
	if m.platform != nil {
		errs = append(errs, m.platform.Close(ctx))
	}
	return errors.Join(errs...)
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is already in use: stop what listens there, or choose another address, e.g. BANMU_ADDR=127.0.0.1:8081", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on BANMU_ADDR %s: %w", addr, err)
	}
	return l, nil
}
