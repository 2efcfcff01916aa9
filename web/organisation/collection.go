package organisation

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// collectionRoutes are the pages on which a cooperative fetches and weighs the goods that it sells.
func (s *collectionPages) collectionRoutes() {
	s.Guarded("GET", "/desk/collection", "organisation.collections", s.collections, auth.Organisation...)
	s.Guarded("GET", "/desk/collection/{village:[0-9]+}", "organisation.collection", s.collection, auth.Organisation...)
	s.Guarded("POST", "/desk/collection/{village:[0-9]+}/close", "organisation.collection.close", s.collectionClose, collecting...)
	s.Guarded("POST", "/desk/collection/{village:[0-9]+}/shortfall", "organisation.shortfall", s.shortfall, collecting...)
	s.Guarded("GET", "/desk/weigh", "organisation.weigh", s.weigh, collecting...)
	s.Guarded("GET", "/desk/weigh/{no}/{line:[0-9]+}/{lot:[0-9]+}", "organisation.weigh.share", s.weighShare, collecting...)
	s.Guarded("POST", "/desk/weigh/{no}/{line:[0-9]+}/{lot:[0-9]+}", "organisation.weigh.save", s.weighSave, collecting...)
	s.Guarded("POST", "/desk/weigh/{no}/{line:[0-9]+}/{lot:[0-9]+}/short", "organisation.short", s.short, collecting...)
	s.Guarded("GET", "/desk/station", "organisation.station", s.station, collecting...)
	s.Open("GET", "/desk/station/worker.js", "organisation.station.worker", offlineWorker(s.Site, "/desk/station"))
	s.Guarded("GET", "/desk/conflicts", "organisation.conflicts", s.conflicts, append([]auth.Role{auth.Operator, auth.Approver}, collecting...)...)
	s.Guarded("POST", "/desk/conflicts/{id:[0-9]+}", "organisation.conflict.settle", s.conflictSettle, append([]auth.Role{auth.Operator, auth.Approver}, collecting...)...)
	s.Guarded("GET", "/desk/tickets", "organisation.tickets", s.tickets, auth.Organisation...)
	s.Guarded("GET", "/desk/tickets/{id:[0-9]+}", "organisation.ticket", s.ticket, append([]auth.Role{auth.Operator, auth.Approver}, auth.Organisation...)...)
	s.Guarded("POST", "/desk/tickets/{id:[0-9]+}/decide", "organisation.ticket.decide", s.ticketDecide, append([]auth.Role{auth.Operator, auth.Approver}, collecting...)...)
}

// villagePoint is the collection point of a village.
func (s *collectionPages) villagePoint(ctx context.Context, id int64) catalog.CollectionPoint {
	ref, err := s.Reference(ctx)
	if err == nil {
		for _, p := range ref.Points {
			if p.VillageID == id {
				return p
			}
		}
	}
	return catalog.CollectionPoint{}
}

type collectionVillageRow struct {
	orders.CollectionVillage
	Village, Township string
}

type collectionsPage struct {
	Rows   []collectionVillageRow
	Filter orders.CollectionFilter
	Open   int64
	Qty    int64
}

// collections lists the villages with something to fetch.
func (s *collectionPages) collections(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := collectionsPage{Filter: orders.CollectionFilter{OrderNo: f.Text("order"), Product: f.Text("product")}}
	if f.Text("all") == "" {
		d.Filter.State = orders.ShareExpected
	}
	list, err := s.Orders.CollectionVillages(ctx, d.Filter)
	if err != nil && !f.Fail(err) {
		return err
	}
	for _, v := range list.Items {
		row := collectionVillageRow{CollectionVillage: v}
		village, township := s.Village(ctx, v.VillageID)
		row.Village, row.Township = village.Name, township
		d.Rows = append(d.Rows, row)
		d.Open += v.Open
		d.Qty += v.Qty
	}
	return s.RenderForm(w, r, "organisation/collections", d, f)
}

type collectionPage struct {
	Village  catalog.Village
	Township string
	Point    catalog.CollectionPoint
	Page     orders.CollectionPage
	Filter   orders.CollectionFilter
	Whole    bool             // all rows are shown, for paper
	Lines    []collectionLine // that can be closed: one entry per order line of the village
	Totals   []collectionTotal
	Mine     catalog.Organisation
	Now      time.Time
}

// collectionTotal sums the goods of one kind, grade and unit.
type collectionTotal struct {
	Title         catalog.Text
	Grade, Unit   string
	Shares        int
	Qty, Received int64
	NetGrams      int64
}

type collectionLine struct {
	OrderNo string
	Line    int
	Title   catalog.Text
	Open    int
}

// collection is a village's list, to read on the phone and to print.
func (s *collectionPages) collection(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.collectionPage(r.Context(), f, page.PathInt(r, "village"))
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/collection", d, f)
}

func (s *collectionPages) collectionPage(ctx context.Context, f *page.Form, village int64) (collectionPage, error) {
	d := collectionPage{Mine: s.Organisation(ctx), Point: s.villagePoint(ctx, village), Filter: orders.CollectionFilter{
		VillageID: village, OrderNo: f.Text("order"), Product: f.Text("product"), Query: f.Text("q"),
		State: orders.ShareState(f.Text("state")), Cursor: f.Text("cursor"), Limit: 200}, Whole: f.Text("whole") != "", Now: s.Now()}
	d.Village, d.Township = s.Village(ctx, village)
	all, err := s.wholeCollection(ctx, d.Filter)
	if err != nil {
		return d, err
	}
	if d.Page = all; !d.Whole {
		if d.Page, err = s.Orders.Collection(ctx, d.Filter); err != nil {
			return d, err
		}
	}
	d.Totals = collectionTotals(all.Items)
	at := map[string]int{}
	for _, share := range all.Items {
		key := share.OrderNo + "/" + strconv.Itoa(share.Line)
		i, ok := at[key]
		if !ok {
			i = len(d.Lines)
			at[key] = i
			d.Lines = append(d.Lines, collectionLine{OrderNo: share.OrderNo, Line: share.Line, Title: share.Title})
		}
		if share.State == orders.ShareExpected {
			d.Lines[i].Open++
		}
	}
	return d, nil
}

// wholeCollection reads a list to its end.
func (s *collectionPages) wholeCollection(ctx context.Context, f orders.CollectionFilter) (orders.CollectionPage, error) {
	f.Cursor, f.Limit = "", 500
	var all orders.CollectionPage
	for {
		part, err := s.Orders.Collection(ctx, f)
		if err != nil {
			return all, err
		}
		all.Items, all.Total, all.Qty = append(all.Items, part.Items...), part.Total, part.Qty
		if part.Cursor == "" {
			return all, nil
		}
		if part.Cursor == f.Cursor { // half a list is not printed for a whole one
			return all, errors.New("the collection list does not go on behind " + f.Cursor)
		}
		f.Cursor = part.Cursor
	}
}

// collectionTotals sums shares by goods, grade and unit, in the order of their first share.
func collectionTotals(shares []orders.Share) []collectionTotal {
	var totals []collectionTotal
	for _, share := range shares {
		i := slices.IndexFunc(totals, func(t collectionTotal) bool {
			return t.Title == share.Title && t.Grade == share.Grade && t.Unit == share.Unit
		})
		if i < 0 {
			i, totals = len(totals), append(totals, collectionTotal{Title: share.Title, Grade: share.Grade, Unit: share.Unit})
		}
		t := &totals[i]
		t.Shares, t.Qty, t.Received, t.NetGrams = t.Shares+1, t.Qty+share.Qty, t.Received+share.Received, t.NetGrams+share.NetGrams
	}
	return totals
}

// collectionClose ends the collection of an order line in the village.
func (s *collectionPages) collectionClose(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	village := page.PathInt(r, "village")
	_, err = s.Orders.CloseVillage(r.Context(), orders.CloseVillageRequest{
		OrderNo: f.Text("order"), Line: int(f.Int("line")), VillageID: village, IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.collectionPage(r.Context(), s.NewForm(page.LangOf(r)), village)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/collection", d, f)
	}
	s.Flash(r, page.Good, "collection.closed")
	return s.GoTo(w, r, "organisation.collection", "village", village)
}
