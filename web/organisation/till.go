package organisation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type tillPage struct {
	Till    shelf.Till
	Goods   string // for the script: the same, as JSON
	Methods []string
	Reasons []page.Option // to void a receipt
	Last    []shelf.Sale
}

func (s *shopkeeping) tillPage(ctx context.Context, l page.Lang) (tillPage, error) {
	var d tillPage
	var err error
	if d.Till, err = s.Shelf.Till(ctx, orders.None{}); err != nil {
		return d, err
	}
	if d.Methods, err = page.Cashless(ctx, s.Payments, false); err != nil {
		return d, err
	}
	last, err := s.Shelf.Sales(ctx, shelf.SaleFilter{Channel: shelf.SaleTill, Limit: 5})
	if err != nil {
		return d, err
	}
	d.Last, d.Reasons = last.Items, s.reasonOptions(l, shelf.VoidReasons)
	// The script draws with words that the page's language has.
	type goods struct {
		ID    int64    `json:"id"`
		Name  string   `json:"name"`
		Unit  string   `json:"unit"`
		Per   int64    `json:"per"`
		Fen   int64    `json:"fen"`
		Count bool     `json:"count"`
		Left  int64    `json:"left"`
		Bar   string   `json:"bar,omitempty"`
		Codes []string `json:"codes"`
	}
	list := make([]goods, 0, len(d.Till.Items))
	for _, it := range d.Till.Items {
		grade, _ := s.Glossary.Say(l, "grade."+it.Grade, nil)
		unit, _ := s.Glossary.Say(l, "unit."+it.PriceUnit, nil)
		u, _ := money.UnitByCode(it.PriceUnit)
		list = append(list, goods{ID: it.ItemID, Name: l.Text(it.Title) + " · " + grade, Unit: unit, Per: it.Price.Per, Fen: it.Price.Fen,
			Count: u.Counted(), Left: it.Left, Bar: it.Barcode, Codes: it.Codes})
	}
	body, err := json.Marshal(map[string]any{"org": d.Till.OrgID, "account": auth.FromContext(ctx).ID, "shop": d.Till.Shop, "items": list})
	if err != nil {
		return d, fmt.Errorf("encode till: %w", err)
	}
	d.Goods = string(body)
	return d, nil
}

// till is the counter. Its script keeps selling when the network is gone; without it the form below sells
// one customer at a time.
func (s *shopkeeping) till(w http.ResponseWriter, r *http.Request) error {
	d, err := s.tillPage(r.Context(), page.LangOf(r))
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("client_id", uuid.NewString())
	allowCamera(w)
	return s.RenderForm(w, r, "organisation/till", d, f)
}

// allowCamera lets this page, and no other, read labels with the phone's camera.
func allowCamera(w http.ResponseWriter) {
	w.Header().Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=()")
}

func (s *shopkeeping) tillRing(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.tillPage(ctx, page.LangOf(r))
	if err != nil {
		return err
	}
	req := shelf.Ring{ClientID: f.Text("client_id"), Method: f.Text("method"), GivenFen: f.Fen("given_fen"), SoldAt: s.Now()}
	for _, it := range d.Till.Items {
		name := "qty." + page.Num64(it.ItemID)
		if f.Text(name) == "" {
			continue
		}
		if n := measureOf(f, name, it.PriceUnit); n > 0 {
			req.Lines = append(req.Lines, shelf.RingLine{ItemID: it.ItemID, Measure: n, PriceFen: it.Price.Fen})
		}
	}
	if len(req.Lines) == 0 && f.OK() {
		f.Add("", "shelf.nothing")
	}
	if f.OK() {
		var sale shelf.Sale
		if sale, err = s.Shelf.Ring(ctx, req); err == nil {
			if sale.State == shelf.SaleDone {
				s.Flash(r, page.Good, "sale.rung", "fen", sale.TotalFen)
			}
			return s.GoTo(w, r, "organisation.sale", "id", sale.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	allowCamera(w)
	return s.RenderForm(w, r, "organisation/till", d, f)
}

func (s *shopkeeping) handOver(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	sale, err := s.Shelf.HandOver(ctx, shelf.HandOver{Pickup: f.Text("pickup")})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.tillPage(ctx, page.LangOf(r))
		if err != nil {
			return err
		}
		f.Values.Set("client_id", uuid.NewString())
		allowCamera(w)
		return s.RenderForm(w, r, "organisation/till", d, f)
	}
	s.Flash(r, page.Good, "sale.handed")
	return s.GoTo(w, r, "organisation.sale", "id", sale.ID)
}
