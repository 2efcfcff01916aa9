package county

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type distributionFormPage struct {
	Words  page.Words
	ID     int64
	Title  string
	Kinds  []page.Option
	Orgs   []page.Option
	Income []poolLine
	Costs  []poolLine

	Seasons []page.Option // not closed
}

// poolLine is one row of amounts in the form.
type poolLine struct{ Name, Number, Label, Amount, LabelError, AmountError string }

func poolLines(f *page.Form, group string, n int) []poolLine {
	lines := make([]poolLine, n)
	for i := range lines {
		name := fmt.Sprintf("%s-%d", group, i)
		lines[i] = poolLine{Name: name, Number: strconv.Itoa(i + 1), Label: f.Text(name + "-label"), Amount: f.Text(name + "-fen"), LabelError: f.Error(name + "-label"),
			AmountError: f.Error(name + "-fen")}
	}
	return lines
}

func (s *pools) distributionForm(w http.ResponseWriter, r *http.Request, id int64, title string, f *page.Form) error {
	ref, err := s.Reference(r.Context())
	if err != nil {
		return err
	}
	l := page.LangOf(r)
	d := distributionFormPage{Words: s.Words(r), ID: id, Title: title, Income: poolLines(f, "income", incomeLines), Costs: poolLines(f, "costs", costLines)}
	for _, k := range payments.PoolKinds {
		d.Kinds = append(d.Kinds, page.Option{Value: string(k), Label: d.Words.Say("programme", string(k))})
	}
	choice, err := s.SeasonChoice(r, int(f.Int("season")))
	if err != nil {
		return err
	}
	d.Seasons = choice.Options(catalog.SeasonPlanned, catalog.SeasonCurrent, catalog.SeasonClosing)
	coops := slices.DeleteFunc(slices.Clone(ref.Organisations), func(o catalog.Organisation) bool { return o.Kind != catalog.OrgCooperative })
	slices.SortStableFunc(coops, func(a, b catalog.Organisation) int { return cmp.Compare(a.ID, b.ID) })
	d.Orgs = page.Options(l.Pick("光伏收益，不属于合作社", "Solar income, no cooperative’s"), coops,
		func(o catalog.Organisation) string { return page.Num64(o.ID) }, func(o catalog.Organisation) string { return o.Name })
	return s.RenderForm(w, r, "county/distribution_form", d, f)
}

func (s *pools) distributionNew(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	now := s.Now().In(page.China)
	f.Values.Set("season", strconv.Itoa(now.Year()))
	f.Values.Set("month", strconv.Itoa(int(now.Month())))
	f.Values.Set("record_date", now.Format(time.DateOnly))
	f.Values.Set("trade", strconv.Itoa(payments.LeastTradeBP/100))
	return s.distributionForm(w, r, 0, "", f)
}

func (s *pools) distributionEdit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Distributions.Pool(r.Context(), payments.PoolRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	set := func(name, value string) { f.Values.Set(name, value) }
	set("kind", string(p.Kind))
	set("title", p.Title)
	set("season", strconv.Itoa(p.Season))
	set("month", strconv.Itoa(p.Month))
	set("record_date", p.RecordDate)
	if !p.Kind.Listed() {
		set("reserve", page.Hundredths(p.ReserveFen))
	}
	if len(p.Villages) > 0 {
		ref, err := s.Reference(r.Context())
		if err != nil {
			return err
		}
		set("villages", villageLines(p.Villages, newVillageNames(ref)))
	}
	set("trade", page.Hundredths(p.TradeBP))
	set("version", strconv.Itoa(p.Version))
	if p.Org != 0 {
		set("org", page.Num64(p.Org))
	}
	for group, items := range map[string][]payments.PoolItem{"income": p.Income, "costs": p.Costs} {
		for i, item := range items {
			set(fmt.Sprintf("%s-%d-label", group, i), item.Label)
			set(fmt.Sprintf("%s-%d-fen", group, i), page.Hundredths(item.AmountFen))
		}
	}
	return s.distributionForm(w, r, p.ID, p.Title, f)
}

func readPoolItems(f *page.Form, group string, n int) []payments.PoolItem {
	items := []payments.PoolItem{}
	for i := range n {
		name := fmt.Sprintf("%s-%d", group, i)
		item := payments.PoolItem{Label: f.Text(name + "-label"), AmountFen: f.Fen(name + "-fen")}
		if item.Label == "" && f.Text(name+"-fen") == "" {
			continue
		}
		if item.Label == "" {
			f.Add(name+"-label", "pool.label")
		}
		if f.Text(name+"-fen") == "" {
			f.Add(name+"-fen", "form.required")
		}
		items = append(items, item)
	}
	return items
}

func (s *pools) distributionSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id") // 0: a new one
	save := payments.SavePool{ID: id, Version: int(f.Int("version")), IdempotencyKey: f.Key(), Kind: payments.PoolKind(f.Text("kind")), Title: f.Text("title"),
		Season: int(f.Int("season")), Month: int(f.Int("month")), Org: f.Int("org"), RecordDate: f.Text("record_date"),
		ReserveFen: f.Fen("reserve"), TradeBP: f.Fen("trade"), // hundredths of a percent are written like yuan
		Income: readPoolItems(f, "income", incomeLines), Costs: readPoolItems(f, "costs", costLines)}
	ref, err := s.Reference(r.Context())
	if err != nil {
		return err
	}
	save.Villages = villageParts(f, "villages", newVillageNames(ref))
	f.Need("kind", "title", "record_date")
	if f.OK() {
		pool, err := s.Distributions.SavePool(r.Context(), save)
		if err == nil {
			s.Flash(r, page.Good, "pool.saved")
			return s.GoTo(w, r, "county.distribution", "id", pool.ID)
		}
		nameFields(link.AsError(err))
		if !f.Fail(err) {
			return err
		}
	}
	return s.distributionForm(w, r, id, save.Title, f)
}

// nameFields renames the fields of the contract to the form's.
func nameFields(e *link.Error) {
	switch {
	case e.Field == "trade_bp":
		e.Field = "trade"
	case e.Field == "reserve_fen" || strings.HasPrefix(e.Field, "villages"):
		e.Field = map[bool]string{true: "reserve", false: "villages"}[e.Field == "reserve_fen" && e.Key != "pool.villages_sum"]
	}
	for _, d := range e.Details {
		nameFields(d)
	}
}

const (
	incomeLines = 3
	costLines   = 5
)
