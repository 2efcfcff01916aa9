package organisation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

var (
	contracting = []auth.Role{auth.Officer, auth.OrgApprover}
	// overseeing roles look at contracts: the county at all, an organisation at its own.
	overseeing = append(slices.Clone(auth.County), auth.Organisation...)
)

// contractRoutes are the pages of purchase contracts for organisations, and for the county that oversees them.
func (s *contractPages) contractRoutes() {
	s.Guarded("GET", "/desk/contracts", "organisation.contracts", s.contracts, auth.Organisation...)
	s.Guarded("GET", "/desk/contracts/new", "organisation.contract.new", s.contractNew, contracting...)
	s.Guarded("POST", "/desk/contracts/new", "organisation.contract.create", s.contractSave, contracting...)
	s.Guarded("GET", "/desk/contracts/export", "organisation.contracts.export", s.contractsExport, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}", "organisation.contract", s.contract, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}/edit", "organisation.contract.edit", s.contractEdit, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/edit", "organisation.contract.save", s.contractSave, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/step", "organisation.contract.step", s.contractStep, append([]auth.Role{auth.Operator, auth.Approver}, contracting...)...)
	s.Guarded("POST", "/desk/contracts/{no}/propose", "organisation.contract.propose", s.contractPropose, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/advance", "organisation.contract.advance", s.contractAdvance, contracting...)
	s.Guarded("GET", "/desk/contracts/{no}/call", "organisation.calloff", s.callOffPage, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/call", "organisation.calloff.place", s.callOffPlace, contracting...)
	s.Guarded("GET", "/desk/contracts/{no}/quotas", "organisation.quotas", s.contractQuotas, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}/fulfilment", "organisation.fulfilment", s.contractFulfilment, overseeing...)
	s.Guarded("GET", "/desk/quotas/{id:[0-9]+}", "organisation.quota", s.quotaPaper, overseeing...)
	s.Guarded("GET", "/desk/plan", "organisation.plan", s.collectionPlan, overseeing...)
	s.Guarded("GET", "/desk/plan/{day:[0-9-]+}", "organisation.plan.day", s.collectionPlanDay, overseeing...)
	s.Guarded("GET", "/desk/plan/{day:[0-9-]+}/{village:[0-9]+}", "organisation.plan.village", s.collectionPlanVillage, overseeing...)
	s.Guarded("GET", "/desk/raisers", "desk.raisers", s.raisers, overseeing...)
	s.Guarded("GET", "/desk/raisers/{org:[0-9]+}", "desk.raiser", s.raiser, overseeing...)
	s.Guarded("GET", "/county/contracts", "county.contracts", s.contracts, auth.County...)
}

type contractsPage struct {
	Desk   contract.Procurement
	State  string
	Rows   []contract.Contract
	County bool
	MayBuy bool
}

// contracts is the procurement desk: where every contract stands, what is late and what was paid beside the market.
func (s *contractPages) contracts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	f := s.QueryForm(r)
	d := contractsPage{State: f.Text("state"), County: a.Role.In(auth.County...)}
	d.MayBuy = a.Role.In(contracting...) && s.Organisation(ctx).Kind != catalog.OrgSupermarket
	var err error
	if d.Desk, err = s.Contracts.Procurement(ctx, orders.None{}); err != nil {
		return err
	}
	for _, c := range d.Desk.Contracts {
		if d.State == "" || d.State == string(c.State) {
			d.Rows = append(d.Rows, c)
		}
	}
	return s.RenderForm(w, r, "organisation/contracts", d, f)
}

type contractPage struct {
	Contract contract.Contract
	CallOffs []contract.CallOffRow
	Mine     bool // the caller's organisation buys
	County   bool
	Methods  []string
	Paying   *payments.Payment
}

// Can tells whether the reader can carry out a step now.
func (d contractPage) Can(step string) bool {
	return slices.Contains(d.Contract.Steps, contract.Step(step))
}

func (s *contractPages) contractPage(ctx context.Context, no string) (contractPage, error) {
	a := auth.FromContext(ctx)
	d := contractPage{County: a.Role.In(auth.County...)}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return d, err
	}
	d.Mine = a.Role.In(contracting...) && a.OrgID == d.Contract.OrgID
	list, err := s.Contracts.CallOffs(ctx, contract.Ref{No: no})
	if err != nil {
		return d, err
	}
	d.CallOffs = list.Items
	if d.Mine && d.Contract.AdvanceDue > 0 {
		methods, err := s.Payments.Methods(ctx, payments.None{})
		if err != nil {
			return d, err
		}
		for _, m := range methods.Items {
			if m != payments.Cash {
				d.Methods = append(d.Methods, m)
			}
		}
	}
	return d, nil
}

func (s *contractPages) contract(w http.ResponseWriter, r *http.Request) error {
	d, err := s.contractPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract", d, s.NewForm(page.LangOf(r)))
}

// contractDone carries on after a command about a contract: back to it, or the page once more with what is wrong.
func (s *contractPages) contractDone(w http.ResponseWriter, r *http.Request, f *page.Form, err error, said string, pairs ...any) error {
	no := mux.Vars(r)["no"]
	if err == nil {
		s.Flash(r, page.Good, said, pairs...)
		return s.GoTo(w, r, "organisation.contract", "no", no)
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.contractPage(r.Context(), no)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract", d, f)
}

func (s *contractPages) contractStep(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	step := f.Text("step")
	_, err = s.Contracts.MoveContract(r.Context(), contract.Move{No: mux.Vars(r)["no"], Step: contract.Step(step),
		Reason: f.Text("reason"), Propose: f.Text("propose") != ""})
	return s.contractDone(w, r, f, err, "contract.moved")
}

func (s *contractPages) contractPropose(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	req := contract.ProposeQuotas{No: mux.Vars(r)["no"], Qty: f.Int("qty"), AnswerDays: int(f.Int("answer_days")), IdempotencyKey: f.Key()}
	var done contract.Proposed
	if f.OK() {
		done, err = s.Contracts.ProposeQuotas(r.Context(), req)
	}
	return s.contractDone(w, r, f, err, "contract.proposed", "n", done.Households)
}

// contractAdvance starts the payment of what is paid ahead and leads to the provider's page, or shows what to transfer.
func (s *contractPages) contractAdvance(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no := mux.Vars(r)["no"]
	back, err := s.URL("organisation.contract", "no", no)
	if err != nil {
		return err
	}
	start, err := s.Contracts.PayAdvance(r.Context(), orders.PayRequest{OrderNo: no, Method: f.Text("method"),
		ReturnURL: s.Abs(back), IdempotencyKey: f.Key()})
	if err == nil && start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	if err == nil && start.TransferCode != "" {
		d, err := s.contractPage(r.Context(), no)
		if err != nil {
			return err
		}
		d.Paying = &payments.Payment{AmountFen: start.AmountFen, TransferCode: start.TransferCode, PayTo: start.PayTo,
			PayToAccount: start.PayToAccount, PayToBank: start.PayToBank}
		return s.RenderForm(w, r, "organisation/contract", d, f)
	}
	return s.contractDone(w, r, f, err, "contract.moved")
}

const (
	adjustmentRows = 4
	windowRows     = 4
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
	for _, p := range catalog.Programmes() {
		d.Programs = append(d.Programs, page.Option{Value: p, Label: words.Say("programme", p), Selected: slices.Contains(t.Programmes, p)})
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
	d.Signs = []page.Option{{Value: "+", Label: l.Pick("加", "plus")}, {Value: "-", Label: l.Pick("扣", "less")}}
	return d, nil
}

// contractValues are the fields of the form as people write them.
func contractValues(t contract.Terms) map[string]string {
	v := map[string]string{"title": t.Title, "product": t.Product, "quantity": page.Num64(t.Quantity), "collector_org": page.Num64(t.CollectorOrg),
		"fee_bp": page.BPText(t.FeeBP), "advance_fen": page.BPText(t.AdvanceFen), "tolerance_bp": page.BPText(t.ToleranceBP), "min_quota": page.Num64(t.MinQuota),
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
	t := contract.Terms{Title: f.Text("title"), Product: f.Text("product"), CollectorOrg: f.Int("collector_org"), Quantity: f.Int("quantity"),
		// Percentages have two decimals, as yuan have: both are hundredths.
		FeeBP: f.Fen("fee_bp"), AdvanceFen: f.Fen("advance_fen"), ToleranceBP: f.Fen("tolerance_bp"),
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

type callOffPage struct {
	Contract contract.Contract
	Left     int64
	Today    string
	Windows  string
	Slots    []page.Option
	Points   []page.Option // agreed on
}

func (s *contractPages) callOffForm(r *http.Request) (callOffPage, error) {
	l := page.LangOf(r)
	c, err := s.Contracts.Contract(r.Context(), contract.Ref{No: mux.Vars(r)["no"]})
	d := callOffPage{Contract: c, Left: max(c.Signed-c.CalledOff, 0), Today: s.Now().In(page.China).Format(time.DateOnly), Slots: []page.Option{
		{Value: "", Label: l.Pick("全天", "Any time"), Selected: r.PostFormValue("slot") == ""}, {Value: "morning", Label: l.Pick("上午", "Morning")}, {Value: "afternoon", Label: l.Pick("下午", "Afternoon")}}}
	for i, id := range c.Points {
		d.Points = append(d.Points, page.Option{Value: page.Num64(id), Label: c.PointNames[i]})
	}
	f := page.Format{Lang: l, Now: s.Now()}
	windows := make([]string, 0, len(c.Windows)+1)
	for _, w := range c.Delivery() {
		windows = append(windows, f.OnDay(w.From)+" – "+f.OnDay(w.To))
		// The first day that is still to come is what most people want.
		if d.Today < w.From && !c.Delivers(d.Today) {
			d.Today = w.From
		}
	}
	d.Windows = strings.Join(windows, l.Pick("；", "; "))
	return d, err
}

func (s *contractPages) callOffPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.callOffForm(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/calloff", d, s.NewForm(page.LangOf(r)))
}

func (s *contractPages) callOffPlace(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	req := contract.CallOff{No: mux.Vars(r)["no"], Qty: f.Int("quantity"), Day: f.Text("day"), Slot: contract.CallSlot(f.Text("slot")),
		PointID: f.Int("point_id"), Note: f.Text("note"), IdempotencyKey: f.Key()}
	if f.Need("quantity", "day") && f.OK() {
		o, err := s.Contracts.CallOff(r.Context(), req)
		if err == nil {
			s.Flash(r, page.Good, "contract.called_off", "no", o.No)
			return s.GoTo(w, r, "organisation.plan.day", "day", req.Day)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.callOffForm(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/calloff", d, f)
}

type contractQuotasPage struct {
	Contract contract.Contract
	Page     contract.QuotaPage
	State    string
}

func (s *contractPages) contractQuotas(w http.ResponseWriter, r *http.Request) error {
	ctx, no := r.Context(), mux.Vars(r)["no"]
	f := s.QueryForm(r)
	d := contractQuotasPage{State: f.Text("state")}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	d.Page, err = s.Contracts.Quotas(ctx, contract.QuotaFilter{No: no, State: contract.QuotaState(d.State), Cursor: f.Text("cursor"), Limit: 100})
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/quotas", d, f)
}

type fulfilmentPage struct {
	Contract contract.Contract
	Rate     contract.Fulfilment
	Village  int64
}

func (s *contractPages) contractFulfilment(w http.ResponseWriter, r *http.Request) error {
	ctx, no := r.Context(), mux.Vars(r)["no"]
	f := s.QueryForm(r)
	d := fulfilmentPage{Village: f.Int("village")}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	if d.Rate, err = s.Contracts.Fulfilment(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/fulfilment", d, f)
}

// quotaPaper is a signed quota on paper.
func (s *contractPages) quotaPaper(w http.ResponseWriter, r *http.Request) error {
	q, err := s.Contracts.Quota(r.Context(), contract.QuotaRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/quota", q)
}

type planPage struct {
	Days    []planDay
	Stops   []contract.PlanStop
	Day     string
	Village string
	Point   string
	Address string
	Qty     int64
	Grams   int64
	Unit    string
	Link    string
}

type planDay struct {
	Day                     string
	Stops                   []contract.PlanStop
	Villages                int
	Households, Qty, Remain int64
	Late                    bool
}

// collectionPlan is what is still to be collected, day by day and village by village.
func (s *contractPages) collectionPlan(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{No: f.Text("contract")})
	if err != nil && !f.Fail(err) {
		return err
	}
	var d planPage
	villages := map[int64]bool{}
	for _, stop := range plan.Stops {
		if n := len(d.Days); n == 0 || d.Days[n-1].Day != stop.Day {
			d.Days = append(d.Days, planDay{Day: stop.Day})
			villages = map[int64]bool{}
		}
		day := &d.Days[len(d.Days)-1]
		day.Stops = append(day.Stops, stop)
		if !villages[stop.VillageID] {
			villages[stop.VillageID] = true
			day.Villages++
		}
		day.Households += stop.Households
		day.Qty += stop.Qty
		day.Remain += stop.Qty - stop.Received - stop.Short
		day.Late = day.Late || stop.Late
	}
	return s.RenderForm(w, r, "organisation/plan", d, f)
}

// collectionPlanDay is the driver's list: where to stop on a day, and what is loaded there.
func (s *contractPages) collectionPlanDay(w http.ResponseWriter, r *http.Request) error {
	d := planPage{Day: mux.Vars(r)["day"]}
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{Day: d.Day})
	if err != nil {
		return err
	}
	d.Stops = plan.Stops
	for _, stop := range plan.Stops {
		d.Qty += stop.Qty
		d.Grams += stop.Qty * stop.UnitGrams
	}
	return s.Render(w, r, http.StatusOK, "organisation/plan_day", d)
}

// collectionPlanVillage is the village's list: who brings how much on a day.
func (s *contractPages) collectionPlanVillage(w http.ResponseWriter, r *http.Request) error {
	d := planPage{Day: mux.Vars(r)["day"]}
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{Day: d.Day, Village: page.PathInt(r, "village")})
	if err != nil {
		return err
	}
	d.Stops = plan.Stops
	if len(plan.Stops) > 0 {
		first := plan.Stops[0]
		d.Village, d.Point, d.Address = first.Township+" "+first.Village, first.Point, first.Address
	}
	return s.Render(w, r, http.StatusOK, "organisation/plan_village", d)
}

func fileName(kind string, at time.Time) string {
	return fmt.Sprintf("%s-%s.xlsx", kind, at.In(page.China).Format("20060102"))
}
