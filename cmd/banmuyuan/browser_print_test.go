package main

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// pageOfPDF begins the object of a page in a PDF file; the tree of pages is of type Pages.
var pageOfPDF = regexp.MustCompile(`/Type\s*/Page\b`)

// printed prints the visitor's page on A4 and returns the file.
func (v *visitor) printed(t *testing.T) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (page.PrintToPDFResult, error) {
		return cdp.Call(ctx, target, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	})
	if err != nil {
		t.Fatalf("%s: print %s: %v", v.name, v.where(t), err)
	}
	return answer.Data
}

// prints the statements of the first villages: a household's year is one sheet.
func (b *pages) prints(t *testing.T) {
	operator := b.logsIn(t, "operator")
	sheets, papers := 0, 0
	for village := range 4 {
		operator.open(t, fmt.Sprintf("/county/villages/%d/income?season=%d", village+1, b.county.Season-1))
		sheets += int(ask[float64](t, operator, `document.querySelectorAll('.income-sheet').length`))
		papers += len(pageOfPDF.FindAll(operator.printed(t), -1))
	}
	if sheets == 0 || papers < sheets || papers*100 > sheets*105 {
		t.Errorf("the statements of %d households print on %d sheets", sheets, papers)
	}
}
