package county

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/web/page"
)

type presalePage struct {
	Words    page.Words
	Presale  catalog.PresaleDetail
	New      bool
	Draft    bool
	Products []page.Option
	Sellers  []page.Option
	Channels []page.Option
	Policies []page.Option
	Seasons  []page.Option
	Acts     []catalog.Act // openings and closings, newest first
	Money    *catalog.PresaleMoney
	Grades   []string
	Values   map[string]string // the first value of each field
	Chosen   map[string]bool   // channels
}

func (s *goods) presalePage(r *http.Request, p catalog.PresaleDetail) (presalePage, error) {
	l := page.LangOf(r)
	d := presalePage{Words: s.Words(r), Presale: p, New: p.ID == 0, Draft: p.ID == 0 || p.State == catalog.PresaleDraft,
		Grades: grades, Values: map[string]string{}, Chosen: map[string]bool{}}
	ref, err := s.Reference(r.Context())
	if err != nil {
		return d, err
	}
	d.Products = page.Options("", ref.Products, func(p catalog.Product) string { return page.Num64(p.ID) }, func(p catalog.Product) string {
		return l.Text(p.Name) + " (" + page.UnitWord(l, p.OrderUnit) + ", ¥/" + page.UnitWord(l, p.PriceUnit) + ")"
	})
	for _, o := range ref.Organisations {
		if o.Kind == catalog.OrgCooperative {
			d.Sellers = append(d.Sellers, page.Option{Value: page.Num64(o.ID), Label: o.Name})
		}
	}
	d.Channels = s.channelOptions(r, "")
	for i, o := range d.Channels {
		d.Channels[i].Selected = slices.Contains(p.Channels, catalog.Channel(o.Value))
	}
	d.Policies = page.Options("", policies, func(p string) string { return p }, func(p string) string { return d.Words.Say("policy", p) })
	d.Values = presaleValues(p.Presale)
	choice, err := s.SeasonChoice(r, p.Season)
	if err != nil {
		return d, err
	}
	d.Seasons = choice.Options(catalog.SeasonPlanned, catalog.SeasonCurrent, catalog.SeasonClosing)
	if !d.New {
		history, err := s.Seasons.PresaleHistory(r.Context(), catalog.PresaleRef{ID: p.ID})
		if err != nil {
			return d, err
		}
		d.Acts = history.Acts
		money, err := s.Turns.PresaleMoney(r.Context(), catalog.PresaleRef{ID: p.ID})
		if err != nil {
			return d, err
		}
		d.Money = &money
	}
	return d, nil
}

const dateTimeLocal = "2006-01-02T15:04"

// presaleValues are the fields of the form as people write them.
func presaleValues(p catalog.Presale) map[string]string {
	v := map[string]string{
		"code": p.Code, "product_id": page.Num64(p.ProductID), "season": strconv.Itoa(p.Season), "title.zh": p.Title.Zh, "title.en": p.Title.En,
		"note.zh": p.Note.Zh, "note.en": p.Note.En, "min_qty": page.Num64(p.MinQty), "step_qty": page.Num64(p.StepQty), "max_qty": page.Num64(p.MaxQty),
		"collection_min": page.Num64(p.CollectionMin), "seller_org": page.Num64(p.SellerOrg), "policy": p.Policy, "households_bp": page.BPText(p.HouseholdsBP),
		"terms.deposit_bp": page.BPText(p.Terms.DepositBP), "terms.fee_bp": page.BPText(p.Terms.FeeBP), "terms.village_bp": page.BPText(p.Terms.VillageBP), "terms.forfeit_bp": page.BPText(p.Terms.ForfeitBP),
		"terms.weight_tolerance_bp": page.BPText(p.Terms.WeightToleranceBP), "terms.free_cancel_hours": page.Num64(p.Terms.FreeCancelHours),
		"terms.inspection_hours": page.Num64(p.Terms.InspectionHours), "jin_per_unit": money.FormatWeight(p.GramsPerUnit, money.Jin),
	}
	for name, t := range map[string]time.Time{"opens_at": p.OpensAt, "closes_at": p.ClosesAt} {
		if !t.IsZero() {
			v[name] = t.In(page.China).Format(dateTimeLocal)
		}
	}
	for name, t := range map[string]time.Time{"deliver_from": p.DeliverFrom, "deliver_to": p.DeliverTo} {
		if !t.IsZero() {
			v[name] = t.In(page.China).Format(time.DateOnly)
		}
	}
	for _, g := range p.Grades {
		v["price."+g.Grade] = page.BPText(g.Price.Fen)
	}
	return v
}

func (s *goods) presaleNew(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.Reference(r.Context())
	if err != nil {
		return err
	}
	now := s.Now().In(page.China)
	day := time.Date(now.Year(), now.Month(), now.Day(), 8, 0, 0, 0, page.China)
	p := catalog.PresaleDetail{}
	p.Presale = catalog.Presale{Season: ref.Season, Channels: channels, Policy: "fair", MinQty: 1, StepQty: 1, MaxQty: 100, CollectionMin: 1,
		OpensAt: day.AddDate(0, 0, 1), ClosesAt: day.AddDate(0, 0, 31), DeliverFrom: day.AddDate(0, 0, 38), DeliverTo: day.AddDate(0, 0, 60),
		Terms: catalog.Terms{DepositBP: 2000, FeeBP: 500, ForfeitBP: 5000, FreeCancelHours: 24, WeightToleranceBP: 2500, InspectionHours: 48}}
	d, err := s.presalePage(r, p)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/presale", d, s.NewForm(page.LangOf(r)))
}

func (s *goods) presale(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Catalog.Presale(r.Context(), catalog.PresaleRef{Code: mux.Vars(r)["code"]})
	if err != nil {
		return err
	}
	d, err := s.presalePage(r, p)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/presale", d, s.NewForm(page.LangOf(r)))
}

// presaleSave writes a new draft, or changes a presale; the catalogue decides which fields may change.
func (s *goods) presaleSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	var p catalog.PresaleDetail
	if code := mux.Vars(r)["code"]; code != "" {
		if p, err = s.Catalog.Presale(ctx, catalog.PresaleRef{Code: code}); err != nil {
			return err
		}
	}
	changed := p.Presale
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	readPresale(f, &changed, ref)
	if f.OK() {
		saved, err := s.Catalog.SavePresale(ctx, changed)
		if err == nil {
			s.Flash(r, page.Good, "presale.saved")
			return s.GoTo(w, r, "county.presale", "code", saved.Code)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.presalePage(r, p)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/presale", d, f)
}

func readPresale(f *page.Form, p *catalog.Presale, ref catalog.Reference) {
	p.Title = catalog.Text{Zh: f.Text("title.zh"), En: f.Text("title.en")}
	p.Note = catalog.Text{Zh: f.Text("note.zh"), En: f.Text("note.en")}
	p.OpensAt, p.ClosesAt = f.When("opens_at", dateTimeLocal), f.When("closes_at", dateTimeLocal)
	p.DeliverFrom, p.DeliverTo = f.When("deliver_from", time.DateOnly), f.When("deliver_to", time.DateOnly)
	if p.ID != 0 && p.State != catalog.PresaleDraft {
		return // the rest stands
	}
	if p.ID == 0 {
		p.Code, p.Season = f.Text("code"), int(f.Int("season"))
	}
	p.ProductID, p.SellerOrg, p.Policy = f.Int("product_id"), f.Int("seller_org"), f.Text("policy")
	p.Channels = nil
	for _, c := range f.Values["channels"] {
		p.Channels = append(p.Channels, catalog.Channel(c))
	}
	p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin = f.Int("min_qty"), f.Int("step_qty"), f.Int("max_qty"), f.Int("collection_min")
	p.GramsPerUnit = f.Grams("jin_per_unit", "jin")
	// Percentages have two decimals, as yuan have: both are hundredths.
	p.Terms = catalog.Terms{DepositBP: f.Fen("terms.deposit_bp"), FeeBP: f.Fen("terms.fee_bp"), VillageBP: f.Fen("terms.village_bp"), ForfeitBP: f.Fen("terms.forfeit_bp"),
		WeightToleranceBP: f.Fen("terms.weight_tolerance_bp"), FreeCancelHours: f.Int("terms.free_cancel_hours"), InspectionHours: f.Int("terms.inspection_hours")}
	p.HouseholdsBP = f.Fen("households_bp")
	unit := money.Jin
	if i := slices.IndexFunc(ref.Products, func(one catalog.Product) bool { return one.ID == p.ProductID }); i >= 0 {
		if u, ok := money.UnitByCode(ref.Products[i].PriceUnit); ok {
			unit = u
		}
	}
	p.Grades = nil
	for _, g := range grades {
		if fen := f.Fen("price." + g); fen > 0 {
			p.Grades = append(p.Grades, catalog.GradePrice{Grade: g, Price: unit.Price(fen)})
		}
	}
}

type presaleOpenPage struct {
	Words   page.Words
	Presale catalog.PresaleDetail
	Reach   catalog.PresaleReach
	Again   bool // it was open before: a reason is asked for
}

func (s *goods) openPage(r *http.Request, p catalog.PresaleDetail) (presaleOpenPage, error) {
	d := presaleOpenPage{Words: s.Words(r), Presale: p, Again: p.State == catalog.PresaleClosed}
	var err error
	d.Reach, err = s.Seasons.PresaleReach(r.Context(), catalog.PresaleRef{ID: p.ID})
	return d, err
}

// presaleOpen shows whom a presale reaches and asks for confirmation.
func (s *goods) presaleOpen(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Catalog.Presale(r.Context(), catalog.PresaleRef{Code: mux.Vars(r)["code"]})
	if err != nil {
		return err
	}
	d, err := s.openPage(r, p)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/presale_open", d, s.NewForm(page.LangOf(r)))
}

func (s *goods) presaleState(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	p, err := s.Catalog.Presale(ctx, catalog.PresaleRef{Code: mux.Vars(r)["code"]})
	if err != nil {
		return err
	}
	state := catalog.PresaleState(f.Text("state"))
	_, err = s.Catalog.SetPresaleState(ctx, catalog.PresaleStateRequest{ID: p.ID, State: state, Reason: f.Text("reason")})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		if state == catalog.PresaleOpen {
			d, err := s.openPage(r, p)
			if err != nil {
				return err
			}
			return s.RenderForm(w, r, "county/presale_open", d, f)
		}
		d, err := s.presalePage(r, p)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/presale", d, f)
	}
	done := "presale.opened"
	switch {
	case state == catalog.PresaleClosed:
		done = "presale.ended"
	case p.State == catalog.PresaleClosed:
		done = "presale.reopened"
	}
	s.Flash(r, page.Good, done)
	return s.GoTo(w, r, "county.presale", "code", p.Code)
}
