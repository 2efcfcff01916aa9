// Package directory owns the pages of the county's own data: the workbook that sets a county up, the entries of each kind,
// one at a time, and the payout accounts that come in a workbook.
//
// What must always hold: forms and lists follow from the declaration of a kind; a workbook is checked before it is taken;
// id numbers are never shown.
package directory

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of the county's data. Their place in the menu is among the county's.
func Wing() page.Wing {
	return page.Wing{Name: "directory", Templates: templateFiles, Layout: "desk",
		Messages: []map[string][2]string{words, accountWords}, Tones: []page.Tones{tones, accountTones}}
}

// Services are the module and the store behind the pages.
type Services struct {
	Catalog   catalog.Service
	Directory catalog.Directory
	Headings  sheet.Headings
	Accounts  payments.AccountBatches
	Trail     audit.Trail
}

type pages struct {
	*page.Site
	Services
}

// New registers the pages.
func New(site *page.Site, services Services) {
	p := &pages{site, services}
	p.setupRoutes()
	p.entryRoutes()
	p.accountRoutes()
}
