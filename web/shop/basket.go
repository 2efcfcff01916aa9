package shop

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
	"banmuyuan/web/page"
)

// basketLine is an item with its presale and price.
type basketLine struct {
	page.BasketItem
	Presale catalog.PublicPresale
	Summary page.SummaryLine
	Problem string                 // why it cannot be ordered like this
	Fit     int64                  // the quantity that can be had instead, or 0
	Instead *catalog.PublicPresale // the presale to take instead, where this one is over
}

type basketPage struct {
	Lines    []basketLine
	Summary  page.OrderSummary
	Origins  map[int64]page.OriginText
	Problems bool
}

// basketPage looks every item up: an item that was closed or sold out since is marked here and not at the checkout.
func (s *ordering) basketPage(ctx context.Context, l page.Lang, items []page.BasketItem) (basketPage, error) {
	d := basketPage{Origins: map[int64]page.OriginText{}}
	channel := s.BuyersChannel(ctx, auth.FromContext(ctx))
	words := s.Summarizer(l)
	var quote orders.Quote
	asked := map[int64]int64{}
	for _, item := range items {
		p, err := s.Catalog.Presale(ctx, catalog.PresaleRef{ID: item.PresaleID})
		if err != nil && link.CodeOf(err) != link.NotFound {
			return d, err
		}
		line := basketLine{BasketItem: item, Presale: p.PublicPresale}
		if err != nil {
			d.Problems = true
			line.Problem = s.Glossary.SayError(l, link.E(link.NotFound, "presale.unknown", ""))
			line.Summary = page.SummaryLine{Title: item.Code}
			d.Lines = append(d.Lines, line)
			continue
		}
		price, _ := orders.PriceOf(p.Grades, item.Grade)
		priced, priceErr := orders.LineOf(p.PublicPresale, price, item.Qty)
		d.Origins[p.ID] = page.OriginText{Count: p.Villages, Households: p.Households}
		origin := d.Origins[p.ID]
		line.Problem = s.BasketProblem(l, p.PublicPresale, item, asked[p.ID], channel)
		if line.Problem != "" {
			priced.EstimateFen, priced.DepositFen = 0, 0
			if err := s.offerInstead(ctx, &line, asked[p.ID], channel); err != nil {
				return d, err
			}
			d.Problems = true
		} else {
			if priceErr != nil {
				return d, fmt.Errorf("price %s: %w", p.Code, priceErr)
			}
			quote.Lines = append(quote.Lines, priced)
			quote.EstimateFen += priced.EstimateFen
			quote.DepositFen += priced.DepositFen
		}
		asked[p.ID] += item.Qty
		line.Summary = words.Line(priced, &origin)
		d.Lines = append(d.Lines, line)
	}
	d.Summary = words.Quote(quote, d.Origins, nil)
	return d, nil
}

// offerInstead finds what the buyer can have instead: less of it where some is left, another presale where it is over.
func (s *ordering) offerInstead(ctx context.Context, line *basketLine, before int64, channel catalog.Channel) error {
	p := line.Presale
	phase := p.PhaseAt(p.Left-before, s.Now())
	if phase == catalog.PhaseOpen && line.Qty > p.Left-before {
		line.Fit = p.Fitting(p.Left - before)
	}
	if line.Fit > 0 || phase != catalog.PhaseClosed && phase != catalog.PhaseSoldOut {
		return nil
	}
	others, err := s.Catalog.Presales(ctx, catalog.PresaleFilter{Product: p.Product.Code, Channel: channel, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return err
	}
	if best, ok := catalog.NextBest(p, line.Grade, line.Qty, channel, others.Items); ok {
		line.Instead = &best
	}
	return nil
}

func (s *ordering) basket(w http.ResponseWriter, r *http.Request) error {
	return s.showBasket(w, r, s.NewForm(page.LangOf(r)))
}

func (s *ordering) showBasket(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	d, err := s.basketPage(r.Context(), page.LangOf(r), items)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/basket", d, f)
}

// basketAdd puts a quantity of a presale into the basket, on top of the quantity of that grade that is there. A click that
// arrives twice adds once: the key is in the form.
func (s *ordering) basketAdd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.presalePage(ctx, f.Text("code"))
	if err != nil {
		return err
	}
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	item := page.BasketItem{PresaleID: d.Presale.ID, Code: d.Presale.Code, Grade: f.Text("grade"), Qty: f.Int("quantity")}
	sum := item
	had := basket.In(items, item.Ref())
	sum.Qty += had
	if f.Need("quantity") && f.OK() {
		var problems link.Problems
		orders.CheckLine(&problems, "", d.Presale.PublicPresale, quoteLines([]page.BasketItem{sum})[0], d.Channel, s.Now())
		for _, p := range problems { // here the line is the whole form
			p.Field = strings.TrimPrefix(p.Field, ".")
		}
		if e := problems.Err(); e != nil && !f.Fail(e) {
			return e
		}
		if !f.OK() && had > 0 {
			f.Add("", "basket.had", "n", s.Summarizer(page.LangOf(r)).Units(had, d.Presale.Product.OrderUnit))
		}
	}
	if len(items) >= basket.Most && had == 0 {
		f.Add("", "basket.full")
	}
	if !f.OK() {
		return s.RenderForm(w, r, "shop/presale", d, f)
	}
	if err := s.ChangeBasket(r, f.Key(), basket.Add(item)); err != nil {
		return err
	}
	s.Flash(r, page.Good, "basket.added")
	return s.GoTo(w, r, "shop.basket")
}

// basketChange sets the quantities that the page shows, removes or swaps an item, and goes on to the checkout with what
// was set. A stepper sends it by itself and gets the sums.
func (s *ordering) basketChange(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	shown := map[string]int64{}
	for _, item := range items {
		if name := quantityField(item); f.Text(name) != "" {
			shown[item.Ref()] = f.Int(name)
		}
	}
	if !f.OK() {
		return s.showBasket(w, r, f)
	}
	if remove := f.Text("remove"); remove != "" {
		shown[remove] = 0
	}
	if err := s.ChangeBasket(r, "", basket.Set(shown)); err != nil {
		return err
	}
	if f.Text("instead") != "" || f.Text("fit") != "" {
		return s.basketInstead(w, r, f)
	}
	if f.Text("go") != "" {
		return s.GoTo(w, r, "shop.checkout") // which comes back here where a line has a problem
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.basketSums(w, r, len(items))
	}
	return s.GoTo(w, r, "shop.basket")
}

// basketSums answers a stepper with the new amounts; the page is loaded anew when more than they has changed.
func (s *ordering) basketSums(w http.ResponseWriter, r *http.Request, before int) error {
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	d, err := s.basketPage(r.Context(), page.LangOf(r), items)
	if err != nil {
		return err
	}
	if len(items) != before || d.offers() {
		w.Header().Set("HX-Refresh", "true")
		return nil
	}
	return s.RenderPart(w, r, http.StatusOK, "shop/basket", "sums", d)
}

// offers reports whether a line offers something else, for which the page has to have a button.
func (d basketPage) offers() bool {
	for _, l := range d.Lines {
		if l.Fit > 0 || l.Instead != nil {
			return true
		}
	}
	return false
}

// basketInstead takes what the page offered for an item: less of it, or another presale.
func (s *ordering) basketInstead(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	d, err := s.basketPage(r.Context(), page.LangOf(r), items)
	if err != nil {
		return err
	}
	for _, l := range d.Lines {
		switch {
		case l.Ref() == f.Text("fit") && l.Fit > 0:
			err = s.ChangeBasket(r, "", basket.Set(map[string]int64{l.Ref(): l.Fit}))
		case l.Ref() == f.Text("instead") && l.Instead != nil:
			grade, ok := l.Instead.Grade(l.Grade)
			if !ok {
				grade, _ = l.Instead.Grade("")
			}
			by := page.BasketItem{PresaleID: l.Instead.ID, Code: l.Instead.Code, Grade: grade.Grade, Qty: l.Instead.Fitting(min(l.Qty, l.Instead.Left))}
			err = s.ChangeBasket(r, "", basket.Swap(l.Ref(), by))
		}
		if err != nil {
			return err
		}
	}
	return s.GoTo(w, r, "shop.basket")
}

// quantityField names the field of an item: another tab may have changed the order of items.
func quantityField(item page.BasketItem) string { return "qty." + item.Ref() }

// Field is the name of the line's quantity in the form.
func (l basketLine) Field() string { return quantityField(l.BasketItem) }

// ID names the line's parts in the page.
func (l basketLine) ID() string { return "line-" + strings.ReplaceAll(l.Ref(), ":", "-") }

// quoteLines are the items as the order module wants them.
func quoteLines(items []page.BasketItem) []orders.QuoteLine {
	lines := make([]orders.QuoteLine, len(items))
	for i, item := range items {
		lines[i] = orders.QuoteLine{PresaleID: item.PresaleID, Grade: item.Grade, Qty: item.Qty}
	}
	return lines
}
