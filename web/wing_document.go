package web

import (
	"banmuyuan/orders/document"
)

// documentWing is what documents bring to the site.
func documentWing() Wing {
	return Wing{Name: "document", Layout: "shop", Messages: []map[string][2]string{documentWords}}
}

// documentServices are what the pages of documents ask.
type documentServices struct{ Documents document.Service }

// paperPages issue documents and show them.
type paperPages struct {
	*Site
	documentServices
}

// newDocument registers the pages of documents.
func newDocument(site *Site, services documentServices) {
	(&paperPages{site, services}).documentRoutes()
}
