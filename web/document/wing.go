// Package document owns the pages of issued documents: a sheet of paper, and the button that issues it.
//
// What must always hold: a document that is asked for twice is issued once.
package document

import (
	"embed"

	"banmuyuan/orders/document"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of documents.
func Wing() page.Wing {
	return page.Wing{Name: "document", Templates: templateFiles, Layout: "shop", Messages: []map[string][2]string{words}}
}

// Services are the modules behind the pages of documents.
type Services struct{ Documents document.Service }

// paperPages issue documents and show them.
type paperPages struct {
	*page.Site
	Services
}

// New registers the pages of documents.
func New(site *page.Site, services Services) {
	(&paperPages{site, services}).routes()
}
