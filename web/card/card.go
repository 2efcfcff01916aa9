// Package card owns the pages, and the endpoints, of the cards that households log in with.
//
// What must always hold: nobody holds both a card and its one-time word; the same request makes the same cards and words.
package card

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of cards.
func Wing() page.Wing {
	return page.Wing{Name: "card", Templates: templateFiles, Layout: "desk"}
}

// Services are the stores and the module behind the pages of cards.
type Services struct {
	Catalog   catalog.Service
	Cards     auth.Cards
	Digests   auth.Digests // of this product's own key
	Passwords *auth.Passwords
}

// Pages are the pages, and the endpoints, of cards.
type Pages struct {
	*page.Site
	Services
}

// New registers the pages of cards.
func New(site *page.Site, services Services) *Pages {
	p := &Pages{site, services}
	p.routes()
	return p
}
