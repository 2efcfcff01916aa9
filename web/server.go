// Package web is the core of the site: server, router, middleware and programs'
// tokens. Each audience has a package of its own below it, on the ground that
// package page lays. It holds no business rules; the modules do.
//
// What must always hold: every route has a name and says who may use it; every
// page exists in Chinese and English; nothing is sent before it is complete;
// nothing internal reaches a person; no page needs an inline script or style.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	papers "banmuyuan/orders/document"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web/account"
	"banmuyuan/web/api"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
	"banmuyuan/web/card"
	"banmuyuan/web/county"
	"banmuyuan/web/directory"
	"banmuyuan/web/document"
	"banmuyuan/web/find"
	"banmuyuan/web/household"
	"banmuyuan/web/live"
	"banmuyuan/web/notify"
	"banmuyuan/web/organisation"
	"banmuyuan/web/page"
	"banmuyuan/web/report"
	"banmuyuan/web/sheet"
	"banmuyuan/web/shop"
	"banmuyuan/web/static"
)

// Config holds the operator's settings.
type Config struct {
	// BaseURL is how people reach the site, without a slash at the end. QR codes and
	// links on paper start with it.
	BaseURL string
	// Secure says that people reach the site over HTTPS.
	Secure bool
	// Styleguide serves /styleguide, which shows every component.
	Styleguide bool
	// PayOrigins are the sites of payment providers that a form may lead to.
	PayOrigins []string
	// TrustedProxies may say whom they speak for in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// MaxBody bounds the size of a request; 1 MiB if zero.
	MaxBody int64
	// Now is the clock; the machine's if nil.
	Now func() time.Time
}

// Deps are the things the pages need from others.
type Deps struct {
	// The modules, usually as clients over NATS.
	Catalog   catalog.Service
	Orders    orders.Service
	Shelf     shelf.Service
	Adoptions adopt.Service
	Boxes     adopt.Boxes
	Contracts contract.Service
	Payments  payments.Service
	Treasury  payments.Treasury

	Distributions payments.Distributions
	Books         payments.Books
	Reversals     payments.Reversals
	OrgPayouts    payments.OrgPayouts
	Documents     papers.Service
	Stations      orders.Stations
	Care          catalog.Care
	Turns         catalog.Turns
	Seasons       catalog.Seasons
	SeasonEnds    orders.Seasons
	Directory     catalog.Directory
	// Headings of workbooks that people mapped.
	Headings sheet.Headings
	// AccountReviews are the payout accounts that wait for a second person.
	AccountReviews payments.AccountReviews
	// AccountBatches are payout accounts that come in a sheet.
	AccountBatches payments.AccountBatches
	// The county's rules: limits of unpaid orders, and the cooling time of payout accounts.
	UnpaidRules  orders.Rules
	CoolingRules cooling.Rules
	// Notifier tells households about actions in their name; the log if nil.
	Notifier notify.Notifier
	// Mailer sends codes to buyers without a mainland phone; nil: codes by e-mail are off.
	Mailer notify.Notifier
	// Privacy keeps consents and requests of people about their data.
	Privacy auth.Privacy
	// ContactCodes keeps the codes that were sent.
	ContactCodes auth.ContactCodes
	// Numbers in full, for the county; each look is written down.
	PrivateIDs      catalog.Privacy
	PrivateAccounts payments.Privacy
	// Version is the version in the API's description.
	Version string

	Accounts auth.Accounts
	Cards    auth.Cards
	Digests  auth.Digests // of this product's own key
	Factors  auth.Factors
	Logins   auth.Logins
	Trail    audit.Trail
	Cipher   auth.Cipher // of this product's own key
	Throttle auth.Throttle
	Setup    auth.Setup // links to the page of the first administrator
	Sessions scs.Store
	Baskets  basket.Store
	Outbox   notify.Outbox // messages to buyers
	Reports  report.Store
	// Live carries updates to open pages; a hub of its own if nil.
	Live *live.Hub
	// Changes tells of orders, by id, whose state has changed, so that looks that wait
	// for it are answered then; where it is nil they look again by themselves.
	Changes *live.Changes
	Log     *slog.Logger
	// Observe counts an answered request; nobody does if nil.
	Observe func(method, route string, status int, took time.Duration)
}

// Server answers every request of the site.
type Server struct {
	*page.Site
	config  Config
	deps    Deps
	shop    *shop.Pages
	notices *shop.Notices
	sender  *notify.Sender
	tokens  tokens
	reports *report.Runner
	api     *api.API
	handler http.Handler
}

// Wings are the audiences of the site.
func Wings() []page.Wing {
	return []page.Wing{account.Wing(), shop.Wing(), household.Wing(), organisation.Wing(), county.Wing(), directory.Wing(), card.Wing(), find.Wing(), document.Wing()}
}

// NewSiteGlossary joins the words of the modules, of the API and of all pages.
func NewSiteGlossary() (page.Glossary, error) {
	lists := []map[string][2]string{
		link.Messages,
		page.Messages,
		page.SummaryMessages,
		api.Messages,
		catalog.Messages,
		catalog.PolicyMessages,
		catalog.ContractMessages,
		catalog.CareMessages,
		catalog.TurnMessages,
		catalog.SeasonMessages,
		catalog.DirectoryMessages,
		orders.Messages,
		shelf.Messages,
		adopt.Messages,
		papers.Messages,
		contract.Messages,
		orders.StationMessages,
		payments.Messages,
	}
	for _, w := range Wings() {
		lists = append(lists, w.Messages...)
	}
	return page.NewGlossary(lists...)
}

// New builds the site. Everything that can be found wrong in routes, templates and
// words is found here and not by a visitor.
func New(config Config, deps Deps) (*Server, error) {
	if err := deps.check(); err != nil {
		return nil, err
	}
	if config.MaxBody == 0 {
		config.MaxBody = 1 << 20
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.Default()
	}
	if deps.Notifier == nil {
		deps.Notifier = notify.Log{Log: deps.Log}
	}
	if deps.Live == nil {
		deps.Live = live.NewHub()
	}
	config.BaseURL = strings.TrimSuffix(config.BaseURL, "/")
	glossary, err := NewSiteGlossary()
	if err != nil {
		return nil, err
	}
	site, err := page.New(page.Config{BaseURL: config.BaseURL, Secure: config.Secure, TrustedProxies: config.TrustedProxies, Now: config.Now},
		deps.Catalog, deps.Sessions, deps.Log, glossary, Wings())
	if err != nil {
		return nil, err
	}
	site.Logins = deps.Logins
	passwords, err := auth.NewPasswords(runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	site.Baskets = deps.Baskets
	s := &Server{Site: site, config: config, deps: deps}
	s.reports = report.NewRunner(deps.Reports, deps.Accounts, report.Sources{Catalog: deps.Catalog, Orders: deps.Orders},
		func(lang, group, value string) string { return site.WordsIn(page.Lang(lang)).Say(group, value) }, deps.Log)
	s.routes(passwords)
	if err := s.Prepare(); err != nil {
		return nil, err
	}
	if s.handler, err = s.chain(); err != nil {
		return nil, err
	}
	return s, nil
}

// check returns an error for a missing dependency.
func (d Deps) check() error {
	if d.Accounts == nil || d.Cards == nil || d.Digests == nil || d.Throttle == nil || d.Setup == nil || d.Sessions == nil || d.Baskets == nil || d.Outbox == nil || d.Reports == nil || d.Headings == nil {
		return errors.New("web: accounts, cards, digests, throttle, set-up links, sessions, baskets, outbox, reports and headings are needed")
	}
	if d.ContactCodes == nil || d.Privacy == nil || d.Factors == nil || d.Logins == nil || d.Trail == nil || d.Cipher == nil {
		return errors.New("web: codes of contacts, second factors, sessions of accounts, the audit trail and a cipher are needed")
	}
	for _, module := range []any{d.Catalog, d.Orders, d.Payments, d.Shelf, d.Adoptions, d.Boxes, d.Contracts, d.Treasury, d.Distributions, d.Books, d.Documents, d.Stations, d.Care, d.Turns, d.Directory, d.Seasons, d.SeasonEnds, d.AccountReviews, d.AccountBatches, d.Reversals, d.OrgPayouts, d.UnpaidRules, d.CoolingRules} {
		if module == nil {
			return errors.New("web: every module is needed")
		}
	}
	return nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// CountyStaff reports whether a request, which another handler of this process answers, has a session of the county's staff.
func (s *Server) CountyStaff(r *http.Request) bool {
	cookie, err := r.Cookie(s.Sessions.Cookie.Name)
	if err != nil {
		return false
	}
	ctx, err := s.Sessions.Load(r.Context(), cookie.Value)
	if err != nil {
		return false
	}
	a, err := s.sessionAccount(r.WithContext(ctx))
	return err == nil && a != nil && a.Role.In(auth.County...)
}

// EndStreams lets go of the pages that are held open for updates: they connect again, to a process that does not stop.
func (s *Server) EndStreams() { s.deps.Live.Close() }

// TellBuyer queues the messages to buyers that an event of a module calls for.
func (s *Server) TellBuyer(ctx context.Context, ev link.Event) error { return s.notices.Tell(ctx, ev) }

// SendMessages sends the messages to buyers that are due now.
func (s *Server) SendMessages(ctx context.Context) error { return s.sender.Round(ctx) }

// Run runs the background work of pages until ctx ends: live figures, reports and messages to buyers.
func (s *Server) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { s.shop.Run(ctx) })
	running.Go(func() { s.reports.Run(ctx) })
	running.Go(func() { s.sender.Run(ctx) })
	running.Go(func() { s.retain(ctx) })
	running.Wait()
}

// chain puts the middleware around the router, outermost first in reading order.
func (s *Server) chain() (http.Handler, error) {
	gzip, err := compress()
	if err != nil {
		return nil, err
	}
	cross := http.NewCrossOriginProtection()
	if s.config.BaseURL != "" {
		if err := cross.AddTrustedOrigin(s.config.BaseURL); err != nil {
			return nil, fmt.Errorf("base URL: %w", err)
		}
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Fail(w, r, link.E(link.Forbidden, "cross_origin", ""))
	}))

	h := s.bearer(s.withSession(s.recognise(s.Router)), s.Router)
	h = s.limitBody(h)
	h = s.refuseBinary(h)
	h = cross.Handler(h)
	h = s.plumbing(h)
	h = gzip(h)
	h = s.speak(h)
	h = s.secure(h)
	h = s.recoverPanics(h)
	return s.identify(h), nil
}

// plumbing answers requests that need neither session nor language.
func (s *Server) plumbing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case strings.HasPrefix(p, static.Prefix):
			infoOf(r).route = "static"
			s.Assets.ServeHTTP(w, r)
		case p == "/favicon.ico", p == "/robots.txt":
			infoOf(r).route = "static"
			file := map[string]string{"/favicon.ico": "favicon.svg", "/robots.txt": "robots.txt"}[p]
			r = r.Clone(r.Context())
			r.URL.Path = static.Prefix + file
			s.Assets.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// retain removes data beyond its time, every hour, until ctx ends.
func (s *Server) retain(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.deps.Privacy.Retain(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "retention", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
