package organisation

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type listsPage struct {
	Shop  shopChoice
	Lists shelf.StandingLists
}

func (s *shopkeeping) listsPage(ctx context.Context, ref shelf.ShopRef) (listsPage, error) {
	d := listsPage{Shop: s.shopChoice(ctx, ref)}
	var err error
	d.Lists, err = s.Shelf.StandingLists(ctx, shelf.ShopRef{OrgID: d.Shop.Org})
	return d, err
}

func (s *shopkeeping) lists(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.listsPage(r.Context(), shopRef(f))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/lists", d, s.NewForm(page.LangOf(r)))
}

type listPage struct {
	ID       int64
	Presales []catalog.PublicPresale
	Days     []page.Option
	Qty      map[string]int64
	Grade    map[string]string
	Closed   []shelf.ListLine // on the list and not offered now
}

func (s *shopkeeping) listPage(ctx context.Context, l page.Lang, id int64) (listPage, error) {
	d := listPage{ID: id, Qty: map[string]int64{}, Grade: map[string]string{}}
	list, err := s.Catalog.Presales(ctx, catalog.PresaleFilter{Channel: catalog.ChannelMarket, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return d, err
	}
	for _, p := range list.Items {
		if p.Orderable {
			d.Presales = append(d.Presales, p)
		}
	}
	for day := 1; day <= 7; day++ {
		text, _ := s.Glossary.Say(l, "weekday."+page.Num64(int64(day)), nil)
		d.Days = append(d.Days, page.Option{Value: page.Num64(int64(day)), Label: text})
	}
	return d, nil
}

func (s *shopkeeping) listNew(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.listPage(ctx, page.LangOf(r), 0)
	if err != nil {
		return err
	}
	a := auth.FromContext(ctx)
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("delivery.name", a.Name)
	f.Values.Set("delivery.phone", a.Phone)
	f.Values.Set("delivery.address", s.Organisation(ctx).Address)
	return s.RenderForm(w, r, "organisation/list", d, f)
}

func (s *shopkeeping) listEdit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id := page.PathInt(r, "id")
	lists, err := s.listsPage(ctx, shelf.ShopRef{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lists.Lists.Items, func(l shelf.StandingList) bool { return l.ID == id })
	if i < 0 {
		return errNoPage()
	}
	list := lists.Lists.Items[i]
	d, err := s.listPage(ctx, page.LangOf(r), id)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("name", list.Name)
	f.Values.Set("version", page.Num64(list.Version))
	f.Values.Set("delivery.name", list.Delivery.Name)
	f.Values.Set("delivery.phone", list.Delivery.Phone)
	f.Values.Set("delivery.address", list.Delivery.Address)
	for _, day := range list.Weekdays {
		f.Values.Add("weekdays", page.Num64(int64(day)))
	}
	for _, l := range list.Lines {
		if !slices.ContainsFunc(d.Presales, func(p catalog.PublicPresale) bool { return p.ID == l.PresaleID }) {
			d.Closed = append(d.Closed, l)
			continue
		}
		d.Qty[l.Presale], d.Grade[l.Presale] = l.Qty, l.Grade
	}
	return s.RenderForm(w, r, "organisation/list", d, f)
}

func (s *shopkeeping) listSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.listPage(ctx, page.LangOf(r), f.Int("id"))
	if err != nil {
		return err
	}
	req := shelf.SaveStandingList{ID: d.ID, Name: f.Text("name"), Version: f.Int("version"), Key: f.Key(), Delivery: orders.Delivery{
		Kind: orders.DeliverAddress, Name: f.Text("delivery.name"), Phone: f.Text("delivery.phone"), Address: f.Text("delivery.address")}}
	for _, day := range f.Values["weekdays"] {
		for n := 1; n <= 7; n++ {
			if day == page.Num64(int64(n)) {
				req.Weekdays = append(req.Weekdays, n)
			}
		}
	}
	for _, p := range d.Presales {
		qty := f.Int("qty." + p.Code)
		d.Qty[p.Code], d.Grade[p.Code] = qty, f.Text("grade."+p.Code)
		if qty > 0 {
			req.Lines = append(req.Lines, orders.QuoteLine{PresaleID: p.ID, Grade: d.Grade[p.Code], Qty: qty})
		}
	}
	if len(req.Lines) == 0 && f.OK() {
		f.Add("", "shelf.nothing")
	}
	if f.OK() {
		if _, err = s.Shelf.SaveStandingList(ctx, req); err == nil {
			s.Flash(r, page.Good, "shelf.list.saved")
			return s.GoTo(w, r, "organisation.lists")
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/list", d, f)
}

// listOrder makes an order of a list with one click; the order's own page asks for the deposit.
func (s *shopkeeping) listOrder(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	o, err := s.Shelf.OrderStandingList(ctx, shelf.OrderStandingList{ID: page.PathInt(r, "id"), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		for i := range f.Errors { // the list shows no field of its lines
			f.Errors[i].Name = ""
		}
		d, err := s.listsPage(ctx, shelf.ShopRef{})
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/lists", d, f)
	}
	s.Flash(r, page.Good, "shelf.list.ordered")
	return s.GoTo(w, r, "shop.order", "no", o.No)
}

func (s *shopkeeping) listDrop(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Shelf.DropStandingList(r.Context(), shelf.StandingListRef{ID: page.PathInt(r, "id")}); err != nil {
		return err
	}
	s.Flash(r, page.Good, "shelf.list.dropped")
	return s.GoTo(w, r, "organisation.lists")
}
