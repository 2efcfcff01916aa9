package shop

import (
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type shelfPick struct {
	Goods   shelf.PublicGoods
	Measure int64
	Fen     int64
}

type shelfCheckPage struct {
	Shop     shelf.PublicShop
	Picks    []shelfPick
	TotalFen int64
}

// picks reads the quantities of a form: whole price units, named qty.{item}.
func picks(f *page.Form, shop shelf.PublicShop) shelfCheckPage {
	d := shelfCheckPage{Shop: shop}
	for _, g := range shop.Goods {
		name := "qty." + page.Num64(g.ItemID)
		n := f.Int(name)
		if n == 0 || !g.Online {
			continue
		}
		if n > g.Left/g.Price.Per {
			f.Add(name, "sale.sold_out")
			continue
		}
		fen, err := g.Price.Amount(n * g.Price.Per)
		if err != nil {
			f.Add(name, "form.too_large")
			continue
		}
		d.Picks = append(d.Picks, shelfPick{Goods: g, Measure: n * g.Price.Per, Fen: fen})
		d.TotalFen += fen
	}
	if len(d.Picks) == 0 && f.OK() {
		f.Add("", "shelf.nothing")
	}
	return d
}

// shelfCheck shows the purchase once more, and asks for the name of the person who fetches it.
func (s *shelves) shelfCheck(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	shop, err := s.shelfShopPage(ctx, page.PathInt(r, "org"))
	if err != nil {
		return err
	}
	d := picks(f, shop.Shop)
	if !f.OK() {
		return s.RenderForm(w, r, "shop/shelf", shop, f)
	}
	a := auth.FromContext(ctx)
	f.Values.Set("name", a.Name)
	f.Values.Set("phone", a.Phone)
	return s.RenderForm(w, r, "shop/shelf_check", d, f)
}

func (s *shelves) shelfBuy(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	shop, err := s.shelfShopPage(ctx, page.PathInt(r, "org"))
	if err != nil {
		return err
	}
	// The module checks the stock: a second click finds the goods kept by the first one.
	req := shelf.Buy{OrgID: shop.Shop.OrgID, Name: f.Text("name"), Phone: f.Text("phone"), Key: f.Key()}
	d := shelfCheckPage{Shop: shop.Shop}
	for _, name := range f.Values["item"] {
		id, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return link.E(link.Invalid, "malformed", "").Because(err)
		}
		measure := f.Int("measure." + name)
		req.Lines = append(req.Lines, shelf.BuyLine{ItemID: id, Measure: measure})
		for _, g := range shop.Shop.Goods {
			if g.ItemID == id {
				fen, _ := g.Price.Amount(measure) // out of range is refused by the module
				d.Picks = append(d.Picks, shelfPick{Goods: g, Measure: measure, Fen: fen})
				d.TotalFen += fen
			}
		}
	}
	sale, err := s.Shelf.Buy(ctx, req)
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "shop/shelf_check", d, f)
	}
	s.Flash(r, page.Good, "sale.kept")
	return s.GoTo(w, r, "shelf.purchase", "id", sale.ID)
}
