package organisation

import (
	"context"
	"net/http"
	"strings"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type stockPage struct {
	Shop    shopChoice
	Page    shelf.StockPage
	Filter  shelf.StockFilter
	Items   shelf.Items
	MayTake bool
}

func (s *shopkeeping) stock(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := stockPage{Shop: s.shopChoice(ctx, shopRef(f))}
	d.Filter = shelf.StockFilter{OrgID: d.Shop.Org, ItemID: f.Int("item"), All: f.Text("all") != "", Expired: f.Text("expired") != "",
		Cursor: f.Text("cursor"), Limit: 50}
	var err error
	if d.Page, err = s.Shelf.Stock(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/stock", d, f)
}

type lotPage struct {
	Lot       shelf.StockLot
	Movements shelf.Movements
	Reasons   []page.Option
	Link      string
	MayWrite  bool
}

func (s *shopkeeping) lotPage(ctx context.Context, l page.Lang, id int64) (lotPage, error) {
	var d lotPage
	var err error
	if d.Lot, err = s.Shelf.StockLot(ctx, shelf.StockLotRef{ID: id}); err != nil {
		return d, err
	}
	if d.Movements, err = s.Shelf.Movements(ctx, shelf.MovementFilter{OrgID: d.Lot.OrgID, LotID: id}); err != nil {
		return d, err
	}
	for _, reason := range shelf.LossReasons {
		text, _ := s.Glossary.Say(l, "loss."+reason, nil)
		d.Reasons = append(d.Reasons, page.Option{Value: reason, Label: text})
	}
	d.Link, err = s.traceLink(d.Lot.Code)
	return d, err
}

func (s *shopkeeping) lot(w http.ResponseWriter, r *http.Request) error {
	d, err := s.lotPage(r.Context(), page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/lot", d, s.NewForm(page.LangOf(r)))
}

// writeOff records a loss, a donation or a surplus.
func (s *shopkeeping) writeOff(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.lotPage(ctx, page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	req := shelf.WriteOff{LotID: d.Lot.ID, Kind: shelf.MovementKind(f.Text("kind")), Measure: measureOf(f, "measure", d.Lot.PriceUnit),
		Reason: f.Text("reason"), Note: f.Text("note"), Key: f.Key()}
	if f.OK() {
		var m shelf.Movement
		if m, err = s.Shelf.WriteOff(ctx, req); err == nil {
			if m.State == shelf.MovementHeld {
				s.Flash(r, page.Care, "shelf.waits")
			} else {
				s.Flash(r, page.Good, "shelf.written_off")
			}
			return s.GoTo(w, r, "organisation.shelf.lot", "id", d.Lot.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/lot", d, f)
}

func (s *shopkeeping) writeOffDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	accept := f.Text("decision") == "accept"
	m, err := s.Shelf.DecideWriteOff(r.Context(), shelf.DecideWriteOff{ID: page.PathInt(r, "id"), Accept: accept})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, map[bool]string{true: "shelf.moved", false: "shelf.moved.refused"}[accept])
	return s.GoTo(w, r, "organisation.shelf.lot", "id", m.LotID)
}

type pricesPage struct {
	Shop    shopChoice
	Items   shelf.Items
	Problem int64 // the row whose entries were wrong
}

func (s *shopkeeping) prices(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := pricesPage{Shop: s.shopChoice(ctx, shopRef(f))}
	var err error
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/prices", d, f)
}

func (s *shopkeeping) priceSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	req := shelf.SaveItem{ID: id, PriceFen: f.Fen("price_fen"), Barcode: f.Text("barcode"), Online: f.Text("online") != ""}
	if f.OK() {
		if _, err = s.Shelf.SaveItem(ctx, req); err == nil {
			s.Flash(r, page.Good, "shelf.priced")
			return s.GoTo(w, r, "organisation.shelf.prices")
		}
		if !f.Fail(err) {
			return err
		}
	}
	d := pricesPage{Shop: s.shopChoice(ctx, shelf.ShopRef{}), Problem: id}
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/prices", d, f)
}

type shelfLabel struct {
	Lot  shelf.StockLot
	Link string
	Code string
}

type labelsPage struct {
	Labels []shelfLabel
	One    bool
}

// labels prints the labels of one lot or of everything on the shelf.
func (s *shopkeeping) labels(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	var d labelsPage
	var lots []shelf.StockLot
	if id := f.Int("lot"); id != 0 {
		lot, err := s.Shelf.StockLot(ctx, shelf.StockLotRef{ID: id})
		if err != nil {
			return err
		}
		lots, d.One = []shelf.StockLot{lot}, true
	} else {
		list, err := s.Shelf.Stock(ctx, shelf.StockFilter{Limit: 200})
		if err != nil {
			return err
		}
		for _, l := range list.Items {
			if l.Left > 0 {
				lots = append(lots, l)
			}
		}
	}
	for _, l := range lots {
		link, err := s.traceLink(l.Code)
		if err != nil {
			return err
		}
		d.Labels = append(d.Labels, shelfLabel{Lot: l, Link: link, Code: page.SpacedCode(l.Code)})
	}
	return s.Render(w, r, http.StatusOK, "organisation/labels", d)
}

func (s *shopkeeping) traceLink(code string) (string, error) {
	u, err := s.URL("trace", "code", code)
	return s.Abs(u), err
}

type arrivalsPage struct {
	Shop     shopChoice
	Arrivals shelf.Arrivals
	Best     string
	Problem  int // the arrival whose date was wrong
}

// usualDays is how long fresh goods are offered as good for until somebody says otherwise.
const usualDays = 7

func (s *shopkeeping) arrivalsPage(ctx context.Context, ref shelf.ShopRef) (arrivalsPage, error) {
	d := arrivalsPage{Shop: s.shopChoice(ctx, ref), Best: s.Now().In(page.China).AddDate(0, 0, usualDays).Format("2006-01-02"), Problem: -1}
	var err error
	d.Arrivals, err = s.Shelf.Arrivals(ctx, shelf.ShopRef{OrgID: d.Shop.Org})
	return d, err
}

func (s *shopkeeping) arrivals(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.arrivalsPage(r.Context(), shopRef(f))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/arrivals", d, f)
}

func (s *shopkeeping) receive(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	lot, err := s.Shelf.Receive(ctx, shelf.Receive{OrderNo: f.Text("order_no"), Line: int(f.Int("line")), VillageID: f.Int("village"),
		Grade: f.Text("grade"), BestBefore: f.Text("best_before"), Key: f.Key()})
	if err == nil {
		s.Flash(r, page.Good, "shelf.put")
		return s.GoTo(w, r, "organisation.shelf.lot", "id", lot.ID)
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.arrivalsPage(ctx, shelf.ShopRef{})
	if err != nil {
		return err
	}
	for i, a := range d.Arrivals.Items {
		if a.OrderNo == f.Text("order_no") && page.Num64(int64(a.Line)) == f.Text("line") && page.Num64(a.VillageID) == f.Text("village") && a.Grade == f.Text("grade") {
			d.Problem = i
		}
	}
	return s.RenderForm(w, r, "organisation/arrivals", d, f)
}

type shelfSalesPage struct {
	Shop   shopChoice
	Page   shelf.SalePage
	Filter shelf.SaleFilter
}

func (s *shopkeeping) shelfSales(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := shelfSalesPage{Shop: s.shopChoice(ctx, shopRef(f))}
	d.Filter = shelf.SaleFilter{OrgID: d.Shop.Org, State: shelf.SaleState(f.Text("state")), Channel: shelf.SaleChannel(f.Text("channel")),
		On: strings.TrimSpace(f.Text("on")), Cursor: f.Text("cursor"), Limit: 50}
	var err error
	if d.Page, err = s.Shelf.Sales(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/shelf_sales", d, f)
}
