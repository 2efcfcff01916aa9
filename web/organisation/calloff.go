package organisation

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
	"banmuyuan/web/page"
)

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
		// Most people choose the first day that is still to come.
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
