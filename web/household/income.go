package household

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// Only is the address of the entries that one figure of the statement is the sum of.
func (d incomePage) Only(name, value string) (string, error) {
	u, err := d.site.URL("household.income", "h", d.H, "season", d.Income.Season, name, value)
	return u + "#entries", err
}

// Net is the household's part of an entry, at any stage.
func (incomePage) Net(e orders.IncomeEntry) int64 {
	return e.ExpectedFen + e.OwedFen + e.PaidFen
}

// IsAdvance reports whether an entry is an advance of a contract.
func (incomePage) IsAdvance(sourceKey string) bool {
	return strings.HasPrefix(sourceKey, "advance:")
}

// narrow leaves the entries of the figure that was chosen.
func (d *incomePage) narrow(f *page.Form) {
	d.Stage, d.Month, d.Programme, d.Channel = f.Text("stage"), f.Text("month"), f.Text("programme"), f.Text("channel")
	var words []string
	keep := func(say string, part func(orders.IncomeEntry) bool) {
		words = append(words, say)
		d.Entries = slices.DeleteFunc(slices.Clone(d.Entries), func(e orders.IncomeEntry) bool { return !part(e) })
	}
	if amount, ok := stages[d.Stage]; ok {
		keep(d.Words.Say("income.stage", d.Stage), func(e orders.IncomeEntry) bool { return amount(e) != 0 })
	}
	if m, err := strconv.Atoi(d.Month); err == nil && m > 0 && m <= 24 {
		keep(seasonMonth(d.Words.Lang, d.Income.Season, m), func(e orders.IncomeEntry) bool { return e.Month == m })
	}
	if d.Programme != "" {
		keep(d.Words.Say("programme", d.Programme), func(e orders.IncomeEntry) bool { return e.Programme == d.Programme })
	}
	if d.Channel != "" {
		keep(d.Words.Say("channel", d.Channel), func(e orders.IncomeEntry) bool {
			return cmp.Or(string(e.Channel), "distribution") == d.Channel
		})
	}
	d.All = len(d.Entries)
	d.Narrowed = strings.Join(words, " · ")
	for _, e := range d.Entries {
		d.Shown += d.Net(e)
	}
}

// stages are the three amounts of an entry, of which one is set.
var stages = map[string]func(orders.IncomeEntry) int64{
	"expected": func(e orders.IncomeEntry) int64 { return e.ExpectedFen },
	"owed":     func(e orders.IncomeEntry) int64 { return e.OwedFen },
	"paid":     func(e orders.IncomeEntry) int64 { return e.PaidFen },
}

// helperIncome prints the statements of all households that the helper may act for.
func (s *pages) helperIncome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	back, err := s.URL("helper.households")
	if err != nil {
		return err
	}
	d := incomeBatchPage{Title: page.LangOf(r).Pick("我帮扶的农户", "My households"), Back: back}
	if err := s.sheets(ctx, r, &d, catalog.HouseholdFilter{HelperID: auth.FromContext(ctx).HelperID}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/income_batch", d)
}

// sheets makes the statements of the part of the households that the form asks for.
func (s *pages) sheets(ctx context.Context, r *http.Request, d *incomeBatchPage, f catalog.HouseholdFilter) error {
	form := s.QueryForm(r)
	season := int(form.Int("season"))
	list, err := s.part(ctx, d, f, form.Int("part"))
	if err != nil {
		return err
	}
	helping := auth.FromContext(ctx).Role == auth.Helper
	for _, h := range list {
		if helping && !h.Consent {
			d.Missing++
			continue
		}
		who := page.HouseholdPage{Words: s.Words(r), Household: h}
		on := ctx
		if helping {
			actor := link.ActorFrom(ctx)
			actor.OnBehalfOf = h.ID
			on = link.WithActor(ctx, actor)
		}
		sheet, err := s.statement(on, who, season)
		if err != nil {
			return err
		}
		d.Sheets = append(d.Sheets, sheet)
	}
	return nil
}

// part reads the households of a part. The list goes by cursors, so that it is read up to the part.
func (s *pages) part(ctx context.Context, d *incomeBatchPage, f catalog.HouseholdFilter, asked int64) ([]catalog.Household, error) {
	f.Limit = page.SheetsAtMost
	for n := 1; ; n++ {
		list, err := s.Catalog.Households(ctx, f)
		if err != nil {
			return nil, err
		}
		d.Part = page.PartOf(asked, list.Total)
		if n >= d.Part.No || list.Cursor == "" {
			return list.Items, nil
		}
		f.Cursor = list.Cursor
	}
}
