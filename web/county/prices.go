package county

import (
	"net/http"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// priceRoutes are the pages of reference prices.
func (s *goods) priceRoutes() {
	s.Guarded("GET", "/county/prices", "county.prices", s.referencePrices, auth.County...)
	s.Guarded("POST", "/county/prices", "county.prices.save", s.referencePricesSave, auth.Operator)
}

type pricesPage struct {
	Words    page.Words
	Product  catalog.Product
	Products []page.Option
	Grades   []string
	Rows     []contract.ReferencePrice
	Today    string
	MayWrite bool
	Units    map[string]string // price units by product
	Names    map[string]catalog.Text
}

// referencePricesPage shows the last prices of a product, or of all.
func (s *goods) referencePricesPage(r *http.Request, product string) (pricesPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	d := pricesPage{Words: s.Words(r), Grades: page.ContractGrades, Today: s.Now().In(page.China).Format(time.DateOnly),
		MayWrite: auth.FromContext(ctx).Role == auth.Operator, Units: map[string]string{}, Names: map[string]catalog.Text{}}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Products = page.Options("", ref.Products, func(p catalog.Product) string { return p.Code }, func(p catalog.Product) string {
		return l.Text(p.Name) + " (¥/" + page.UnitWord(l, p.PriceUnit) + ")"
	})
	for _, p := range ref.Products {
		d.Units[p.Code], d.Names[p.Code] = p.PriceUnit, p.Name
		if p.Code == product {
			d.Product = p
		}
	}
	prices, err := s.Contracts.References(ctx, contract.ReferenceFilter{Product: product, Days: 60})
	d.Rows = prices.Items
	return d, err
}

func (s *goods) referencePrices(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.referencePricesPage(r, f.Text("product"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/prices", d, f)
}

// referencePricesSave publishes a day's prices.
func (s *goods) referencePricesSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	req := contract.SetReference{Product: f.Text("product"), Day: f.Text("day"), Source: f.Text("source")}
	for _, g := range page.ContractGrades {
		if fen := f.Fen("price." + g); fen > 0 {
			req.Grades = append(req.Grades, contract.Grade{Grade: g, Floor: money.Price{Fen: fen, Per: 1}})
		}
	}
	if f.OK() {
		_, err := s.Contracts.SetReference(r.Context(), req)
		if err == nil {
			s.Flash(r, page.Good, "reference.saved")
			return s.GoTo(w, r, "county.prices")
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.referencePricesPage(r, "")
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/prices", d, f)
}
