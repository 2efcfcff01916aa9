package organisation

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type contractFormPage struct {
	No                                        string // empty: a new one
	Products, Collectors, Townships, Programs []page.Option
	Points                                    []page.Option
	Windows                                   []int
	MoreWindows                               bool // further ones than the first are filled in
	Grades                                    []string
	Rows                                      []int // of adjustments
	Values                                    map[string]string
	Signs                                     []page.Option
	Seasons                                   []page.Option
}

func (s *contractPages) contractFormPage(r *http.Request, no string, t contract.Terms) (contractFormPage, error) {
	l := page.LangOf(r)
	d := contractFormPage{No: no, Grades: page.ContractGrades, Values: contractValues(t)}
	ref, err := s.Reference(r.Context())
	if err != nil {
		return d, err
	}
	d.Products = page.Options("", ref.Products, func(p catalog.Product) string { return p.Code }, func(p catalog.Product) string {
		return l.Text(p.Name) + " (" + page.UnitWord(l, p.OrderUnit) + ", ¥/" + page.UnitWord(l, p.PriceUnit) + ")"
	})
	for _, o := range ref.Organisations {
		if o.Kind == catalog.OrgCooperative {
			d.Collectors = append(d.Collectors, page.Option{Value: page.Num64(o.ID), Label: o.Name})
		}
	}
	for _, one := range ref.Townships {
		d.Townships = append(d.Townships, page.Option{Value: page.Num64(one.ID), Label: one.Name, Selected: slices.Contains(t.Townships, one.ID)})
	}
	words := s.Words(r)
	for _, p := range ref.Programmes {
		if selected := slices.Contains(t.Programmes, p.Code); selected || !p.Retired {
			d.Programs = append(d.Programs, page.Option{Value: p.Code, Label: words.Lang.Pick(p.Name.Zh, p.Name.En), Selected: selected})
		}
	}
	for i := range adjustmentRows {
		d.Rows = append(d.Rows, i)
	}
	for i := range windowRows {
		d.Windows = append(d.Windows, i)
	}
	d.MoreWindows = len(t.Windows) > 1
	township := map[int64]int64{} // of a village
	for _, v := range ref.Villages {
		township[v.ID] = v.TownshipID
	}
	for _, in := range ref.Townships { // many points: those of a township stand together
		for _, p := range ref.Points {
			if township[p.VillageID] == in.ID {
				d.Points = append(d.Points, page.Option{Value: page.Num64(p.ID), Label: in.Name + " " + p.Name, Selected: slices.Contains(t.Points, p.ID)})
			}
		}
	}
	choice, err := s.SeasonChoice(r, t.Season)
	if err != nil {
		return d, err
	}
	d.Seasons = choice.Options(catalog.SeasonPlanned, catalog.SeasonCurrent, catalog.SeasonClosing)
	d.Signs = []page.Option{{Value: "+", Label: l.Pick("加", "plus")}, {Value: "-", Label: l.Pick("扣", "less")}}
	return d, nil
}

// contractValues are the fields of the form as people write them.
func contractValues(t contract.Terms) map[string]string {
	v := map[string]string{"title": t.Title, "season": page.Num64(int64(t.Season)), "product": t.Product, "quantity": page.Num64(t.Quantity), "collector_org": page.Num64(t.CollectorOrg),
		"fee_bp": page.BPText(t.FeeBP), "village_bp": page.BPText(t.VillageBP), "advance_fen": page.BPText(t.AdvanceFen), "tolerance_bp": page.BPText(t.ToleranceBP), "min_quota": page.Num64(t.MinQuota),
		"max_quota": page.Num64(t.MaxQuota), "sign_by": t.SignBy,
		"destination": t.Destination, "contact": t.Contact, "phone": t.Phone, "note": t.Note}
	if t.Quantity == 0 {
		v["quantity"] = ""
	}
	for _, g := range t.Grades {
		v["floor."+g.Grade] = page.BPText(g.Floor.Fen)
	}
	for i, w := range t.Delivery() {
		n := strconv.Itoa(i)
		v["window_from."+n], v["window_to."+n] = w.From, w.To
	}
	for i, a := range t.Adjustments {
		n := strconv.Itoa(i)
		v["adjust_name."+n], v["adjust_fen."+n], v["adjust_sign."+n] = a.Name.Zh, page.BPText(max(a.Fen, -a.Fen)), "+"
		if a.Fen < 0 {
			v["adjust_sign."+n] = "-"
		}
	}
	return v
}

func (s *contractPages) contractNew(w http.ResponseWriter, r *http.Request) error {
	now, a := s.Now().In(page.China), auth.FromContext(r.Context())
	org := s.Organisation(r.Context())
	t := contract.Terms{FeeBP: 300, ToleranceBP: 1500, MinQuota: 10, MaxQuota: 100, SignBy: now.AddDate(0, 0, 21).Format(time.DateOnly),
		DeliverFrom: now.AddDate(0, 0, 28).Format(time.DateOnly), DeliverTo: now.AddDate(0, 0, 88).Format(time.DateOnly),
		Destination: org.Address, Contact: a.Name, Phone: a.Phone, Product: org.Product}
	if org.Kind == catalog.OrgCooperative {
		t.CollectorOrg = org.ID
	}
	d, err := s.contractFormPage(r, "", t)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract_form", d, s.NewForm(page.LangOf(r)))
}

func (s *contractPages) contractEdit(w http.ResponseWriter, r *http.Request) error {
	no := mux.Vars(r)["no"]
	c, err := s.Contracts.Contract(r.Context(), contract.Ref{No: no})
	if err != nil {
		return err
	}
	d, err := s.contractFormPage(r, no, c.Terms)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract_form", d, s.NewForm(page.LangOf(r)))
}

func readContract(f *page.Form) contract.Terms {
	t := contract.Terms{Title: f.Text("title"), Season: int(f.Int("season")), Product: f.Text("product"), CollectorOrg: f.Int("collector_org"), Quantity: f.Int("quantity"),
		// Percentages have two decimals, as yuan have: both are hundredths.
		FeeBP: f.Fen("fee_bp"), VillageBP: f.Fen("village_bp"), AdvanceFen: f.Fen("advance_fen"), ToleranceBP: f.Fen("tolerance_bp"),
		MinQuota: f.Int("min_quota"), MaxQuota: f.Int("max_quota"), SignBy: f.Text("sign_by"),
		Destination: f.Text("destination"), Contact: f.Text("contact"), Phone: f.Text("phone"), Note: f.Text("note"),
		Programmes: f.Values["programmes"]}
	for _, g := range page.ContractGrades {
		if fen := f.Fen("floor." + g); fen > 0 {
			t.Grades = append(t.Grades, contract.Grade{Grade: g, Floor: money.Price{Fen: fen, Per: 1}})
		}
	}
	for i := range adjustmentRows {
		n := strconv.Itoa(i)
		name, fen := f.Text("adjust_name."+n), f.Fen("adjust_fen."+n)
		if name == "" && fen == 0 {
			continue
		}
		if f.Text("adjust_sign."+n) == "-" {
			fen = -fen
		}
		t.Adjustments = append(t.Adjustments, orders.ContractAdjustment{Code: "a" + n, Name: catalog.Text{Zh: name}, Fen: fen})
	}
	for i := range windowRows {
		n := strconv.Itoa(i)
		w := contract.Window{From: f.Text("window_from." + n), To: f.Text("window_to." + n)}
		if w != (contract.Window{}) {
			t.Windows = append(t.Windows, w)
		}
	}
	if len(t.Windows) == 0 {
		f.Add("windows[0]", "date")
	}
	for _, text := range f.Values["points"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			f.Add("points", "weigh.point")
			continue
		}
		t.Points = append(t.Points, id)
	}
	for _, text := range f.Values["townships"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			f.Add("townships", "import.township")
			continue
		}
		t.Townships = append(t.Townships, id)
	}
	return t
}

// contractSave writes a new draft or changes one.
func (s *contractPages) contractSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no, t := mux.Vars(r)["no"], readContract(f)
	if f.OK() {
		c, err := s.Contracts.SaveContract(r.Context(), contract.Save{No: no, Terms: t, IdempotencyKey: f.Key()})
		if err == nil {
			s.Flash(r, page.Good, "contract.saved")
			return s.GoTo(w, r, "organisation.contract", "no", c.No)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.contractFormPage(r, no, t)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract_form", d, f)
}

const (
	adjustmentRows = 4
	windowRows     = 4
)
