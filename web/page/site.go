// Package page is the ground of the pages of all audiences: rendering, forms, words, formats, errors, menus, sessions and the
// names of routes. A Site holds them; a Wing describes the part of one audience.
//
// What must always hold: it knows no audience; every word exists in Chinese and English; a page is whole before its first
// byte is sent; every route, word, file and icon that a template names exists when the site is built.
package page

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
	"banmuyuan/web/static"
)

// Config holds the operator's settings of pages.
type Config struct {
	// BaseURL is how people reach the site, without a slash at the end. QR codes and
	// links on paper start with it.
	BaseURL string
	// Secure says that people reach the site over HTTPS.
	Secure bool
	// TrustedProxies may say whom they speak for in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// Now is the clock; the machine's if nil.
	Now func() time.Time
}

// register is the part of the catalogue that pages of several audiences read: names of places and products, and the
// household that a page is about.
type register interface {
	Reference(ctx context.Context, q catalog.None) (catalog.Reference, error)
	Household(ctx context.Context, q catalog.HouseholdRef) (catalog.Household, error)
	Households(ctx context.Context, q catalog.HouseholdFilter) (catalog.HouseholdPage, error)
}

// Wing describes an audience: its pages, words and menu. Its handlers are registered by its package.
type Wing struct {
	// Name comes before a slash in the names of the wing's pages: "county/home".
	Name string
	// Layout is the frame that its pages wear, and the menu that its entries stand in.
	// Shop pages are for buyers and visitors, household pages are in large type, desk
	// pages are dense.
	Layout string
	// Layouts are the frames of pages that wear another.
	Layouts map[string]string
	// Templates has a file in the folder templates for each page.
	Templates fs.FS
	// Messages are its words, in lists; Tones gives status words among them their tone.
	Messages []map[string][2]string
	Tones    []Tones
	Menu     []Entry
	// Homes is where each of its roles starts; the first route that exists is taken.
	Homes map[auth.Role][]string
	// Keeps tells whether an entry of the menu makes sense where the reader works; all
	// do if nil.
	Keeps func(ctx context.Context, s *Site, a *auth.Account, route string) bool
}

// Site holds the templates, words, routes and sessions of all audiences.
type Site struct {
	config   Config
	Log      *slog.Logger
	Glossary Glossary
	Assets   *static.Assets
	Router   *mux.Router
	Sessions *scs.SessionManager
	Logins   auth.Logins  // sessions as their owners see them
	Baskets  basket.Store // of accounts; visitors have theirs in the session
	register register
	wings    []Wing
	sources  map[string]source
	pages    pages
	tones    map[string]tone
	homes    map[auth.Role][]string
	Uploads  map[string]int64 // path prefix → largest body
	ref      referenceCache
}

// New puts a site together. The wings register their routes on it, then prepare makes its pages.
func New(config Config, register register, sessions scs.Store, log *slog.Logger, glossary Glossary, wings []Wing) (*Site, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	wings = append([]Wing{ownWing()}, wings...)
	sources, err := sourcesOf(wings)
	if err != nil {
		return nil, err
	}
	s := &Site{config: config, Log: log, Glossary: glossary, Assets: assets, Router: mux.NewRouter(), register: register,
		wings: wings, sources: sources, tones: map[string]tone{}, homes: map[auth.Role][]string{}, Uploads: map[string]int64{}}
	s.Sessions = s.newSessions(sessions)
	for _, w := range wings {
		for _, tones := range w.Tones {
			for tone, keys := range tones {
				for _, key := range keys {
					s.tones[key] = tone
				}
			}
		}
		maps.Copy(s.homes, w.Homes)
	}
	return s, nil
}

// Prepare lists the pages and checks them, once all routes are registered.
func (s *Site) Prepare() error {
	s.pages = s.preparePages()
	if err := s.checkTemplates(); err != nil {
		return fmt.Errorf("check templates: %w", err)
	}
	return nil
}

// Now is the injected clock.
func (s *Site) Now() time.Time { return s.config.Now() }

// Abs is the full address of a path, for paper and for other sites.
func (s *Site) Abs(path string) string { return s.config.BaseURL + path }
