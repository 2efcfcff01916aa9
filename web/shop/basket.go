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
	"banmuyuan/web/page"
)

// basketLine is an item with its presale and price.
type basketLine struct {
	page.BasketItem
	Presale  catalog.PublicPresale
	Price    catalog.GradePrice
	Estimate int64
	Deposit  int64
	Problem  string // why it cannot be ordered like this
}

type basketPage struct {
	Lines             []basketLine
	Estimate, Deposit int64
	Problems          bool
}

// basketPage looks every item up: an item that was closed or sold out since is marked here and not at the checkout.
func (s *ordering) basketPage(ctx context.Context, l page.Lang, items []page.BasketItem) (basketPage, error) {
	var d basketPage
	channel := s.BuyersChannel(ctx, auth.FromContext(ctx))
	for _, item := range items {
		p, err := s.Catalog.Presale(ctx, catalog.PresaleRef{ID: item.PresaleID})
		if err != nil {
			if link.CodeOf(err) == link.NotFound {
				continue
			}
			return d, err
		}
		line := basketLine{BasketItem: item, Presale: p.PublicPresale}
		line.Price, _ = orders.PriceOf(p.Grades, item.Grade)
		if line.Problem = s.BasketProblem(l, p.PublicPresale, item, channel); line.Problem != "" {
			d.Problems = true
		} else {
			line.Estimate, line.Deposit, err = orders.Estimate(line.Price.Price, orders.UnitMeasure(p.PublicPresale), item.Qty, p.Terms.DepositBP)
			if err != nil {
				return d, fmt.Errorf("price %s: %w", p.Code, err)
			}
			d.Estimate += line.Estimate
			d.Deposit += line.Deposit
		}
		d.Lines = append(d.Lines, line)
	}
	return d, nil
}

func (s *ordering) basket(w http.ResponseWriter, r *http.Request) error {
	d, err := s.basketPage(r.Context(), page.LangOf(r), s.Basket(r))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/basket", d, s.NewForm(page.LangOf(r)))
}

// basketAdd puts a quantity of a presale into the basket; the same presale and grade again replaces it.
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
	item := page.BasketItem{PresaleID: d.Presale.ID, Code: d.Presale.Code, Grade: f.Text("grade"), Qty: f.Int("quantity")}
	if f.Need("quantity") && f.OK() {
		var problems link.Problems
		orders.CheckLine(&problems, "", d.Presale.PublicPresale, quoteLines([]page.BasketItem{item})[0], d.Channel, s.Now())
		for _, p := range problems { // here the line is the whole form
			p.Field = strings.TrimPrefix(p.Field, ".")
		}
		if e := problems.Err(); e != nil && !f.Fail(e) {
			return e
		}
	}
	items := s.Basket(r)
	if len(items) >= page.BasketMost {
		f.Add("", "basket.full")
	}
	if !f.OK() {
		return s.RenderForm(w, r, "shop/presale", d, f)
	}
	replaced := false
	for i := range items {
		if items[i].PresaleID == item.PresaleID && items[i].Grade == item.Grade {
			items[i], replaced = item, true
		}
	}
	if !replaced {
		items = append(items, item)
	}
	s.SetBasket(r, items)
	s.Flash(r, page.Good, "basket.added")
	return s.GoTo(w, r, "shop.basket")
}

// basketChange sets quantities, and removes items with a quantity of 0.
func (s *ordering) basketChange(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	items := s.Basket(r)
	var kept []page.BasketItem
	for i, item := range items {
		if f.Text("remove") == item.Code+":"+item.Grade {
			continue
		}
		if name := quantityField(i); f.Text(name) != "" {
			item.Qty = f.Int(name)
		}
		if item.Qty != 0 {
			kept = append(kept, item)
		}
	}
	if !f.OK() {
		d, err := s.basketPage(r.Context(), page.LangOf(r), items)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/basket", d, f)
	}
	s.SetBasket(r, kept)
	return s.GoTo(w, r, "shop.basket")
}

func quantityField(i int) string { return fmt.Sprintf("lines[%d].quantity", i) }

// quoteLines are the items as the order module wants them.
func quoteLines(items []page.BasketItem) []orders.QuoteLine {
	lines := make([]orders.QuoteLine, len(items))
	for i, item := range items {
		lines[i] = orders.QuoteLine{PresaleID: item.PresaleID, Grade: item.Grade, Qty: item.Qty}
	}
	return lines
}
